// SPDX-License-Identifier: Apache-2.0
// HandleHttpRequest and HandleHttpResponse with their map, against curl.
#include "engine/net/asio_network.h"
#include "processors/http/shared_services.h"
#include "tests/harness/http_peers.h"

#include <QTemporaryDir>
#include <QFile>
#include <QTest>

using namespace millrace;
using namespace millrace::tests;

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_handle_http_request;
extern const ProcessorDescriptor processorIn_handle_http_response;
}  // namespace millrace::processors

namespace {

/// A map without a flow around it.
class Waiting final : public processors::HttpContextMap {
 public:
  bool put(const std::string& id, std::shared_ptr<processors::HttpExchange> exchange) override {
    if (map.size() >= most) return false;
    if (expiration > 0) exchange->expireAfter(expiration);
    map[id] = std::move(exchange);
    return true;
  }
  std::shared_ptr<processors::HttpExchange> take(const std::string& id) override {
    const auto found = map.find(id);
    if (found == map.end()) return nullptr;
    auto exchange = std::move(found->second);
    map.erase(found);
    return exchange->isAnswered() ? nullptr : exchange;
  }
  std::map<std::string, std::shared_ptr<processors::HttpExchange>> map;
  std::size_t most = 10;
  Nanos expiration = 0;
};

}  // namespace

class HandleHttpTest : public QObject {
  Q_OBJECT
 private:
  std::unique_ptr<net::Network> network_ = net::makeAsioNetwork();
  const QStringList status_{"-w", "|%{http_code}"};
  Waiting waiting_;
  std::unique_ptr<ProcessorBench> request_;
  std::unique_ptr<ProcessorBench> response_;

  QString url(const QString& path) const {
    return QString("http://127.0.0.1:%1%2").arg(listeningPort(*request_)).arg(path);
  }

  /// Runs curl while each request that is taken goes on to the other processor.
  Ran serve(const QStringList& arguments) {
    QProcess process;
    process.start("curl", QStringList{"-sS", "--max-time", "50"} + arguments);
    std::size_t taken = request_->count("success");
    request_->runUntil([&] {
      const auto outputs = request_->outputs("success");
      for (; taken < outputs.size(); ++taken) {
        response_->enqueue("answer to " + outputs[taken].content, outputs[taken].attributes);
        response_->run();
      }
      return process.state() == QProcess::NotRunning || process.waitForFinished(1);
    });
    return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
  }

 private slots:
  void init() {
    waiting_.map.clear();
    waiting_.most = 10;
    waiting_.expiration = 0;
    request_ = std::make_unique<ProcessorBench>(processors::processorIn_handle_http_request);
    request_->network(*network_)
        .service("map", &waiting_)
        .set("Listening Port", "0")
        .set("Hostname", "127.0.0.1")
        .set("HTTP Context Map", "map");
    response_ = std::make_unique<ProcessorBench>(processors::processorIn_handle_http_response);
    response_->service("map", &waiting_)
        .set("HTTP Context Map", "map")
        .set("HTTP Status Code", "${code:replaceNull('200')}");
  }
  void cleanup() {
    request_.reset();
    response_.reset();
  }

  void aRequestIsAnsweredByTheFlow() {
    request_->set("Parameters to Attributes", "b");
    response_->set("X-Path", "${http.request.uri}")
        .set("Attributes for HTTP Response", "mime\\..*");
    request_->run();
    const Ran ran =
        serve(status_ + QStringList{"-i", "-d", "question", "-b", "c=d", "-H",
                                    "Content-Type: text/x", url("/a/path?b=%C3%A9+x&e")});
    QVERIFY(ran.out.startsWith("HTTP/1.1 200 OK\r\n"));
    QVERIFY(ran.out.contains("X-Path: /a/path\r\n"));
    QVERIFY(ran.out.contains("mime.type: text/x\r\n"));
    QVERIFY(ran.out.endsWith("\r\n\r\nanswer to question|200"));
    const auto attributes = request_->outputs("success").at(0).attributes;
    QCOMPARE(attributes.at("http.method"), std::string("POST"));
    QCOMPARE(attributes.at("http.query.string"), std::string("b=\xC3\xA9 x&e"));
    QCOMPARE(attributes.at("http.query.param.b"), std::string("\xC3\xA9 x"));
    QCOMPARE(attributes.at("http.query.param.e"), std::string());
    QCOMPARE(attributes.at("http.param.b"), std::string("\xC3\xA9 x"));
    QVERIFY(!attributes.contains("http.param.e"));
    QCOMPARE(attributes.at("http.cookie.c.value"), std::string("d"));
    QCOMPARE(attributes.at("http.headers.Content-Type"), std::string("text/x"));
    QCOMPARE(attributes.at("http.server.name"), std::string("127.0.0.1"));
    QCOMPARE(attributes.at("http.remote.addr"), std::string("127.0.0.1"));
    QCOMPARE(response_->count("success"), std::size_t{1});
  }

  void largeAnswersAndOtherStatuses() {
    request_->run();
    const std::string large(2000000, 'q');
    QTemporaryDir folder;
    QFile file(folder.filePath("large"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(QByteArray::fromStdString(large));
    file.close();
    const Ran ran = serve({"--data-binary", "@" + file.fileName(), url("/")});
    QVERIFY(ran.out.toStdString() == "answer to " + large);
    response_->set("HTTP Status Code", "418");
    QCOMPARE(serve(status_ + QStringList{url("/")}).out, QByteArray("answer to |418"));
  }

  void onlyWhatIsAllowedIsTaken() {
    request_->set("Allowed Paths", "/open/.*").set("Allow POST", "false");
    request_->set("Additional HTTP Methods", "patch, search");
    request_->run();
    QVERIFY(serve(status_ + QStringList{url("/closed")}).out.endsWith("|404"));
    QVERIFY(serve(status_ + QStringList{"-d", "x", url("/open/a")}).out.endsWith("|405"));
    QVERIFY(serve(status_ + QStringList{"-I", url("/open/a")}).out.endsWith("|405"));
    QVERIFY(serve(status_ + QStringList{"-X", "PATCH", url("/open/a")}).out.endsWith("|200"));
    QCOMPARE(request_->count("success"), std::size_t{1});
  }

  void whatNobodyAnswersExpires() {
    waiting_.expiration = 50 * kMillisecond;
    request_->run();
    const Ran ran = curl(*request_, status_ + QStringList{url("/")});
    QVERIFY(ran.out.endsWith("|503"));
    response_->enqueue("too late", request_->outputs("success").at(0).attributes);
    response_->enqueue("unknown", {{"http.context.identifier", "nobody"}});
    response_->enqueue("none at all");
    response_->run();
    QCOMPARE(response_->count("failure"), std::size_t{3});
  }

  void aFullMapRefuses() {
    waiting_.most = 0;
    request_->run();
    const Ran ran = curl(*request_, status_ + QStringList{url("/")});
    QVERIFY(ran.out.endsWith("|503"));
    QCOMPARE(request_->count("success"), std::size_t{0});
  }

  void aStatusThatIsNoneFails() {
    request_->run();
    {
      RawClient client(listeningPort(*request_));
      client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      QVERIFY(request_->runUntil([&] { return request_->count("success") == 1; }));
    }
    response_->set("HTTP Status Code", "no number");
    response_->enqueue("x", request_->outputs("success").at(0).attributes);
    response_->run();
    QCOMPARE(response_->count("failure"), std::size_t{1});
  }
};

QTEST_GUILESS_MAIN(HandleHttpTest)
#include "handle_http_test.moc"
