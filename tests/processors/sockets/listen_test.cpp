// SPDX-License-Identifier: Apache-2.0
// ListenTCP, ListenUDP and ListenSyslog against netcat, socat, openssl and logger.
#include "engine/net/asio_network.h"
#include "processors/http/shared_services.h"
#include "tests/harness/http_peers.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace millrace;
using namespace millrace::tests;

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_listen_tcp;
extern const ProcessorDescriptor processorIn_listen_udp;
extern const ProcessorDescriptor processorIn_listen_syslog;
}  // namespace millrace::processors

namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;
using Strings = std::vector<std::string>;

class Certificates final : public processors::SslContextProvider {
 public:
  explicit Certificates(std::shared_ptr<const net::TlsContext> context)
      : context_(std::move(context)) {}
  std::shared_ptr<const net::TlsContext> context() override { return context_; }

 private:
  std::shared_ptr<const net::TlsContext> context_;
};

std::string bytesOf(const QString& path) {
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly)) throw std::runtime_error("there is no such file");
  return file.readAll().toStdString();
}

Strings contents(ProcessorBench& bench, const std::string& relationship = "success") {
  Strings all;
  for (const auto& output : bench.outputs(relationship)) all.push_back(output.content);
  return all;
}

/// Runs a program with an input while the processor works, until it has ended.
void feed(ProcessorBench& bench, const QString& program, const QStringList& arguments,
          const QByteArray& input = {}) {
  QProcess process;
  process.start(program, arguments);
  if (!process.waitForStarted(30000)) throw std::runtime_error("a peer cannot be started");
  process.write(input);
  process.closeWriteChannel();
  const bool ended = bench.runUntil(
      [&] { return process.state() == QProcess::NotRunning || process.waitForFinished(1); });
  if (!ended) throw std::runtime_error("a peer does not end");
}

}  // namespace

class ListenTest : public QObject {
  Q_OBJECT
 private:
  std::unique_ptr<net::Network> network_ = net::makeAsioNetwork();

  std::unique_ptr<ProcessorBench> started(const ProcessorDescriptor& descriptor,
                                          const Settings& settings) {
    auto bench = std::make_unique<ProcessorBench>(descriptor);
    bench->network(*network_).set("Local Network Interface", "lo");
    for (const auto& [name, value] : settings) bench->set(name, value);
    bench->run();
    return bench;
  }
  static QString port(const ProcessorBench& bench) { return QString::number(listeningPort(bench)); }
  static bool waitFor(ProcessorBench& bench, std::size_t count,
                      const std::string& relationship = "success") {
    return bench.runUntil([&] { return bench.count(relationship) >= count; });
  }

 private slots:
  void linesOverTcpAreFlowFiles() {
    auto bench = started(processors::processorIn_listen_tcp, {{"Port", "0"}});
    // The last line has no end; the peer ends its side in order.
    feed(*bench, "nc", {"-N", "127.0.0.1", port(*bench)}, "one\n\ntw\xC3\xB6\r\nthree");
    QVERIFY(waitFor(*bench, 3));
    QCOMPARE(contents(*bench), (Strings{"one", "tw\xC3\xB6\r", "three"}));
    const auto attributes = bench->outputs("success").at(0).attributes;
    QCOMPARE(attributes.at("tcp.sender"), std::string("127.0.0.1"));
    QCOMPARE(attributes.at("tcp.port"), port(*bench).toStdString());
    QVERIFY(!attributes.contains("client.certificate.subject.dn"));
  }

  void messagesOfOneSenderMayBeBatched() {
    auto bench = started(
        processors::processorIn_listen_tcp,
        {{"Port", "0"}, {"Max Batch Size", "1000"}, {"Batching Message Delimiter", "\\r\\n--"}});
    QByteArray lines;
    for (int i = 0; i < 5000; ++i) lines += "line " + QByteArray::number(i) + "\r\n--";
    feed(*bench, "nc", {"-N", "127.0.0.1", port(*bench)}, lines);
    std::string all;
    QVERIFY(bench->runUntil([&] {
      all.clear();
      for (const std::string& content : contents(*bench)) all += content + "\r\n--";
      return all.size() >= static_cast<std::size_t>(lines.size());
    }));
    QVERIFY(all == lines.toStdString());
    // What one read of the socket brings goes together.
    QVERIFY(bench->count("success") < 2500);
  }

  void aFullQueueMakesTheSenderWait() {
    auto bench = started(processors::processorIn_listen_tcp,
                         {{"Port", "0"}, {"Max Size of Message Queue", "10"}});
    QByteArray lines;
    for (int i = 0; i < 20000; ++i) lines += "line number " + QByteArray::number(i) + "\n";
    feed(*bench, "nc", {"-N", "127.0.0.1", port(*bench)}, lines);
    QVERIFY(waitFor(*bench, 20000));
    const Strings all = contents(*bench);
    QCOMPARE(all.size(), std::size_t{20000});
    for (std::size_t i = 0; i < all.size(); ++i)
      QVERIFY(all[i] == "line number " + std::to_string(i));
  }

  void aMessageThatIsTooLongIsLeftOut() {
    auto bench = started(processors::processorIn_listen_tcp,
                         {{"Port", "0"}, {"Receive Buffer Size", "100 B"}});
    const QByteArray longest(100, 'x');
    feed(*bench, "nc", {"-N", "127.0.0.1", port(*bench)},
         "before\n" + QByteArray(300000, 'y') + "\n" + longest + "\n" + longest + "z\nbehind\n");
    QVERIFY(waitFor(*bench, 3));
    QCOMPARE(contents(*bench), (Strings{"before", longest.toStdString(), "behind"}));
    int reports = 0;
    for (const auto& bulletin : bench->bulletins())
      reports += bulletin.message.find("100 bytes") != std::string::npos ? 1 : 0;
    QCOMPARE(reports, 2);
  }

  void anIdleConnectionIsClosed() {
    auto bench = started(processors::processorIn_listen_tcp,
                         {{"Port", "0"}, {"Idle Connection Timeout", "50 ms"}});
    RawClient client(listeningPort(*bench));
    client.send("a\n");
    QCOMPARE(client.readUntil("no such text"), std::string());
    QVERIFY(waitFor(*bench, 1));
  }

  void clientsOfTlsShowTheirCertificate() {
    QTemporaryDir folder;
    makeCertificates(folder.path());
    const net::TlsStore key{"server.p12",
                            net::StoreType::kPkcs12,
                            bytesOf(folder.filePath("server.p12")),
                            "secret",
                            {}};
    const net::TlsStore trust{
        "ca.pem", net::StoreType::kPem, bytesOf(folder.filePath("ca.pem")), {}, {}};
    net::TlsMaterial material;
    material.keyStore = &key;
    material.trustStore = &trust;
    Certificates certificates(net::TlsContext::make(material).value());
    ProcessorBench bench(processors::processorIn_listen_tcp);
    bench.network(*network_)
        .service("tls", &certificates)
        .set("Local Network Interface", "127.0.0.1")
        .set("Port", "0")
        .set("SSL Context Service", "tls");
    bench.run();
    const QStringList connect{"s_client",
                              "-quiet",
                              "-no_ign_eof",
                              "-verify_quiet",
                              "-verify_return_error",
                              "-CAfile",
                              folder.filePath("ca.pem"),
                              "-connect",
                              "127.0.0.1:" + port(bench)};
    feed(bench, "openssl", connect, "without a certificate\n");
    feed(bench, "openssl",
         connect + QStringList{"-cert", folder.filePath("client.pem"), "-key",
                               folder.filePath("client.key")},
         "with one\n");
    QVERIFY(waitFor(bench, 1));
    QCOMPARE(contents(bench), (Strings{"with one"}));
    const auto attributes = bench.outputs("success").at(0).attributes;
    QCOMPARE(attributes.at("client.certificate.subject.dn"), std::string("CN=Tester,O=Test"));
    QCOMPARE(attributes.at("client.certificate.issuer.dn"), std::string("CN=Test_CA"));
  }

  void messagesThatWaitSurviveAStop() {
    auto bench = started(processors::processorIn_listen_tcp, {{"Port", "0"}});
    RawClient client(listeningPort(*bench));
    client.send("first\n");
    QVERIFY(waitFor(*bench, 1));
    bench->stop();
    bench->run();
    RawClient other(listeningPort(*bench));
    other.send("second\n");
    QVERIFY(waitFor(*bench, 2));
    QCOMPARE(contents(*bench), (Strings{"first", "second"}));
  }

  void datagramsAreFlowFiles() {
    auto bench = started(processors::processorIn_listen_udp, {{"Port", "0"}});
    const QString to = "UDP:127.0.0.1:" + port(*bench);
    feed(*bench, "socat", {"-u", "-", to}, "one\ntwo");
    QVERIFY(waitFor(*bench, 1));
    // socat gives a datagram what it reads at once: at most 8,192 bytes unless told otherwise.
    const QByteArray large(60000, 'd');
    feed(*bench, "socat", {"-u", "-b", "65507", "-", to}, large);
    QVERIFY(bench->runUntil([&] {
      std::size_t bytes = 0;
      for (const std::string& content : contents(*bench)) bytes += content.size();
      return bytes == 60007;
    }));
    QCOMPARE(contents(*bench).at(0), std::string("one\ntwo"));
    const auto attributes = bench->outputs("success").at(0).attributes;
    QCOMPARE(attributes.at("udp.sender"), std::string("127.0.0.1"));
    QCOMPARE(attributes.at("udp.port"), port(*bench).toStdString());
  }

  void datagramsOfOthersMayBePassedOver() {
    const QString wanted = QString::number(freePort());
    auto bench =
        started(processors::processorIn_listen_udp, {{"Port", "0"},
                                                     {"Sending Host", "localhost"},
                                                     {"Sending Host Port", wanted.toStdString()}});
    const QString to = "UDP:127.0.0.1:" + port(*bench);
    feed(*bench, "socat", {"-u", "-", to}, "from another");
    feed(*bench, "socat", {"-u", "-", to + ",sourceport=" + wanted}, "from the one");
    QVERIFY(waitFor(*bench, 1));
    QCOMPARE(contents(*bench), (Strings{"from the one"}));
    ProcessorBench half(processors::processorIn_listen_udp);
    half.set("Port", "0").set("Sending Host", "localhost");
    QVERIFY(half.problem().find("Sending Host Port") != std::string::npos);
  }

  void loggerIsUnderstoodOverBothProtocols() {
    for (const QString& protocol : {QString("UDP"), QString("TCP")}) {
      auto bench =
          started(processors::processorIn_listen_syslog,
                  {{"Protocol", protocol.toStdString()}, {"UDP Port", "0"}, {"TCP Port", "0"}});
      const QStringList where{
          "-n", "127.0.0.1", "-P", port(*bench), protocol == "UDP" ? "-d" : "-T",
          "-t", "tester",    "-p", "local0.warn"};
      feed(*bench, "logger", where + QStringList{"--rfc5424", "a new message"});
      feed(*bench, "logger", where + QStringList{"--rfc3164", "an old message"});
      QVERIFY(waitFor(*bench, 2));
      const auto outputs = bench->outputs("success");
      for (const auto& output : outputs) {
        const auto& attributes = output.attributes;
        // Facility 16, severity 4: RFC 5424, section 6.2.1.
        QCOMPARE(attributes.at("syslog.priority"), std::string("132"));
        QCOMPARE(attributes.at("syslog.facility"), std::string("16"));
        QCOMPARE(attributes.at("syslog.severity"), std::string("4"));
        QCOMPARE(attributes.at("syslog.valid"), std::string("true"));
        QCOMPARE(attributes.at("syslog.protocol"), protocol.toStdString());
        QCOMPARE(attributes.at("syslog.port"), port(*bench).toStdString());
        QCOMPARE(attributes.at("syslog.sender"), std::string("127.0.0.1"));
        QCOMPARE(attributes.at("mime.type"), std::string("text/plain"));
      }
      QCOMPARE(outputs[0].attributes.at("syslog.version"), std::string("1"));
      QVERIFY(outputs[0].attributes.at("syslog.body").ends_with("a new message"));
      QVERIFY(!outputs[1].attributes.contains("syslog.version"));
      QCOMPARE(outputs[1].attributes.at("syslog.body"), std::string("tester: an old message"));
    }
  }

  void whatIsNoSyslogGoesToInvalid() {
    const Settings udp{{"UDP Port", "0"}};
    auto bench = started(processors::processorIn_listen_syslog, udp);
    feed(*bench, "socat", {"-u", "-", "UDP:127.0.0.1:" + port(*bench)}, "hello");
    QVERIFY(waitFor(*bench, 1, "invalid"));
    const auto attributes = bench->outputs("invalid").at(0).attributes;
    QCOMPARE(attributes.at("syslog.valid"), std::string("false"));
    QVERIFY(!attributes.contains("syslog.body"));
    auto plain = started(processors::processorIn_listen_syslog,
                         {{"UDP Port", "0"}, {"Parse Messages", "false"}, {"Max Batch Size", "9"}});
    feed(*plain, "socat", {"-u", "-", "UDP:127.0.0.1:" + port(*plain)}, "hello");
    QVERIFY(waitFor(*plain, 1));
    QVERIFY(!plain->outputs("success").at(0).attributes.contains("syslog.valid"));
    ProcessorBench both(processors::processorIn_listen_syslog);
    both.set("UDP Port", "0").set("Max Batch Size", "9");
    QVERIFY(both.problem().find("Max Batch Size") != std::string::npos);
  }

  void aPortInUseIsNamed() {
    auto bench = started(processors::processorIn_listen_udp, {{"Port", "0"}});
    ProcessorBench second(processors::processorIn_listen_udp);
    second.network(*network_)
        .set("Local Network Interface", "127.0.0.1")
        .set("Port", port(*bench).toStdString());
    bool named = false;
    try {
      second.run();
    } catch (const std::runtime_error& refused) {  // as the bench says that it cannot start
      named = std::string(refused.what()).find(port(*bench).toStdString()) != std::string::npos;
    }
    QVERIFY(named);
  }
};

QTEST_GUILESS_MAIN(ListenTest)
#include "listen_test.moc"
