// SPDX-License-Identifier: Apache-2.0
#include "engine/base/crc32c.h"

#include "engine/base/random.h"

#include <QTest>

using namespace millrace;

class Crc32cTest : public QObject {
  Q_OBJECT
 private slots:
  // Vectors of RFC 3720, appendix B.4.
  void publishedVectors() {
    const std::vector<std::byte> zeros(32, std::byte{0});
    const std::vector<std::byte> ones(32, std::byte{0xff});
    std::vector<std::byte> rising(32);
    for (std::size_t i = 0; i < 32; ++i) rising[i] = static_cast<std::byte>(i);
    QCOMPARE(crc32c(zeros), 0x8a9136aaU);
    QCOMPARE(crc32c(ones), 0x62a8ab43U);
    QCOMPARE(crc32c(rising), 0x46dd794eU);
    QCOMPARE(crc32c(asBytes("123456789")), 0xe3069283U);
    QCOMPARE(crc32cByTable(zeros), 0x8a9136aaU);
    QCOMPARE(crc32cByTable(ones), 0x62a8ab43U);
    QCOMPARE(crc32cByTable(rising), 0x46dd794eU);
    QCOMPARE(crc32cByTable(asBytes("123456789")), 0xe3069283U);
  }
  // What one machine wrote another one reads, whichever of the two ways it goes.
  void bothWaysAgreeOnEveryLengthAndAlignment() {
    std::vector<std::byte> bytes(100);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 167 + 128);
    const ByteView all(bytes);
    for (std::size_t begin = 0; begin < 9; ++begin) {
      for (std::size_t length = 0; begin + length <= all.size(); ++length) {
        const ByteView part = all.subspan(begin, length);
        QCOMPARE(crc32cByTable(part, 0x1234567U), crc32c(part, 0x1234567U));
      }
    }
  }
  void continuesWhereThePartBeforeEnded() {
    const std::string text = "the quick brown fox jumps over the lazy dog";
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      const std::string_view view = text;
      QCOMPARE(crc32c(asBytes(view.substr(cut)), crc32c(asBytes(view.substr(0, cut)))),
               crc32c(asBytes(view)));
    }
  }
  // Long inputs are taken in several stretches at once.
  void isThatOfTheBitsOneByOneAtEachLength() {
    std::vector<std::byte> bytes(5000);
    std::uint64_t random = 7;
    for (std::byte& byte : bytes) byte = static_cast<std::byte>((random = mix64(random)) & 0xffU);
    const auto bitByBit = [](ByteView view, std::uint32_t crc) {
      crc = ~crc;
      for (const std::byte byte : view) {
        crc ^= static_cast<std::uint32_t>(byte);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0x82f63b78U : 0U);
      }
      return ~crc;
    };
    for (std::size_t length = 0; length <= bytes.size(); length += length % 512 < 20 ? 1 : 97) {
      const ByteView view(bytes.data() + length % 8, std::min(length, bytes.size() - 8));
      QCOMPARE(crc32c(view), bitByBit(view, 0));
      QCOMPARE(crc32c(view, 0x12345678U), bitByBit(view, 0x12345678U));
    }
  }
};

QTEST_GUILESS_MAIN(Crc32cTest)
#include "crc32c_test.moc"
