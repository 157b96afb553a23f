// SPDX-License-Identifier: Apache-2.0
// Kills the real server while a flow takes numbers from one topic, counts them in its state, and
// publishes them to another: for a read_committed reader each number is there exactly once, with
// each count exactly once. A kill between a session's first append and its durable commit leaves
// batches that the next start must leave out; how many kills did so is told and asked for.
#include "engine/base/random.h"
#include "tests/harness/kafka_server.h"

#include <QTemporaryDir>
#include <algorithm>

using namespace kafka_test;
using millrace::Random;

namespace {

double factor() {
  const QByteArray text = qgetenv("MILLRACE_ROUNDS");
  return text.isEmpty() ? 0.1 : text.toDouble();
}

const QByteArray kFlow =
    "millrace: 1\n"
    "name: count\n"
    "services:\n"
    "  - name: Topics\n"
    "    type: Kafka3ConnectionService\n"
    "    properties: {Max Poll Records: 20}\n"
    "processors:\n"
    "  - name: In\n"
    "    type: ConsumeKafka\n"
    "    properties:\n"
    "      Kafka Connection Service: Topics\n"
    "      Group ID: g\n"
    "      Topics: in\n"
    "      Auto Offset Reset: earliest\n"
    "    concurrency: TASKS\n"
    "  - name: Count\n"
    "    type: UpdateAttribute\n"
    "    properties:\n"
    "      Store State: Store state locally\n"
    "      Stateful Variables Initial Value: '0'\n"
    "      n: ${getStateValue('n'):plus(1)}\n"
    "    auto-terminate: [set state fail]\n"
    "  - name: Out\n"
    "    type: PublishKafka\n"
    "    properties:\n"
    "      Kafka Connection Service: Topics\n"
    "      Topic Name: out\n"
    "      Kafka Key: ${n}\n"
    "    auto-terminate: [success, failure]\n"
    "    concurrency: TASKS\n"
    "connections:\n"
    "  - {from: In, relationship: success, to: Count}\n"
    "  - {from: Count, relationship: success, to: Out}\n";

}  // namespace

class LogSessionSigkillTest : public QObject {
  Q_OBJECT

  static void makeTopics(const KafkaServer& server, const char* outConfig) {
    const QByteArray topics =
        "import sys\n"
        "from confluent_kafka.admin import AdminClient, NewTopic\n"
        "admin = AdminClient({'bootstrap.servers': sys.argv[1]})\n"
        "new = [NewTopic('in', 2, 1), NewTopic('out', 3, 1, config={" +
        QByteArray(outConfig) +
        "})]\n"
        "for f in admin.create_topics(new).values(): f.result(60)\n";
    QVERIFY(callProgram("/usr/bin/python3", {"-c", topics, server.address()}).code == 0);
  }

 private slots:
  void eachNumberComesThroughOnce_data() {
    QTest::addColumn<int>("tasks");
    QTest::addColumn<QByteArray>("config");
    QTest::newRow("one task") << 1 << QByteArray();
    QTest::newRow("two tasks") << 2 << QByteArray();
    QTest::newRow("compacted") << 1 << QByteArray("'cleanup.policy': 'compact'");
  }

  void eachNumberComesThroughOnce() {
    QFETCH(int, tasks);
    QFETCH(QByteArray, config);
    const int numbers = std::max(20000, static_cast<int>(1000000 * factor()));
    const int kills = std::max(3, static_cast<int>(50 * factor()));
    QTemporaryDir folder;
    QVERIFY(folder.isValid());
    {
      // The topics and the numbers are there before the flow begins.
      KafkaServer server(folder.filePath("data"));
      QVERIFY(server.start());
      makeTopics(server, config.constData());
      QByteArray lines;
      for (int i = 0; i < numbers; ++i) lines += QByteArray::number(i) + '\n';
      QVERIFY(kcat(server, {"-P", "-t", "in", "-X", "acks=all"}, lines).code == 0);
      QCOMPARE(server.stop(), 0);
    }
    const QString flow = folder.filePath("flow.yaml");
    {
      QFile file(flow);
      QVERIFY(file.open(QIODevice::WriteOnly));
      file.write(QByteArray(kFlow).replace("TASKS", QByteArray::number(tasks)));
    }
    KafkaServer server(folder.filePath("data"), flow);
    Random random(static_cast<std::uint64_t>(20261122 + tasks));
    int between = 0;
    QVERIFY(server.start());
    int killed = 0;
    // Where a kill falls is chance: they go on until enough fell there, of all at most eight times
    // so many.
    const int wanted = factor() < 1 ? 1 : 4 * kills / 5;
    for (; killed < kills || (between < wanted && killed < 8 * kills); ++killed) {
      QTest::qWait(30 + static_cast<int>(random.below(300)));  // kills fall at other moments
      server.kill();
      server.errors();
      QVERIFY(server.start());
      if (server.errors().contains("cut off before their commit")) ++between;
    }
    qInfo("%d of %d kills fell between the first append and the durable commit", between, killed);
    QVERIFY(between >= wanted);
    // All that is expected; more would be seen by the second read, up to the end.
    const Outcome first =
        kcat(server, {"-C", "-q", "-t", "out", "-o", "beginning", "-c", QString::number(numbers),
                      "-X", "isolation.level=read_committed"});
    QVERIFY2(first.code == 0, first.err);
    const Outcome read = kcat(server, {"-C", "-q", "-e", "-t", "out", "-o", "beginning", "-f",
                                       "%k %s\n", "-X", "isolation.level=read_committed"});
    QVERIFY2(read.code == 0, read.err);
    QList<QByteArray> lines = read.out.split('\n');
    QVERIFY(lines.takeLast().isEmpty());
    QCOMPARE(lines.size(), qsizetype{numbers});
    std::vector<int> counts;
    std::vector<int> values;
    for (const QByteArray& line : lines) {
      const auto parts = line.split(' ');
      QCOMPARE(parts.size(), qsizetype{2});
      counts.push_back(parts[0].toInt());
      values.push_back(parts[1].toInt());
    }
    std::sort(counts.begin(), counts.end());
    std::sort(values.begin(), values.end());
    for (int i = 0; i < numbers; ++i) {
      QCOMPARE(values[static_cast<std::size_t>(i)], i);
      QCOMPARE(counts[static_cast<std::size_t>(i)], i + 1);
    }
    QCOMPARE(server.stop(), 0);
  }
};

QTEST_GUILESS_MAIN(LogSessionSigkillTest)
#include "log_session_sigkill_test.moc"
