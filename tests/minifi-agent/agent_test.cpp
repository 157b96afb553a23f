// SPDX-License-Identifier: Apache-2.0
// The program: its arguments, a MiNiFi's home, changes of the config while it runs, kills.

#include "tests/minifi-agent/agent_program.h"

namespace {

/// From in/ to out/, with `mark` before the content.
QByteArray marking(const char* mark) {
  return QByteArray(
             "Flow Controller: {name: Mark}\n"
             "Processors:\n"
             "  - {name: Take, class: GetFile, scheduling period: 50 ms, Properties: {Input "
             "Directory: in, Polling Interval: 50 ms}}\n"
             "  - name: Mark\n"
             "    class: ReplaceText\n"
             "    auto-terminated relationships list: [failure]\n"
             "    Properties: {Replacement Strategy: Prepend, Replacement Value: '") +
         mark +
         "'}\n"
         "  - name: Keep\n"
         "    class: PutFile\n"
         "    auto-terminated relationships list: [success, failure]\n"
         "    Properties: {Directory: out}\n"
         "Connections:\n"
         "  - {source name: Take, source relationship name: success, destination name: Mark}\n"
         "  - {source name: Mark, source relationship name: success, destination name: Keep}\n";
}

const char kLines[] =
    "millrace: 1\n"
    "name: lines\n"
    "processors:\n"
    "  - name: Follow\n"
    "    type: TailFile\n"
    "    properties: {File to Tail: in/log, Initial Start Position: Beginning of File}\n"
    "    schedule: {every: 10 ms}\n"
    "  - name: Lines\n"
    "    type: SplitText\n"
    "    properties: {Line Split Count: 1, Remove Trailing Newlines: false}\n"
    "    auto-terminate: [original, failure]\n"
    "  - name: Keep\n"
    "    type: PutFile\n"
    "    properties: {Directory: out, Conflict Resolution Strategy: append}\n"
    "    auto-terminate: [success, failure]\n"
    "  - name: Name\n"
    "    type: UpdateAttribute\n"
    "    properties: {filename: log}\n"
    "connections:\n"
    "  - {from: Follow, relationship: success, to: Lines}\n"
    "  - {from: Lines, relationship: splits, to: Name}\n"
    "  - {from: Name, relationship: success, to: Keep}\n";

}  // namespace

class AgentTest : public QObject {
  Q_OBJECT

 private slots:
  void wrongArgumentsAreTold_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QByteArray>("said");
    QTest::newRow("none") << QStringList{} << QByteArray("give --config FILE");
    QTest::newRow("unknown") << QStringList{"--frobnicate"} << QByteArray("no such option");
    QTest::newRow("no value") << QStringList{"--config"} << QByteArray("--config needs a value");
    QTest::newRow("value of a switch")
        << QStringList{"--once=1", "--config", "x"} << QByteArray("--once takes no value");
    QTest::newRow("mode") << QStringList{"--config", "x", "--durability", "much"}
                          << QByteArray("write power, process or none");
    QTest::newRow("size") << QStringList{"--config", "x", "--queue-memory", "many"}
                          << QByteArray("--queue-memory: ");
    QTest::newRow("workers") << QStringList{"--config", "x", "--workers", "0"}
                             << QByteArray("from 1 to 1024");
    QTest::newRow("no file") << QStringList{"--config", "gone.yml"} << QByteArray("gone.yml");
    QTest::newRow("no home") << QStringList{"--minifi-home", "gone"}
                             << QByteArray("gone/conf/minifi.properties");
  }
  void wrongArgumentsAreTold() {
    QFETCH(QStringList, arguments);
    QFETCH(QByteArray, said);
    AgentProgram agent;
    QVERIFY(agent.run(arguments) != 0);
    const QByteArray err = agent.err();
    QVERIFY2(err.contains(said), err.constData());
    QVERIFY(err.startsWith("millrace-agent: "));
    QCOMPARE(agent.filesIn("."), AgentFiles());
  }

  void helpVersionAndTypesAreSaid() {
    AgentProgram agent;
    QCOMPARE(agent.run({"--help"}), 0);
    QVERIFY(agent.out().contains("--minifi-home"));
    QCOMPARE(agent.run({"--version"}), 0);
    QVERIFY(agent.out().startsWith("millrace-agent "));
    QCOMPARE(agent.run({"--processors"}), 0);
    const QList<QByteArray> types = agent.out().split('\n');
    for (const char* type : {"TailFile", "PutTCP", "MergeContent", "ListenSyslog", "InvokeHTTP"})
      QVERIFY2(types.contains(type), type);
    QVERIFY(!types.contains("TransformXml"));
    QVERIFY(!types.contains("EvaluateXPath"));
  }

  void validateNamesThePlaceOfEveryMistake() {
    AgentProgram agent;
    QVERIFY(agent.write("good.yml", marking("x")));
    QCOMPARE(agent.run({"--validate", "--config", "good.yml"}), 0);
    QCOMPARE(agent.err(), QByteArray());
    QVERIFY(
        agent.write("bad.yml", marking("x")
                                   .replace("Prepend", "Precede")
                                   .replace("destination name: Keep", "destination name: Sink")));
    QCOMPARE(agent.run({"--validate", "--config", "bad.yml"}), 2);
    const QByteArray err = agent.err();
    QVERIFY2(err.contains("bad.yml:14:5: error: "), err.constData());
    QVERIFY(!QFile::exists(agent.file("millrace-data")));
  }

  void aTypeThatIsNotInTheListIsNamed() {
    AgentProgram agent;
    QVERIFY(agent.write("config.yml", marking("x").replace("ReplaceText", "EvaluateXPath")));
    agent.run({"--validate", "--config", "config.yml"});
    const QByteArray err = agent.err();
    QVERIFY2(err.contains("unknown type: EvaluateXPath"), err.constData());
  }

  void onceEndsWhenNothingIsLeft() {
    AgentProgram agent;
    QVERIFY(agent.write("config.yml", marking("once: ")));
    QVERIFY(agent.write("in/a", "1"));
    QCOMPARE(agent.run({"--once", "--config", "config.yml"}), 0);
    QCOMPARE(agent.filesIn("out"), (AgentFiles{{"a", "once: 1"}}));
    QVERIFY(agent.write(
        "endless.yml", marking("x").replace("class: GetFile, scheduling period: 50 ms, Properties: "
                                            "{Input Directory: in, Polling Interval: 50 ms}",
                                            "class: GenerateFlowFile")));
    QCOMPARE(agent.run({"--once", "--config", "endless.yml"}), 2);
    QVERIFY(agent.err().contains("'Take' never runs dry"));
  }

  void theHomeOfAMiNiFiIsReadAndUnusedKeysAreToldOnce() {
    AgentProgram agent;
    QVERIFY(agent.write("home/conf/flow.yml", marking("home: ")));
    QVERIFY(agent.write("home/conf/minifi.properties",
                        "# settings\n"
                        "nifi.version=0.7.0\n"
                        "nifi.flow.configuration.file=./conf/${AGENT_TEST_FLOW}\r\n"
                        "nifi.flow.engine.threads=5\n"
                        "nifi.bored.yield.duration=100 millis\n"
                        "nifi.flowfile.repository.class.name=org.x.FlowFileRepository\n"
                        "nifi.provenance.repository.class.name=NoOpRepository\n"
                        "nifi.flowcontroller.graceful.shutdown.period=3 sec\n"
                        "example.key = 1\n"));
    QVERIFY(agent.write("home/conf/minifi.properties.d/20.properties",
                        "nifi.flow.engine.threads=2\nexample.key=2\n"));
    QVERIFY(agent.write("home/conf/minifi.properties.d/10.properties",
                        "nifi.flow.engine.threads=nonsense\n"));
    QVERIFY(agent.write("home/conf/minifi.properties.d/99.bak", "nonsense\n"));
    QVERIFY(agent.write("in/a", "1"));
    agent.setEnvironment({{"AGENT_TEST_FLOW", "flow.yml"}});
    QCOMPARE(agent.run({"--once", "--minifi-home", "home"}), 0);
    QCOMPARE(agent.filesIn("out"), (AgentFiles{{"a", "home: 1"}}));
    const QByteArray err = agent.err();
    for (const char* key : {"nifi.version is not used", "nifi.bored.yield.duration is not used",
                            "20.properties: example.key is not used"})
      QVERIFY2(err.count(key) == 1, err.constData());
    QCOMPARE(err.count("is not used"), 3);
    QVERIFY(QFile::exists(agent.file("home/millrace-data/store")));
    QVERIFY(!QFile::exists(agent.file("home/millrace-data/provenance")));
  }

  void aHomeWithHalfItsRepositoriesInMemoryIsRefused() {
    AgentProgram agent;
    QVERIFY(agent.write("home/conf/config.yml", marking("x")));
    QVERIFY(agent.write("home/conf/minifi.properties",
                        "nifi.flowfile.repository.class.name=NoOpRepository\n"
                        "nifi.content.repository.class.name=DatabaseContentRepository\n"));
    QCOMPARE(agent.run({"--once", "--minifi-home", "home"}), 2);
    QVERIFY(agent.err().contains("either both repositories are in memory or none"));
  }

  void aHomeInMemoryLeavesNoDirectory() {
    AgentProgram agent;
    QVERIFY(agent.write("home/conf/config.yml", marking("memory: ")));
    QVERIFY(agent.write("home/conf/minifi.properties",
                        "nifi.flowfile.repository.class.name=NoOpRepository\n"
                        "nifi.content.repository.class.name=VolatileContentRepository\n"));
    QVERIFY(agent.write("in/a", "1"));
    QCOMPARE(agent.run({"--once", "--minifi-home", "home"}), 0);
    QCOMPARE(agent.filesIn("out"), (AgentFiles{{"a", "memory: 1"}}));
    QVERIFY(!QFile::exists(agent.file("home/millrace-data")));
  }

  void aVariableThatWouldChangeTheConfigIsRefused() {
    AgentProgram agent;
    QVERIFY(agent.write("config.yml", marking("${AGENT_TEST_MARK}")));
    agent.setEnvironment({{"AGENT_TEST_MARK", "'}\n  - {name: Intruder"}});
    QCOMPARE(agent.run({"--validate", "--config", "config.yml"}), 2);
    const QByteArray err = agent.err();
    QVERIFY2(err.contains("AGENT_TEST_MARK"), err.constData());
    QVERIFY(!err.contains("Intruder"));
  }

  void aChangeOfTheConfigIsTakenOverAndABadOneIsNot() {
    AgentProgram agent;
    QVERIFY(agent.place("conf/config.yml", marking("one: ")));
    QVERIFY(QDir().mkpath(agent.file("in")));
    QVERIFY(agent.start({"--config", "conf/config.yml"}));
    QVERIFY(agent.place("in/a", "1"));
    QTRY_COMPARE_WITH_TIMEOUT(agent.filesIn("out"), (AgentFiles{{"a", "one: 1"}}), kAgentPatience);

    QVERIFY(agent.place("conf/config.yml", marking("two: ")));
    QTRY_COMPARE_WITH_TIMEOUT(agent.err().count("config.yml: taken over"), 1, kAgentPatience);
    QVERIFY(agent.place("in/b", "2"));
    QTRY_COMPARE_WITH_TIMEOUT(agent.filesIn("out").value("b"), QByteArray("two: 2"),
                              kAgentPatience);

    QVERIFY(agent.place("conf/config.yml", marking("bad: ").replace("ReplaceText", "[")));
    QTRY_COMPARE_WITH_TIMEOUT(agent.err().count("not taken over"), 1, kAgentPatience);
    QVERIFY(agent.place("in/c", "3"));
    QTRY_COMPARE_WITH_TIMEOUT(agent.filesIn("out").value("c"), QByteArray("two: 3"),
                              kAgentPatience);

    QVERIFY(agent.place("conf/config.yml", marking("three: ")));
    QTRY_COMPARE_WITH_TIMEOUT(agent.err().count("config.yml: taken over"), 2, kAgentPatience);
    QVERIFY(agent.place("in/d", "4"));
    QTRY_COMPARE_WITH_TIMEOUT(agent.filesIn("out").value("d"), QByteArray("three: 4"),
                              kAgentPatience);
    QCOMPARE(agent.stop(), 0);
  }

  void aFolderOfLinksThatIsExchangedIsAChangeToo() {
    AgentProgram agent;
    QVERIFY(agent.write("conf/first/config.yml", marking("first: ")));
    QVERIFY(agent.write("conf/second/config.yml", marking("second: ")));
    QVERIFY(QFile::link("first", agent.file("conf/current")));
    QVERIFY(QFile::link("current/config.yml", agent.file("conf/config.yml")));
    QVERIFY(QDir().mkpath(agent.file("in")));
    QVERIFY(agent.start({"--config", "conf/config.yml"}));
    QVERIFY(agent.place("in/a", "1"));
    QTRY_COMPARE_WITH_TIMEOUT(agent.filesIn("out"), (AgentFiles{{"a", "first: 1"}}),
                              kAgentPatience);
    QVERIFY(QFile::link("second", agent.file("conf/next")));
    QVERIFY(::rename(qPrintable(agent.file("conf/next")), qPrintable(agent.file("conf/current"))) ==
            0);
    QTRY_COMPARE_WITH_TIMEOUT(agent.err().count("config.yml: taken over"), 1, kAgentPatience);
    QVERIFY(agent.place("in/b", "2"));
    QTRY_COMPARE_WITH_TIMEOUT(agent.filesIn("out").value("b"), QByteArray("second: 2"),
                              kAgentPatience);
    QCOMPARE(agent.stop(), 0);
  }

  void everyLineIsThereOnceHoweverOftenItIsKilled() {
    const int kills = qMax(4, int(50 * qEnvironmentVariable("MILLRACE_ROUNDS", "0.1").toDouble()));
    AgentProgram agent;
    QVERIFY(agent.write("lines.yaml", kLines));
    QByteArray all;
    for (int round = 0; round <= kills; ++round) {
      for (int i = 0; i < 500; ++i) {
        all += "round " + QByteArray::number(round) + " line " + QByteArray::number(i) +
               QByteArray(" .....").repeated(round % 7) + '\n';
      }
      QVERIFY(agent.write("in/log", all));
      const qsizetype before = agent.read("out/log").size();
      QVERIFY(agent.start({"--config", "lines.yaml", "--data", "data"}));
      // Somewhere on the way: another part of it each time.
      const qsizetype some = before + 1 + (all.size() - before) * round / (kills + 1);
      QTRY_VERIFY_WITH_TIMEOUT(agent.read("out/log").size() >= qMin(some, all.size()),
                               kAgentPatience);
      agent.kill();
    }
    all += "the end\n";  // so that the last start has something to do
    QVERIFY(agent.write("in/log", all));
    QVERIFY(agent.start({"--config", "lines.yaml", "--data", "data"}));
    QTRY_COMPARE_WITH_TIMEOUT(agent.read("out/log").size(), all.size(), kAgentPatience);
    QCOMPARE(agent.stop(), 0);
    QCOMPARE(agent.read("out/log"), all);
  }

  void whatAFullConnectionDropsIsToldAndFound() {
    AgentProgram agent;
    QVERIFY(agent.write(
        "flow.yaml",
        "millrace: 1\nname: crowded\nprocessors:\n"
        "  - {name: Make, type: GenerateFlowFile, schedule: {every: 5 ms, runs: 50}}\n"
        "  - name: Keep\n    type: PutFile\n    auto-terminate: [success, failure]\n"
        "    properties: {Directory: out}\n"
        "  - {name: Link, type: LogAttribute, auto-terminate: [success], state: stopped}\n"
        "connections:\n  - {from: Make, relationship: success, to: Keep}\n"
        "  - {from: Make, relationship: success, to: Link,\n"
        "     back-pressure: {count: 10, when-full: drop oldest}}\n"));
    QVERIFY(agent.start({"--config", "flow.yaml", "--data", "data"}));
    QTRY_COMPARE_WITH_TIMEOUT(agent.filesIn("out").size(), 50, kAgentPatience);
    QTRY_VERIFY_WITH_TIMEOUT(agent.err().contains("'Make [success] -> Link' is full: 1 FlowFiles"),
                             kAgentPatience);
    QCOMPARE(agent.stop(), 0);
    QProcess search;
    search.start(QString(MR_BINARY_DIR) + "/bin/millrace",
                 {"provenance", "search", "--data", agent.file("data"), "--type", "DROP", "--json",
                  "--limit", "1000"});
    QVERIFY(search.waitForFinished(kAgentPatience));
    QCOMPARE(search.readAllStandardOutput().count("the connection was full"), 40);
  }

  void whatAFullBudgetDropsIsToldAndFound() {
    AgentProgram agent;
    for (int i = 0; i < 50; ++i)
      QVERIFY(agent.write("in/" + QString::number(i), QByteArray(100 * 1024, 'x')));
    QVERIFY(agent.write(
        "flow.yaml",
        "millrace: 1\nname: crowded\nprocessors:\n"
        "  - name: Read\n    type: GetFile\n    schedule: {every: 10 ms}\n"
        "    properties: {Input Directory: in, Minimum File Age: 0 sec}\n"
        "  - {name: Link, type: LogAttribute, auto-terminate: [success], state: stopped}\n"
        "connections:\n  - {from: Read, relationship: success, to: Link}\n"));
    QVERIFY(agent.start({"--config", "flow.yaml", "--data", "data", "--disk-budget", "2MB"}));
    QTRY_VERIFY_WITH_TIMEOUT(agent.filesIn("in").isEmpty(), kAgentPatience);
    QTRY_VERIFY_WITH_TIMEOUT(agent.err().contains("the disk budget of 2097152 bytes is full: "),
                             kAgentPatience);
    QCOMPARE(agent.stop(), 0);
    QProcess search;
    search.start(QString(MR_BINARY_DIR) + "/bin/millrace",
                 {"provenance", "search", "--data", agent.file("data"), "--type", "DROP", "--json",
                  "--limit", "1000"});
    QVERIFY(search.waitForFinished(kAgentPatience));
    // 20 of 100 KB and what each takes beside that are 2 MB.
    QCOMPARE(search.readAllStandardOutput().count("the disk budget was full"), 30);
  }

  void aBudgetThatIsNoneIsRefused() {
    AgentProgram agent;
    QVERIFY(agent.write("config.yml", marking("x")));
    const auto refusal = [&](const QStringList& options) {
      if (agent.run(QStringList{"--config", "config.yml"} + options) != 2) return QByteArray();
      return agent.err();
    };
    QVERIFY(refusal({"--disk-budget", "much"}).contains("--disk-budget: "));
    QVERIFY(refusal({"--disk-budget", "2 KB"}).contains("less than 1 MB"));
    QVERIFY(refusal({"--disk-budget-drop", "both"}).contains("write oldest or newest"));
    QVERIFY(refusal({"--disk-budget-drop", "newest"}).contains("no --disk-budget"));
  }

  void anotherProcessOnTheSameDirectoryIsRefused() {
    AgentProgram agent;
    QVERIFY(agent.write("config.yml", marking("x")));
    QVERIFY(agent.write("in/a", "1"));
    QVERIFY(agent.start({"--config", "config.yml", "--data", agent.file("data")}));
    QTRY_VERIFY_WITH_TIMEOUT(!agent.filesIn("out").isEmpty(), kAgentPatience);
    AgentProgram other;
    QVERIFY(other.write("config.yml", marking("x")));
    QVERIFY(other.run({"--config", "config.yml", "--data", agent.file("data")}) != 0);
    QVERIFY(other.err().contains(agent.file("data").toUtf8()));
    QCOMPARE(agent.stop(), 0);
  }
};

QTEST_GUILESS_MAIN(AgentTest)
#include "agent_test.moc"
