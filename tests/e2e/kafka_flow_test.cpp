// SPDX-License-Identifier: Apache-2.0
// Flows that publish to and consume from the log of their own program, beside kcat on its port.
#include "tests/harness/kafka_server.h"

#include <QTemporaryDir>

using namespace kafka_test;

namespace {

/// Consumes `in`, puts `<` and `>` around each value, and publishes to `out` with the key.
const QByteArray kEcho =
    "millrace: 1\n"
    "name: echo\n"
    "services:\n"
    "  - name: Topics\n"
    "    type: Kafka3ConnectionService\n"
    "processors:\n"
    "  - name: In\n"
    "    type: ConsumeKafka\n"
    "    properties:\n"
    "      Kafka Connection Service: Topics\n"
    "      Group ID: echo\n"
    "      Topics: in\n"
    "      Auto Offset Reset: earliest\n"
    "      Header Name Pattern: 'x-.*'\n"
    "  - name: Around\n"
    "    type: ReplaceText\n"
    "    properties:\n"
    "      Search Value: '(?s)^(.*)$'\n"
    "      Replacement Value: '<$1>'\n"
    "    auto-terminate: [failure]\n"
    "  - name: Out\n"
    "    type: PublishKafka\n"
    "    properties:\n"
    "      Kafka Connection Service: Topics\n"
    "      Topic Name: out\n"
    "      FlowFile Attribute Header Pattern: 'x-.*'\n"
    "    auto-terminate: [success, failure]\n"
    "connections:\n"
    "  - {from: In, relationship: success, to: Around}\n"
    "  - {from: Around, relationship: success, to: Out}\n";

/// A file of records, published; consumed again and appended to a file.
const QByteArray kThereAndBack =
    "millrace: 1\n"
    "name: there and back\n"
    "services:\n"
    "  - {name: Topics, type: Kafka3ConnectionService}\n"
    "processors:\n"
    "  - name: Source\n"
    "    type: GetFile\n"
    "    properties:\n"
    "      Input Directory: IN\n"
    "  - name: Publish\n"
    "    type: PublishKafka\n"
    "    properties:\n"
    "      Kafka Connection Service: Topics\n"
    "      Topic Name: lines\n"
    "      Message Demarcator: \"\\n\"\n"
    "    auto-terminate: [success, failure]\n"
    "  - name: Consume\n"
    "    type: ConsumeKafka\n"
    "    properties:\n"
    "      Kafka Connection Service: Topics\n"
    "      Group ID: g\n"
    "      Topics: lines\n"
    "      Auto Offset Reset: earliest\n"
    "      Processing Strategy: DEMARCATOR\n"
    "      Message Demarcator: ','\n"
    "  - name: Write\n"
    "    type: PutFile\n"
    "    properties:\n"
    "      Directory: OUT\n"
    "      Conflict Resolution Strategy: append\n"
    "    auto-terminate: [success, failure]\n"
    "  - name: Named\n"
    "    type: UpdateAttribute\n"
    "    properties: {filename: all}\n"
    "connections:\n"
    "  - {from: Source, relationship: success, to: Publish}\n"
    "  - {from: Consume, relationship: success, to: Named}\n"
    "  - {from: Named, relationship: success, to: Write}\n";

void writeFile(const QString& path, const QByteArray& bytes) {
  QFile file(path);
  QVERIFY(file.open(QIODevice::WriteOnly));
  QCOMPARE(file.write(bytes), qint64{bytes.size()});
}

QByteArray readFile(const QString& path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("(no file)");
}

}  // namespace

class KafkaFlowTest : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;

 private slots:
  void aFlowAnswersWhatAClientPublishes() {
    writeFile(folder_.filePath("echo.yaml"), kEcho);
    KafkaServer server(folder_.filePath("data"), folder_.filePath("echo.yaml"));
    QVERIFY(server.start());
    // kcat does not wait for a topic that the flow has yet to make.
    const QByteArray topic =
        "import sys\n"
        "from confluent_kafka.admin import AdminClient, NewTopic\n"
        "admin = AdminClient({'bootstrap.servers': sys.argv[1]})\n"
        "admin.create_topics([NewTopic('out', 1, 1)])['out'].result(60)\n";
    QVERIFY(callProgram("/usr/bin/python3", {"-c", topic, server.address()}).code == 0);
    const Outcome sent =
        kcat(server, {"-P", "-t", "in", "-K", ":", "-H", "x-a=1", "-H", "y=2", "-X", "acks=all"},
             "k1:one\nk2:two\nk1:three\n");
    QVERIFY2(sent.code == 0, sent.err);
    const Outcome read =
        kcat(server, {"-C", "-q", "-t", "out", "-o", "beginning", "-c", "3", "-f", "%k %s %h\n"});
    QVERIFY2(read.code == 0, read.err);
    QCOMPARE(read.out, QByteArray("k1 <one> x-a=1\nk2 <two> x-a=1\nk1 <three> x-a=1\n"));
    // The group is one like any other.
    const QByteArray script =
        "import sys, time\n"
        "from confluent_kafka import Consumer, TopicPartition\n"
        "c = Consumer({'bootstrap.servers': sys.argv[1], 'group.id': 'echo'})\n"
        "end = time.monotonic() + 60\n"
        "while c.committed([TopicPartition('in', 0)], 30)[0].offset != 3:\n"
        "    assert time.monotonic() < end\n";
    const Outcome group = callProgram("/usr/bin/python3", {"-c", script, server.address()});
    QVERIFY2(group.code == 0, group.err);
    QCOMPARE(server.stop(), 0);
    // A restart goes on behind it.
    QVERIFY(server.start());
    QVERIFY(kcat(server, {"-P", "-t", "in", "-X", "acks=all"}, "four\n").code == 0);
    const Outcome more = kcat(server, {"-C", "-q", "-t", "out", "-o", "3", "-c", "1"});
    QCOMPARE(more.out, QByteArray("<four>\n"));
    QCOMPARE(server.stop(), 0);
  }

  void runWaitsForWhatIsOnItsWayThroughTheLog() {
    QVERIFY(QDir(folder_.path()).mkdir("in"));
    writeFile(folder_.filePath("in/lines"), "a\nb\n\nc\n");
    QByteArray flow = kThereAndBack;
    flow.replace("IN", folder_.filePath("in").toUtf8());
    flow.replace("OUT", folder_.filePath("out").toUtf8());
    writeFile(folder_.filePath("back.yaml"), flow);
    const Outcome run = callProgram(QString(MR_BINARY_DIR) + "/bin/millrace",
                                    {"run", folder_.filePath("back.yaml"), "--until-idle"});
    QVERIFY2(run.code == 0, run.err);
    QCOMPARE(readFile(folder_.filePath("out/all")), QByteArray("a,b,c"));
  }
};

QTEST_GUILESS_MAIN(KafkaFlowTest)
#include "kafka_flow_test.moc"
