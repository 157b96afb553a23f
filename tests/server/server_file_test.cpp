// SPDX-License-Identifier: Apache-2.0
// The configuration file of a server, and the environment above it.
#include "server/server_plan.h"

#include <QTest>
#include <map>

using namespace millrace;
using namespace millrace::server;

class ServerFileTest : public QObject {
  Q_OBJECT

  static std::string refusal(const std::string& text) {
    ServerArguments arguments;
    const auto read = readServerFile("server.yaml", text, arguments);
    return read.ok() ? "" : read.error().message;
  }
  static Environment environmentOf(std::map<std::string, std::string> variables) {
    return
        [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
          const auto found = variables.find(name);
          if (found == variables.end()) return std::nullopt;
          return found->second;
        };
  }

 private slots:
  void everyOptionMayStandInTheFile() {
    std::string text = "# of this machine\nhost: [a.example, b.example]\n";
    for (const ServerOption& option : serverOptions())
      text += std::string(option.name) + ": 'v of " + std::string(option.name) + "'\n";
    text +=
        "kafka-settings:\n  num.partitions: 3\n  auto.create.topics.enable: false\n"
        "  transaction.max.timeout.ms: 60000\n"
        "log-levels:\n  root: warn\n  type:LogAttribute: debug\n";
    ServerArguments arguments;
    const auto read = readServerFile("server.yaml", text, arguments);
    QVERIFY2(read.ok(), read.ok() ? "" : read.error().message.c_str());
    for (const ServerOption& option : serverOptions())
      QCOMPARE(arguments.*option.text, "v of " + std::string(option.name));
    QCOMPARE(arguments.names, (std::vector<std::string>{"a.example", "b.example"}));
    QCOMPARE(arguments.kafkaSettings.numPartitions, 3);
    QCOMPARE(arguments.kafkaSettings.autoCreateTopics, false);
    QCOMPARE(arguments.kafkaSettings.transactions.longestTimeoutMs, 60000);
    QCOMPARE(arguments.logLevels.of({"http", 0, {}, {}}), LogLevel::kWarn);
    QCOMPARE(arguments.logLevels.of({"components", 1, "LogAttribute", "A"}), LogLevel::kDebug);
  }

  void anEmptyFileSaysNothing() {
    QCOMPARE(refusal(""), std::string());
    QCOMPARE(refusal("# nothing\n"), std::string());
  }

  void everyMistakeIsNamedWithItsPlace() {
    const std::string said = refusal(
        "lisen: 127.0.0.1:1\n"
        "drain: [1s]\n"
        "host: {a: b}\n"
        "kafka-settings:\n"
        "  num.partitions: many\n"
        "  offsets.topic.num.partitions: 50\n"
        "  no.such: 1\n");
    const std::string wanted =
        "server.yaml:1:1: error: there is no 'lisen'; did you mean 'listen'\n"
        "server.yaml:2:8: error: 'drain' must be a text\n"
        "server.yaml:3:7: error: 'host' must be a name or a list of names\n"
        "server.yaml:5:3: error: num.partitions must be a number from 1 to 10000, not 'many'\n"
        "server.yaml:6:3: error: offsets.topic.num.partitions is 1 here and cannot be changed\n"
        "server.yaml:7:3: error: there is no setting 'no.such' of the broker";
    QVERIFY2(said == wanted, said.c_str());
    QVERIFY(refusal("- a\n").find("server.yaml:1:1: error:") == 0);
    QVERIFY(refusal("data: [\n").find("server.yaml:") == 0);
    QVERIFY(refusal("data: a\ndata: b\n").find("server.yaml:2:1: error:") == 0);
  }

  void theEnvironmentStandsAboveTheFile() {
    ServerArguments arguments;
    QVERIFY(readServerFile("f", "data: file\nkafka-advertise: a:1\ndrain: 1s\n", arguments).ok());
    QVERIFY(readEnvironment(environmentOf({{"MILLRACE_DATA", "environment"},
                                           {"MILLRACE_KAFKA_ADVERTISE", "b:2"},
                                           {"MILLRACE_HOST", "c.example"},
                                           {"KAFKA_NUM_PARTITIONS", "7"}}),
                            arguments)
                .ok());
    QCOMPARE(arguments.data, std::string("environment"));
    QCOMPARE(arguments.advertise, std::string("b:2"));
    QCOMPARE(arguments.drain, std::string("1s"));
    QCOMPARE(arguments.names, std::vector<std::string>{"c.example"});
    QCOMPARE(arguments.kafkaSettings.numPartitions, 7);
    const auto wrong = readEnvironment(environmentOf({{"KAFKA_NUM_PARTITIONS", "0"}}), arguments);
    QVERIFY(!wrong.ok());
    QVERIFY(wrong.error().message.find("KAFKA_NUM_PARTITIONS: num.partitions must be") == 0);
  }

  // What the broker shows is what it can be told.
  void levelsOfTheLogComeFromTheEnvironmentToo() {
    ServerArguments arguments;
    QVERIFY(
        readServerFile("server.yaml", "log-levels: {root: error, http: warn}\n", arguments).ok());
    QVERIFY(readEnvironment(environmentOf({{"MILLRACE_LOG_LEVELS", "info,http=debug"}}), arguments)
                .ok());
    QCOMPARE(arguments.logLevels.of({"kafka", 0, {}, {}}), LogLevel::kInfo);
    QCOMPARE(arguments.logLevels.of({"http", 0, {}, {}}), LogLevel::kDebug);
    const auto bad =
        readEnvironment(environmentOf({{"MILLRACE_LOG_LEVELS", "info,http"}}), arguments);
    QVERIFY(!bad.ok() && bad.error().message.find("MILLRACE_LOG_LEVELS") != std::string::npos);
    const std::string said = refusal("log-levels:\n  htp: info\n  http: loud\n");
    QVERIFY(said.find("server.yaml:2:3: error: 'htp'") != std::string::npos);
    QVERIFY(said.find("server.yaml:3:3: error: 'loud'") != std::string::npos);
  }

  void everySettingOfTheBrokerTakesItsOwnText() {
    log::BrokerSettings settings;
    for (const auto& each : settings.texts()) {
      QVERIFY2(settings.set(each.name, each.value).ok(), each.name.c_str());
      QVERIFY2(!settings.set(each.name, "x").ok(), each.name.c_str());
      // No text is a text: no authorizer, nobody who may do everything.
      constexpr std::int8_t kString = 2;
      QVERIFY2(settings.set(each.name, "").ok() == (each.type == kString), each.name.c_str());
      QVERIFY2(!settings.set(each.name, "-5").ok(), each.name.c_str());
      QVERIFY2(!settings.set(each.name, "99999999999999999999").ok(), each.name.c_str());
    }
    QVERIFY(settings.set("fetch.max.bytes", "1048576").ok());
    for (const auto& each : settings.texts()) {
      if (each.name == "fetch.max.bytes") QCOMPARE(each.value, std::string("1048576"));
    }
  }
};

QTEST_GUILESS_MAIN(ServerFileTest)
#include "server_file_test.moc"
