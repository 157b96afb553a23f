// SPDX-License-Identifier: Apache-2.0
// The network on sockets: both shapes against each other, and peers that are slow or leave.
#include "engine/net/asio_network.h"

#include "engine/net/tls_context.h"

#include <QTest>
#include <atomic>

using namespace millrace;
using namespace millrace::net;

namespace {

/// Sends back what comes; at its end, the same.
class Echo final : public ConnectionHandler {
 public:
  Echo(std::shared_ptr<Connection> connection, std::atomic<int>& alive)
      : connection_(std::move(connection)), alive_(alive) {
    ++alive_;
  }
  ~Echo() override { --alive_; }
  void onData(ByteView bytes) override { connection_->send(std::string(asText(bytes))); }
  void onPeerDone() override { connection_->closeWhenSent(); }
  void onEnd(const Error&) override {}

 private:
  const std::shared_ptr<Connection> connection_;
  std::atomic<int>& alive_;
};

}  // namespace

class AsioNetworkTest : public QObject {
  Q_OBJECT
 private:
  std::atomic<int> alive_{0};

  std::unique_ptr<Listener> echo(Network& network, ListenOptions options = {},
                                 Nanos idleLimit = 0) {
    options.at.host = "127.0.0.1";
    auto listener = network.listen(options, [this, idleLimit](const auto& connection) {
      connection->limitIdleTime(idleLimit);
      return std::make_unique<Echo>(connection, alive_);
    });
    return std::move(listener).value();
  }

 private slots:
  void aConnectionLeavesByTheInterfaceThatIsNamed() {
    const auto network = makeAsioNetwork();
    const auto listener = echo(*network);
    const auto ends = [&](const std::string& via) {
      const auto stream = network->connect({"127.0.0.1", listener->port(), via}, kMinute);
      return stream.ok() ? (*stream)->ends().localAddress : stream.error().message;
    };
    QCOMPARE(ends("lo"), std::string("127.0.0.1"));
    QCOMPARE(ends("127.0.0.7"), std::string("127.0.0.7"));  // an address of this machine does, too
    QVERIFY(ends("eth99").find("there is no network interface 'eth99'") != std::string::npos);
    QVERIFY(ends("::1").find("has no address of IPv4") != std::string::npos);
    // TEST-NET: nobody has it.
    QVERIFY(ends("192.0.2.1").find("cannot leave by '192.0.2.1'") != std::string::npos);
    // localhost may be an address of IPv6 first.
    const auto stream = network->connect({"localhost", listener->port(), "127.0.0.9"}, kMinute);
    QVERIFY(stream.ok() && (*stream)->ends().localAddress == "127.0.0.9");
  }

  void bytesGoBothWays() {
    const auto network = makeAsioNetwork();
    const auto listener = echo(*network);
    QVERIFY(listener->port() != 0);
    auto stream = network->connect({"localhost", listener->port()}, kMinute).value();
    QCOMPARE(stream->ends().remotePort, listener->port());
    QCOMPARE(stream->ends().remoteAddress, std::string("127.0.0.1"));
    QVERIFY(!stream->ends().secure);
    std::string sent;
    while (sent.size() < 300000) sent += std::to_string(sent.size()) + " ";
    QVERIFY(stream->isQuiet());
    QVERIFY(stream->write(asBytes(sent), kMinute).ok());
    std::string got;
    std::vector<std::byte> buffer(10000);
    while (got.size() < sent.size()) {
      const auto part = stream->read(buffer, kMinute);
      QVERIFY(part.ok() && *part > 0);
      got += asText(ByteView(buffer).first(*part));
    }
    QVERIFY(got == sent);
  }

  void aReadThatTakesTooLongFails() {
    const auto network = makeAsioNetwork();
    const auto listener = echo(*network);
    auto stream = network->connect({"127.0.0.1", listener->port()}, kMinute).value();
    std::vector<std::byte> buffer(10);
    const auto read = stream->read(buffer, 10 * kMillisecond);
    QVERIFY(!read.ok() && stream->timedOut());
    QVERIFY(read.error().message.find("10 ms") != std::string::npos);
    QVERIFY(!stream->isQuiet());
  }

  void anIdlePeerIsCutOff() {
    const auto network = makeAsioNetwork();
    const auto listener = echo(*network, {}, 20 * kMillisecond);
    auto stream = network->connect({"127.0.0.1", listener->port()}, kMinute).value();
    std::vector<std::byte> buffer(10);
    const auto read = stream->read(buffer, kMinute);
    QVERIFY(!stream->timedOut());
    QVERIFY(!read.ok() || *read == 0);
    QTRY_COMPARE(alive_.load(), 0);
  }

  void noHandlerIsLeftAfterClose() {
    const auto network = makeAsioNetwork();
    auto listener = echo(*network);
    std::vector<std::unique_ptr<Stream>> streams;
    std::vector<std::byte> buffer(1);
    for (int i = 0; i < 20; ++i) {
      streams.push_back(network->connect({"127.0.0.1", listener->port()}, kMinute).value());
      QVERIFY(streams.back()->write(asBytes("x"), kMinute).ok());
      QCOMPARE(streams.back()->read(buffer, kMinute).value(), std::size_t{1});
    }
    QCOMPARE(alive_.load(), 20);
    listener->close(kMinute);
    QCOMPARE(alive_.load(), 0);
    QVERIFY(!streams.front()->isQuiet());
    QVERIFY(!network->connect({"127.0.0.1", listener->port()}, kMinute).ok());
  }

  void moreConnectionsThanAllowedWait() {
    const auto network = makeAsioNetwork();
    ListenOptions options;
    options.maxConnections = 1;
    const auto listener = echo(*network, options);
    std::vector<std::byte> buffer(1);
    auto first = network->connect({"127.0.0.1", listener->port()}, kMinute).value();
    QVERIFY(first->write(asBytes("a"), kMinute).ok());
    QCOMPARE(first->read(buffer, kMinute).value(), std::size_t{1});
    auto second = network->connect({"127.0.0.1", listener->port()}, kMinute).value();
    QVERIFY(second->write(asBytes("b"), kMinute).ok());
    QCOMPARE(alive_.load(), 1);
    first.reset();
    QCOMPARE(second->read(buffer, kMinute).value(), std::size_t{1});
  }

  void whatCannotBeReachedIsNamed() {
    const auto network = makeAsioNetwork();
    auto listener = echo(*network);
    const std::uint16_t port = listener->port();
    ListenOptions same;
    same.at = {"127.0.0.1", port};
    const auto twice = network->listen(same, [](const auto&) { return nullptr; });
    QVERIFY(!twice.ok());
    QVERIFY(twice.error().message.find(std::to_string(port)) != std::string::npos);
    listener.reset();
    const auto nobody = network->connect({"127.0.0.1", port}, kMinute);
    QVERIFY(!nobody.ok());
    QVERIFY(nobody.error().message.find(std::to_string(port)) != std::string::npos);
    // RFC 6761: no such name exists.
    QVERIFY(!network->connect({"nobody.invalid", 80}, kMinute).ok());
  }

  void keyStoresThatAreNoneAreNamed() {
    TlsStore store{"my.p12", StoreType::kPkcs12, "no store", "secret", {}};
    TlsMaterial material;
    material.keyStore = &store;
    const auto made = TlsContext::make(material);
    QVERIFY(!made.ok());
    QVERIFY(made.error().fault == Fault::kUser);
    QVERIFY(made.error().message.starts_with("my.p12: "));
    QVERIFY(made.error().message.find("secret") == std::string::npos);
    store = {"my.pem", StoreType::kPem, "", "", {}};
    QVERIFY(!TlsContext::make(material).ok());
    const auto bare = TlsContext::make({});
    QVERIFY(bare.ok() && !(*bare)->hasCertificate());
    const auto network = makeAsioNetwork();
    ListenOptions options;
    options.tls = *bare;
    QVERIFY(!network->listen(options, [](const auto&) { return nullptr; }).ok());
  }
};

QTEST_GUILESS_MAIN(AsioNetworkTest)
#include "asio_network_test.moc"
