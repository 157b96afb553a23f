// SPDX-License-Identifier: Apache-2.0
// The bytes of MQTT, against those that OASIS MQTT 3.1.1 and 5.0 write down.
#include "processors/mqtt/mqtt_packet.h"

#include "processors/mqtt/mqtt_link.h"

#include <QTest>

using namespace millrace;
using namespace millrace::processors;

namespace {

QByteArray hex(const std::string& bytes) {
  return QByteArray(bytes.data(), static_cast<qsizetype>(bytes.size())).toHex(' ');
}

std::string bytesOf(const char* digits) { return QByteArray::fromHex(digits).toStdString(); }

Result<std::optional<MqttPacket>> decoded(const std::string& bytes) {
  MqttDecoder decoder;
  decoder.feed(asBytes(bytes));
  return decoder.next();
}

}  // namespace

class MqttPacketTest : public QObject {
  Q_OBJECT

 private slots:
  void aConnectionIsAskedForAsTheStandardHasIt() {
    // The figures 3.6 to 3.10 of 3.1.1: level 4, clean session, keep alive 10.
    MqttConnect connect;
    connect.clientId = "ab";
    connect.keepAlive = 10;
    QCOMPARE(hex(encodeConnect(connect)),
             QByteArray("10 0e 00 04 4d 51 54 54 04 02 00 0a 00 02 61 62"));
    connect.user = "u";
    connect.password = "pw";
    connect.will = MqttMessage{"t", "m", 1, true, false, 0};
    QCOMPARE(hex(encodeConnect(connect)),
             QByteArray("10 1b 00 04 4d 51 54 54 04 ee 00 0a 00 02 61 62 00 01 74 00 01 6d 00 01 "
                        "75 00 02 70 77"));
    MqttConnect five;
    five.version = MqttVersion::k5;
    five.cleanSession = false;
    five.sessionExpiry = 10;  // the example of figure 3-6 of 5.0
    five.keepAlive = 0;
    QCOMPARE(hex(encodeConnect(five)),
             QByteArray("10 12 00 04 4d 51 54 54 05 00 00 00 05 11 00 00 00 0a 00 00"));
    MqttConnect old;
    old.version = MqttVersion::k31;
    QVERIFY(hex(encodeConnect(old)).startsWith("10 0e 00 06 4d 51 49 73 64 70 03 02"));
  }

  void messagesAndAnswersAreWritten() {
    // Figure 3.11 of 3.1.1: topic a/b, number 10.
    const MqttMessage message{"a/b", "x", 1, false, false, 10};
    QCOMPARE(hex(encodePublish(MqttVersion::k311, message)),
             QByteArray("32 08 00 03 61 2f 62 00 0a 78"));
    QCOMPARE(hex(encodePublish(MqttVersion::k5, message)),
             QByteArray("32 09 00 03 61 2f 62 00 0a 00 78"));
    const MqttMessage again{"a", "", 2, true, true, 1};
    QCOMPARE(hex(encodePublish(MqttVersion::k311, again)), QByteArray("3d 05 00 01 61 00 01"));
    QCOMPARE(hex(encodePublish(MqttVersion::k311, {"a", std::string(200, 'x')})).left(8),
             QByteArray("30 cb 01"));
    QCOMPARE(hex(encodeAnswer(MqttType::kPuback, 258)), QByteArray("40 02 01 02"));
    QCOMPARE(hex(encodeAnswer(MqttType::kPubrel, 1)), QByteArray("62 02 00 01"));
    QCOMPARE(hex(encodeSubscribe(MqttVersion::k311, 10, "a/b", 1)),
             QByteArray("82 08 00 0a 00 03 61 2f 62 01"));
    QCOMPARE(hex(encodePing()), QByteArray("c0 00"));
    QCOMPARE(hex(encodeDisconnect(MqttVersion::k311)), QByteArray("e0 00"));
  }

  void whatABrokerSaysIsRead() {
    const auto packet = decoded(bytesOf("3b 09 00 03 61 2f 62 00 0a 78 79"));
    QVERIFY(packet.ok() && packet->has_value());
    const auto message = decodePublish(**packet, MqttVersion::k311);
    QVERIFY(message.ok());
    QCOMPARE(message->topic, std::string("a/b"));
    QCOMPARE(message->payload, std::string("xy"));
    QVERIFY(message->qos == 1 && message->duplicate && message->retain && message->id == 10);
    // With properties of version 5: content type, and a user's.
    const auto five =
        decodePublish(**decoded(bytesOf("30 13 00 01 61 0d 03 00 01 74 26 00 01 6b 00 01 76 01 01 "
                                        "68 69")),
                      MqttVersion::k5);
    QVERIFY(five.ok());
    QCOMPARE(five->payload, std::string("hi"));
    const auto hello =
        decodeConnack(**decoded(bytesOf("20 09 01 00 06 21 00 14 13 00 1e")), MqttVersion::k5);
    QVERIFY(hello.ok());
    QVERIFY(hello->sessionPresent && hello->code == 0);
    QCOMPARE(hello->receiveMaximum, std::uint16_t{20});
    QCOMPARE(hello->keepAlive, std::uint16_t{30});
    QCOMPARE(decodeAnswer(**decoded(bytesOf("50 03 00 07 97")), MqttVersion::k5)->code,
             std::uint8_t{0x97});
    QCOMPARE(decodeAnswer(**decoded(bytesOf("90 03 00 07 80")), MqttVersion::k311)->code,
             std::uint8_t{0x80});
  }

  void packetsComeInPieces() {
    const std::string both = bytesOf("40 02 00 01 30 05 00 01 61 78 79");
    for (std::size_t cut = 0; cut <= both.size(); ++cut) {
      MqttDecoder decoder;
      std::vector<MqttPacket> packets;
      for (const std::string& piece : {both.substr(0, cut), both.substr(cut)}) {
        decoder.feed(asBytes(piece));
        for (auto packet = decoder.next(); packet.ok() && *packet; packet = decoder.next())
          packets.push_back(**packet);
      }
      QCOMPARE(packets.size(), std::size_t{2});
      QVERIFY(packets[0].type == MqttType::kPuback && packets[1].type == MqttType::kPublish);
      QCOMPARE(packets[1].body, bytesOf("00 01 61 78 79"));
    }
  }

  void whatIsNoMqttIsRefused() {
    for (const char* wrong : {"00 00", "f0 ff ff ff ff 01", "30 ff ff ff ff 01", "10 00", "48 54"})
      if (const auto packet = decoded(bytesOf(wrong)); packet.ok())
        QVERIFY2(!*packet || (*packet)->type == MqttType::kPuback, wrong);
    QVERIFY(!decoded(bytesOf("30 ff ff ff ff 01")).ok());
    const auto cut = [](const char* digits, MqttVersion version) {
      return decodePublish(**decoded(bytesOf(digits)), version).ok();
    };
    QVERIFY(!cut("30 01 00", MqttVersion::k311));
    QVERIFY(!cut("30 03 00 05 61", MqttVersion::k311));
    QVERIFY(!cut("32 03 00 01 61", MqttVersion::k311));
    QVERIFY(!cut("32 05 00 01 61 00 00", MqttVersion::k311));
    QVERIFY(!cut("36 05 00 01 61 00 01", MqttVersion::k311));
    QVERIFY(!cut("30 04 00 01 61 05", MqttVersion::k5));
    QVERIFY(!decodeConnack(**decoded(bytesOf("40 02 00 01")), MqttVersion::k311).ok());
    QVERIFY(!decodeConnack(**decoded(bytesOf("20 04 00 00 01 7f")), MqttVersion::k5).ok());
  }

  void brokersAreNamedByTheirUris() {
    const auto several = parseMqttBrokers("tcp://a.b:1884, ssl://c , mqtt://[::1]:7/");
    QVERIFY(several.ok());
    QCOMPARE(several->size(), std::size_t{3});
    QVERIFY(several->at(0).at.host == "a.b" && several->at(0).at.port == 1884);
    QVERIFY(several->at(1).secure && several->at(1).at.port == 8883);
    QVERIFY(several->at(2).at.host == "::1" && several->at(2).at.port == 7);
    for (const char* wrong : {"", "a.b:1883", "ws://a", "tcp://", "tcp://a:x", "tcp://a:0",
                              "tcp://a:99999", "tcp://:1883"})
      QVERIFY2(!parseMqttBrokers(wrong).ok(), wrong);
  }
};

QTEST_GUILESS_MAIN(MqttPacketTest)
#include "mqtt_packet_test.moc"
