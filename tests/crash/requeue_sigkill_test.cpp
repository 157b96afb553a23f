// SPDX-License-Identifier: Apache-2.0
// Kills the real server while FlowFiles that wait are edited and moved between two connections by
// its interface. After each kill every FlowFile waits in one of them, once, with attributes and
// content of the same edit, and no edit that was answered is gone.

#include "engine/base/random.h"
#include "tests/harness/rest_server.h"

#include <QTemporaryDir>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>

using namespace rest_test;

namespace {

constexpr int kFlowFiles = 20;
constexpr int kKills = 120;  ///< in full

const QByteArray kFlow =
    "millrace: 1\n"
    "name: moved\n"
    "processors:\n"
    "  - {name: Make, type: GenerateFlowFile, properties: {Custom Text: 'version 0', Batch Size: "
    "'20', version: '0'}, state: stopped}\n"
    "  - {name: Here, type: LogMessage, auto-terminate: [success], state: stopped}\n"
    "  - {name: Other, type: UpdateAttribute, state: stopped}\n"
    "  - {name: There, type: LogMessage, auto-terminate: [success], state: stopped}\n"
    "connections:\n"
    "  - {from: Make, relationship: success, to: Here}\n"
    "  - {from: Other, relationship: success, to: There}\n";

int rounds(int whole) {
  const double scale =
      qEnvironmentVariableIsSet("MILLRACE_ROUNDS") ? qgetenv("MILLRACE_ROUNDS").toDouble() : 0.1;
  return std::max(1, static_cast<int>(whole * scale));
}

/// What is known of a FlowFile from outside.
struct Seen {
  int connection = 0;
  int answered = 0;  ///< the greatest version that the server has answered for
};

}  // namespace

class RequeueSigkillTest : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  QString connections_[2];
  std::mutex mutex_;
  std::map<QString, Seen> flowFiles_;
  std::atomic<int> version_{0};

  QString base(int connection) const { return "/api/v1/connections/" + connections_[connection]; }

  /// Every FlowFile is there once, and whole.
  void look(const RestServer& server) {
    std::map<QString, Seen> found;
    for (int connection = 0; connection < 2; ++connection) {
      const auto list = server.curl(base(connection) + "/queue?limit=1000").json();
      for (const QJsonValue& each : list["flowfiles"].toArray()) {
        const QJsonObject file = each.toObject();
        const QString uuid = file["uuid"].toString();
        const int version = file["attributes"].toObject()["version"].toString().toInt();
        QVERIFY2(!found.contains(uuid), "a FlowFile is in two places");
        found[uuid] = {connection, version};
        const Answer content = server.curl(base(connection) + "/flowfiles/" + uuid + "/content");
        QCOMPARE(content.body, "version " + QByteArray::number(version));
        const auto before = flowFiles_.find(uuid);
        if (!flowFiles_.empty()) {
          QVERIFY(before != flowFiles_.end());
          QVERIFY2(version >= before->second.answered, "an edit that was answered is gone");
        }
      }
    }
    QCOMPARE(found.size(), std::size_t{kFlowFiles});
    flowFiles_ = std::move(found);
  }

  /// Edits and moves one after the other until the server is gone.
  void work(const RestServer& server, const std::atomic<bool>& over, std::uint64_t seed) {
    millrace::Random random(seed);
    while (!over.load()) {
      QString uuid;
      int from = 0;
      {
        const std::scoped_lock lock(mutex_);
        auto one = flowFiles_.begin();
        // Each worker has FlowFiles of its own, so that the answers of one are in order.
        std::advance(one, random.below(kFlowFiles / 2) * 2 + seed % 2);
        uuid = one->first;
        from = one->second.connection;
      }
      const int version = ++version_;
      const int to = static_cast<int>(random.below(2));
      const QJsonObject body{
          {"attributes", QJsonObject{{"version", QString::number(version)}}},
          {"content", QJsonObject{{"text", "version " + QString::number(version)}}},
          {"to", connections_[to]}};
      const Answer answer =
          server.post(base(from) + "/flowfiles/" + uuid + "/requeue", QJsonDocument(body).toJson());
      if (answer.status != 200) continue;
      const std::scoped_lock lock(mutex_);
      flowFiles_[uuid] = {to, version};
    }
  }

 private slots:
  void eachFlowFileIsInOnePlaceAfterEachKill() {
    millrace::Random random(7);
    {
      RestServer server(folder_.path());
      QVERIFY(server.writeFlow(kFlow));
      QVERIFY2(server.start(), server.errors().constData());
      const QJsonArray all =
          server.curl("/api/v1/flow").json()["flow"].toObject()["connections"].toArray();
      for (int i = 0; i < 2; ++i) connections_[i] = all[i].toObject()["id"].toString();
      const QJsonObject make = server.curl("/api/v1/flow")
                                   .json()["flow"]
                                   .toObject()["processors"]
                                   .toArray()[0]
                                   .toObject();
      const QJsonObject once{{"action", "run-once"}, {"ids", QJsonArray{make["id"]}}};
      QCOMPARE(server.post("/api/v1/actions", QJsonDocument(once).toJson()).status, 200);
      QTRY_COMPARE_WITH_TIMEOUT(server.curl(base(0) + "/queue?limit=0").json()["count"].toInt(),
                                kFlowFiles, kPatience);
      QCOMPARE(server.stop(), 0);
    }
    int edits = 0;
    for (int kill = 0; kill < rounds(kKills); ++kill) {
      RestServer server(folder_.path());
      QVERIFY2(server.start(), server.errors().constData());
      look(server);
      if (QTest::currentTestFailed()) return;
      const int before = version_.load();
      std::atomic<bool> over{false};
      {
        const std::uint64_t seed = 2 * (random.next() / 2);
        std::jthread one([&, seed] { work(server, over, seed); });
        std::jthread two([&] { work(server, over, 2 * static_cast<std::uint64_t>(kill) + 1); });
        QTest::qWait(static_cast<int>(100 + random.below(400)));
        server.kill();
        over = true;
      }
      edits += version_.load() - before;
    }
    QVERIFY(edits > rounds(kKills));
    RestServer server(folder_.path());
    QVERIFY2(server.start(), server.errors().constData());
    look(server);
    QCOMPARE(server.stop(), 0);
  }
};

QTEST_GUILESS_MAIN(RequeueSigkillTest)
#include "requeue_sigkill_test.moc"
