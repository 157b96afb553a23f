// SPDX-License-Identifier: Apache-2.0
// Kills the real server while its flow is edited by the interface: values of two processors at
// once, a run state, and a connection with FlowFiles in it that comes and goes. After each kill the
// flow file, the journal of changes, the parked queue, the run states and what was answered agree.

#include "engine/base/random.h"
#include "tests/harness/rest_server.h"

#include <QTemporaryDir>
#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>
#include <vector>

using namespace rest_test;

namespace {

constexpr int kFlowFiles = 20;
constexpr int kKills = 300;  ///< in full

const QByteArray kFlow =
    "# kept by every edit\n"
    "millrace: 1\n"
    "name: edited\n"
    "processors:\n"
    "  - {name: Make, type: GenerateFlowFile, properties: {Batch Size: '20'}, state: stopped}\n"
    "  - {name: Hold, type: LogMessage, auto-terminate: [success], state: stopped}\n"
    "  - {name: One, type: UpdateAttribute, auto-terminate: [success], state: stopped}\n"
    "  - {name: Two, type: LogMessage, auto-terminate: [success], state: stopped}\n"
    "connections:\n"
    "  - {from: Make, relationship: success, to: Hold}  # and this\n"
    "  - {from: Hold, relationship: success, to: Two}\n"
    "  - {from: Two, relationship: success, to: One}\n";

int rounds(int whole) {
  const double scale =
      qEnvironmentVariableIsSet("MILLRACE_ROUNDS") ? qgetenv("MILLRACE_ROUNDS").toDouble() : 0.1;
  return std::max(1, static_cast<int>(whole * scale));
}

/// What the edits change.
struct Edited {
  int version = 0;  ///< comment of two processors
  bool running = false;
  bool connected = true;
  bool operator==(const Edited&) const = default;
};

QJsonObject named(const QJsonArray& all, const QString& name) {
  for (const QJsonValue& each : all) {
    if (each.toObject()["name"].toString() == name) return each.toObject();
  }
  return {};
}

QJsonObject sorted(QJsonObject flow) {
  std::vector<QJsonObject> connections;
  for (const QJsonValue& each : flow["connections"].toArray())
    connections.push_back(each.toObject());
  std::sort(connections.begin(), connections.end(),
            [](const auto& a, const auto& b) { return a["id"].toString() < b["id"].toString(); });
  QJsonArray list;
  for (const QJsonObject& each : connections) list.append(each);
  flow["connections"] = list;
  return flow;
}

QByteArray bytesOf(const QJsonObject& object) { return QJsonDocument(object).toJson(); }

}  // namespace

class EditSigkillTest : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  QString one_, two_, queue_;
  QJsonObject connection_;  // as it was made
  Edited answered_;
  std::optional<Edited> underWay_;  // sent, and not answered when the server was killed
  int answeredRevision_ = 1;
  int inDoubt_ = 0;      // kills with an edit under way
  int inDoubtMade_ = 0;  // of which it was made

  static QJsonObject flowOf(const RestServer& server) {
    return server.curl("/api/v1/flow").json()["flow"].toObject();
  }
  bool isConnected(const QJsonObject& flow) const {
    for (const QJsonValue& each : flow["connections"].toArray()) {
      if (each.toObject()["id"].toString() == queue_) return true;
    }
    return false;
  }

  /// The next edit, and what it comes to.
  std::pair<QString, QJsonObject> edit(millrace::Random& random, Edited& next) const {
    const auto changes = [](const QJsonArray& list) { return QJsonObject{{"changes", list}}; };
    switch (random.below(3)) {
      case 0: {
        ++next.version;
        const QJsonObject value{{"comment", QString("version %1").arg(next.version)}};
        QJsonArray both;
        for (const QString& id : {one_, two_})
          both.append(QJsonObject{{"op", "update"}, {"id", id}, {"value", value}});
        return {"/api/v1/changes", changes(both)};
      }
      case 1:
        next.running = !next.running;
        return {"/api/v1/actions",
                {{"action", next.running ? "start" : "stop"}, {"ids", QJsonArray{one_}}}};
      default:
        break;
    }
    next.connected = !next.connected;
    if (!next.connected)
      return {"/api/v1/changes", changes({QJsonObject{{"op", "delete"}, {"id", queue_}}})};
    return {"/api/v1/changes",
            changes({QJsonObject{{"op", "create"},
                                 {"kind", "connection"},
                                 {"group", "00000000-0000-0000-0000-000000000000"},
                                 {"value", connection_}}})};
  }

  /// One edit after the other until the server is gone.
  void work(const RestServer& server, const std::atomic<bool>& over, std::uint64_t seed) {
    millrace::Random random(seed);
    while (!over.load()) {
      Edited next = answered_;
      const auto [path, body] = edit(random, next);
      underWay_ = next;
      const Answer answer = server.post(path, bytesOf(body));
      if (answer.status == 0) return;
      if (answer.status != 200) qFatal("%d %s", answer.status, answer.body.constData());
      answered_ = next;
      underWay_.reset();
      answeredRevision_ = answer.json()["revision"].toInt();
    }
  }

  void lookAtJournal(const RestServer& server, int revision) {
    int last = 0;
    while (last < revision) {
      const QJsonArray page = server.curl(QString("/api/v1/changes?limit=1000&after=%1").arg(last))
                                  .json()["changes"]
                                  .toArray();
      QVERIFY2(!page.isEmpty(), "the journal ends before the flow's revision");
      for (const QJsonValue& each : page) QCOMPARE(each.toObject()["revision"].toInt(), ++last);
    }
    QCOMPARE(last, revision);
  }

  void look(const RestServer& server) {
    const Answer answer = server.curl("/api/v1/flow");
    const int revision = answer.json()["revision"].toInt();
    const QJsonObject flow = answer.json()["flow"].toObject();
    // The file says what the server says, in the form in which people keep it.
    const QByteArray text = server.curl("/api/v1/flow", {"-H", "Accept: application/yaml"}).body;
    QCOMPARE(server.readFlow(), text);
    QVERIFY2(text.startsWith("# kept by every edit\n"), text);
    const QJsonArray processors = flow["processors"].toArray();
    const QJsonObject one = named(processors, "One");
    Edited found;
    const QString comment = one["comment"].toString();
    found.version = comment.isEmpty() ? 0 : comment.section(' ', 1).toInt();
    found.running = one["state"].toString("running") == "running";
    found.connected = isConnected(flow);
    // All of an edit, or none of it.
    QCOMPARE(named(processors, "Two")["comment"].toString(), comment);
    if (underWay_) {
      ++inDoubt_;
      if (found == *underWay_) ++inDoubtMade_;
      QVERIFY2(found == answered_ || found == *underWay_, text);
      QVERIFY(revision == answeredRevision_ || revision == answeredRevision_ + 1);
      QCOMPARE(revision > answeredRevision_, found == *underWay_);
    } else {
      QVERIFY2(found == answered_, text);
      QCOMPARE(revision, answeredRevision_);
    }
    lookAtJournal(server, revision);
    // FlowFiles wait where the flow has their connection, else they are parked.
    const QJsonArray parked = server.curl("/api/v1/parked").json()["parked"].toArray();
    if (found.connected) {
      QVERIFY(parked.isEmpty());
      QCOMPARE(
          server.curl("/api/v1/connections/" + queue_ + "/queue?limit=0").json()["count"].toInt(),
          kFlowFiles);
    } else {
      QCOMPARE(parked.size(), 1);
      QCOMPARE(parked[0].toObject()["id"].toString(), queue_);
      QCOMPARE(parked[0].toObject()["count"].toInt(), kFlowFiles);
    }
    // What the flow wants to run, runs.
    for (const QJsonValue& each : server.curl("/api/v1/status").json()["components"].toArray()) {
      if (each.toObject()["id"].toString() == one_)
        QCOMPARE(each.toObject()["state"].toString(),
                 QString(found.running ? "running" : "stopped"));
    }
    answered_ = found;
    answeredRevision_ = revision;
    underWay_.reset();
  }

 private slots:
  void allAgreesAfterEachKill() {
    millrace::Random random(11);
    QJsonObject original;
    int first = 0;
    {
      RestServer server(folder_.path());
      QVERIFY(server.writeFlow(kFlow));
      QVERIFY2(server.start(), "does not serve");
      const QJsonObject flow = flowOf(server);
      one_ = named(flow["processors"].toArray(), "One")["id"].toString();
      two_ = named(flow["processors"].toArray(), "Two")["id"].toString();
      connection_ = flow["connections"].toArray()[0].toObject();
      queue_ = connection_["id"].toString();
      const QJsonObject once{
          {"action", "run-once"},
          {"ids", QJsonArray{named(flow["processors"].toArray(), "Make")["id"]}}};
      QCOMPARE(server.post("/api/v1/actions", bytesOf(once)).status, 200);
      QTRY_COMPARE_WITH_TIMEOUT(
          server.curl("/api/v1/connections/" + queue_ + "/queue?limit=0").json()["count"].toInt(),
          kFlowFiles, kPatience);
      original = server.curl("/api/v1/flow").json();
      first = original["revision"].toInt();
      answeredRevision_ = first;
      QCOMPARE(server.stop(), 0);
    }
    for (int kill = 0; kill < rounds(kKills); ++kill) {
      RestServer server(folder_.path());
      QVERIFY2(server.start(), "does not serve");
      look(server);
      if (QTest::currentTestFailed()) return;
      std::atomic<bool> over{false};
      {
        std::jthread worker([&] { work(server, over, static_cast<std::uint64_t>(kill)); });
        QTest::qWait(static_cast<int>(20 + random.below(300)));
        server.kill();
        over = true;
      }
    }
    RestServer server(folder_.path());
    QVERIFY2(server.start(), "does not serve");
    look(server);
    if (QTest::currentTestFailed()) return;
    qInfo("%d revisions, %d kills with an edit under way, of which %d were made", answeredRevision_,
          inDoubt_, inDoubtMade_);
    QVERIFY(answeredRevision_ > rounds(kKills));
    QVERIFY(inDoubt_ > 0);
    // The journal leads back to the beginning.
    QCOMPARE(server.post(QString("/api/v1/changes/%1/revert-to").arg(first), "").status, 200);
    // A connection that came back stands behind the others.
    QCOMPARE(sorted(flowOf(server)), sorted(original["flow"].toObject()));
    QCOMPARE(
        server.curl("/api/v1/connections/" + queue_ + "/queue?limit=0").json()["count"].toInt(),
        kFlowFiles);
    QCOMPARE(server.stop(), 0);
  }
};

QTEST_GUILESS_MAIN(EditSigkillTest)
#include "edit_sigkill_test.moc"
