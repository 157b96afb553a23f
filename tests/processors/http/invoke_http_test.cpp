// SPDX-License-Identifier: Apache-2.0
// InvokeHTTP against nginx, and against servers without manners.
#include "engine/net/asio_network.h"
#include "processors/http/shared_services.h"
#include "tests/harness/http_peers.h"
#include "tests/harness/scripted_server.h"

#include <QDir>
#include <QTemporaryDir>
#include <QFile>
#include <QFileInfo>
#include <QTest>

using namespace millrace;
using namespace millrace::tests;

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_invoke_http;
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

class Proxy final : public processors::ProxyConfiguration {
 public:
  explicit Proxy(processors::HttpProxy proxy) : proxy_(std::move(proxy)) {}
  std::optional<processors::HttpProxy> proxy() override { return proxy_; }

 private:
  const processors::HttpProxy proxy_;
};

void writeFile(const QString& path, const QByteArray& bytes) {
  QDir().mkpath(QFileInfo(path).path());
  QFile file(path);
  if (!file.open(QIODevice::WriteOnly)) throw std::runtime_error("cannot write");
  file.write(bytes);
}

QByteArray readFile(const QString& path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("(cannot be read)");
}

}  // namespace

class InvokeHttpTest : public QObject {
  Q_OBJECT
 private:
  std::unique_ptr<net::Network> network_ = net::makeAsioNetwork();
  QTemporaryDir folder_;
  QProcess nginx_;
  std::uint16_t port_ = 0;
  std::uint16_t tlsPort_ = 0;

  std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  std::unique_ptr<ProcessorBench> bench(
      const std::string& path,
      const std::vector<std::pair<std::string, std::string>>& properties = {}) {
    auto made = std::make_unique<ProcessorBench>(processors::processorIn_invoke_http);
    made->network(*network_).set("HTTP URL", path.starts_with("http") ? path : url(path));
    for (const auto& [name, value] : properties) made->set(name, value);
    return made;
  }

 private slots:
  void initTestCase() {
    makeCertificates(folder_.path());
    port_ = freePort();
    tlsPort_ = freePort();
    writeFile(folder_.filePath("www/greeting.txt"), "h\xC3\xA9llo from nginx\n");
    writeFile(folder_.filePath("www/page.json"), QByteArray(50000, ' ') + "{}");
    writeFile(folder_.filePath("www/large.bin"), QByteArray(3000000, 'L'));
    writeFile(folder_.filePath("users"), "tester:{PLAIN}secret\n");
    QFile conf(folder_.filePath("nginx.conf"));
    QVERIFY(conf.open(QIODevice::WriteOnly));
    QString text = QString::fromUtf8(readFile(MR_SOURCE_DIR "/tests/processors/http/nginx.conf"));
    text.replace("@FOLDER@", folder_.path())
        .replace("@PORT@", QString::number(port_))
        .replace("@TLS_PORT@", QString::number(tlsPort_));
    conf.write(text.toUtf8());
    conf.close();
    nginx_.start("nginx", {"-c", conf.fileName(), "-p", folder_.path(), "-e", "stderr"});
    QVERIFY(nginx_.waitForStarted());
    QVERIFY2(waitForPort(port_), nginx_.readAllStandardError().constData());
  }
  void cleanupTestCase() {
    nginx_.terminate();
    nginx_.waitForFinished();
  }

  void getsWhatIsThere() {
    auto b = bench("/${name}", {{"Response FlowFile Naming Strategy", "URL_PATH"}});
    b->enqueue("ignored", {{"name", "greeting.txt"}, {"filename", "old"}});
    b->run();
    const auto response = b->outputs("Response").at(0);
    QCOMPARE(response.content, std::string("h\xC3\xA9llo from nginx\n"));
    QCOMPARE(response.attributes.at("invokehttp.status.code"), std::string("200"));
    QCOMPARE(response.attributes.at("invokehttp.status.message"), std::string("OK"));
    QCOMPARE(response.attributes.at("invokehttp.request.url"), url("/greeting.txt"));
    QCOMPARE(response.attributes.at("mime.type"), std::string("text/plain"));
    QCOMPARE(response.attributes.at("filename"), std::string("greeting.txt"));
    QVERIFY(response.attributes.at("Server").starts_with("nginx"));
    const auto original = b->outputs("Original").at(0);
    QCOMPARE(original.content, std::string("ignored"));
    QCOMPARE(original.attributes.at("invokehttp.status.code"), std::string("200"));
    QVERIFY(!original.attributes.contains("Server"));
    QCOMPARE(original.attributes.at("invokehttp.tx.id"),
             response.attributes.at("invokehttp.tx.id"));
  }

  void isASourceWithoutInput() {
    auto b = bench("/greeting.txt");
    engine::Schedule schedule;
    schedule.every = kSecond;
    b->asSource().schedule(schedule);
    b->run(1);
    QCOMPARE(b->outputs("Response").at(0).content, std::string("h\xC3\xA9llo from nginx\n"));
    QCOMPARE(b->count("Original"), std::size_t{0});
  }

  void followsRedirectsOrNot() {
    auto follows = bench("/moved");
    follows->enqueue("");
    follows->run();
    QCOMPARE(follows->outputs("Response").at(0).attributes.at("invokehttp.response.url"),
             url("/greeting.txt"));
    QCOMPARE(follows->outputs("Response").at(0).attributes.at("invokehttp.request.url"),
             url("/moved"));
    auto stays = bench("/moved", {{"Response Redirects Enabled", "false"}});
    stays->enqueue("");
    stays->run();
    QCOMPARE(stays->outputs("No Retry").at(0).attributes.at("invokehttp.status.code"),
             std::string("302"));
    auto circles = bench("/circle");
    circles->enqueue("");
    circles->run();
    QCOMPARE(circles->count("Failure"), std::size_t{1});
    // 307 keeps method and body; 303 turns a PUT into a GET.
    auto keeps = bench("/keep/kept.txt", {{"HTTP Method", "PUT"}});
    keeps->enqueue("body");
    keeps->run();
    QCOMPARE(keeps->count("Original"), std::size_t{1});
    QCOMPARE(readFile(folder_.filePath("www/upload/kept.txt")), QByteArray("body"));
    auto turns = bench("/see-other", {{"HTTP Method", "PUT"}});
    turns->enqueue("body");
    turns->run();
    QCOMPARE(turns->outputs("Response").at(0).content, std::string("h\xC3\xA9llo from nginx\n"));
  }

  void eachStatusHasItsRelationship() {
    const std::vector<std::pair<std::string, std::string>> rows{
        {"/status/404", "No Retry"}, {"/status/500", "Retry"}, {"/status/503", "Retry"}};
    for (const auto& [path, relationship] : rows) {
      auto b = bench(path);
      b->enqueue("x");
      b->run();
      QCOMPARE(b->count(relationship), std::size_t{1});
      const auto output = b->outputs(relationship).at(0);
      QCOMPARE(output.attributes.at("invokehttp.status.code"), path.substr(8));
      QVERIFY(output.attributes.at("invokehttp.response.body").find(path.substr(8)) !=
              std::string::npos);
      QCOMPARE(output.penalized, relationship == "Retry");
      QCOMPARE(b->count("Response"), std::size_t{0});
    }
    auto always = bench("/status/404", {{"Response Generation Required", "true"},
                                        {"Request Failure Penalization Enabled", "true"}});
    always->enqueue("x");
    always->run();
    QCOMPARE(always->count("Response"), std::size_t{1});
    QVERIFY(always->outputs("No Retry").at(0).penalized);
  }

  void sendsBodiesInEachFraming() {
    std::string large;
    while (large.size() < 2000000) large += "some lines of text\n";
    int number = 0;
    for (const std::vector<std::pair<std::string, std::string>>& framing :
         {std::vector<std::pair<std::string, std::string>>{},
          {{"Request Chunked Transfer-Encoding Enabled", "true"}}}) {
      for (const std::string& content : {std::string(), std::string("small"), large}) {
        const std::string name = "/upload/" + std::to_string(++number);
        auto b = bench(name, framing);
        b->set("HTTP Method", "put");
        b->enqueue(content);
        b->run();
        QCOMPARE(b->count("Original"), std::size_t{1});
        QVERIFY(readFile(folder_.filePath("www") + QString::fromStdString(name)).toStdString() ==
                content);
      }
    }
    auto zipped =
        bench("/upload/zipped", {{"HTTP Method", "PUT"}, {"Request Content-Encoding", "GZIP"}});
    zipped->enqueue(large);
    zipped->run();
    QCOMPARE(zipped->count("Original"), std::size_t{1});
    QVERIFY(runProgram("gzip", {"-dc", folder_.filePath("www/upload/zipped")}).toStdString() ==
            large);
  }

  void inflatesWhatComesCompressed() {
    auto b = bench("/page.json");
    b->enqueue("");
    b->run();
    const auto response = b->outputs("Response").at(0);
    QVERIFY(response.content == std::string(50000, ' ') + "{}");
    QVERIFY(!response.attributes.contains("Content-Encoding"));
    auto raw = bench("/page.json", {{"Accept-Encoding", "gzip"}});
    raw->enqueue("");
    raw->run();
    QCOMPARE(raw->outputs("Response").at(0).attributes.at("Content-Encoding"), std::string("gzip"));
  }

  void putsTheBodyIntoAnAttribute() {
    auto b = bench("/greeting.txt", {{"Response Body Attribute Name", "answer"},
                                     {"Response Body Attribute Size", "2"}});
    b->enqueue("kept");
    b->run();
    QCOMPARE(b->count("Response"), std::size_t{0});
    QCOMPARE(b->outputs("Original").at(0).content, std::string("kept"));
    // The second byte of the letter would be cut off, so that all of it is.
    QCOMPARE(b->outputs("Original").at(0).attributes.at("answer"), std::string("h"));
  }

  void sendsHeadersAndTheAttributesThatMatch() {
    auto b = bench("/echo-header", {{"X-Fixed", "${upper:toUpper()}"},
                                    {"Request Header Attributes Pattern", "sent\\..*"},
                                    {"Request User-Agent", "Mill/1"}});
    b->enqueue("", {{"upper", "abc"}, {"sent.one", "1\r\nInjected: yes"}, {"other", "2"}});
    b->run();
    const auto attributes = b->outputs("Response").at(0).attributes;
    QCOMPARE(attributes.at("X-Seen-Fixed"), std::string("ABC"));
    QCOMPARE(attributes.at("X-Seen-Agent"), std::string("Mill/1"));
    QVERIFY(!attributes.contains("X-Seen-Injected"));
  }

  void provesAPassword() {
    auto basic = bench("/private/greeting.txt",
                       {{"Request Username", "tester"}, {"Request Password", "secret"}});
    basic->enqueue("");
    basic->run();
    QCOMPARE(basic->count("Response"), std::size_t{1});
    auto wrong = bench("/private/greeting.txt",
                       {{"Request Username", "tester"}, {"Request Password", "wrong"}});
    wrong->enqueue("");
    wrong->run();
    QCOMPARE(wrong->outputs("No Retry").at(0).attributes.at("invokehttp.status.code"),
             std::string("401"));
  }

  void speaksTls() {
    const std::string where = "https://localhost:" + std::to_string(tlsPort_) + "/greeting.txt";
    auto untrusted = bench(where);
    untrusted->enqueue("");
    untrusted->run();
    const auto failure = untrusted->outputs("Failure").at(0);
    QVERIFY(failure.penalized);
    QVERIFY(failure.attributes.at("invokehttp.java.exception.message").find("certificate") !=
            std::string::npos);
    const net::TlsStore trust{
        "ca.pem", net::StoreType::kPem, readFile(folder_.filePath("ca.pem")).toStdString(), "", {}};
    const net::TlsStore keys{"client.pem",
                             net::StoreType::kPem,
                             readFile(folder_.filePath("client-both.pem")).toStdString(),
                             "",
                             {}};
    net::TlsMaterial material;
    material.trustStore = &trust;
    material.keyStore = &keys;
    Certificates certificates(net::TlsContext::make(material).value());
    auto trusting = bench(where, {{"SSL Context Service", "tls"}});
    trusting->service("tls", &certificates).enqueue("");
    trusting->run();
    const auto attributes = trusting->outputs("Response").at(0).attributes;
    QCOMPARE(attributes.at("invokehttp.remote.dn"), std::string("CN=localhost"));
    QCOMPARE(attributes.at("X-Client"), std::string("CN=Tester,O=Test"));
    // An address that the certificate does not have.
    auto elsewhere = bench("https://127.0.0.2:" + std::to_string(tlsPort_) + "/greeting.txt",
                           {{"SSL Context Service", "tls"}});
    elsewhere->service("tls", &certificates).enqueue("");
    elsewhere->run();
    QVERIFY(elsewhere->outputs("Failure")
                .at(0)
                .attributes.at("invokehttp.java.exception.message")
                .find("certificate") != std::string::npos);
  }

  void aSlowServerIsGivenUp() {
    auto b = bench("/slow/large.bin", {{"Socket Read Timeout", "100 ms"}});
    b->enqueue("kept");
    b->run();
    const auto failure = b->outputs("Failure").at(0);
    QCOMPARE(failure.content, std::string("kept"));
    QVERIFY(failure.attributes.at("invokehttp.java.exception.message").find("took longer") !=
            std::string::npos);
    QCOMPARE(b->count("Response"), std::size_t{0});
  }

  void anAnswerThatBreaksOffFails() {
    for (const std::string& answer :
         {std::string("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
          std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"),
          std::string("HTTP/1.1 200 OK\r\nContent-"), std::string("SSH-2.0-OpenSSH\r\n"),
          std::string()}) {
      ScriptedServer server({answer});
      auto b = bench("http://127.0.0.1:" + std::to_string(server.port()) + "/");
      b->enqueue("kept");
      b->run();
      QCOMPARE(b->count("Failure"), std::size_t{1});
      QCOMPARE(b->count("Response"), std::size_t{0});
    }
    // Without a length the end of the connection is the end of the body.
    ScriptedServer server({"HTTP/1.0 200 OK\r\n\r\nall of it"});
    auto b = bench("http://127.0.0.1:" + std::to_string(server.port()) + "/");
    b->enqueue("");
    b->run();
    QCOMPARE(b->outputs("Response").at(0).content, std::string("all of it"));
  }

  void aConnectionThatTheServerLeftIsReplaced() {
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    ScriptedServer server({answer, answer});  // one answer a connection, and no word of that
    auto b = bench("http://127.0.0.1:" + std::to_string(server.port()) + "/");
    b->enqueue("");
    b->enqueue("");
    b->run();
    QCOMPARE(b->count("Response"), std::size_t{2});
    QCOMPARE(server.requests().size(), std::size_t{2});
  }

  void goesThroughAProxy() {
    ScriptedServer server({"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"});
    Proxy proxy({"127.0.0.1", server.port(), "me", "mine"});
    auto b = bench("http://example.test/a?b=c", {{"Proxy Configuration Service", "proxy"}});
    b->service("proxy", &proxy).enqueue("");
    b->run();
    QCOMPARE(b->count("Response"), std::size_t{1});
    const std::string request = server.requests().at(0);
    QVERIFY(
        request.starts_with("GET http://example.test/a?b=c HTTP/1.1\r\nHost: example.test\r\n"));
    // RFC 7617: base64 of me:mine.
    QVERIFY(request.find("Proxy-Authorization: Basic bWU6bWluZQ==\r\n") != std::string::npos);
    ScriptedServer closed({"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"});
    Proxy refusing({"127.0.0.1", closed.port()});
    auto secure = bench("https://example.test/", {{"Proxy Configuration Service", "proxy"}});
    secure->service("proxy", &refusing).enqueue("");
    secure->run();
    QCOMPARE(secure->count("Failure"), std::size_t{1});
    QVERIFY(closed.requests().at(0).starts_with("CONNECT example.test:443 HTTP/1.1\r\n"));
  }

  void sendsForms() {
    ScriptedServer server({"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"});
    auto b = bench("http://127.0.0.1:" + std::to_string(server.port()) + "/",
                   {{"HTTP Method", "POST"},
                    {"Request Multipart Form-Data Name", "file"},
                    {"post:form:word", "${w}"}});
    b->enqueue("content", {{"w", "two"}, {"filename", "a\"b.txt"}, {"mime.type", "text/x"}});
    b->run();
    QCOMPARE(b->count("Original"), std::size_t{1});
    const QString request = QString::fromStdString(server.requests().at(0));
    const QString boundary =
        request.section("Content-Type: multipart/form-data; boundary=", 1).section("\r\n", 0, 0);
    QVERIFY(boundary.size() > 10);
    QCOMPARE(request.section("\r\n\r\n", 1),
             QString("--%1\r\nContent-Disposition: form-data; name=\"word\"\r\n\r\ntwo\r\n--%1\r\n"
                     "Content-Disposition: form-data; name=\"file\"; filename=\"a%22b.txt\"\r\n"
                     "Content-Type: text/x\r\n\r\ncontent\r\n--%1--\r\n")
                 .arg(boundary));
  }

  void whatCannotBeSentFails() {
    for (const std::string& wrong : {std::string("${missing}"), std::string("ftp://a/"),
                                     std::string("http:///x"), std::string("http://a:b/")}) {
      auto b = bench("/");
      b->set("HTTP URL", wrong).enqueue("kept");
      b->run();
      const auto failure = b->outputs("Failure").at(0);
      QCOMPARE(failure.attributes.at("invokehttp.java.exception.class"),
               std::string("java.lang.IllegalArgumentException"));
    }
    auto nobody = bench("http://127.0.0.1:" + std::to_string(freePort()) + "/");
    nobody->enqueue("");
    nobody->run();
    QCOMPARE(nobody->outputs("Failure").at(0).attributes.at("invokehttp.java.exception.class"),
             std::string("java.io.IOException"));
  }
};

QTEST_GUILESS_MAIN(InvokeHttpTest)
#include "invoke_http_test.moc"
