// SPDX-License-Identifier: Apache-2.0
// Kills the real server at random moments while three producers send numbered records: with
// acks=all plain and idempotent, and with acks=1. What was acknowledged must be there, in order; of
// the idempotent one once.
#include "engine/base/random.h"
#include "tests/harness/kafka_server.h"

#include <QTemporaryDir>

using namespace kafka_test;
using millrace::Random;

namespace {

/// kcat that sends one number after the other to a topic of its own.
class Sender {
 public:
  Sender(const KafkaServer& server, QString topic, const QStringList& settings)
      : topic_(std::move(topic)) {
    QStringList arguments{"-b", server.address(),
                          "-E", "-P",
                          "-t", topic_,
                          "-X", "retries=1000000",
                          "-X", "retry.backoff.ms=20",
                          "-X", "reconnect.backoff.ms=20",
                          "-X", "reconnect.backoff.max.ms=100",
                          "-X", "message.timeout.ms=600000",
                          "-X", "batch.num.messages=20",
                          "-X", "topic.metadata.refresh.interval.ms=-1"};
    for (const QString& setting : settings) arguments += {"-X", setting};
    process_.start("kcat", arguments);
  }
  void feed(int count) {
    QByteArray lines;
    for (int i = 0; i < count; ++i) lines += QByteArray::number(sent_++) + '\n';
    process_.write(lines);
    process_.waitForBytesWritten(kPatience);
  }
  /// Empty when every record was acknowledged; else what kcat said.
  QByteArray end() {
    process_.closeWriteChannel();
    if (process_.state() != QProcess::NotRunning && !process_.waitForFinished(kPatience * 4))
      return "kcat does not end";
    return process_.exitCode() == 0 ? QByteArray()
                                    : process_.readAllStandardError() + " ended kcat";
  }
  const QString& topic() const { return topic_; }
  int sent() const { return sent_; }

 private:
  const QString topic_;
  QProcess process_;
  int sent_ = 0;
};

}  // namespace

class LogSigkillTest : public QObject {
  Q_OBJECT

  static int kills() {
    const QByteArray factor = qgetenv("MILLRACE_ROUNDS");
    return std::max(3, static_cast<int>(300 * (factor.isEmpty() ? 0.05 : factor.toDouble())));
  }

 private slots:
  void whatWasAcknowledgedIsThereInOrder() {
    QTemporaryDir folder;
    QVERIFY(folder.isValid());
    KafkaServer server(folder.filePath("data"));
    QVERIFY(server.start());
    // Without idempotence a batch that is sent again would pass one that follows it.
    Sender plain(server, "plain", {"acks=all", "max.in.flight=1"});
    Sender idempotent(server, "idempotent", {"acks=all", "enable.idempotence=true"});
    Sender one(server, "one", {"acks=1", "max.in.flight=1"});
    Random random(20261122);
    for (int kill = 0; kill < kills(); ++kill) {
      const auto steps = static_cast<int>(random.below(30)) + 1;
      for (int step = 0; step < steps; ++step) {
        for (Sender* sender : {&plain, &idempotent, &one})
          sender->feed(static_cast<int>(random.below(50)) + 1);
        QTest::qWait(static_cast<int>(random.below(8)));  // so that kills fall at other moments
      }
      server.kill();
      for (Sender* sender : {&plain, &idempotent, &one})
        sender->feed(static_cast<int>(random.below(50)));
      QVERIFY(server.start());
    }
    for (Sender* sender : {&plain, &idempotent, &one}) {
      const QByteArray trouble = sender->end();
      QVERIFY2(trouble.isEmpty(), trouble);
      const Outcome consumed = kcat(server, {"-C", "-q", "-e", "-t", sender->topic()});
      QVERIFY2(consumed.code == 0, consumed.err);
      QList<QByteArray> lines = consumed.out.split('\n');
      QVERIFY(lines.takeLast().isEmpty());
      // A plain producer may send twice what was stored before a kill: but never skip, never swap.
      int next = 0;
      int again = 0;
      for (const QByteArray& line : lines) {
        const int number = line.toInt();
        QVERIFY2(number <= next, sender->topic().toUtf8() + ": a record is missing before " + line);
        if (number < next) ++again;
        if (number == next) ++next;
      }
      QCOMPARE(next, sender->sent());
      qInfo("%s: %d records, %d kills, %d twice", qPrintable(sender->topic()), next, kills(),
            again);
      if (sender == &idempotent) QCOMPARE(again, 0);
    }
    QCOMPARE(server.stop(), 0);
  }
};

QTEST_GUILESS_MAIN(LogSigkillTest)
#include "log_sigkill_test.moc"
