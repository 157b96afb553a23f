// SPDX-License-Identifier: Apache-2.0
// A connection that was accepted, for a thread that waits: against a connection that only notes
// what it is told.
#include "engine/net/accepted_stream.h"

#include <QTest>
#include <string>
#include <thread>

using namespace millrace;
using namespace millrace::net;

namespace {

class NotedConnection final : public Connection {
 public:
  const Ends& ends() const override { return ends_; }
  void send(std::string bytes) override { sent += bytes; }
  void holdReading(bool hold) override { held = hold; }
  void limitIdleTime(Nanos) override {}
  void closeWhenSent() override { closed = true; }
  void post(std::function<void()>) override {}
  void postAfter(Nanos, std::function<void()>) override {}

  std::string sent;
  bool held = false;
  bool closed = false;

 private:
  Ends ends_{"127.0.0.1", 1, "192.0.2.1", 2, false, {}, {}};
};

constexpr Nanos kLong = 60 * kSecond;

std::string readAll(AcceptedStream& stream, std::size_t most) {
  std::string text;
  std::string part(most, '\0');
  for (;;) {
    const auto count = stream.read(std::as_writable_bytes(std::span(part.data(), most)), kLong);
    if (!count.ok() || *count == 0) return text;
    text += part.substr(0, *count);
  }
}

}  // namespace

class AcceptedStreamTest : public QObject {
  Q_OBJECT

 private slots:
  void whatCameIsReadInOrderUpToTheEnd() {
    const auto connection = std::make_shared<NotedConnection>();
    AcceptedStream stream(connection);
    stream.received(asBytes("hello "));
    stream.received(asBytes("world"));
    stream.peerDone();
    QCOMPARE(readAll(stream, 4), std::string("hello world"));
    QVERIFY(!stream.timedOut());
  }

  void whatCameBeforeTheConnectionBrokeIsRead() {
    const auto connection = std::make_shared<NotedConnection>();
    AcceptedStream stream(connection);
    stream.received(asBytes("last words"));
    stream.ended(Error::environment("reset"));
    QCOMPARE(readAll(stream, 100), std::string("last words"));
    std::byte byte{};
    const auto after = stream.read(std::span(&byte, 1), kLong);
    QVERIFY(!after.ok());
    QCOMPARE(after.error().message, std::string("reset"));
    QVERIFY(!stream.write(asBytes("x"), kLong).ok());
    QVERIFY(!stream.isQuiet());
  }

  void aPeerIsNotReadWhileMuchOfItWaits() {
    const auto connection = std::make_shared<NotedConnection>();
    AcceptedStream stream(connection);
    const std::string piece(64 * 1024, 'x');
    for (int i = 0; i < 3; ++i) stream.received(asBytes(piece));
    QVERIFY(!connection->held);
    stream.received(asBytes(piece));
    QVERIFY(connection->held);
    std::string into(4 * piece.size(), '\0');
    const auto count =
        stream.read(std::as_writable_bytes(std::span(into.data(), into.size())), kLong);
    QVERIFY(count.ok());
    QCOMPARE(*count, into.size());
    QVERIFY(!connection->held);
  }

  void aReaderThatNeverCatchesUpKeepsLittleInMemory() {
    const auto connection = std::make_shared<NotedConnection>();
    AcceptedStream stream(connection);
    std::string into(1000, '\0');
    std::string expected;
    std::string got;
    for (int i = 0; i < 2000; ++i) {
      const std::string piece(1000, static_cast<char>('a' + i % 26));
      stream.received(asBytes(piece));
      if (i == 0) stream.received(asBytes("!"));  // one byte always waits
      expected += piece + (i == 0 ? "!" : "");
      const auto count =
          stream.read(std::as_writable_bytes(std::span(into.data(), into.size())), kLong);
      QVERIFY(count.ok());
      got += into.substr(0, *count);
      QVERIFY(!connection->held);
    }
    stream.peerDone();
    got += readAll(stream, 1000);
    QVERIFY(got == expected);
  }

  void aWriterWaitsForAPeerThatTakesNothing() {
    const auto connection = std::make_shared<NotedConnection>();
    AcceptedStream stream(connection);
    const std::string piece(300 * 1024, 'x');
    QVERIFY(stream.write(asBytes(piece), kLong).ok());
    const auto late = stream.write(asBytes("y"), kMillisecond);
    QVERIFY(!late.ok());
    QVERIFY(stream.timedOut());
    stream.sent(piece.size());
    QVERIFY(stream.write(asBytes("y"), kLong).ok());
    QCOMPARE(connection->sent.size(), piece.size() + 1);
  }

  void aWaitEndsWhenItsTimeIsOverOrTheServerStops() {
    const auto connection = std::make_shared<NotedConnection>();
    AcceptedStream stream(connection);
    std::byte byte{};
    QVERIFY(!stream.read(std::span(&byte, 1), kMillisecond).ok());
    QVERIFY(stream.timedOut());
    AcceptedStream other(connection);
    std::jthread stopper([&] { other.abort(); });
    const auto read = other.read(std::span(&byte, 1), kLong);
    QVERIFY(!read.ok());
    QVERIFY(read.error().message.find("stopping") != std::string::npos);
    other.close();
    QVERIFY(connection->closed);
  }
};

QTEST_GUILESS_MAIN(AcceptedStreamTest)
#include "accepted_stream_test.moc"
