// SPDX-License-Identifier: Apache-2.0
// Backups of the real server while FlowFiles go round in it at full speed and a client writes to
// its log: each restored directory is sound and has every FlowFile once, with its content, and the
// log without a gap. A backup during which the server is killed is refused, and hinders nobody
// later.

#include "engine/base/random.h"
#include "tests/harness/rest_server.h"

#include <QDeadlineTimer>
#include <QSet>
#include <QTemporaryDir>
#include <chrono>
#include <memory>
#include <thread>

using namespace rest_test;

namespace {

constexpr int kFlowFiles = 200;
constexpr int kBytes = 10240;
constexpr int kBackups = 4;
constexpr int kKills = 40;       ///< in full
constexpr int kMostKills = 200;  ///< until one falls into a backup
constexpr int kFirstRecords = 1000;

const QByteArray kFlow =
    "millrace: 1\n"
    "name: round\n"
    "processors:\n"
    "  - {name: Make, type: GenerateFlowFile, properties: {File Size: 10 KB, Batch Size: '200'}, "
    "state: stopped}\n"
    "  - {name: There, type: UpdateAttribute, properties: {lap: '${lap:replaceNull(0):plus(1)}'}, "
    "schedule: {every: 2 ms}}\n"
    "  - {name: Back, type: UpdateAttribute, schedule: {every: 2 ms}}\n"
    "connections:\n"
    "  - {from: Make, relationship: success, to: There}\n"
    "  - {from: There, relationship: success, to: Back}\n"
    "  - {from: Back, relationship: success, to: There}\n";

int rounds(int whole) {
  const double scale =
      qEnvironmentVariableIsSet("MILLRACE_ROUNDS") ? qgetenv("MILLRACE_ROUNDS").toDouble() : 0.1;
  return std::max(1, static_cast<int>(whole * scale));
}

struct Outcome {
  int code = -1;
  QByteArray out;
  QByteArray err;
};

Outcome millrace_(const QStringList& arguments) {
  QProcess process;
  process.start(QString(MR_BINARY_DIR) + "/bin/millrace", arguments);
  if (!process.waitForFinished(kPatience)) return {};
  return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
}

void makeFlowFiles(const RestServer& server) {
  const QJsonArray processors =
      server.curl("/api/v1/flow").json()["flow"].toObject()["processors"].toArray();
  const QJsonObject once{{"action", "run-once"},
                         {"ids", QJsonArray{processors[0].toObject()["id"]}}};
  QCOMPARE(server.post("/api/v1/actions", QJsonDocument(once).toJson()).status, 200);
}

/// Writes rising numbers into the topic `numbers`, a thousand a second at most, until it goes.
class Writer {
 public:
  Writer(const QString& kafka, const QString& flag) : flag_(flag) {
    QFile file(flag);
    file.open(QIODevice::WriteOnly);
    file.close();
    process_.start("sh",
                   {"-c", "n=1001; while [ -e " + flag +
                              " ]; do seq $n $((n+9)); n=$((n+10)); sleep 0.01; done | kcat -b " +
                              kafka + " -P -t numbers 2>&1"});
    process_.waitForStarted(kPatience);
  }
  ~Writer() {
    QFile::remove(flag_);
    process_.waitForFinished(kPatience);
  }

 private:
  const QString flag_;
  QProcess process_;
};

}  // namespace

class BackupSigkillTest : public QObject {
  Q_OBJECT

  /// The restored directory has all FlowFiles once, and the log from its first record on.
  void look(const QString& data) {
    const Outcome verified = millrace_({"repo", "verify", data});
    QVERIFY2(verified.code == 0, verified.err.constData());
    // Restored as data/flow.yaml; stopped, so that one can look.
    QFile flow(data + "/flow.yaml");
    QVERIFY(flow.open(QIODevice::ReadOnly));
    QByteArray text = flow.readAll();
    flow.close();
    for (const char* name : {"There", "Back"})
      text.replace("{name: " + QByteArray(name) + ", ",
                   "{name: " + QByteArray(name) + ", state: stopped, ");
    QVERIFY(flow.open(QIODevice::WriteOnly | QIODevice::Truncate));
    flow.write(text);
    flow.close();
    QProcess process;
    process.start(QString(MR_BINARY_DIR) + "/bin/millrace",
                  {"server", "--data", data, "--listen", "127.0.0.1:0", "--kafka", "off"});
    QVERIFY(process.waitForReadyRead(kPatience));
    const QString at = "http://" + QJsonDocument::fromJson(process.readLine())["http"].toString();
    const auto get = [&](const QString& path) {
      QProcess client;
      client.start("curl", {"-s", "-m", "100", at + path});
      client.waitForFinished(kPatience);
      return client.readAllStandardOutput();
    };
    const auto json = [&](const QString& path) {
      return QJsonDocument::fromJson(get(path)).object();
    };
    QSet<QString> uuids;
    int count = 0;
    const QJsonArray wires = json("/api/v1/flow")["flow"].toObject()["connections"].toArray();
    for (const QJsonValue& wire : wires) {
      const QString base = "/api/v1/connections/" + wire.toObject()["id"].toString();
      const QJsonArray files = json(base + "/queue?limit=1000")["flowfiles"].toArray();
      for (const QJsonValue& file : files) {
        const QString uuid = file.toObject()["uuid"].toString();
        uuids += uuid;
        ++count;
        if (count % 20 == 0) QCOMPARE(get(base + "/flowfiles/" + uuid + "/content").size(), kBytes);
      }
    }
    QCOMPARE(count, kFlowFiles);
    QCOMPARE(uuids.size(), kFlowFiles);
    // Each number stands at its place: in the first pages, and in the last.
    int records = 0;
    for (const char* where : {"offset=0", "offset=1000", "before=end"}) {
      const QJsonObject page =
          json(QString("/api/v1/log/topics/numbers/records?limit=1000&%1").arg(QString(where)));
      for (const QJsonValue& each : page["records"].toArray()) {
        const QJsonObject record = each.toObject();
        QCOMPARE(record["value"].toObject()["text"].toString().toInt(),
                 record["offset"].toInt() + 1);
        records = std::max(records, record["offset"].toInt() + 1);
      }
    }
    QVERIFY(records >= kFirstRecords);
    process.terminate();
    QVERIFY(process.waitForFinished(kPatience));
    QCOMPARE(process.exitCode(), 0);
  }

  static void begin(RestServer& server) {
    QVERIFY(server.writeFlow(kFlow));
    QVERIFY2(server.start({"--kafka", "127.0.0.1:0"}), server.errors().constData());
    QProcess first;
    first.start("sh", {"-c", "seq 1 " + QString::number(kFirstRecords) + " | kcat -b " +
                                 server.ready("kafka") + " -P -t numbers"});
    QVERIFY(first.waitForFinished(kPatience));
    makeFlowFiles(server);
  }

 private slots:
  void aBackupOfARunningServerIsItAtOneMoment() {
    QTemporaryDir folder;
    RestServer server(folder.path());
    begin(server);
    auto writer = std::make_unique<Writer>(server.ready("kafka"), folder.filePath("writing"));
    for (int i = 0; i < kBackups; ++i) {
      QTest::qWait(200);
      const QString to = folder.filePath("backup" + QString::number(i));
      const QString data = folder.filePath("restored" + QString::number(i));
      const Outcome made = millrace_({"backup", to, "--server", "http://" + server.address()});
      QVERIFY2(made.code == 0, made.err.constData());
      const Outcome again = millrace_({"backup", to, "--server", "http://" + server.address()});
      QCOMPARE(again.code, 2);
      QVERIFY2(again.err.contains("is there already"), again.err.constData());
      const Outcome restored = millrace_({"restore", to, "--data", data});
      QVERIFY2(restored.code == 0, restored.err.constData());
      look(data);
      if (QTest::currentTestFailed()) return;
    }
    writer.reset();
    QCOMPARE(server.stop(), 0);
    // A directory in which nothing runs.
    const QString to = folder.filePath("stopped");
    const QString data = folder.filePath("data");
    const Outcome made = millrace_({"backup", to, "--data", data, "--flow", server.flowFile()});
    QVERIFY2(made.code == 0, made.err.constData());
    QCOMPARE(millrace_({"restore", to, "--data", folder.filePath("again")}).code, 0);
    look(folder.filePath("again"));
  }

  void aBackupThatIsCutOffIsRefused() {
    QTemporaryDir folder;
    {
      RestServer server(folder.path());
      begin(server);
      const Outcome busy =
          millrace_({"backup", folder.filePath("x"), "--data", folder.filePath("data")});
      QCOMPARE(busy.code, 2);
      QVERIFY2(busy.err.contains("--server"), busy.err.constData());
      QCOMPARE(server.stop(), 0);
    }
    millrace::Random random(3);
    int refused = 0;
    // How long a backup takes is the machine's affair. A kill falls at random within the longest
    // time that still cut one off, and a bit after it: that time is found by halving, and kills go
    // on until one backup at least was cut off.
    double longest = 60000;
    for (int kill = 0; kill < rounds(kKills) || (refused == 0 && kill < kMostKills); ++kill) {
      RestServer server(folder.path());
      QVERIFY2(server.start({"--kafka", "127.0.0.1:0"}), server.errors().constData());
      const QString to = folder.filePath("backup" + QString::number(kill));
      const QJsonObject body{{"to", to}};
      QProcess client;
      client.start("curl", {"-s", "-m", "100", "-H", "Content-Type: application/json", "-d",
                            QString::fromUtf8(QJsonDocument(body).toJson()),
                            "http://" + server.address() + "/api/v1/backup"});
      const QDeadlineTimer patience(kPatience);  // QTRY looks too seldom
      while (!QFile::exists(to) && !patience.hasExpired())
        std::this_thread::sleep_for(std::chrono::microseconds(100));
      QVERIFY(QFile::exists(to));
      std::this_thread::sleep_for(
          std::chrono::microseconds(random.below(static_cast<std::uint64_t>(longest) + 1)));
      server.kill();
      client.waitForFinished(kPatience);
      const QString data = folder.filePath("restored" + QString::number(kill));
      const Outcome restored = millrace_({"restore", to, "--data", data});
      if (restored.code == 0) {
        longest /= 2;
        look(data);  // it was done before the kill
      } else {
        longest = longest * 1.25 + 100;
        ++refused;
        QCOMPARE(restored.code, 2);
        QVERIFY2(restored.err.contains("cut short"), restored.err.constData());
        QVERIFY(!QFile::exists(data));
      }
      if (QTest::currentTestFailed()) return;
    }
    QVERIFY(refused > 0);
    RestServer server(folder.path());
    QVERIFY2(server.start(), server.errors().constData());
    QVERIFY(!QFile::exists(folder.filePath("data/backup.links")));
    const QString to = folder.filePath("last");
    QCOMPARE(millrace_({"backup", to, "--server", "http://" + server.address()}).code, 0);
    QCOMPARE(millrace_({"restore", to, "--data", folder.filePath("new")}).code, 0);
    look(folder.filePath("new"));
    QCOMPARE(server.stop(), 0);
  }
};

QTEST_GUILESS_MAIN(BackupSigkillTest)
#include "backup_sigkill_test.moc"
