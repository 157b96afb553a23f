// SPDX-License-Identifier: Apache-2.0
// A server to which a hundred connections send garbage, for as long as others work with it.
#include "engine/base/random.h"
#include "tests/harness/kafka_server.h"

#include <QTcpSocket>
#include <QTemporaryDir>
#include <atomic>
#include <thread>

using namespace kafka_test;

namespace {

constexpr int kConnections = 100;
constexpr qint64 kMostWaiting = 1 << 16;  ///< bytes of a connection that is not read from

/// Bytes, half of them behind the head of a request that there is.
QByteArray garbage(millrace::Random& random) {
  QByteArray bytes(static_cast<int>(1 + random.below(2000)), '\0');
  for (char& each : bytes) each = static_cast<char>(random.below(256));
  if (random.below(2) == 0) return bytes;
  const auto size = static_cast<std::uint32_t>(bytes.size() + 8);
  QByteArray head;
  for (int shift = 24; shift >= 0; shift -= 8) head += static_cast<char>(size >> shift);
  head += '\0';
  head += static_cast<char>(random.below(70));  // key
  head += '\0';
  head += static_cast<char>(random.below(13));  // version
  return head + QByteArray(4, 'i') + bytes;     // correlation id
}

}  // namespace

class KafkaGarbageTest : public QObject {
  Q_OBJECT
 private slots:
  void othersAreServedMeanwhile() {
    QTemporaryDir folder;
    KafkaServer server(folder.filePath("data"));
    QVERIFY2(server.start(), server.errors().constData());
    const quint16 port = static_cast<quint16>(server.address().section(':', -1).toUInt());
    std::atomic<bool> enough{false};
    std::atomic<std::uint64_t> pieces{0};
    std::atomic<std::uint64_t> closed{0};
    std::jthread spoiler([&] {
      millrace::Random random(20261124);
      std::vector<std::unique_ptr<QTcpSocket>> sockets(kConnections);
      while (!enough) {
        for (auto& socket : sockets) {
          if (socket == nullptr || socket->state() != QAbstractSocket::ConnectedState) {
            if (socket != nullptr) ++closed;
            socket = std::make_unique<QTcpSocket>();
            socket->connectToHost("127.0.0.1", port);
            if (!socket->waitForConnected(kPatience)) return;
          }
          if (socket->bytesToWrite() < kMostWaiting) {
            socket->write(garbage(random));
            ++pieces;
          }
          socket->waitForBytesWritten(0);
          // What it is told, and that it is gone.
          if (socket->waitForReadyRead(0)) socket->readAll();
        }
      }
    });
    constexpr int kRounds = 20;
    QByteArray all;
    for (int i = 0; i < kRounds; ++i) {
      QByteArray lines;
      for (int k = 0; k < 100; ++k) lines += QByteArray::number(i * 100 + k) + '\n';
      all += lines;
      const Outcome sent =
          kcat(server, {"-P", "-t", "good", "-X", "enable.idempotence=true"}, lines);
      QVERIFY2(sent.code == 0, sent.err.constData());
      const Outcome read = kcat(server, {"-C", "-t", "good", "-o", "beginning", "-e", "-q"});
      QVERIFY2(read.out == all, read.err.constData());
    }
    QTRY_VERIFY_WITH_TIMEOUT(closed > 10 * kConnections, kPatience);
    enough = true;
    spoiler.join();
    qInfo("%llu pieces of garbage, %llu connections closed",
          static_cast<unsigned long long>(pieces), static_cast<unsigned long long>(closed));
    // Nothing of it became a topic of a name that cannot be, and the server ends in order.
    QVERIFY(kcat(server, {"-L"}).code == 0);
    QCOMPARE(server.stop(), 0);
  }
};

QTEST_GUILESS_MAIN(KafkaGarbageTest)
#include "kafka_garbage_test.moc"
