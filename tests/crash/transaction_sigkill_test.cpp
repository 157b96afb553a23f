// SPDX-License-Identifier: Apache-2.0
// Kills the real server at random moments while a stock client reads numbers from one topic, and
// writes them with its offsets in transactions to two partitions of another. Each number must be
// there exactly once for a read_committed reader, and the committed offset must never go back.
#include "engine/base/random.h"
#include "tests/harness/kafka_server.h"

#include <QTemporaryDir>

using namespace kafka_test;
using millrace::Random;

namespace {

constexpr int kNumbers = 3000;

/// Says each offset that it read back as committed, and "end" when all numbers are through. After
/// an error it begins anew, as an application would.
const QByteArray kWorker =
    "import sys\n"
    "from confluent_kafka import Consumer, Producer, TopicPartition\n"
    "at, count = sys.argv[1], int(sys.argv[2])\n"
    "place = TopicPartition('in', 0)\n"
    "c = Consumer({'bootstrap.servers': at, 'group.id': 'g', 'enable.auto.commit': False,\n"
    "    'reconnect.backoff.max.ms': 200, 'auto.offset.reset': 'earliest'})\n"
    "def life():\n"
    "    p = Producer({'bootstrap.servers': at, 'transactional.id': 'x',\n"
    "        'reconnect.backoff.max.ms': 200, 'transaction.timeout.ms': 20000})\n"
    "    p.init_transactions(60)\n"
    "    next = c.committed([place], 60)[0].offset\n"
    "    if next < 0: next = 0\n"
    "    print(next, flush=True)\n"
    "    c.assign([TopicPartition('in', 0, next)])\n"
    "    while next < count:\n"
    "        got = [m for m in c.consume(20, 1) if m.error() is None]\n"
    "        if not got: continue\n"
    "        p.begin_transaction()\n"
    "        for m in got: p.produce('out', m.value(), partition=int(m.value()) % 2)\n"
    "        next = got[-1].offset() + 1\n"
    "        p.send_offsets_to_transaction([TopicPartition('in', 0, next)],\n"
    "            c.consumer_group_metadata(), 60)\n"
    "        p.commit_transaction(60)\n"
    "        print(next, flush=True)\n"
    "while True:\n"
    "    try:\n"
    "        life()\n"
    "        break\n"
    "    except Exception as e:\n"
    "        print('again:', e, file=sys.stderr, flush=True)\n"
    "print('end', flush=True)\n";

}  // namespace

class TransactionSigkillTest : public QObject {
  Q_OBJECT

  static int kills() {
    const QByteArray factor = qgetenv("MILLRACE_ROUNDS");
    return std::max(3, static_cast<int>(50 * (factor.isEmpty() ? 0.1 : factor.toDouble())));
  }

 private slots:
  void eachNumberComesThroughOnce() {
    QTemporaryDir folder;
    QVERIFY(folder.isValid());
    KafkaServer server(folder.filePath("data"));
    QVERIFY(server.start());
    const QByteArray topics =
        "import sys\n"
        "from confluent_kafka.admin import AdminClient, NewTopic\n"
        "admin = AdminClient({'bootstrap.servers': sys.argv[1]})\n"
        "for f in admin.create_topics([NewTopic('in', 1, 1), NewTopic('out', 2, 1)]).values():\n"
        "    f.result(60)\n";
    QVERIFY(callProgram("/usr/bin/python3", {"-c", topics, server.address()}).code == 0);
    QByteArray numbers;
    for (int i = 0; i < kNumbers; ++i) numbers += QByteArray::number(i) + '\n';
    QVERIFY(kcat(server, {"-P", "-t", "in", "-X", "acks=all"}, numbers).code == 0);
    QProcess worker;
    worker.start("/usr/bin/python3", {"-c", kWorker, server.address(), QString::number(kNumbers)});
    QVERIFY(worker.waitForStarted(kPatience));
    Random random(20261123);
    int committed = 0;
    int atLine = 0;
    bool ended = false;
    const auto readLines = [&] {
      while (worker.canReadLine()) {
        const QByteArray line = worker.readLine().trimmed();
        ended = line == "end";
        if (ended) return;
        QVERIFY2(line.toInt() >= committed, line + " after " + QByteArray::number(committed));
        committed = line.toInt();
        ++atLine;
      }
    };
    for (int kill = 0; kill < kills() && !ended; ++kill) {
      const int next = atLine + 1 + static_cast<int>(random.below(4));
      while (atLine < next && !ended) {
        QVERIFY(worker.waitForReadyRead(kPatience));
        readLines();
      }
      QTest::qWait(static_cast<int>(random.below(10)));  // so that kills fall at other moments
      server.kill();
      QVERIFY(server.start());
    }
    while (!ended) {
      QVERIFY2(worker.waitForReadyRead(kPatience), worker.readAllStandardError());
      readLines();
    }
    QVERIFY(worker.waitForFinished(kPatience));
    QCOMPARE(committed, kNumbers);
    const Outcome read = kcat(server, {"-C", "-q", "-e", "-t", "out", "-o", "beginning", "-X",
                                       "isolation.level=read_committed"});
    QVERIFY2(read.code == 0, read.err);
    QList<QByteArray> lines = read.out.split('\n');
    QVERIFY(lines.takeLast().isEmpty());
    std::sort(lines.begin(), lines.end(),
              [](const QByteArray& a, const QByteArray& b) { return a.toInt() < b.toInt(); });
    QCOMPARE(lines.size(), qsizetype{kNumbers});
    for (int i = 0; i < kNumbers; ++i) QCOMPARE(lines[i].toInt(), i);
    QCOMPARE(server.stop(), 0);
  }
};

QTEST_GUILESS_MAIN(TransactionSigkillTest)
#include "transaction_sigkill_test.moc"
