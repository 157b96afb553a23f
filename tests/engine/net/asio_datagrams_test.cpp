// SPDX-License-Identifier: Apache-2.0
// Datagrams on sockets: both shapes against each other.
#include "engine/base/mutex.h"
#include "engine/net/asio_network.h"
#include "engine/net/no_network.h"

#include <QTest>
#include <chrono>
#include <string>
#include <vector>

using namespace millrace;
using namespace millrace::net;

namespace {

/// What came, for the thread of the test.
class Inbox {
 public:
  Receive receive() {
    return [this](const Endpoint& from, ByteView bytes) {
      MutexLock lock(mutex_);
      from_ = from;
      received_.emplace_back(asText(bytes));
      changed_.notifyAll();
    };
  }
  /// The next one; nothing within half a minute is a failure of the test.
  std::string next() {
    MutexLock lock(mutex_);
    while (received_.empty()) {
      if (!changed_.waitFor(mutex_, std::chrono::seconds(30))) return "nothing came";
    }
    const std::string first = received_.front();
    received_.erase(received_.begin());
    return first;
  }
  Endpoint from() {
    MutexLock lock(mutex_);
    return from_;
  }

 private:
  Mutex mutex_;
  Condition changed_;
  std::vector<std::string> received_ MR_GUARDED_BY(mutex_);
  Endpoint from_ MR_GUARDED_BY(mutex_);
};

}  // namespace

class AsioDatagramsTest : public QObject {
  Q_OBJECT
 private slots:
  void datagramsArriveWhole() {
    for (const char* host : {"127.0.0.1", "lo", ""}) {
      const auto network = makeAsioNetwork();
      Inbox inbox;
      const auto port = network->receiveDatagrams({{host, 0}, 1 << 20}, inbox.receive()).value();
      QVERIFY(port->port() != 0);
      const auto sender = network->sendDatagrams({"localhost", port->port()}, 1 << 20).value();
      for (const std::string& text :
           {std::string("one"), std::string(), std::string(65507, 'x'), std::string("\0\xFF", 2)}) {
        QVERIFY(sender->send(asBytes(text), kMinute).ok());
        QVERIFY(inbox.next() == text);
      }
      QCOMPARE(inbox.from().host, std::string("127.0.0.1"));
      QCOMPARE(inbox.from().port, sender->ends().localPort);
      QCOMPARE(sender->ends().remoteAddress, std::string("127.0.0.1"));
    }
  }

  void whatIsTooLargeForOneIsRefused() {
    const auto network = makeAsioNetwork();
    Inbox inbox;
    const auto port = network->receiveDatagrams({{"127.0.0.1", 0}, 0}, inbox.receive()).value();
    const auto sender = network->sendDatagrams({"127.0.0.1", port->port()}, 0).value();
    const std::string large(65508, 'x');
    const auto sent = sender->send(asBytes(large), kMinute);
    QVERIFY(!sent.ok());
    QVERIFY(sent.error().fault == Fault::kUser);
    QVERIFY(sender->send(asBytes("still usable"), kMinute).ok());
    QCOMPARE(inbox.next(), std::string("still usable"));
  }

  void aClosedPortIsFreeAgain() {
    const auto network = makeAsioNetwork();
    Inbox inbox;
    auto port = network->receiveDatagrams({{"127.0.0.1", 0}, 0}, inbox.receive()).value();
    const std::uint16_t number = port->port();
    const auto twice = network->receiveDatagrams({{"127.0.0.1", number}, 0}, inbox.receive());
    QVERIFY(!twice.ok());
    QVERIFY(twice.error().message.find(std::to_string(number)) != std::string::npos);
    port->close();
    port.reset();
    QVERIFY(network->receiveDatagrams({{"127.0.0.1", number}, 0}, inbox.receive()).ok());
  }

  void whatCannotBeReachedIsNamed() {
    const auto network = makeAsioNetwork();
    // RFC 6761: no such name exists.
    const auto nobody = network->sendDatagrams({"nobody.invalid", 9}, 0);
    QVERIFY(!nobody.ok());
    QVERIFY(nobody.error().message.find("nobody.invalid") != std::string::npos);
    NoNetwork none("this test has no network");
    QVERIFY(!none.sendDatagrams({"localhost", 9}, 0).ok());
    QVERIFY(!none.receiveDatagrams({}, [](const Endpoint&, ByteView) {}).ok());
  }
};

QTEST_GUILESS_MAIN(AsioDatagramsTest)
#include "asio_datagrams_test.moc"
