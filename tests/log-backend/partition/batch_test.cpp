// SPDX-License-Identifier: Apache-2.0
#include "tests/log-backend/partition/partition_fixture.h"

#include <QFile>
#include <QTest>

using namespace partition_test;

namespace {

std::vector<std::byte> golden(const char* name) {
  QFile file(QString(MR_SOURCE_DIR "/tests/log-backend/partition/golden/") + name);
  if (!file.open(QIODevice::ReadOnly)) return {};
  const QByteArray all = file.readAll();
  const ByteView bytes = asBytes(std::string_view(all.constData(), std::size_t(all.size())));
  return {bytes.begin(), bytes.end()};
}

constexpr Millis kTime = 1700000000000;

std::string longValue() {
  std::string text;
  for (int i = 0; i < 300; ++i) text += "ab";
  return text;
}

/// What the golden files hold, by the README beside them.
std::vector<Line> goldenLines() {
  return {{0, "k0", "value zero", kTime},
          {1, std::nullopt, "no key", kTime + 7},
          {2, "\xc3\xa9", std::nullopt, kTime + 14},
          {3, "", "", kTime + 21},
          {4, "long", longValue(), kTime + 28}};
}

Refusal check(ByteView batch, PartitionConfig config = {}) {
  return checkBatch(batch, Origin::kClient, config, kTime);
}

}  // namespace

class BatchTest : public QObject {
  Q_OBJECT
 private slots:
  void batchesOfAnotherClientAreRead_data() {
    QTest::addColumn<QString>("name");
    for (const char* name : {"batch_plain.bin", "batch_gzip.bin", "batch_snappy.bin",
                             "batch_lz4.bin", "batch_transactional.bin"})
      QTest::newRow(name) << QString(name);
  }
  void batchesOfAnotherClientAreRead() {
    QFETCH(QString, name);
    const auto batch = golden(qPrintable(name));
    QVERIFY(!batch.empty());
    QVERIFY(!check(batch).refused());
    std::vector<Line> lines;
    QCOMPARE(linesOf(batch, 0, lines), Offset(5));
    QVERIFY(lines == goldenLines());
    auto records = *BatchRecords::open(*readBatchHeader(batch), batch);
    RecordView record;
    QVERIFY(records.next(record) && records.next(record));
    const auto headers = *decodeHeaders(record);
    QCOMPARE(headers.size(), std::size_t(2));
    QCOMPARE(headers[0].key, std::string("h1"));
    QCOMPARE(headers[0].value, std::optional<std::string>("x"));
    QCOMPARE(headers[1].value, std::optional<std::string>(""));
  }

  void offsetsThatNoLogReachesAreRefused() {
    auto batch = golden("batch_plain.bin");
    auto header = *readBatchHeader(batch);
    for (const Offset base : {std::numeric_limits<Offset>::max(),
                              std::numeric_limits<Offset>::max() - header.lastOffsetDelta}) {
      header.baseOffset = base;
      writeBatchHeader(batch, header);
      stampCrc(batch);
      QCOMPARE(check(batch).code, ErrorCode::kInvalidRecord);
      auto records = *BatchRecords::open(header, batch);
      RecordView record;
      while (records.next(record)) QVERIFY(record.offset >= base);
    }
  }

  void aBuiltBatchIsByteForByteThatOfAnotherClient() {
    for (const bool transactional : {false, true}) {
      const BatchHeader fields =
          transactional ? producer(4711, 3, 42, true) : BatchHeader{.leaderEpoch = 0};
      BatchHeader from = fields;
      const auto wanted = golden(transactional ? "batch_transactional.bin" : "batch_plain.bin");
      from.leaderEpoch = readBatchHeader(wanted)->leaderEpoch;
      BatchBuilder builder(from);
      const std::vector<RecordHeader> headers{{"h1", "x"}, {"h2", ""}};
      const auto encoded = encodeHeaders(headers);
      const std::vector<Line> lines = goldenLines();
      for (const Line& line : lines) {
        RecordView record;
        record.offset = line.offset;
        record.timestamp = line.timestamp;
        record.key = viewOf(line.key);
        record.value = viewOf(line.value);
        if (line.offset == 1) {
          record.headerCount = 2;
          record.headers = encoded;
        }
        builder.add(record);
      }
      QVERIFY(*builder.finish() == wanted);
    }
  }

  void everyCodecGivesBackWhatItTook() {
    for (int codec = 0; codec <= 4; ++codec) {
      for (const std::size_t size : {0, 1, 100, 70000, 1000000}) {
        std::vector<std::byte> bytes(size);
        Random random(size);
        for (std::size_t i = 0; i < size; ++i) bytes[i] = std::byte(random.below(i % 7 + 1));
        const auto packed = compress(static_cast<Codec>(codec), bytes);
        QVERIFY(packed.ok());
        const auto unpacked = decompress(static_cast<Codec>(codec), *packed);
        QVERIFY(unpacked.ok());
        QVERIFY(*unpacked == bytes);
        if (codec == 0 || size < 100) continue;
        QVERIFY(!decompress(static_cast<Codec>(codec), *packed, size - 1).ok());
        QVERIFY(!decompress(static_cast<Codec>(codec), ByteView(*packed).first(packed->size() / 2))
                     .ok());
      }
    }
  }

  void bareSnappyIsReadToo() {
    // A literal of five bytes, by snappy's format description.
    const std::string bare = std::string("\x05\x10", 2) + "hello";
    const auto unpacked = decompress(Codec::kSnappy, asBytes(bare));
    QVERIFY(unpacked.ok());
    QCOMPARE(asText(*unpacked), std::string_view("hello"));
  }

  void eachByteChangedIsNoticed() {
    const auto batch = golden("batch_plain.bin");
    // Base offset and leader epoch are the log's to write, and not under the CRC.
    for (std::size_t at = 0; at < batch.size(); ++at) {
      if (at < 8 || (at >= 12 && at < 16)) continue;
      auto changed = batch;
      changed[at] ^= std::byte{0x20};
      QVERIFY2(check(changed).refused(), qPrintable(QString::number(at)));
    }
    for (std::size_t size = 0; size < batch.size(); ++size)
      QVERIFY(check(ByteView(batch).first(size)).refused());
  }

  void changedRecordsUnderARightCrcNeverCrash() {
    const auto names = {"batch_plain.bin", "batch_gzip.bin", "batch_snappy.bin", "batch_lz4.bin"};
    Random random(7);
    for (std::uint64_t round = 0; round < rounds(20000); ++round) {
      auto batch = golden(*(names.begin() + random.below(4)));
      for (std::uint64_t n = random.below(4) + 1; n > 0; --n)
        batch[21 + random.below(batch.size() - 21)] = std::byte(random.below(256));
      stampCrc(batch);
      const auto refusal = check(batch);
      if (refusal.refused()) {
        QVERIFY(!refusal.message.empty());
        continue;
      }
      std::vector<Line> lines;  // what was accepted can be read
      linesOf(batch, 0, lines);
      QCOMPARE(lines.size(), std::size_t(readBatchHeader(batch)->recordCount));
    }
  }

  void refusalsNameKafkasCode() {
    PartitionConfig config;
    const auto codeOf = [&](ByteView batch) { return check(batch, config).code; };
    auto batch = golden("batch_plain.bin");
    config.maxMessageBytes = std::int64_t(batch.size()) - 1;
    QCOMPARE(codeOf(batch), ErrorCode::kMessageTooLarge);
    config.maxMessageBytes += 1;
    QCOMPARE(codeOf(batch), ErrorCode::kNone);
    config.compacts = true;
    QCOMPARE(codeOf(batch), ErrorCode::kInvalidRecord);
    config.compacts = false;
    config.timestampAfterMaxMs = 27;  // the last record is 28 ms ahead
    QCOMPARE(codeOf(batch), ErrorCode::kInvalidTimestamp);
    config = {};
    auto two = batch;
    two.insert(two.end(), batch.begin(), batch.end());
    QCOMPARE(codeOf(two), ErrorCode::kInvalidRecord);
    QCOMPARE(codeOf({}), ErrorCode::kCorruptMessage);
    auto old = batch;
    old[16] = std::byte{1};
    QCOMPARE(codeOf(old), ErrorCode::kUnsupportedForMessageFormat);
    BatchHeader control = producer(1, 0, 0, true);
    control.attributes |= BatchHeader::kControl;
    QCOMPARE(codeOf(batchOf("x", 0, control)), ErrorCode::kInvalidRecord);
  }

  void aMarkerSaysWhatItSays() {
    for (const Marker kind : {Marker::kAbort, Marker::kCommit}) {
      const auto batch = makeMarkerBatch(9, 2, {kind, 77}, kTime);
      const auto header = readBatchHeader(batch);
      QVERIFY(header->control() && header->transactional());
      QCOMPARE(header->producerId, std::int64_t(9));
      QCOMPARE(header->baseSequence, -1);
      const auto marker = readMarker(*header, batch);
      QVERIFY(marker.has_value());
      QCOMPARE(marker->kind, kind);
      QCOMPARE(marker->coordinatorEpoch, 77);
    }
  }
};

QTEST_GUILESS_MAIN(BatchTest)
#include "batch_test.moc"
