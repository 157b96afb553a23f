// SPDX-License-Identifier: Apache-2.0
// The queue behind a topic wire: it is listed, holds up the source, expires and takes what is large
// as docs/log.md says.
#include "tests/harness/rest_server.h"

#include <QTemporaryDir>

using namespace rest_test;

namespace {

constexpr int kMade = 300;
constexpr int kMost = 20;

/// `source` into Board, which is stopped, by the topic `wire`.
QByteArray flowOf(const QByteArray& source, const QByteArray& connection) {
  return "millrace: 1\nname: wired\nprocessors:\n  - {name: Make, " + source +
         "}\n  - {name: Board, type: UpdateAttribute, state: stopped, auto-terminate: [success]}\n"
         "connections:\n  - {from: Make, relationship: success, to: Board, via: {topic: wire}, " +
         connection + "}\n";
}

}  // namespace

class TopicWireQueueTest : public QObject {
  Q_OBJECT
  std::unique_ptr<QTemporaryDir> folder_;
  std::unique_ptr<RestServer> server_;

  void start(const QByteArray& flow) {
    QVERIFY(server_->writeFlow(flow));
    QVERIFY2(server_->start({"--kafka", "127.0.0.1:0"}), server_->errors().constData());
  }
  QJsonObject get(const QString& path) const { return server_->curl("/api/v1" + path).json(); }
  /// The queue before Board: the one connection there is.
  QJsonObject queue() const { return get("/status")["connections"].toArray()[0].toObject(); }
  qint64 records() const { return get("/log/topics/wire")["records"].toInteger(); }
  qint64 lag() const {
    return get("/log/groups")["groups"].toArray()[0].toObject()["lag"].toInteger();
  }
  QJsonObject board() const { return get("/status")["components"].toArray()[1].toObject(); }
  void startBoard() const {
    const QByteArray go =
        "{\"action\":\"start\",\"ids\":[\"" + board()["id"].toString().toUtf8() + "\"]}";
    QCOMPARE(server_->post("/api/v1/actions", go).status, 200);
  }
  bool command(const QStringList& arguments) const {
    QProcess program;
    program.start(QString(MR_BINARY_DIR) + "/bin/millrace",
                  arguments + QStringList{"--bootstrap", server_->ready("kafka")});
    return program.waitForFinished(kPatience) && program.exitCode() == 0;
  }

 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    server_ = std::make_unique<RestServer>(folder_->path());
  }
  void cleanup() { QCOMPARE(server_->stop(), 0); }

  void whatWaitsIsListedAndHoldsUpTheSourceUntilItGoesOn() {
    start(
        flowOf("type: GenerateFlowFile, properties: {File Size: 10B, mark: '${now()}'}, schedule: "
               "{every: 1 ms, runs: " +
                   QByteArray::number(kMade) + "}",
               "back-pressure: {count: " + QByteArray::number(kMost) + ", size: 1 GB}"));
    // The queue is full, so is what lies between it and the end of the topic, and then the source
    // waits. A poll or a session may take each of them a few beyond its limit.
    QTRY_VERIFY_WITH_TIMEOUT(lag() >= kMost && queue()["count"].toInt() >= kMost, kPatience);
    QVERIFY(records() < kMade);
    const qint64 waiting = queue()["count"].toInteger();
    const QJsonObject page = get("/connections/" + queue()["id"].toString() + "/queue?limit=1000");
    const QJsonArray listed = page["flowfiles"].toArray();
    QVERIFY(listed.size() >= waiting);
    for (qsizetype i = 0; i < listed.size(); ++i) {
      const QJsonObject attributes = listed[i].toObject()["attributes"].toObject();
      QCOMPARE(attributes["kafka.offset"].toString(), QString::number(i));
      QVERIFY(!attributes["mark"].toString().isEmpty());
    }
    startBoard();
    QTRY_COMPARE_WITH_TIMEOUT(records(), qint64{kMade}, kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(lag() == 0 && queue()["count"].toInt() == 0, kPatience);
    QCOMPARE(board()["totalIn"].toInt(), kMade);
  }

  void whatWaitsTooLongExpiresAndStaysInTheTopic() {
    start(
        flowOf("type: GenerateFlowFile, properties: {File Size: 10B, Batch Size: '10'}, schedule: "
               "{every: 1 ms, runs: 3}",
               "expire: 200 ms"));
    QTRY_COMPARE_WITH_TIMEOUT(records(), qint64{30}, kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(lag() == 0 && queue()["count"].toInt() == 30, kPatience);
    QTest::qSleep(250);  // all are older than they may be, however slow the machine is
    startBoard();
    QTRY_COMPARE_WITH_TIMEOUT(queue()["count"].toInt(), 0, kPatience);
    const QString expired = "/provenance?type=EXPIRE&fresh=true&limit=100";
    QTRY_COMPARE_WITH_TIMEOUT(get(expired)["events"].toArray().size(), 30, kPatience);
    QCOMPARE(records(), qint64{30});
  }

  void aHundredMegabytesPassWhereTheTopicTakesThem() {
    constexpr qint64 kSize = 100'000'000;
    QVERIFY(QDir(folder_->path()).mkdir("in"));
    start(flowOf("type: GetFile, properties: {Input Directory: " +
                     folder_->filePath("in").toUtf8() + ", Polling Interval: 100 ms}",
                 "back-pressure: {count: 20, size: 1 GB}"));
    QVERIFY(command({"topics", "alter", "wire", "--config", "max.message.bytes=110000000"}));
    QByteArray content(kSize, 'x');
    for (qint64 at = 0; at < kSize; at += 1000)
      content[at] = static_cast<char>('a' + at / 1000 % 23);
    QFile file(folder_->filePath("in/.large"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(content), kSize);
    file.close();
    QVERIFY(QFile::rename(folder_->filePath("in/.large"), folder_->filePath("in/large")));
    QTRY_COMPARE_WITH_TIMEOUT(queue()["count"].toInt(), 1, kPatience);
    QCOMPARE(queue()["bytes"].toInteger(), kSize);
    const QString wire = "/connections/" + queue()["id"].toString();
    const auto waits = get(wire + "/queue")["flowfiles"].toArray()[0].toObject();
    const Answer got =
        server_->curl("/api/v1" + wire + "/flowfiles/" + waits["uuid"].toString() + "/content");
    QCOMPARE(got.status, 200);
    QVERIFY(got.body == content);
  }
};

QTEST_GUILESS_MAIN(TopicWireQueueTest)
#include "topic_wire_queue_test.moc"
