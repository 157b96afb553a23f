// SPDX-License-Identifier: Apache-2.0
// The port for clients of site-to-site, over a socket: requests and answers over HTTP that were
// assembled by hand, and the raw protocol at the same port.

#include "host/remote_access/remote_server.h"

#include "engine/net/asio_network.h"
#include "tests/engine/site_to_site/one_port.h"

#include <QRegularExpression>
#include <QTcpSocket>
#include <QTest>

using namespace millrace;
using millrace::host::RemoteServer;
using millrace::host::RemoteServerOptions;
using one_port::kA;
using one_port::kB;
using one_port::OnePort;
using one_port::Parcel;

namespace {

constexpr int kPatience = 60000;  // milliseconds; only what is broken takes so long

/// 34 bytes: filename=a, "hello"; their CRC-32 is 894616725.
const QByteArray kPacketA = QByteArray::fromHex("0000000100000008") + "filename" +
                            QByteArray::fromHex("00000001") + "a" +
                            QByteArray::fromHex("0000000000000005") + "hello";
/// filename=b, note=U+00FC, nothing; the CRC-32 of both is 1332037580.
const QByteArray kPacketB =
    QByteArray::fromHex("0000000200000008") + "filename" + QByteArray::fromHex("00000001") + "b" +
    QByteArray::fromHex("00000004") + "note" + QByteArray::fromHex("00000002c3bc") +
    QByteArray::fromHex("0000000000000000");
/// The first, as Python's zlib.compress(packet, 1) in a block.
const QByteArray kBlockA =
    "SYNC" + QByteArray::fromHex(
                 "0000002200000025"
                 "780163606060646060e048cbcc49cd4bcc4d05b21913810408b066a4e6e4e40300"
                 "55f705c600");

struct Answer {
  int status = 0;
  QByteArray head;
  QByteArray body;
};

class Rig {
 public:
  OnePort port;

  Rig() {
    RemoteServerOptions options;
    options.listen.at = {"127.0.0.1", 0};
    options.onTrouble = [this](const std::string& text) {
      const MutexLock lock(mutex_);
      troubles_.push_back(QByteArray::fromStdString(text));
    };
    auto opened = RemoteServer::open(*network_, clock_, port, std::move(options));
    if (!opened.ok()) qFatal("%s", opened.error().message.c_str());
    server_ = std::move(*opened);
  }
  ~Rig() { server_->stop(); }
  void stop() { server_->stop(); }
  void pass(Nanos time) { clock_.advance(time); }
  std::uint16_t number() const { return server_->port(); }
  QList<QByteArray> troubles() {
    const MutexLock lock(mutex_);
    return troubles_;
  }

  /// On a connection of its own.
  Answer ask(const QByteArray& request) {
    QTcpSocket socket;
    socket.connectToHost("127.0.0.1", number());
    if (!socket.waitForConnected(kPatience)) return {};
    socket.write(request);
    QByteArray all;
    const auto complete = [&] {
      const qsizetype end = all.indexOf("\r\n\r\n");
      if (end < 0) return false;
      const QByteArray head = all.left(end).toLower();
      if (head.contains("transfer-encoding: chunked")) return all.endsWith("0\r\n\r\n");
      static const QRegularExpression length("content-length: (\\d+)");
      const auto found = length.match(QString::fromLatin1(head));
      return !found.hasMatch() || all.size() >= end + 4 + found.captured(1).toInt();
    };
    while (!complete() && socket.waitForReadyRead(kPatience)) all += socket.readAll();
    const qsizetype end = all.indexOf("\r\n\r\n");
    Answer answer{all.mid(9, 3).toInt(), all.left(end), all.mid(end + 4)};
    if (!answer.head.toLower().contains("transfer-encoding: chunked")) return answer;
    QByteArray body;
    for (QByteArray rest = answer.body; !rest.isEmpty();) {
      const qsizetype line = rest.indexOf("\r\n");
      const int size = rest.left(line).toInt(nullptr, 16);
      if (size == 0) break;
      body += rest.mid(line + 2, size);
      rest.remove(0, line + 2 + size + 2);
    }
    answer.body = body;
    return answer;
  }

 private:
  VirtualClock clock_;
  std::unique_ptr<net::Network> network_ = net::makeAsioNetwork();
  Mutex mutex_;
  QList<QByteArray> troubles_ MR_GUARDED_BY(mutex_);
  std::unique_ptr<RemoteServer> server_;
};

QByteArray request(const QByteArray& line, const QByteArray& fields = {},
                   const QByteArray& body = {}) {
  QByteArray text = line + " HTTP/1.1\r\nHost: here\r\n" + fields;
  if (!body.isEmpty()) text += "Content-Length: " + QByteArray::number(body.size()) + "\r\n";
  return text + "\r\n" + body;
}

const QByteArray kVersion = "x-nifi-site-to-site-protocol-version: 1\r\n";
const QByteArray kIn = "/nifi-api/data-transfer/input-ports/port-9/transactions";
const QByteArray kOut = "/nifi-api/data-transfer/output-ports/port-9/transactions";

/// The path of a transaction that was just made.
QByteArray made(Rig& rig, const QByteArray& at, const QByteArray& more = {}) {
  const Answer answer = rig.ask(request("POST " + at, kVersion + more));
  if (answer.status != 201) qFatal("no transaction: %s", answer.head.constData());
  static const QRegularExpression location("\r\nLocation: http://here([^\r]*)");
  return location.match(QString::fromLatin1(answer.head)).captured(1).toLatin1();
}

}  // namespace

class RemoteServerTest : public QObject {
  Q_OBJECT

 private slots:
  void thePortsAndThePeersAreTold() {
    Rig rig;
    const QByteArray number = QByteArray::number(rig.number());
    const Answer site = rig.ask(request("GET /nifi-api/site-to-site"));
    QCOMPARE(site.status, 200);
    QCOMPARE(
        site.body,
        "{\"controller\":{\"id\":\"millrace\",\"name\":\"Millrace\",\"remoteSiteListeningPort\":" +
            number + ",\"remoteSiteHttpListeningPort\":" + number +
            ",\"siteToSiteSecure\":false,\"inputPorts\":[{\"id\":\"id-9\",\"name\":\"port-9\","
            "\"comments\":\"a \\\"door\\\"\",\"state\":\"RUNNING\"}],\"outputPorts\":[{\"id\":"
            "\"id-8\",\"name\":\"port-8\",\"comments\":\"\",\"state\":\"STOPPED\"}]}}");
    const Answer peers = rig.ask(request("GET /nifi-api/site-to-site/peers", kVersion));
    QCOMPARE(peers.status, 200);
    QCOMPARE(peers.body, "{\"peers\":[{\"hostname\":\"127.0.0.1\",\"port\":" + number +
                             ",\"secure\":false,\"flowFileCount\":42}]}");
  }

  void aTransactionIsMadeWithWhatNifiTellsItsClients() {
    Rig rig;
    const Answer answer = rig.ask(request("POST " + kIn, kVersion));
    QCOMPARE(answer.status, 201);
    QVERIFY(answer.head.contains("\r\nx-location-uri-intent: transaction-url\r\n"));
    QVERIFY(answer.head.contains("\r\nx-nifi-site-to-site-server-transaction-ttl: 30\r\n"));
    QVERIFY(answer.head.contains("\r\nx-nifi-site-to-site-protocol-version: 1\r\n"));
    QVERIFY(answer.head.contains("\r\nLocation: http://here" + kIn + "/"));
    QVERIFY(answer.body.startsWith("{\"flowFileSent\":0,\"responseCode\":1,"));
  }

  void whatIsBroughtIsCommittedOnceTheClientConfirms_data() {
    QTest::addColumn<QByteArray>("fields");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QByteArray>("checksum");
    QTest::addColumn<int>("count");
    QTest::addColumn<bool>("full");
    QTest::newRow("one") << QByteArray() << kPacketA << QByteArray("894616725") << 1 << false;
    QTest::newRow("two") << QByteArray() << kPacketA + kPacketB << QByteArray("1332037580") << 2
                         << false;
    QTest::newRow("full afterwards")
        << QByteArray() << kPacketA << QByteArray("894616725") << 1 << true;
    QTest::newRow("compressed") << QByteArray("x-nifi-site-to-site-use-compression: true\r\n")
                                << kBlockA << QByteArray("894616725") << 1 << false;
  }
  void whatIsBroughtIsCommittedOnceTheClientConfirms() {
    QFETCH(QByteArray, fields);
    QFETCH(QByteArray, body);
    QFETCH(QByteArray, checksum);
    QFETCH(int, count);
    QFETCH(bool, full);
    Rig rig;
    rig.port.full = full;
    const QByteArray at = made(rig, kIn, fields);
    const Answer sent =
        rig.ask(request("POST " + at + "/flow-files",
                        kVersion + "Content-Type: application/octet-stream\r\n", body));
    QCOMPARE(sent.status, 202);
    QCOMPARE(sent.body, checksum);
    QVERIFY(rig.port.committed.empty());
    QCOMPARE(rig.ask(request("PUT " + at, kVersion)).status, 200);
    const Answer end = rig.ask(request("DELETE " + at + "?responseCode=12", kVersion));
    QCOMPARE(end.status, 200);
    QCOMPARE(end.body, "{\"flowFileSent\":" + QByteArray::number(count) +
                           ",\"responseCode\":" + (full ? "14" : "13") + ",\"message\":\"\"}");
    const std::vector<Parcel> expected =
        count == 1 ? std::vector<Parcel>{kA} : std::vector<Parcel>{kA, kB};
    QVERIFY(rig.port.committed == expected);
    // It is over.
    QCOMPARE(rig.ask(request("DELETE " + at + "?responseCode=12", kVersion)).status, 404);
    QVERIFY(rig.troubles().isEmpty());
  }

  void whatTheClientDoesNotConfirmNeverWas_data() {
    QTest::addColumn<QByteArray>("code");
    QTest::addColumn<int>("status");
    QTest::newRow("bad checksum") << QByteArray("19") << 400;
    QTest::newRow("cancelled") << QByteArray("15") << 200;
    QTest::newRow("nonsense") << QByteArray("268") << 400;
    QTest::newRow("no number") << QByteArray("yes") << 400;
  }
  void whatTheClientDoesNotConfirmNeverWas() {
    QFETCH(QByteArray, code);
    QFETCH(int, status);
    Rig rig;
    const QByteArray at = made(rig, kIn);
    QCOMPARE(rig.ask(request("POST " + at + "/flow-files", kVersion, kPacketA)).status, 202);
    QCOMPARE(rig.ask(request("DELETE " + at + "?responseCode=" + code, kVersion)).status, status);
    QCOMPARE(rig.ask(request("DELETE " + at + "?responseCode=12", kVersion)).status, 404);
    QVERIFY(rig.port.committed.empty());
  }

  void whatIsFetchedIsGoneOnceItsChecksumIsConfirmed() {
    Rig rig;
    rig.port.waiting = {kA, kB};
    for (const QByteArray& checksum : {QByteArray("1332037581"), QByteArray("1332037580")}) {
      const QByteArray at = made(rig, kOut);
      const Answer got = rig.ask(request("GET " + at + "/flow-files", kVersion));
      QCOMPARE(got.status, 202);
      QCOMPARE(got.body, kPacketA + kPacketB);
      QCOMPARE(rig.port.waiting.size(), std::size_t{2});
      const bool right = checksum.endsWith('0');
      const Answer end =
          rig.ask(request("DELETE " + at + "?responseCode=12&checksum=" + checksum, kVersion));
      QCOMPARE(end.status, right ? 200 : 400);
      QVERIFY(end.body.contains(right ? "\"flowFileSent\":2,\"responseCode\":12,"
                                      : "\"responseCode\":19,"));
      QCOMPARE(rig.port.waiting.size(), std::size_t(right ? 0 : 2));
    }
    const QByteArray at = made(rig, kOut);
    QCOMPARE(rig.ask(request("GET " + at + "/flow-files", kVersion)).status, 204);
  }

  void aTransactionThatNobodyGoesOnWithNeverWas() {
    Rig rig;
    const QByteArray at = made(rig, kIn);
    QCOMPARE(rig.ask(request("POST " + at + "/flow-files", kVersion, kPacketA)).status, 202);
    rig.pass(29 * kSecond);
    QCOMPARE(rig.ask(request("PUT " + at, kVersion)).status, 200);
    rig.pass(29 * kSecond);
    QCOMPARE(rig.ask(request("PUT " + at, kVersion)).status, 200);
    rig.pass(31 * kSecond);
    QCOMPARE(rig.ask(request("PUT " + at, kVersion)).status, 404);
    QCOMPARE(rig.ask(request("DELETE " + at + "?responseCode=12", kVersion)).status, 404);
    QVERIFY(rig.port.committed.empty());
  }

  void onlySoManyTransactionsAreOpenAtOnce() {
    Rig rig;
    for (int i = 0; i < 256; ++i) QVERIFY(!made(rig, kIn).isEmpty());
    QCOMPARE(rig.ask(request("POST " + kIn, kVersion)).status, 503);
    rig.pass(31 * kSecond);
    QTRY_COMPARE_WITH_TIMEOUT(rig.ask(request("POST " + kIn, kVersion)).status, 201, kPatience);
  }

  void batchesEndWhereTheClientWants() {
    Rig rig;
    rig.port.waiting = {kA, kB};
    const QByteArray at = made(rig, kOut, "x-nifi-site-to-site-batch-count: 1\r\n");
    QCOMPARE(rig.ask(request("GET " + at + "/flow-files", kVersion)).body, kPacketA);
  }

  void whatCannotBeIsRefused() {
    Rig rig;
    const Answer unknown =
        rig.ask(request("POST /nifi-api/data-transfer/input-ports/port-1/transactions", kVersion));
    QCOMPARE(unknown.status, 404);
    QVERIFY(unknown.body.contains("\"responseCode\":200,"));
    rig.port.answer = {site_to_site::ResponseCode::kPortFull, {}};
    const Answer full = rig.ask(request("POST " + kIn, kVersion));
    QCOMPARE(full.status, 503);
    QVERIFY(full.body.contains("\"responseCode\":202,"));
    rig.port.answer = {site_to_site::ResponseCode::kPortNotInValidState, "stopped"};
    const Answer stopped = rig.ask(request("POST " + kIn, kVersion));
    QCOMPARE(stopped.status, 503);
    QVERIFY(stopped.body.contains("\"responseCode\":201,"));
    rig.port.answer = {site_to_site::ResponseCode::kPropertiesOk, {}};
    QCOMPARE(rig.ask(request("POST " + kIn)).status, 400);  // no version
    QCOMPARE(rig.ask(request("GET /nifi-api/flow")).status, 404);
    QCOMPARE(rig.ask(request("GET " + kIn)).status, 405);
    QCOMPARE(rig.ask(request("POST " + kIn + "/nobody/flow-files", kVersion, kPacketA)).status,
             404);
    const QByteArray at = made(rig, kIn);
    QCOMPARE(rig.ask(request("POST " + at + "/flow-files", kVersion, kPacketA.left(30))).status,
             400);
    QCOMPARE(rig.ask(request("DELETE " + at + "?responseCode=12", kVersion)).status, 404);
    QVERIFY(rig.port.committed.empty());
    rig.port.diskFull = true;
    const QByteArray other = made(rig, kIn);
    QCOMPARE(rig.ask(request("POST " + other + "/flow-files", kVersion, kPacketA)).status, 202);
    const Answer end = rig.ask(request("DELETE " + other + "?responseCode=12", kVersion));
    QCOMPARE(end.status, 503);
    QVERIFY(end.body.contains("disk full"));
  }

  void theRawProtocolIsSpokenAtTheSamePortHoweverItComes() {
    Rig rig;
    const QByteArray opening =
        QByteArray("NiFi") + QByteArray("\0\x16SocketFlowFileProtocol\0\0\0\6", 28) +
        QByteArray("\0\4id-1\0\0\0\0\0\2\0\4GZIP\0\5false\0\xfPORT_IDENTIFIER\0\6port-9", 50);
    for (const int step : {1, 3, 1000}) {
      QTcpSocket socket;
      socket.connectToHost("127.0.0.1", rig.number());
      QVERIFY(socket.waitForConnected(kPatience));
      for (qsizetype at = 0; at < opening.size(); at += step) {
        socket.write(opening.mid(at, step));
        socket.flush();
      }
      QByteArray answer;
      while (answer.size() < 4 && socket.waitForReadyRead(kPatience)) answer += socket.readAll();
      QCOMPARE(answer, QByteArray("\x14RC\1"));
    }
  }

  void whoStopsInTheMidstIsNotWaitedFor() {
    Rig rig;
    QTcpSocket raw;
    raw.connectToHost("127.0.0.1", rig.number());
    QVERIFY(raw.waitForConnected(kPatience));
    raw.write("NiFi");
    raw.flush();
    QTcpSocket http;
    http.connectToHost("127.0.0.1", rig.number());
    QVERIFY(http.waitForConnected(kPatience));
    const QByteArray at = made(rig, kIn);
    http.write("POST " + at +
               "/flow-files HTTP/1.1\r\nHost: here\r\nContent-Length: 100000000\r\n\r\n");
    http.write(kPacketA.left(20));
    http.flush();
    rig.stop();  // returns
    QVERIFY(rig.port.committed.empty());
  }
};

QTEST_GUILESS_MAIN(RemoteServerTest)
#include "remote_server_test.moc"
