// SPDX-License-Identifier: Apache-2.0
// The formats of before Kafka 0.11: sets of another client become batches, and batches become what
// that client wrote, byte for byte.
#include "log-backend/partition/message_set.h"

#include "engine/base/big_endian.h"
#include "engine/base/random.h"
#include "tests/log-backend/partition/partition_fixture.h"

#include <QFile>
#include <QTest>

using namespace partition_test;

namespace {

std::vector<std::byte> golden(const QString& name) {
  QFile file(QString(MR_SOURCE_DIR "/tests/log-backend/partition/golden/") + name);
  if (!file.open(QIODevice::ReadOnly)) qFatal("no %s", qPrintable(name));
  const QByteArray all = file.readAll();
  const ByteView bytes = asBytes(std::string_view(all.constData(), std::size_t(all.size())));
  return {bytes.begin(), bytes.end()};
}

constexpr Millis kTime = 1700000000000;

/// What the golden files hold, by the README beside them.
std::vector<Line> goldenLines(bool times) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "ab";
  std::vector<Line> lines{{0, "k0", "value zero", kTime},
                          {1, std::nullopt, "no key", kTime + 7},
                          {2, "\xc3\xa9", std::nullopt, kTime + 14},
                          {3, "", "", kTime + 21},
                          {4, "long", text, kTime + 28}};
  for (Line& line : lines) {
    if (!times) line.timestamp = kNoTimestamp;
  }
  return lines;
}

std::vector<Line> linesIn(ByteView batch) {
  std::vector<Line> lines;
  linesOf(batch, 0, lines);
  return lines;
}

/// Several in one.
std::vector<std::byte> together(std::initializer_list<std::vector<std::byte>> parts) {
  std::vector<std::byte> all;
  for (const auto& each : parts) all.insert(all.end(), each.begin(), each.end());
  return all;
}

}  // namespace

class MessageSetTest : public QObject {
  Q_OBJECT
 private slots:
  void aSetBecomesOneBatchOfTheSameCodec_data() {
    QTest::addColumn<int>("magic");
    QTest::addColumn<QString>("codec");
    QTest::addColumn<int>("id");
    const char* const codecs[] = {"plain", "gzip", "snappy", "lz4"};
    for (int magic = 0; magic < 2; ++magic) {
      for (int id = 0; id < 4; ++id)
        QTest::addRow("magic %d, %s", magic, codecs[id]) << magic << QString(codecs[id]) << id;
    }
  }
  void aSetBecomesOneBatchOfTheSameCodec() {
    QFETCH(int, magic);
    QFETCH(QString, codec);
    QFETCH(int, id);
    const auto set = golden(QString("messages_%1_%2.bin").arg(magic).arg(codec));
    QVERIFY(isMessageSet(set));
    const BatchOfMessages made = batchOfMessages(set);
    QVERIFY2(!made.refusal.refused(), made.refusal.message.c_str());
    QVERIFY(linesIn(made.batch) == goldenLines(magic == 1));
    QCOMPARE(readBatchHeader(made.batch)->codecId(), id);
    QVERIFY(!checkBatch(made.batch, Origin::kClient, {}, kTime).refused());
    // Two sets in one request are one batch, too.
    const BatchOfMessages two = batchOfMessages(together({set, set}));
    QVERIFY(!two.refusal.refused());
    QCOMPARE(readBatchHeader(two.batch)->recordCount, 10);
  }

  void everyCutAndEveryChangedByteIsRefused() {
    for (const char* name : {"messages_0_plain.bin", "messages_1_gzip.bin", "messages_0_lz4.bin"}) {
      const auto set = golden(name);
      for (std::size_t size = 0; size < set.size(); ++size) {
        const auto cut = batchOfMessages(ByteView(set).first(size));
        // A plain set may end behind a message.
        if (!cut.refusal.refused())
          QVERIFY(size > 0 && readBatchHeader(cut.batch)->recordCount < 5);
      }
      constexpr std::size_t kOffsetBytes = 8;  // which say nothing, and are under no CRC
      for (std::size_t at = kOffsetBytes; at < 36; ++at) {  // of the first message
        auto changed = set;
        changed[at] ^= std::byte{0x11};
        const auto refused = batchOfMessages(changed).refusal;
        QVERIFY2(refused.code == ErrorCode::kCorruptMessage, name);
      }
    }
  }

  void whatIsFoldedTwiceOrBeyondAllMeasureIsRefused() {
    // A message whose value says it is a compressed set, of magic 0.
    const auto folded = [](int codec, ByteView value) {
      std::vector<std::byte> bytes(26 + value.size());
      writeBig(bytes.data() + 8, static_cast<std::int32_t>(bytes.size() - 12));
      bytes[17] = static_cast<std::byte>(codec);
      writeBig(bytes.data() + 18, std::int32_t{-1});
      writeBig(bytes.data() + 22, static_cast<std::int32_t>(value.size()));
      std::copy(value.begin(), value.end(), bytes.begin() + 26);
      // CRC-32 of IEEE 802.3, by its definition.
      std::uint32_t crc = 0xFFFFFFFF;
      for (std::size_t i = 16; i < bytes.size(); ++i) {
        crc ^= static_cast<std::uint32_t>(bytes[i]);
        for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc % 2 == 1 ? 0xEDB88320U : 0U);
      }
      writeBig(bytes.data() + 12, ~crc);
      return bytes;
    };
    const auto plain = golden("messages_0_plain.bin");
    const auto zipped = [](ByteView bytes) { return *compress(Codec::kGzip, bytes); };
    QCOMPARE(batchOfMessages(folded(1, zipped(plain))).refusal.code, ErrorCode::kNone);
    const auto twice = folded(1, zipped(folded(1, zipped(plain))));
    QCOMPARE(batchOfMessages(twice).refusal.code, ErrorCode::kCorruptMessage);
    QCOMPARE(batchOfMessages(folded(4, plain)).refusal.code,
             ErrorCode::kUnsupportedCompressionType);
    QCOMPARE(batchOfMessages(folded(7, plain)).refusal.code,
             ErrorCode::kUnsupportedCompressionType);
    // 40 MB each, together more than a batch may unfold to.
    const auto large = folded(1, zipped(folded(0, std::vector<std::byte>(40U << 20U))));
    QCOMPARE(batchOfMessages(large).refusal.code, ErrorCode::kNone);
    QCOMPARE(batchOfMessages(together({large, large})).refusal.code, ErrorCode::kCorruptMessage);
    QVERIFY(!isMessageSet(golden("batch_plain.bin")));
    QVERIFY(!isMessageSet(ByteView(plain).first(16)));
  }

  void batchesBecomeWhatTheOtherClientWrites() {
    for (const char* codec : {"plain", "gzip", "snappy", "lz4"}) {
      const auto batch = golden(QString("batch_%1.bin").arg(codec));
      for (const int magic : {0, 1}) {
        const auto set = messagesOf(batch, static_cast<std::int8_t>(magic), 0, 1 << 20);
        QVERIFY(set.ok());
        QVERIFY(set->bytes == golden(QString("messages_%1_plain.bin").arg(magic)));
        QCOMPARE(set->next, Offset{5});
      }
    }
  }

  void aSetBeginsAndEndsWhereItIsAskedTo() {
    const auto batch = golden("batch_gzip.bin");
    const auto all = golden("messages_1_plain.bin");
    std::vector<std::size_t> starts;
    for (std::size_t at = 0; at < all.size();) {
      starts.push_back(at);
      at += 12 + static_cast<std::size_t>(readBig<std::int32_t>(all.data() + at + 8));
    }
    QCOMPARE(starts.size(), std::size_t{5});
    const auto from = messagesOf(batch, 1, 3, 1 << 20);
    QVERIFY(std::equal(from->bytes.begin(), from->bytes.end(),
                       all.begin() + std::ptrdiff_t(starts[3]), all.end()));
    // The limit ends it between two messages; one is always given.
    const auto first = messagesOf(batch, 1, 0, 1);
    QCOMPARE(first->bytes.size(), starts[1]);
    QCOMPARE(first->next, Offset{1});
    QCOMPARE(messagesOf(batch, 1, 0, starts[2])->bytes.size(), starts[2]);
    QCOMPARE(messagesOf(batch, 1, 0, starts[2] - 1)->bytes.size(), starts[1]);
    QVERIFY(messagesOf(batch, 1, 5, 1 << 20)->bytes.empty());
    // A batch that is cut short is not there yet.
    QVERIFY(messagesOf(ByteView(batch).first(batch.size() - 1), 1, 0, 1 << 20)->bytes.empty());
    auto damaged = batch;
    damaged.back() ^= std::byte{1};
    QVERIFY(!messagesOf(damaged, 1, 0, 1 << 20).ok());
  }

  void markersAreLeftOutAndPassed() {
    auto marker = makeMarkerBatch(4711, 3, {}, kTime);
    stampPlace(marker, 5, 0);
    const auto only = messagesOf(marker, 1, 5, 1 << 20);
    QVERIFY(only->bytes.empty());
    QCOMPARE(only->next, Offset{6});
    auto later = batchOf("later", kTime);
    stampPlace(later, 6, 0);
    const auto set =
        messagesOf(together({golden("batch_plain.bin"), marker, later}), 0, 4, 1 << 20);
    const auto read = batchOfMessages(set->bytes);
    QCOMPARE(readBatchHeader(read.batch)->recordCount, 2);
    QCOMPARE(linesIn(read.batch)[1].value, std::optional<std::string>("later"));
    QCOMPARE(readBig<Offset>(set->bytes.data()), Offset{4});
    QCOMPARE(set->next, Offset{7});
  }

  void theTimeOfAnAppendIsMarkedAsOne() {
    auto batch = batchOf("a", 5);
    stampAppendTime(batch, kTime);
    const auto set = messagesOf(batch, 1, 0, 1 << 20);
    QCOMPARE(int(set->bytes[17]), 0x08);
    QCOMPARE(readBig<Millis>(set->bytes.data() + 18), kTime);
    QCOMPARE(int(messagesOf(batch, 0, 0, 1 << 20)->bytes[17]), 0);
  }

  void noBytesAreTooWild() {
    millrace::Random random(20261124);
    for (int round = 0; round < 3000; ++round) {
      auto set = golden(round % 2 == 0 ? "messages_1_lz4.bin" : "messages_0_gzip.bin");
      for (int change = 0; change < 3; ++change)
        set[random.below(set.size())] = static_cast<std::byte>(random.below(256));
      set.resize(1 + random.below(set.size()));
      const auto made = batchOfMessages(set);
      if (!made.refusal.refused())
        QVERIFY(!checkBatch(made.batch, Origin::kClient, {}, kTime).refused());
    }
  }
};

QTEST_GUILESS_MAIN(MessageSetTest)
#include "message_set_test.moc"
