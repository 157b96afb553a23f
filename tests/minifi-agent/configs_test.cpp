// SPDX-License-Identifier: Apache-2.0
// Configs of MiNiFi, unchanged: what goes in and what must come out.

#include "tests/minifi-agent/agent_program.h"

namespace {

const QString kConfigs = QString(MR_SOURCE_DIR) + "/tests/minifi-agent/configs/";

struct Config {
  QString name;
  AgentFiles in;
  AgentFiles out;
};

}  // namespace

class ConfigsTest : public QObject {
  Q_OBJECT

 private:
  static QList<Config> configs() {
    const AgentFiles one{{"one", "station=kiel level=417\n"}};
    return {
        {"01-copy.yml", one, one},
        {"02-lines.yml",
         {{"station.log", "OK 1\nERROR 2\nOK 3\n"}},
         {{"line-1", "OK 1"}, {"error-2", "ERROR 2"}, {"line-3", "OK 3"}}},
        {"03-groups.yml", one, {{"one", "inner: station=kiel level=417\n"}}},
        {"04-sizes.json",
         {{"one", "more than eight"}, {"two", "tiny"}},
         {{"large/one", "more than eight"}, {"small/two", "tiny"}}},
        {"05-nifi-keys.json", one, {{"one", "station=kiel level=#\n"}}},
        {"06-parameters.yml",
         {{"two", "tiny"}},
         {{"two", "good day, kiel: ${AGENT_TEST_SITE} tiny"}}},
        {"07-batches.yml", {{"lines", "a\nb\nc\nd\ne\n"}}, {{"lines", "[a\nb|c\nd|e]"}}},
        {"08-fields.yml",
         {{"one", "station=kiel level=417\n"}, {"two", "nothing"}},
         {{"one", "{\"station\":\"kiel\",\"level.1\":\"417\"}"}}},
        {"10-list-fetch.yml", {{"one", "1"}, {"deep/two", "2"}}, {{"one", "1"}, {"two", "2"}}},
        {"11-command.yml", {}, {{"said", "tide:417"}}},
        {"12-each-line.yml",
         {{"station.log", "OK 1\nERROR 2\n"}},
         {{"station.0-5.log", "OK 1\n"}, {"station.5-13.log", "ERROR 2\n"}}},
    };
  }

 private slots:
  void everyConfigGivesWhatItShould_data() {
    QTest::addColumn<int>("index");
    const QList<Config> all = configs();
    for (int i = 0; i < all.size(); ++i) QTest::newRow(qPrintable(all[i].name)) << i;
  }

  void everyConfigGivesWhatItShould() {
    QFETCH(int, index);
    const Config config = configs()[index];
    AgentProgram agent;
    agent.setEnvironment({{"AGENT_TEST_PERIOD", "50 ms"}, {"AGENT_TEST_SITE", "kiel"}});
    for (auto it = config.in.begin(); it != config.in.end(); ++it)
      QVERIFY(agent.write("in/" + it.key(), it.value()));
    QVERIFY(QDir().mkpath(agent.file("in")));
    QVERIFY(agent.start({"--config", kConfigs + config.name, "--data", "data"}));
    QTRY_COMPARE_WITH_TIMEOUT(agent.filesIn("out"), config.out, kAgentPatience);
    QVERIFY2(agent.isRunning(), agent.err().constData());
    QCOMPARE(agent.stop(), 0);
    QCOMPARE(agent.filesIn("out"), config.out);
  }

  void aCompressedFileIsWhatGzipUnpacks() {
    AgentProgram agent;
    const QByteArray text = QByteArray("all the same ").repeated(5000);
    QVERIFY(agent.write("in/big", text));
    QCOMPARE(agent.run({"--once", "--config", kConfigs + "09-compress.yml"}), 0);
    QCOMPARE(agent.filesIn("out").keys(), QStringList{"big.gz"});
    QVERIFY(agent.filesIn("out")["big.gz"].size() < 1000);
    QProcess gzip;
    gzip.start("gzip", {"-dc", agent.file("out/big.gz")});
    QVERIFY(gzip.waitForFinished(kAgentPatience));
    QCOMPARE(gzip.readAllStandardOutput(), text);
  }

  void aRelationshipThatLeadsNowhereKeepsWhatComesOutOfIt() {
    AgentProgram agent;
    QVERIFY(agent.write("config.yml",
                        "Flow Controller: {name: Open}\n"
                        "Processors:\n"
                        "  - {name: Take, class: GetFile, Properties: {Input Directory: in, "
                        "Polling Interval: 50 ms}}\n"
                        "  - name: Sort\n"
                        "    class: RouteOnAttribute\n"
                        "    Properties: {big: '${fileSize:gt(3)}'}\n"
                        "  - name: Keep\n"
                        "    class: PutFile\n"
                        "    auto-terminated relationships list: [success, failure]\n"
                        "    Properties: {Directory: out}\n"
                        "Connections:\n"
                        "  - {source name: Take, source relationship name: success, destination "
                        "name: Sort}\n"
                        "  - {source name: Sort, source relationship name: big, destination name: "
                        "Keep}\n"));
    QVERIFY(agent.write("in/a", "long enough"));
    QVERIFY(agent.write("in/b", "no"));
    QVERIFY(agent.start({"--config", "config.yml"}));
    QTRY_COMPARE_WITH_TIMEOUT(agent.filesIn("out"), (AgentFiles{{"a", "long enough"}}),
                              kAgentPatience);
    QTRY_VERIFY_WITH_TIMEOUT(agent.filesIn("in").isEmpty(), kAgentPatience);
    QCOMPARE(agent.stop(), 0);
    const QByteArray err = agent.err();
    QCOMPARE(err.count("leads nowhere"), 1);
    QVERIFY2(err.contains("Sort: the relationship 'unmatched' leads nowhere"), err.constData());
    // Given a way on, it goes on.
    QVERIFY(agent.write("config.yml",
                        agent.read("config.yml") +
                            "  - {source name: Sort, source relationship name: unmatched, "
                            "destination name: Not connected}\n"
                            "  - {source name: Not connected, destination name: Keep}\n"
                            "Funnels: [{name: Not connected}]\n"));
    QCOMPARE(agent.run({"--once", "--config", "config.yml"}), 0);
    QCOMPARE(agent.filesIn("out"), (AgentFiles{{"a", "long enough"}, {"b", "no"}}));
  }
};

QTEST_GUILESS_MAIN(ConfigsTest)
#include "configs_test.moc"
