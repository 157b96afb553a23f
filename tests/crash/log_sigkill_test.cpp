// SPDX-License-Identifier: Apache-2.0
// Kills the real server at random moments while kcat produces numbered records with acks=all. What
// was acknowledged must be there, in order; of an idempotent producer once.
#include "engine/base/random.h"
#include "tests/harness/kafka_server.h"

#include <QTemporaryDir>

using namespace kafka_test;
using millrace::Random;

class LogSigkillTest : public QObject {
  Q_OBJECT

  static int kills() {
    const QByteArray factor = qgetenv("MILLRACE_ROUNDS");
    return std::max(3, static_cast<int>(100 * (factor.isEmpty() ? 0.1 : factor.toDouble())));
  }

 private slots:
  void whatWasAcknowledgedIsThereInOrder_data() {
    QTest::addColumn<bool>("idempotent");
    QTest::newRow("plain") << false;
    QTest::newRow("idempotent") << true;
  }
  void whatWasAcknowledgedIsThereInOrder() {
    QFETCH(bool, idempotent);
    QTemporaryDir folder;
    QVERIFY(folder.isValid());
    KafkaServer server(folder.filePath("data"));
    QVERIFY(server.start());
    QStringList arguments{"-b", server.address(),
                          "-E", "-P",
                          "-t", "t",
                          "-X", "acks=all",
                          "-X", "retries=1000000",
                          "-X", "retry.backoff.ms=20",
                          "-X", "reconnect.backoff.ms=20",
                          "-X", "reconnect.backoff.max.ms=100",
                          "-X", "message.timeout.ms=600000",
                          "-X", "batch.num.messages=20",
                          "-X", "topic.metadata.refresh.interval.ms=-1"};
    if (idempotent) {
      arguments += {"-X", "enable.idempotence=true"};
    } else {
      // Else a batch that is sent again would pass one that follows it.
      arguments += {"-X", "max.in.flight=1"};
    }
    QProcess producer;
    producer.start("kcat", arguments);
    QVERIFY(producer.waitForStarted(kPatience));
    Random random(20261122 + (idempotent ? 1 : 0));
    int sent = 0;
    int restartsUnderLoad = 0;
    const auto feed = [&](int count) {
      QByteArray lines;
      for (int i = 0; i < count; ++i) lines += QByteArray::number(sent++) + '\n';
      producer.write(lines);
      producer.waitForBytesWritten(kPatience);
    };
    for (int kill = 0; kill < kills(); ++kill) {
      const auto steps = static_cast<int>(random.below(30)) + 1;
      for (int step = 0; step < steps; ++step) {
        feed(static_cast<int>(random.below(50)) + 1);
        QTest::qWait(static_cast<int>(random.below(8)));  // so that kills fall at other moments
      }
      server.kill();
      feed(static_cast<int>(random.below(50)));
      QVERIFY(server.start());
      ++restartsUnderLoad;
    }
    producer.closeWriteChannel();
    if (producer.state() != QProcess::NotRunning) QVERIFY(producer.waitForFinished(kPatience * 4));
    // Kcat ends with 0 only when every record was acknowledged.
    QVERIFY2(producer.exitCode() == 0, producer.readAllStandardError());
    QCOMPARE(restartsUnderLoad, kills());
    const Outcome consumed = kcat(server, {"-C", "-q", "-e", "-t", "t"});
    QVERIFY2(consumed.code == 0, consumed.err);
    QList<QByteArray> lines = consumed.out.split('\n');
    QVERIFY(lines.takeLast().isEmpty());
    // A plain producer may send twice what was stored before a kill: but never skip, never swap.
    int next = 0;
    int again = 0;
    for (const QByteArray& line : lines) {
      const int number = line.toInt();
      QVERIFY2(number <= next, "a record is missing before " + line);
      if (number < next) ++again;
      if (number == next) ++next;
    }
    QCOMPARE(next, sent);
    if (idempotent) QCOMPARE(again, 0);
    QCOMPARE(server.stop(), 0);
  }
};

QTEST_GUILESS_MAIN(LogSigkillTest)
#include "log_sigkill_test.moc"
