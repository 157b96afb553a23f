// SPDX-License-Identifier: Apache-2.0
// The server as Kafka's clients see it: kcat (librdkafka) and kafka-python against the real
// program.
#include "tests/harness/kafka_server.h"

#include <QElapsedTimer>
#include <QTcpSocket>
#include <QTemporaryDir>

using namespace kafka_test;

namespace {

QByteArray numbered(const QByteArray& prefix, int count) {
  QByteArray lines;
  for (int i = 0; i < count; ++i) lines += prefix + QByteArray::number(i) + '\n';
  return lines;
}

}  // namespace

class KafkaTest : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;
  std::unique_ptr<KafkaServer> server_;

  Outcome consume(const QString& topic, const QStringList& more = {}) {
    return kcat(*server_, QStringList{"-C", "-q", "-e", "-t", topic} + more);
  }

 private slots:
  void initTestCase() {
    QVERIFY(folder_.isValid());
    server_ = std::make_unique<KafkaServer>(folder_.filePath("data"));
    QVERIFY(server_->start());
  }
  void cleanupTestCase() {
    QCOMPARE(server_->stop(), 0);
    server_.reset();
  }

  void theReadyLineNamesThePortAndTheFolder() {
    const QJsonObject ready = server_->ready();
    QCOMPARE(ready["kafka"].toString(), server_->address());
    QCOMPARE(ready["data"].toString(), folder_.filePath("data"));
    QVERIFY(ready["http"].isNull());
  }

  void whatIsProducedIsConsumed_data() {
    QTest::addColumn<QString>("codec");
    QTest::addColumn<QString>("acks");
    for (const char* codec : {"none", "gzip", "snappy", "lz4", "zstd"}) {
      for (const char* acks : {"0", "1", "all"})
        QTest::addRow("%s, acks %s", codec, acks) << QString(codec) << QString(acks);
    }
  }
  void whatIsProducedIsConsumed() {
    QFETCH(QString, codec);
    QFETCH(QString, acks);
    const QString topic = "made-" + codec + "-" + acks;
    const QByteArray lines = numbered("a line that repeats itself repeats itself ", 2000);
    const Outcome produced =
        kcat(*server_, {"-P", "-t", topic, "-z", codec, "-X", "acks=" + acks, "-X", "linger.ms=20"},
             lines);
    QVERIFY2(produced.code == 0, produced.err);
    Outcome consumed = consume(topic);
    // Nobody said when the last of acks=0 is there.
    QElapsedTimer waited;
    waited.start();
    while (acks == "0" && consumed.out != lines && waited.elapsed() < kPatience)
      consumed = consume(topic);
    QVERIFY2(consumed.code == 0, consumed.err);
    QVERIFY(consumed.out == lines);
  }

  void keysHeadersTimestampsAndNothingAtAllComeThrough() {
    const Outcome produced =
        kcat(*server_, {"-P", "-t", "rich", "-K", ":", "-Z", "-H", "colour=blue", "-H", "empty="},
             "key:value\nonly key:\n:only value\n");
    QVERIFY2(produced.code == 0, produced.err);
    const Outcome consumed = consume("rich", {"-f", "%o|%k|%S|%s|%h\n"});
    QCOMPARE(consumed.out, QByteArray("0|key|5|value|colour=blue,empty=\n"
                                      "1|only key|-1||colour=blue,empty=\n"
                                      "2||10|only value|colour=blue,empty=\n"));
  }

  void offsetsAreFoundByTime() {
    QVERIFY(kcat(*server_, {"-P", "-t", "times"}, "early\n").code == 0);
    const QByteArray stamp = consume("times", {"-f", "%T"}).out;
    QVERIFY(stamp.toLongLong() > 0);
    const Outcome at = kcat(*server_, {"-Q", "-t", "times:0:" + stamp});
    QVERIFY2(at.out.contains("offset 0"), at.out + at.err);
    const QByteArray later = QByteArray::number(stamp.toLongLong() + 1);
    // kcat shows the end for a time behind the last record.
    const Outcome behind = kcat(*server_, {"-Q", "-t", "times:0:" + later});
    QVERIFY2(!behind.out.contains("offset 0"), behind.out + behind.err);
    QCOMPARE(consume("times", {"-o", "s@" + stamp}).out, QByteArray("early\n"));
  }

  void aConsumerThatWaitsGetsWhatComesLater() {
    QVERIFY(kcat(*server_, {"-P", "-t", "later"}, "one\n").code == 0);
    QProcess reader;
    reader.start("kcat", {"-b", server_->address(), "-C", "-q", "-u", "-t", "later", "-c", "2"});
    QVERIFY(reader.waitForStarted(kPatience));
    while (!reader.canReadLine()) QVERIFY(reader.waitForReadyRead(kPatience));
    QVERIFY(kcat(*server_, {"-P", "-t", "later"}, "two\n").code == 0);
    QVERIFY(reader.waitForFinished(kPatience));
    QCOMPARE(reader.readAllStandardOutput(), QByteArray("one\ntwo\n"));
  }

  void anIdempotentProducerWritesInOrder() {
    const QByteArray lines = numbered("n", 5000);
    const Outcome produced = kcat(
        *server_,
        {"-P", "-t", "idempotent", "-X", "enable.idempotence=true", "-X", "batch.num.messages=50"},
        lines);
    QVERIFY2(produced.code == 0, produced.err);
    QVERIFY(consume("idempotent").out == lines);
  }

  void anotherClientAdministersWritesAndReads() {
    const QByteArray script =
        "import sys\n"
        "from kafka import KafkaProducer, KafkaConsumer, TopicPartition\n"
        "from kafka.admin import KafkaAdminClient, NewTopic, ConfigResource\n"
        "at = sys.argv[1]\n"
        "admin = KafkaAdminClient(bootstrap_servers=at)\n"
        "admin.create_topics([NewTopic('python', 2, 1, topic_configs={'retention.ms': '99'})])\n"
        "told = admin.describe_configs([ConfigResource('TOPIC', 'python')])\n"
        "rows = [c for r in told for x in r.resources for c in x[4]]\n"
        "print([c[1] for c in rows if c[0] == 'retention.ms'])\n"
        "for codec in [None, 'gzip']:\n"
        "    p = KafkaProducer(bootstrap_servers=at, acks='all', compression_type=codec)\n"
        "    for i in range(3):\n"
        "        p.send('python', b'%d' % i, partition=1).get(60)\n"
        "    p.close()\n"
        "c = KafkaConsumer(bootstrap_servers=at, consumer_timeout_ms=5000)\n"
        "one = TopicPartition('python', 1)\n"
        "c.assign([one]); c.seek_to_beginning(one)\n"
        "print([m.value.decode() for m, n in zip(c, range(6))])\n"
        "print(c.end_offsets([one])[one])\n"
        "admin.delete_topics(['python'])\n"
        "print('python' in admin.list_topics())\n";
    const Outcome run = callProgram("/usr/bin/python3", {"-c", script, server_->address()});
    QVERIFY2(run.code == 0, run.err);
    QCOMPARE(run.out, QByteArray("['99']\n['0', '1', '2', '0', '1', '2']\n6\nFalse\n"));
  }

  void garbageClosesThatConnectionOnly() {
    const QList<QByteArray> pieces{
        QByteArray("GET / HTTP/1.1\r\n\r\n"),                      // announces more than is allowed
        QByteArray("\xff\xff\xff\xff", 4),                         // a negative size
        QByteArray("\0\0\0\x04\0\x12\0\0", 8),                     // too short for a header
        QByteArray("\0\0\0\x0a\x7f\x7f\0\0\0\0\0\1\xff\xff", 14),  // an unknown API
    };
    for (const QByteArray& piece : pieces) {
      QTcpSocket socket;
      socket.connectToHost("127.0.0.1",
                           static_cast<quint16>(server_->address().section(':', -1).toUInt()));
      QVERIFY(socket.waitForConnected(kPatience));
      socket.write(piece);
      if (socket.state() == QAbstractSocket::ConnectedState)
        QVERIFY(socket.waitForDisconnected(kPatience));
    }
    QVERIFY(kcat(*server_, {"-P", "-t", "after"}, "still here\n").code == 0);
    QCOMPARE(consume("after").out, QByteArray("still here\n"));
  }

  void aRestartKeepsTopicsRecordsAndTheClustersId() {
    QVERIFY(kcat(*server_, {"-P", "-t", "kept"}, "x\ny\n").code == 0);
    const auto cluster = [this] {
      return QJsonDocument::fromJson(kcat(*server_, {"-L", "-J"}).out).object();
    };
    const QJsonObject before = cluster();
    QVERIFY(before["topics"].toArray().size() > 3);
    QCOMPARE(server_->stop(), 0);
    QVERIFY(server_->start());
    QCOMPARE(cluster()["topics"].toArray().size(), before["topics"].toArray().size());
    QCOMPARE(consume("kept").out, QByteArray("x\ny\n"));
  }

  void wrongArgumentsAreBadInput() {
    const QString program = QString(MR_BINARY_DIR) + "/bin/millrace";
    const auto code = [&](const QStringList& arguments) {
      return callProgram(program, QStringList{"server"} + arguments).code;
    };
    const QString other = folder_.filePath("other");
    QCOMPARE(code({"--data", other, "--kafka", "nonsense"}), 2);
    QCOMPARE(code({"--data", other, "--kafka", "0.0.0.0:0"}), 2);
    QCOMPARE(code({"--data", other, "--kafka", "127.0.0.1:0", "--drain", "soon"}), 2);
    QCOMPARE(code({"--data", other, "--kafka", "off", "--kafka-advertise", "a:1"}), 2);
    QCOMPARE(code({"--data", folder_.filePath("data"), "--kafka", "127.0.0.1:0"}), 2);  // in use
    QCOMPARE(code({"--data", other, "--listen", "off", "--kafka", server_->address()}),
             1);  // taken
  }
};

QTEST_GUILESS_MAIN(KafkaTest)
#include "kafka_test.moc"
