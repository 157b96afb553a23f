// SPDX-License-Identifier: Apache-2.0
// A real server and twenty real agents, with somebody in between: good flows run on each, bad,
// forged and old ones on none, and whoever is killed in the middle comes to the same end.

#include "tests/minifi-agent/c2_server.h"

#include <QRandomGenerator>
#include <QTcpServer>
#include <vector>

using namespace c2_test;

namespace {

constexpr int kAgents = 20;

class Fleet {
 public:
  Fleet() : server_(folder_.path()), proxy_(folder_.path()) {}

  bool start() {
    if (!server_.start()) return false;
    proxy_.tell("target " + server_.address());
    const Ran enrolled = server_.agents({"enrol", "--class", "rivers"});
    const QList<QByteArray> lines = enrolled.out.split('\n');
    token_ = lines.value(0).mid(7);
    key_ = lines.value(1).mid(5);
    for (int i = 0; i < kAgents; ++i) {
      agents_.push_back(std::make_unique<AgentProgram>());
      if (!agents_.back()->write("in/log", "begin\n") || !begin(i)) return false;
    }
    return true;
  }
  bool begin(int number) {
    AgentProgram& agent = *agents_[static_cast<std::size_t>(number)];
    agent.setEnvironment({{"MILLRACE_C2_TOKEN", token_}});
    return agent.start({"--c2", proxy_.url(), "--c2-id", name(number), "--c2-class", "rivers",
                        "--c2-key", key_, "--c2-period", "500 ms", "--c2-trial", "10 min"});
  }
  static QString name(int number) { return "gauge-" + QString::number(number); }
  AgentProgram& agent(int number) { return *agents_[static_cast<std::size_t>(number)]; }
  Server& server() { return server_; }
  Proxy& proxy() { return proxy_; }

  int deploy(const QByteArray& flow) { return server_.deploy(flow, {"--class", "rivers"}); }
  /// A line into each agent's log; true when it comes out of the flow of this name on each.
  bool allRun(const QByteArray& flow, const QByteArray& line) {
    for (auto& each : agents_) {
      QFile log(each->file("in/log"));
      if (!log.open(QIODevice::Append) || log.write(line + '\n') < 0) return false;
    }
    return QTest::qWaitFor(
        [&] {
          return std::all_of(agents_.begin(), agents_.end(), [&](const auto& each) {
            return each->read("out/" + flow).contains(line);
          });
        },
        kAgentPatience);
  }
  bool all(int serial, const QString& outcome, QString* details = nullptr) {
    return QTest::qWaitFor([&] { return server_.count(serial, outcome, details) == kAgents; },
                           2 * kAgentPatience);
  }

 private:
  QTemporaryDir folder_;
  Server server_;
  Proxy proxy_;
  QString token_, key_;
  std::vector<std::unique_ptr<AgentProgram>> agents_;
};

class FleetTest : public QObject {
  Q_OBJECT
 private slots:
  void goodFlowsRunOnEachAndOthersOnNone() {
    MR_NEEDS_TLS();
    Fleet fleet;
    QVERIFY(fleet.start());
    const int first = fleet.deploy(following("first"));
    QCOMPARE(first, 1);
    QVERIFY(fleet.all(first, "applied"));
    QVERIFY(fleet.allRun("first", "one"));

    // One with a type that no agent has.
    QString why;
    const int unknown =
        fleet.deploy(following("unknown").replace("type: UpdateAttribute", "type: ConsumeMagic"));
    QVERIFY(fleet.all(unknown, "refused", &why));
    QVERIFY2(why.contains("ConsumeMagic"), qPrintable(why));
    QVERIFY(fleet.allRun("first", "two"));

    // One that is in order, but cannot start on these machines.
    QTcpServer taken;
    QVERIFY(taken.listen(QHostAddress::AnyIPv4));
    const QByteArray port = QByteArray::number(taken.serverPort());
    const int unable = fleet.deploy(following(
        "unable",
        "  - name: Hear\n    type: ListenTCP\n    properties: {Listening Port: '" + port + "'}\n",
        "  - {from: Hear, relationship: success, to: Name}\n"));
    QVERIFY(fleet.all(unable, "refused", &why));
    QVERIFY2(why.contains("Hear"), qPrintable(why));
    QVERIFY(fleet.allRun("first", "three"));
    QVERIFY(fleet.server().rest().curl("/api/v1/bulletins").body.contains("does not run the flow"));

    const int second = fleet.deploy(following("second"));
    QVERIFY(fleet.all(second, "applied"));
    QVERIFY(fleet.allRun("second", "four"));

    fleet.proxy().tell("change");
    const int changed = fleet.deploy(following("third"));
    QVERIFY(fleet.all(changed, "refused", &why));
    QVERIFY2(why.contains("does not hold"), qPrintable(why));
    fleet.proxy().tell("strip");
    const int stripped = fleet.deploy(following("third"));
    QVERIFY(fleet.all(stripped, "refused", &why));
    QVERIFY2(why.contains("not signed"), qPrintable(why));
    QTemporaryDir forged;
    QFile file(forged.filePath("flow"));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(following("forged")) > 0);
    file.close();
    fleet.proxy().tell("forge rivers " + file.fileName());
    const int signedByAnother = fleet.deploy(following("third"));
    QVERIFY(fleet.all(signedByAnother, "refused", &why));
    QVERIFY2(why.contains("does not hold"), qPrintable(why));
    fleet.proxy().tell("replay");
    const int old = fleet.deploy(following("third"));
    QVERIFY(fleet.all(old, "refused", &why));
    QVERIFY2(why.contains("older than"), qPrintable(why));
    fleet.proxy().tell("pass");
    QVERIFY(fleet.allRun("second", "five"));

    const int last = fleet.deploy(following("last"));
    QVERIFY(fleet.all(last, "applied"));
    QVERIFY(fleet.allRun("last", "six"));
    for (int i = 0; i < kAgents; ++i) {
      AgentProgram& agent = fleet.agent(i);
      const AgentFiles out = agent.filesIn("out");
      QCOMPARE(out.keys(), (QStringList{"first", "last", "second"}));
      // Each line once, by the flow that ran then.
      QCOMPARE(out["first"], QByteArray("begin\none\ntwo\nthree\n"));
      QCOMPARE(out["second"], QByteArray("four\nfive\n"));
      QCOMPARE(out["last"], QByteArray("six\n"));
      QCOMPARE(agent.stop(), 0);
    }
    QCOMPARE(fleet.server().stop(), 0);
  }

  void whoeverIsKilledInTheMiddleComesToTheSameEnd() {
    MR_NEEDS_TLS();
    Fleet fleet;
    QVERIFY(fleet.start());
    const int first = fleet.deploy(following("first"));
    QVERIFY(fleet.all(first, "applied"));
    const auto seed = static_cast<quint32>(qEnvironmentVariableIntValue("MILLRACE_SEED"));
    QRandomGenerator chance(seed);
    int serial = first;
    for (int round = 0; round < 3; ++round) {
      const QByteArray name = "round" + QByteArray::number(round);
      serial = fleet.deploy(following(name));
      QVERIFY(serial > 0);
      // At some moment between the first agent that hears of it and the last one that has it.
      const int some = static_cast<int>(chance.bounded(kAgents));
      QVERIFY(QTest::qWaitFor([&] { return fleet.server().count(serial, "applied") >= some; },
                              kAgentPatience));
      fleet.server().kill();
      for (int i = 0; i < kAgents; ++i) {
        if (chance.bounded(2) == 0) continue;
        fleet.agent(i).kill();
        QVERIFY(fleet.begin(i));
      }
      QVERIFY(fleet.server().start());
      // One that was on trial is tried once more. It runs at the end on each.
      QVERIFY(fleet.all(serial, "applied"));
      QVERIFY(fleet.allRun(name, "line of " + name));
    }
    for (int i = 0; i < kAgents; ++i) QCOMPARE(fleet.agent(i).stop(), 0);
    QCOMPARE(fleet.server().stop(), 0);
  }
};

}  // namespace

QTEST_GUILESS_MAIN(FleetTest)
#include "fleet_test.moc"
