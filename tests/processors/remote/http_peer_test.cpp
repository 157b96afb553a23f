// SPDX-License-Identifier: Apache-2.0
// The client of site-to-site over HTTP alone, against conversations that were assembled by hand
// from engine/site_to_site/FORMAT.md; no program of ours wrote them. Checksums and the compressed
// block are those of Python's zlib.

#include "processors/remote/http_peer.h"

#include "tests/engine/site_to_site/one_port.h"

#include <QRegularExpression>
#include <QTest>

using namespace millrace;
using namespace millrace::processors;
using one_port::kA;
using one_port::kB;
using one_port::Parcel;
using site_to_site::Compression;

namespace {

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

const QByteArray kTransaction = "/nifi-api/data-transfer/input-ports/port-9/transactions/t-1";
const QByteArray kFetching = "/nifi-api/data-transfer/output-ports/port-9/transactions/t-2";

QByteArray answer(const QByteArray& status, const QByteArray& body, const QByteArray& fields = {}) {
  return "HTTP/1.1 " + status + "\r\n" + fields +
         "Content-Length: " + QByteArray::number(body.size()) + "\r\n\r\n" + body;
}
QByteArray made(const QByteArray& at) {
  return answer("201 Created",
                R"({"flowFileSent":0,"responseCode":1,"message":"Handshake properties are valid"})",
                "Date: Mon, 23 Nov 2026 10:00:00 GMT\r\nLocation: http://peer:8080" + at +
                    "\r\nx-location-uri-intent: transaction-url\r\n"
                    "x-nifi-site-to-site-server-transaction-ttl: 30\r\n"
                    "x-nifi-site-to-site-protocol-version: 1\r\n"
                    "Content-Type: application/json\r\n");
}
QByteArray result(const QByteArray& status, int code, const QByteArray& message = {}) {
  return answer(status,
                R"({"flowFileSent":1,"responseCode":)" + QByteArray::number(code) +
                    R"(,"message":")" + message + "\"}",
                "Content-Type: application/json\r\n");
}
QByteArray chunked(const QByteArray& body, qsizetype step) {
  QByteArray text = "HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (qsizetype at = 0; at < body.size(); at += step) {
    const QByteArray part = body.mid(at, step);
    text += QByteArray::number(part.size(), 16) + "\r\n" + part + "\r\n";
  }
  return text + "0\r\n\r\n";
}

struct Request {
  QByteArray line;
  QByteArray head;  // names in small letters
  QByteArray body;
};

/// The other side, whoever connects: it answers each whole request with the next of its answers.
struct Script {
  QList<QByteArray> answers;
  QList<Request> requests;
  QByteArray written;
  QByteArray toGive;

  /// Takes a request out of what was written; false where it is not whole yet.
  bool takeRequest() {
    const qsizetype end = written.indexOf("\r\n\r\n");
    if (end < 0) return false;
    const qsizetype line = written.indexOf("\r\n");
    Request request{written.left(line), written.mid(line, end + 2 - line).toLower(), {}};
    qsizetype at = end + 4;
    if (request.head.contains("\r\ntransfer-encoding: chunked\r\n")) {
      for (;;) {
        const qsizetype sizeEnd = written.indexOf("\r\n", at);
        if (sizeEnd < 0) return false;
        const int size = written.mid(at, sizeEnd - at).toInt(nullptr, 16);
        if (written.size() < sizeEnd + 2 + size + 2) return false;
        request.body += written.mid(sizeEnd + 2, size);
        at = sizeEnd + 2 + size + 2;
        if (size == 0) break;
      }
    } else {
      static const QRegularExpression length("\r\ncontent-length: (\\d+)\r\n");
      const auto found = length.match(QString::fromLatin1(request.head));
      const int size = found.hasMatch() ? found.captured(1).toInt() : 0;
      if (written.size() < at + size) return false;
      request.body = written.mid(at, size);
      at += size;
    }
    written.remove(0, at);
    requests.append(request);
    return true;
  }
};

class ScriptStream final : public net::Stream {
 public:
  explicit ScriptStream(Script& script) : script_(script) {}
  Result<std::size_t> read(std::span<std::byte> into, Nanos) override {
    while (script_.toGive.isEmpty() && script_.takeRequest())
      if (!script_.answers.isEmpty()) script_.toGive += script_.answers.takeFirst();
    // A few bytes at a time; none, where the other side has nothing more to say.
    const std::size_t count =
        std::min({into.size(), std::size_t{7}, static_cast<std::size_t>(script_.toGive.size())});
    std::memcpy(into.data(), script_.toGive.constData(), count);
    script_.toGive.remove(0, static_cast<qsizetype>(count));
    return count;
  }
  Result<> write(ByteView bytes, Nanos) override {
    script_.written += QByteArray(reinterpret_cast<const char*>(bytes.data()),
                                  static_cast<qsizetype>(bytes.size()));
    return Done{};
  }
  Result<> startTls(const net::TlsContext&, const std::string&, Nanos) override { return Done{}; }
  bool isQuiet() override { return true; }
  bool timedOut() const override { return false; }
  const net::Ends& ends() const override { return ends_; }

 private:
  Script& script_;
  net::Ends ends_;
};

class ScriptNetwork final : public net::Network {
 public:
  explicit ScriptNetwork(Script& script) : script_(script) {}
  Result<std::unique_ptr<net::Stream>> connect(const net::Endpoint&, Nanos) override {
    script_.written.clear();
    return std::unique_ptr<net::Stream>(std::make_unique<ScriptStream>(script_));
  }
  Result<std::unique_ptr<net::Listener>> listen(const net::ListenOptions&, net::Accept) override {
    return Error::bug("a client");
  }
  Result<std::unique_ptr<net::DatagramPort>> receiveDatagrams(const net::DatagramOptions&,
                                                              net::Receive) override {
    return Error::bug("a client");
  }
  Result<std::unique_ptr<net::DatagramSender>> sendDatagrams(const net::Endpoint&,
                                                             std::uint64_t) override {
    return Error::bug("a client");
  }

 private:
  Script& script_;
};

class Box final : public site_to_site::FlowFileSink {
 public:
  std::vector<Parcel> parcels;
  Result<> begin(const site_to_site::AttributeTexts& attributes) override {
    parcels.push_back({attributes, {}});
    return Done{};
  }
  Result<> write(ByteView part) override {
    parcels.back().content += asText(part);
    return Done{};
  }
  Result<> end() override { return Done{}; }
};

class Rig {
 public:
  Script script;
  Box box;

  explicit Rig(QList<QByteArray> answers, Compression compression = Compression::kNone) {
    script.answers = std::move(answers);
    site_to_site::Agreement agreement;
    agreement.port = "port-9";
    agreement.compression = compression;
    agreement.batchCount = 100;
    peer_ = std::make_unique<HttpPeer>(network_, clock_, PeerAccess{},
                                       *Url::parse("http://peer:8080/nifi"), agreement);
  }

  /// "13" and "14", the codes of a success, or what went wrong.
  std::string deliver(const std::vector<Parcel>& parcels) {
    const auto end = peer_->deliver([&](const HttpPeer::Send& send) -> Result<> {
      for (const Parcel& parcel : parcels) {
        site_to_site::RawSender::AttributeList attributes;
        for (const auto& [name, value] : parcel.attributes) attributes.emplace_back(name, value);
        bool given = false;
        MR_TRY(send(attributes, parcel.content.size(), [&]() -> Result<ByteView> {
          return std::exchange(given, true) ? ByteView{} : asBytes(parcel.content);
        }));
      }
      return Done{};
    });
    if (!end.ok()) return end.error().message;
    return *end == HttpPeer::End::kFinished ? "13" : "14";
  }

  /// "12" and "204", or what went wrong.
  std::string fetch() {
    const auto found = peer_->fetch(box);
    if (!found.ok()) return found.error().message;
    if (!*found) return "204";
    const auto done = peer_->finish();
    return done.ok() ? "12" : done.error().message;
  }

 private:
  VirtualClock clock_;
  ScriptNetwork network_{script};
  std::unique_ptr<HttpPeer> peer_;
};

}  // namespace

class HttpPeerTest : public QObject {
  Q_OBJECT

 private slots:
  void whatIsSentIsWhatTheProtocolSays_data() {
    QTest::addColumn<bool>("compressed");
    QTest::addColumn<int>("code");
    QTest::newRow("two") << false << 13;
    QTest::newRow("compressed") << true << 13;
    QTest::newRow("the destination is full afterwards") << false << 14;
  }
  void whatIsSentIsWhatTheProtocolSays() {
    QFETCH(bool, compressed);
    QFETCH(int, code);
    Rig rig({made(kTransaction),
             answer("202 Accepted", compressed ? "894616725" : "1332037580",
                    "Content-Type: text/plain\r\n"),
             result("200 OK", code)},
            compressed ? Compression::kBlocks : Compression::kNone);
    const std::vector<Parcel> sent =
        compressed ? std::vector<Parcel>{kA} : std::vector<Parcel>{kA, kB};
    QCOMPARE(rig.deliver(sent), std::to_string(code));
    const QList<Request>& asked = rig.script.requests;
    QCOMPARE(asked.size(), 3);
    QCOMPARE(asked[0].line,
             "POST /nifi-api/data-transfer/input-ports/port-9/transactions HTTP/1.1");
    QVERIFY(asked[0].body.isEmpty());
    QCOMPARE(asked[1].line, "POST " + kTransaction + "/flow-files HTTP/1.1");
    QCOMPARE(asked[1].body.toHex(), (compressed ? kBlockA : kPacketA + kPacketB).toHex());
    QVERIFY(asked[1].head.contains("\r\ncontent-type: application/octet-stream\r\n"));
    QCOMPARE(asked[2].line, "DELETE " + kTransaction + "?responseCode=12 HTTP/1.1");
    QVERIFY(asked[2].body.isEmpty());
    for (const Request& each : asked) {
      QVERIFY(each.head.contains("\r\nhost: peer:8080\r\n"));
      QVERIFY(each.head.contains("\r\nx-nifi-site-to-site-protocol-version: 1\r\n"));
      QVERIFY(each.head.contains("\r\nx-nifi-site-to-site-batch-count: 100\r\n"));
      QVERIFY(each.head.contains(QByteArray("\r\nx-nifi-site-to-site-use-compression: ")
                                     .append(compressed ? "true" : "false")));
    }
  }

  void aBadChecksumIsToldToTheOtherSide() {
    Rig rig(
        {made(kTransaction), answer("202 Accepted", "894616726"), result("400 Bad Request", 19)});
    const std::string said = rig.deliver({kA});
    QVERIFY2(said.find("its checksum is 894616726, ours 894616725") != std::string::npos,
             said.c_str());
    QCOMPARE(rig.script.requests.size(), 3);
    QCOMPARE(rig.script.requests[2].line, "DELETE " + kTransaction + "?responseCode=19 HTTP/1.1");
  }

  void whatThePeerRefusesIsTold_data() {
    QTest::addColumn<QList<QByteArray>>("answers");
    QTest::addColumn<QByteArray>("said");
    QTest::addColumn<int>("asked");
    QTest::newRow("unknown port") << QList<QByteArray>{result("404 Not Found", 200,
                                                              "port-9 is unknown")}
                                  << QByteArray("no such port") << 1;
    QTest::newRow("destination full") << QList<QByteArray>{result("503 Service Unavailable", 202)}
                                      << QByteArray("takes nothing now") << 1;
    QTest::newRow("not running") << QList<QByteArray>{result("503 Service Unavailable", 201)}
                                 << QByteArray("does not run") << 1;
    QTest::newRow("without a word")
        << QList<QByteArray>{answer("401 Unauthorized", "<html>Who are you?</html>")}
        << QByteArray("401 Unauthorized") << 1;
    QTest::newRow("no place of the transaction") << QList<QByteArray>{result("201 Created", 1)}
                                                 << QByteArray("where its transaction is") << 1;
    QTest::newRow("refused while sending")
        << QList<QByteArray>{made(kTransaction), result("404 Not Found", 200)}
        << QByteArray("no such port") << 2;
    QTest::newRow("not committed")
        << QList<QByteArray>{made(kTransaction), answer("202 Accepted", "894616725"),
                             result("400 Bad Request", 19)}
        << QByteArray("not what was sent") << 3;
    QTest::newRow("another end") << QList<QByteArray>{made(kTransaction),
                                                      answer("202 Accepted", "894616725"),
                                                      result("200 OK", 15)}
                                 << QByteArray("") << 3;
  }
  void whatThePeerRefusesIsTold() {
    QFETCH(QList<QByteArray>, answers);
    QFETCH(QByteArray, said);
    QFETCH(int, asked);
    Rig rig(answers);
    const std::string error = rig.deliver({kA});
    QVERIFY2(error != "13" && error != "14", error.c_str());
    QVERIFY2(QByteArray::fromStdString(error).contains(said), error.c_str());
    QCOMPARE(rig.script.requests.size(), asked);
  }

  void aConversationCutOffAnywhereIsAnErrorAndNeverSuccess() {
    const QList<QByteArray> whole{made(kTransaction), answer("202 Accepted", "894616725"),
                                  result("200 OK", 13)};
    for (qsizetype last = 0; last < whole.size(); ++last) {
      for (qsizetype length = 0; length < whole[last].size(); ++length) {
        Rig rig(whole.mid(0, last) + QList<QByteArray>{whole[last].left(length)});
        const std::string error = rig.deliver({kA});
        QVERIFY2(error.size() > 2, qPrintable(QString("cut at %1 of %2").arg(length).arg(last)));
      }
    }
  }

  void whatIsThereIsFetched_data() {
    QTest::addColumn<QByteArray>("packets");
    QTest::addColumn<int>("parcels");
    QTest::addColumn<QByteArray>("checksum");
    QTest::newRow("two") << answer("202 Accepted", kPacketA + kPacketB) << 2
                         << QByteArray("1332037580");
    QTest::newRow("two in chunks")
        << chunked(kPacketA + kPacketB, 5) << 2 << QByteArray("1332037580");
    QTest::newRow("compressed") << answer("202 Accepted", kBlockA) << 1 << QByteArray("894616725");
  }
  void whatIsThereIsFetched() {
    QFETCH(QByteArray, packets);
    QFETCH(int, parcels);
    QFETCH(QByteArray, checksum);
    Rig rig({made(kFetching), packets, result("200 OK", 12)},
            packets.contains("SYNC") ? Compression::kBlocks : Compression::kNone);
    QCOMPARE(rig.fetch(), std::string("12"));
    const std::vector<Parcel> all{kA, kB};
    QVERIFY(rig.box.parcels == std::vector<Parcel>(all.begin(), all.begin() + parcels));
    const QList<Request>& asked = rig.script.requests;
    QCOMPARE(asked.size(), 3);
    QCOMPARE(asked[0].line,
             "POST /nifi-api/data-transfer/output-ports/port-9/transactions HTTP/1.1");
    QCOMPARE(asked[1].line, "GET " + kFetching + "/flow-files HTTP/1.1");
    QCOMPARE(asked[2].line,
             "DELETE " + kFetching + "?responseCode=12&checksum=" + checksum + " HTTP/1.1");
  }

  void whereNothingWaitsNothingIsFetched() {
    Rig rig({made(kFetching), "HTTP/1.1 204 No Content\r\n\r\n"});
    QCOMPARE(rig.fetch(), std::string("204"));
    QCOMPARE(rig.script.requests.size(), 2);
  }

  void whatWasFetchedAndIsNotConfirmedIsAnError() {
    Rig rig({made(kFetching), answer("202 Accepted", kPacketA), result("400 Bad Request", 19)});
    const std::string said = rig.fetch();
    QVERIFY2(said.find("not what was sent") != std::string::npos, said.c_str());
  }

  void aFetchCutOffAnywhereIsAnErrorAndNeverSuccess() {
    const QList<QByteArray> whole{made(kFetching), answer("202 Accepted", kPacketA + kPacketB),
                                  result("200 OK", 12)};
    for (qsizetype last = 0; last < whole.size(); ++last) {
      for (qsizetype length = 0; length < whole[last].size(); ++length) {
        Rig rig(whole.mid(0, last) + QList<QByteArray>{whole[last].left(length)});
        const std::string said = rig.fetch();
        QVERIFY2(said.size() > 3, qPrintable(QString("cut at %1 of %2").arg(length).arg(last)));
      }
    }
  }
};

QTEST_GUILESS_MAIN(HttpPeerTest)
#include "http_peer_test.moc"
