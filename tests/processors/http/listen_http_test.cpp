// SPDX-License-Identifier: Apache-2.0
// ListenHTTP against curl and against clients without manners.
#include "engine/net/asio_network.h"
#include "processors/formats/flowfile_v3.h"
#include "processors/http/shared_services.h"
#include "tests/harness/http_peers.h"

#include <QTemporaryDir>
#include <QFile>
#include <QTest>
#include <QThread>
#include <thread>

using namespace millrace;
using namespace millrace::tests;

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_listen_http;
}  // namespace millrace::processors

namespace {

class Certificates final : public processors::SslContextProvider {
 public:
  explicit Certificates(std::shared_ptr<const net::TlsContext> context)
      : context_(std::move(context)) {}
  std::shared_ptr<const net::TlsContext> context() override { return context_; }

 private:
  std::shared_ptr<const net::TlsContext> context_;
};

net::TlsStore storeOf(const QString& file, net::StoreType type) {
  QFile bytes(file);
  if (!bytes.open(QIODevice::ReadOnly)) throw std::runtime_error("no such store");
  return {file.toStdString(), type, bytes.readAll().toStdString(), "secret", {}};
}

QString url(const ProcessorBench& bench, const QString& path = "/contentListener") {
  return QString("http://127.0.0.1:%1%2").arg(listeningPort(bench)).arg(path);
}

void writeFile(const QString& path, const QByteArray& bytes) {
  QFile file(path);
  if (!file.open(QIODevice::WriteOnly)) throw std::runtime_error("cannot write");
  file.write(bytes);
}

}  // namespace

class ListenHttpTest : public QObject {
  Q_OBJECT
 private:
  std::unique_ptr<net::Network> network_ = net::makeAsioNetwork();
  QTemporaryDir folder_;
  const QStringList status_{"-o", "/dev/null", "-w", "%{http_code}"};

  std::unique_ptr<ProcessorBench> started(
      const std::vector<std::pair<std::string, std::string>>& properties = {}) {
    auto bench = std::make_unique<ProcessorBench>(processors::processorIn_listen_http);
    bench->network(*network_).set("Listening Port", "0").set("Hostname", "127.0.0.1");
    for (const auto& [name, value] : properties) bench->set(name, value);
    bench->run();
    return bench;
  }

 private slots:
  void aRequestIsAFlowFile() {
    auto bench = started({{"HTTP Headers for Attributes", "X-.*"}});
    const Ran ran = curl(
        *bench, status_ + QStringList{"-H", "filename: note.txt", "-H", "X-Kind: a", "-H",
                                      "Other: b", "--data-binary", "h\xC3\xA9llo", url(*bench)});
    QCOMPARE(ran.out, QByteArray("200"));
    const auto outputs = bench->outputs("success");
    QCOMPARE(outputs.size(), std::size_t{1});
    QCOMPARE(outputs[0].content, std::string("h\xC3\xA9llo"));
    const auto& attributes = outputs[0].attributes;
    QCOMPARE(attributes.at("filename"), std::string("note.txt"));
    QCOMPARE(attributes.at("X-Kind"), std::string("a"));
    QVERIFY(!attributes.contains("Other"));
    QCOMPARE(attributes.at("restlistener.remote.source.host"), std::string("127.0.0.1"));
    QCOMPARE(attributes.at("restlistener.request.uri"), std::string("/contentListener"));
    QCOMPARE(attributes.at("restlistener.remote.user.dn"), std::string("none"));
  }

  void theAnswerWaitsForTheDisk() {
    auto bench = started({{"Return Code", "202"}});
    RawClient client(listeningPort(*bench));
    client.send("POST /contentListener HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
    while (!bench->runSlice() || bench->count("success") == 0) QThread::yieldCurrentThread();
    QCOMPARE(bench->count("success"), std::size_t{1});
    // All that the processor will do is done, and a second request goes through the network's
    // thread: an answer to the first one would have come before.
    RawClient other(listeningPort(*bench));
    other.send("GET /contentListener/healthcheck HTTP/1.1\r\nHost: a\r\n\r\n");
    QVERIFY(other.readUntil("OK\n").starts_with("HTTP/1.1 200 "));
    QVERIFY(client.isSilent());
    bench->makeDurable();
    QVERIFY(client.readUntil("\r\n\r\n").starts_with("HTTP/1.1 202 "));
  }

  void bodiesOfAnySizeAndFramingArrive() {
    auto bench = started();
    QByteArray large;
    for (int i = 0; large.size() < 3000000; ++i) large += QByteArray::number(i) + "\n";
    const QString file = folder_.filePath("large");
    writeFile(file, large);
    const QStringList framings[] = {{}, {"-H", "Transfer-Encoding: chunked"}, {"-H", "Expect:"}};
    std::size_t count = 0;
    for (const QStringList& framing : framings) {
      const Ran ran =
          curl(*bench, status_ + framing + QStringList{"--data-binary", "@" + file, url(*bench)});
      QCOMPARE(ran.out, QByteArray("200"));
      const auto outputs = bench->outputs("success");
      QCOMPARE(outputs.size(), ++count);
      QVERIFY(outputs.back().content == large.toStdString());
    }
    QCOMPARE(curl(*bench, status_ + QStringList{"-X", "POST", url(*bench)}).out, QByteArray("200"));
    QCOMPARE(bench->outputs("success").back().content, std::string());
  }

  void oneConnectionCarriesManyRequests() {
    auto bench = started();
    RawClient client(listeningPort(*bench));
    std::string requests;
    for (int i = 0; i < 3; ++i) {
      requests += "POST /contentListener HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n" +
                  std::to_string(i);
    }
    // Cut where it hurts: in the midst of a head.
    client.send(requests.substr(0, 20));
    client.send(requests.substr(20));
    QVERIFY(bench->runUntil([&] { return bench->count("success") == 3; }));
    const auto outputs = bench->outputs("success");
    for (std::size_t i = 0; i < 3; ++i) QCOMPARE(outputs[i].content, std::to_string(i));
    client.send(
        "POST /contentListener HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
        "Content-Length: 1\r\n\r\n3");
    QVERIFY(bench->runUntil([&] { return bench->count("success") == 4; }));
    const std::string all = client.readUntil("no such text, so until the end");
    QCOMPARE(QString::fromStdString(all).count("HTTP/1.1 200 OK"), 4);
    QVERIFY(all.find("Connection: close") != std::string::npos);
  }

  void whatIsNoDataIsRefused() {
    auto bench = started({{"Request Header Maximum Size", "1 KB"}});
    const auto code = [&](const QStringList& arguments) {
      return curl(*bench, status_ + arguments).out;
    };
    QCOMPARE(code({url(*bench, "/elsewhere"), "-d", "x"}), QByteArray("404"));
    QCOMPARE(code({url(*bench)}), QByteArray("405"));
    QCOMPARE(code({url(*bench), "-X", "DELETE"}), QByteArray("405"));
    QCOMPARE(code({url(*bench), "-I"}), QByteArray("200"));
    QCOMPARE(code({url(*bench, "/contentListener/healthcheck")}), QByteArray("200"));
    QCOMPARE(code({url(*bench), "-d", "x", "-H", "Big: " + QString(2000, 'b')}), QByteArray("431"));
    RawClient client(listeningPort(*bench));
    client.send("this is no HTTP\r\n\r\n");
    QVERIFY(client.readUntil("no such text").starts_with("HTTP/1.1 400 "));
    QCOMPARE(bench->count("success"), std::size_t{0});
  }

  void aBodyThatBreaksOffLeavesNothing() {
    auto bench = started();
    const std::string large(600000, 'x');  // more than is kept in memory: a trigger reads it
    for (const std::string_view head :
         {"Content-Length: 700000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\nf0000\r\n"}) {
      RawClient client(listeningPort(*bench));
      client.send("POST /contentListener HTTP/1.1\r\nHost: a\r\n" + std::string(head));
      std::size_t warnings = bench->bulletins().size();
      std::jthread peer([&] {
        client.send(large);
        client.close();
      });
      QVERIFY(bench->runUntil([&] { return bench->bulletins().size() > warnings; }));
    }
    QCOMPARE(bench->count("success"), std::size_t{0});
    QCOMPARE(curl(*bench, status_ + QStringList{"-d", "x", url(*bench)}).out, QByteArray("200"));
  }

  void compressedBodiesAreInflated() {
    auto bench = started();
    const QString file = folder_.filePath("text.gz");
    writeFile(folder_.filePath("text"), QByteArray(100000, 'z'));
    runProgram("gzip", {"-kf", folder_.filePath("text")});
    for (const QString& header :
         {QString("Content-Encoding: gzip"), QString("flowfile-gzipped: true")}) {
      const Ran ran = curl(
          *bench, status_ + QStringList{"-H", header, "--data-binary", "@" + file, url(*bench)});
      QCOMPARE(ran.out, QByteArray("200"));
      QVERIFY(bench->outputs("success").back().content == std::string(100000, 'z'));
    }
    const Ran damaged = curl(*bench, status_ + QStringList{"-H", "Content-Encoding: gzip", "-d",
                                                           "no gzip at all", url(*bench)});
    QCOMPARE(damaged.out, QByteArray("400"));
    QCOMPARE(bench->count("success"), std::size_t{2});
  }

  void packagesBecomeTheirFlowFiles() {
    auto bench = started();
    // Two packages by the format's description: attributes, then the content.
    const auto package = [](const std::string& name, const std::string& content) {
      std::string text("NiFiFF3\0\1\0\10filename\0", 20);
      text += static_cast<char>(name.size());
      text += name + std::string(7, '\0') + static_cast<char>(content.size()) + content;
      return text;
    };
    const QString file = folder_.filePath("packages");
    writeFile(file, QByteArray::fromStdString(package("a", "first") + package("b", "")));
    const QStringList type{"-H", "Content-Type: application/flowfile-v3"};
    const Ran ran = curl(*bench, status_ + type +
                                     QStringList{"-H", "Transfer-Encoding: chunked",
                                                 "--data-binary", "@" + file, url(*bench)});
    QCOMPARE(ran.out, QByteArray("200"));
    const auto outputs = bench->outputs("success");
    QCOMPARE(outputs.size(), std::size_t{2});
    QCOMPARE(outputs[0].content, std::string("first"));
    QCOMPARE(outputs[0].attributes.at("filename"), std::string("a"));
    QCOMPARE(outputs[1].content, std::string());
    QCOMPARE(outputs[1].attributes.at("filename"), std::string("b"));
    QCOMPARE(
        curl(*bench, status_ + type + QStringList{"-d", "NiFiFF3 but no more", url(*bench)}).out,
        QByteArray("400"));
    QCOMPARE(bench->count("success"), std::size_t{2});
  }

  void formsBecomeAFlowFileEachPart() {
    auto bench = started({{"Multipart Request Max Size", "200 KB"}});
    const QString file = folder_.filePath("picture.png");
    writeFile(file, QByteArray(100000, 'p') + "\r\n--");
    const Ran ran =
        curl(*bench, status_ + QStringList{"-F", "word=two\r\nlines", "-F", "file=@" + file, "-F",
                                           "empty=", url(*bench)});
    QCOMPARE(ran.out, QByteArray("200"));
    const auto outputs = bench->outputs("success");
    QCOMPARE(outputs.size(), std::size_t{3});
    QCOMPARE(outputs[0].content, std::string("two\r\nlines"));
    QCOMPARE(outputs[0].attributes.at("http.multipart.name"), std::string("word"));
    QCOMPARE(outputs[1].content.size(), std::size_t{100004});
    QCOMPARE(outputs[1].attributes.at("http.multipart.filename"), std::string("picture.png"));
    QCOMPARE(outputs[1].attributes.at("http.multipart.content.type"), std::string("image/png"));
    QCOMPARE(outputs[1].attributes.at("http.multipart.size"), std::string("100004"));
    QCOMPARE(outputs[1].attributes.at("http.multipart.fragments.sequence.number"),
             std::string("2"));
    QCOMPARE(outputs[2].attributes.at("http.multipart.fragments.total.number"), std::string("3"));
    QCOMPARE(outputs[2].content, std::string());
    writeFile(file, QByteArray(300000, 'p'));
    QCOMPARE(curl(*bench, status_ + QStringList{"-F", "file=@" + file, url(*bench)}).out,
             QByteArray("413"));
    QCOMPARE(bench->count("success"), std::size_t{3});
  }

  void clientsShowCertificates() {
    makeCertificates(folder_.path());
    const net::TlsStore keys = storeOf(folder_.filePath("server.p12"), net::StoreType::kPkcs12);
    const net::TlsStore trust = storeOf(folder_.filePath("ca.pem"), net::StoreType::kPem);
    net::TlsMaterial material;
    material.keyStore = &keys;
    material.trustStore = &trust;
    const auto made = net::TlsContext::make(material);
    QVERIFY2(made.ok(), made.ok() ? "" : made.error().message.c_str());
    Certificates certificates(*made);
    ProcessorBench bench(processors::processorIn_listen_http);
    bench.network(*network_)
        .service("tls", &certificates)
        .set("Listening Port", "0")
        .set("SSL Context Service", "tls")
        .set("Authorized Subject DN Pattern", "CN=Tester,.*");
    bench.run();
    const QString where = QString("https://localhost:%1/contentListener").arg(listeningPort(bench));
    const QStringList trusting{"--cacert", folder_.filePath("ca.pem"), "-d", "x", where};
    const QStringList showing{"--cert", folder_.filePath("client.pem"), "--key",
                              folder_.filePath("client.key")};
    QVERIFY(curl(bench, trusting).exit != 0);  // AUTO with a trust store: certificates are needed
    QCOMPARE(curl(bench, status_ + showing + trusting).out, QByteArray("200"));
    QCOMPARE(bench.outputs("success").back().attributes.at("restlistener.remote.user.dn"),
             std::string("CN=Tester,O=Test"));
    QCOMPARE(bench.outputs("success").back().attributes.at("restlistener.remote.issuer.dn"),
             std::string("CN=Test_CA"));
    const QStringList wrong{"--cert", folder_.filePath("server.pem"), "--key",
                            folder_.filePath("server.key")};
    QCOMPARE(curl(bench, status_ + wrong + trusting).out, QByteArray("403"));
    QCOMPARE(bench.count("success"), std::size_t{1});
  }

  void aStopAnswersThoseWhoWait() {
    auto bench = started();
    RawClient client(listeningPort(*bench));
    client.send("POST /contentListener HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
    QVERIFY(bench->runUntil([&] { return bench->count("success") == 1; }));
    QVERIFY(client.readUntil("\r\n\r\n").starts_with("HTTP/1.1 200 "));
    bench->stop();
    QCOMPARE(client.readUntil("no such text, so until the end").size(),
             client.readUntil("\r\n\r\n").size());
    bench->run();
    QCOMPARE(curl(*bench, status_ + QStringList{"-d", "x", url(*bench)}).out, QByteArray("200"));
  }

  void aPortInUseIsNamed() {
    auto bench = started();
    ProcessorBench second(processors::processorIn_listen_http);
    const std::string port = std::to_string(listeningPort(*bench));
    second.network(*network_).set("Listening Port", port).set("Hostname", "127.0.0.1");
    try {
      second.run();
      QFAIL("two listen at one port");
    } catch (const std::runtime_error& thrown) {
      QVERIFY(std::string(thrown.what()).find("127.0.0.1:" + port) != std::string::npos);
    }
  }
};

QTEST_GUILESS_MAIN(ListenHttpTest)
#include "listen_http_test.moc"
