// SPDX-License-Identifier: Apache-2.0
// PutTCP and PutUDP against socat.
#include "engine/net/asio_network.h"
#include "tests/harness/http_peers.h"

#include <QElapsedTimer>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>

using namespace millrace;
using namespace millrace::tests;

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_put_tcp;
extern const ProcessorDescriptor processorIn_put_udp;
}  // namespace millrace::processors

namespace {

/// socat that writes what it receives to a file; it is ready when it says so.
class Sink {
 public:
  Sink(const QString& address, const QString& file) : file_(file) {
    process_.setProcessChannelMode(QProcess::MergedChannels);
    process_.start("socat", {"-d", "-d", "-u", address, "CREATE:" + file + ",append"});
    while (!log_.contains("listening on") && !log_.contains("starting data transfer loop")) {
      if (!process_.waitForReadyRead(30000)) throw std::runtime_error("socat does not listen");
      log_ += process_.readAll();
    }
  }
  ~Sink() {
    process_.kill();
    process_.waitForFinished();
  }
  QByteArray received() const {
    QFile file(file_);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
  }
  bool waitFor(const QByteArray& expected) {
    QElapsedTimer since;
    since.start();
    while (received() != expected && since.elapsed() < 30000) QThread::msleep(1);
    return received() == expected;
  }
  bool ended() { return process_.waitForFinished(30000); }

 private:
  QString file_;
  QProcess process_;
  QByteArray log_;
};

}  // namespace

class PutTest : public QObject {
  Q_OBJECT
 private:
  std::unique_ptr<net::Network> network_ = net::makeAsioNetwork();
  QTemporaryDir folder_;

 private slots:
  void contentsGoOneAfterTheOtherOverOneConnection() {
    const QString port = QString::number(freePort());
    // Without fork socat takes one connection and ends with it.
    Sink sink("TCP-LISTEN:" + port + ",bind=127.0.0.1", folder_.filePath("one"));
    ProcessorBench bench(processors::processorIn_put_tcp);
    bench.network(*network_)
        .set("Hostname", "127.0.0.1")
        .set("Port", port.toStdString())
        .set("Outgoing Message Delimiter", "${end}\\n");
    QByteArray large;
    while (large.size() < 2000000) large += QByteArray::number(large.size()) + " ";
    bench.enqueue("first", {{"end", "."}});
    bench.enqueue("", {{"end", ""}});
    bench.enqueue(large.toStdString());
    bench.run();
    QCOMPARE(bench.count("success"), std::size_t{3});
    QVERIFY(sink.waitFor("first.\n\n" + large + "\n"));
    bench.stop();
    QVERIFY(sink.ended());
  }

  void eachFlowFileMayHaveItsConnection() {
    const QString port = QString::number(freePort());
    Sink sink("TCP-LISTEN:" + port + ",bind=127.0.0.1", folder_.filePath("each"));
    ProcessorBench bench(processors::processorIn_put_tcp);
    bench.network(*network_)
        .set("Hostname", "127.0.0.1")
        .set("Port", port.toStdString())
        .set("Connection Per FlowFile", "true");
    bench.enqueue("only");
    bench.run();
    QCOMPARE(bench.count("success"), std::size_t{1});
    QVERIFY(sink.ended());  // the connection ended, while the processor runs
    QCOMPARE(sink.received(), QByteArray("only"));
    bench.enqueue("nobody listens any more");
    bench.run();
    const auto failed = bench.outputs("failure");
    QCOMPARE(failed.size(), std::size_t{1});
    QVERIFY(failed[0].penalized);
    QVERIFY(bench.bulletins().back().message.find(port.toStdString()) != std::string::npos);
  }

  void aConnectionThatThePeerClosedIsReplaced() {
    const QString port = QString::number(freePort());
    const QString address = "TCP-LISTEN:" + port + ",bind=127.0.0.1,reuseaddr";
    ProcessorBench bench(processors::processorIn_put_tcp);
    bench.network(*network_).set("Hostname", "localhost").set("Port", port.toStdString());
    {
      Sink sink(address, folder_.filePath("before"));
      bench.enqueue("before");
      bench.run();
      QVERIFY(sink.waitFor("before"));
    }
    Sink sink(address, folder_.filePath("behind"));
    bench.enqueue("behind");
    bench.run();
    QCOMPARE(bench.count("success"), std::size_t{2});
    QVERIFY(sink.waitFor("behind"));
  }

  void eachContentIsADatagram() {
    const QString port = QString::number(freePort());
    Sink sink("UDP-RECV:" + port + ",bind=127.0.0.1", folder_.filePath("datagrams"));
    ProcessorBench bench(processors::processorIn_put_udp);
    bench.network(*network_).set("Hostname", "localhost").set("Port", port.toStdString());
    bench.enqueue("a,");
    bench.enqueue("b,");
    bench.enqueue(std::string(65508, 'x'));
    bench.run();
    QCOMPARE(bench.count("success"), std::size_t{2});
    QVERIFY(sink.waitFor("a,b,"));
    QCOMPARE(bench.count("failure"), std::size_t{1});
    QVERIFY(bench.outputs("failure").at(0).penalized);
  }

  void aHostThatDoesNotExistIsAFailure() {
    for (const ProcessorDescriptor* descriptor :
         {&processors::processorIn_put_tcp, &processors::processorIn_put_udp}) {
      ProcessorBench bench(*descriptor);
      // RFC 6761: no such name exists.
      bench.network(*network_).set("Hostname", "nobody.invalid").set("Port", "9");
      bench.enqueue("x");
      bench.run();
      QCOMPARE(bench.count("failure"), std::size_t{1});
    }
  }

  void datagramsToAnAddressNeedNoThreadOfTheirOwn() {
    const std::pair<const char*, bool> hosts[] = {
        {"127.0.0.1", false}, {"::1", false}, {"localhost", true}};
    for (const auto& [host, waits] : hosts) {
      ProcessorBench bench(processors::processorIn_put_udp);
      bench.network(*network_)
          .set("Hostname", host)
          .set("Port", "9")
          .autoTerminate("success")
          .autoTerminate("failure");
      bench.run();
      QCOMPARE(bench.component().blocking(), waits);
    }
  }
};

QTEST_GUILESS_MAIN(PutTest)
#include "put_test.moc"
