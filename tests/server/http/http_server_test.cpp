// SPDX-License-Identifier: Apache-2.0
// The wire with real sockets: whole answers, answers in pieces, clients that do not behave.

#include "server/http/http_server.h"

#include "engine/base/mutex.h"

#include <QTcpSocket>
#include <QTest>

using namespace millrace;
using namespace millrace::server;

namespace {

constexpr int kPatience = 60000;

class HttpServerTest : public QObject {
  Q_OBJECT

  static std::unique_ptr<HttpServer> serve(HttpServer::Handler handler,
                                           HttpServerOptions options = {}) {
    options.port = 0;
    auto opened = HttpServer::open(options);
    if (!opened.ok()) qFatal("%s", opened.error().message.c_str());
    (*opened)->start(std::move(handler));
    return std::move(*opened);
  }
  static QByteArray head(const HttpServer& server, const QByteArray& line) {
    return line + " HTTP/1.1\r\nHost: " + QByteArray::fromStdString(server.address()) + "\r\n";
  }
  static void connectTo(QTcpSocket& socket, const HttpServer& server) {
    socket.connectToHost("127.0.0.1", server.port());
    QVERIFY(socket.waitForConnected(kPatience));
  }
  static bool readUntil(QTcpSocket& socket, QByteArray& all, const QByteArray& what) {
    while (!all.contains(what)) {
      if (!socket.waitForReadyRead(kPatience)) return false;
      all += socket.readAll();
    }
    return true;
  }

 private slots:
  void aRequestIsAnsweredAndTheConnectionStays() {
    const auto server = serve([](const HttpRequest& request) {
      return HttpResponse::text(request.target + "|" + request.body, "text/plain");
    });
    QTcpSocket socket;
    connectTo(socket, *server);
    QByteArray all;
    for (const char* body : {"one", "two"}) {
      socket.write(head(*server, "POST /a?b=c") + "Content-Length: 3\r\n\r\n" + body);
      QVERIFY(readUntil(socket, all, QByteArray("/a?b=c|") + body));
    }
    QCOMPARE(all.count("HTTP/1.1 200 OK"), 2);
  }

  void aHandlerThatThrowsIsAnsweredAndTheServerGoesOn() {
    const auto server = serve([](const HttpRequest& request) {
      HttpResponse response = HttpResponse::text("fine", "text/plain");
      if (request.target == "/now") throw std::runtime_error("broken");
      if (request.target == "/later") {
        response.length = 10;
        response.pull = []() -> Result<std::string> { throw std::runtime_error("broken"); };
      }
      return response;
    });
    QByteArray all;
    QTcpSocket later;
    connectTo(later, *server);
    later.write(head(*server, "GET /later") + "\r\n");
    while (later.waitForReadyRead(kPatience)) all += later.readAll();
    QCOMPARE(later.state(), QAbstractSocket::UnconnectedState);
    QTcpSocket socket;
    connectTo(socket, *server);
    socket.write(head(*server, "GET /now") + "\r\n");
    QVERIFY(readUntil(socket, all, "broken"));
    QVERIFY(all.contains("HTTP/1.1 500 "));
    socket.write(head(*server, "GET /fine") + "\r\n");
    QVERIFY(readUntil(socket, all, "fine"));
  }

  void aBodyIsFetchedPieceByPiece() {
    const auto server = serve([](const HttpRequest&) {
      HttpResponse response = HttpResponse::text("", "text/plain");
      response.length = 500000;
      response.pull = [left = 5]() mutable -> Result<std::string> {
        return left == 0 ? std::string() : std::string(100000, static_cast<char>('0' + left--));
      };
      return response;
    });
    QTcpSocket socket;
    connectTo(socket, *server);
    socket.write(head(*server, "GET /") + "\r\n");
    QByteArray all;
    while (socket.waitForReadyRead(kPatience)) all += socket.readAll();
    QCOMPARE(socket.state(), QAbstractSocket::UnconnectedState);
    QByteArray wanted;
    for (const char digit : {'5', '4', '3', '2', '1'}) wanted += QByteArray(100000, digit);
    QCOMPARE(all.mid(all.indexOf("\r\n\r\n") + 4), wanted);
    QVERIFY(all.contains("\r\nContent-Length: 500000\r\n"));
  }

  void aBodyThatCannotBeReadToItsEndIsBrokenOff() {
    const auto server = serve([](const HttpRequest&) {
      HttpResponse response = HttpResponse::text("", "text/plain");
      response.length = 500000;
      response.pull = [left = 2]() mutable -> Result<std::string> {
        if (left-- == 0) return Error::environment("damaged");
        return std::string(1000, 'x');
      };
      return response;
    });
    QTcpSocket socket;
    connectTo(socket, *server);
    socket.write(head(*server, "GET /") + "\r\n");
    QByteArray all;
    while (socket.waitForReadyRead(kPatience)) all += socket.readAll();
    QCOMPARE(socket.state(), QAbstractSocket::UnconnectedState);
    QCOMPARE(all.mid(all.indexOf("\r\n\r\n") + 4), QByteArray(2000, 'x'));
  }

  void aStreamGoesOnUntilItsOwnerEndsIt() {
    std::shared_ptr<StreamWriter> writer;
    Mutex mutex;
    Condition there;
    const auto server = serve([&](const HttpRequest&) {
      HttpResponse response = HttpResponse::text("", "text/event-stream");
      response.push = [&](std::shared_ptr<StreamWriter> given) {
        MutexLock lock(mutex);
        writer = std::move(given);
        there.notifyAll();
      };
      return response;
    });
    QTcpSocket socket;
    connectTo(socket, *server);
    socket.write(head(*server, "GET /") + "\r\n");
    QByteArray all;
    QVERIFY(readUntil(socket, all, "\r\n\r\n"));  // the head comes before the first piece
    {
      MutexLock lock(mutex);
      while (writer == nullptr) there.wait(mutex);
    }
    QVERIFY(writer->write("one"));
    QVERIFY(readUntil(socket, all, "one"));
    QVERIFY(writer->write("two"));
    writer->close();
    QVERIFY(readUntil(socket, all, "0\r\n\r\n"));
    QVERIFY(all.contains("two"));
    QVERIFY(!writer->write("three"));
  }

  void aClientThatDoesNotTakeItsStreamIsCutOff() {
    std::atomic<int> written{0};
    std::atomic<bool> cut{false};
    HttpServerOptions options;
    options.streamBytes = 1 << 20;
    const auto server = serve(
        [&](const HttpRequest&) {
          HttpResponse response = HttpResponse::text("", "text/event-stream");
          response.push = [&](const std::shared_ptr<StreamWriter>& writer) {
            const std::string piece(100000, 'x');
            while (written < 10000 && writer->write(piece)) ++written;
            cut = written < 10000;
          };
          return response;
        },
        options);
    QTcpSocket socket;
    socket.setReadBufferSize(1000);
    connectTo(socket, *server);
    socket.write(head(*server, "GET /") + "\r\n");
    QVERIFY(socket.waitForBytesWritten(kPatience));
    QTRY_VERIFY_WITH_TIMEOUT(cut, kPatience);
  }

  void whatIsTooLargeOrTooMuchIsRefused() {
    HttpServerOptions options;
    options.bodyBytes = 1000;
    const auto server = serve([](const HttpRequest&) { return HttpResponse::json("{}"); }, options);
    const auto answer = [&](const QByteArray& request) {
      QTcpSocket socket;
      connectTo(socket, *server);
      socket.write(request);
      QByteArray all;
      while (socket.waitForReadyRead(kPatience)) {
        all += socket.readAll();
        if (all.contains("\r\n\r\n")) break;
      }
      return all.left(12);
    };
    QCOMPARE(
        answer(head(*server, "POST /") + "Content-Length: 1000\r\n\r\n" + QByteArray(1000, 'x')),
        QByteArray("HTTP/1.1 200"));
    QCOMPARE(
        answer(head(*server, "POST /") + "Content-Length: 1001\r\n\r\n" + QByteArray(1001, 'x')),
        QByteArray("HTTP/1.1 413"));
    QVERIFY(answer(head(*server, "POST /") + "Content-Length: 999999999999\r\n\r\nx") !=
            QByteArray("HTTP/1.1 200"));
    QVERIFY(answer("GET /" + QByteArray(20000, 'a') + " HTTP/1.1\r\n\r\n") !=
            QByteArray("HTTP/1.1 200"));
  }

  void aSilentClientIsCutOff() {
    HttpServerOptions options;
    options.readTime = kSecond;
    const auto server = serve([](const HttpRequest&) { return HttpResponse::json("{}"); }, options);
    QTcpSocket silent;
    connectTo(silent, *server);
    QTcpSocket slow;
    connectTo(slow, *server);
    slow.write("GET / HTTP/1.1\r\nHo");
    QTRY_COMPARE_WITH_TIMEOUT(silent.state(), QAbstractSocket::UnconnectedState, kPatience);
    QTRY_COMPARE_WITH_TIMEOUT(slow.state(), QAbstractSocket::UnconnectedState, kPatience);
  }

  void aPortThatIsTakenIsAnError() {
    const auto server = serve([](const HttpRequest&) { return HttpResponse(); });
    HttpServerOptions options;
    options.port = server->port();
    const auto second = HttpServer::open(options);
    QVERIFY(!second.ok());
    QVERIFY(second.error().message.find(server->address()) != std::string::npos);
  }
};

}  // namespace

QTEST_GUILESS_MAIN(HttpServerTest)
#include "http_server_test.moc"
