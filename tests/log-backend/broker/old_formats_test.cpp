// SPDX-License-Identifier: Apache-2.0
// Clients of before Kafka 0.11 on the wire: their sets of messages are stored as batches, and
// batches are given to them as messages. Frames are written byte by byte; the sets are those of
// another client.
#include "log-backend/partition/message_set.h"
#include "tests/log-backend/broker/desk_fixture.h"
#include "tests/log-backend/broker/wire_bytes.h"

#include <QFile>
#include <QTest>

using namespace partition_test;
using namespace broker_test;

namespace {

std::vector<std::byte> golden(const QString& name) {
  QFile file(QString(MR_SOURCE_DIR "/tests/log-backend/partition/golden/") + name);
  if (!file.open(QIODevice::ReadOnly)) qFatal("no %s", qPrintable(name));
  const QByteArray all = file.readAll();
  const ByteView bytes = asBytes(std::string_view(all.constData(), std::size_t(all.size())));
  return {bytes.begin(), bytes.end()};
}

struct Produced {
  std::int64_t code = 0;
  std::int64_t offset = 0;
};
struct Fetched {
  std::int64_t code = 0;
  std::int64_t highWatermark = 0;
  std::vector<std::byte> records;
};

}  // namespace

class OldFormatsTest : public QObject {
  Q_OBJECT
  std::unique_ptr<DeskFixture> made_;
  std::vector<Answer> answers_;

  void send(const Bytes& bytes) {
    const auto exchange = Exchange::open(
        bytes.get(), "127.0.0.1", [this](Answer answer) { answers_.push_back(std::move(answer)); });
    if (!exchange.ok()) abort();
    beginRequest(made_->desk, *exchange);
  }
  Reader answer() {
    if (answers_.size() != 1 || answers_[0].kind != Answer::Kind::kFrame) abort();
    Reader reader(std::move(answers_[0].frame));
    answers_.clear();
    reader.i32();
    if (reader.i32() != 7) abort();
    return reader;
  }
  Produced produce(int version, std::span<const std::byte> records) {
    send(request(0, version).i16(1).i32(1000).i32(1).text("t").i32(1).i32(0).block(records));
    Reader reader = answer();
    if (reader.i32() != 1 || reader.text() != "t" || reader.i32() != 1) abort();
    reader.i32();
    Produced produced;
    produced.code = reader.i16();
    produced.offset = reader.i64();
    if (version >= 2 && reader.i64() != -1) abort();  // no time of an append
    if (version >= 1 && reader.i32() != 0) abort();   // throttle time
    if (!reader.atEnd()) abort();
    made_->syncAll();
    return produced;
  }
  static Bytes fetchOf(int version, std::int64_t offset, int wait = 0, int most = 1 << 20) {
    Bytes bytes = request(1, version);
    bytes.i32(-1).i32(wait).i32(1);
    if (version >= 3) bytes.i32(1 << 20);
    return bytes.i32(1).text("t").i32(1).i32(0).i64(offset).i32(most);
  }
  Fetched fetched(int version) {
    Reader reader = answer();
    if (version >= 1) reader.i32();  // throttle time
    if (reader.i32() != 1 || reader.text() != "t" || reader.i32() != 1) abort();
    reader.i32();
    Fetched result;
    result.code = reader.i16();
    result.highWatermark = reader.i64();
    result.records = reader.block();
    if (!reader.atEnd()) abort();
    return result;
  }
  Fetched fetch(int version, std::int64_t offset, int most = 1 << 20) {
    send(fetchOf(version, offset, 0, most));
    return fetched(version);
  }
  /// On the medium.
  void append(std::vector<std::byte> batch) {
    if (!partition().append(batch).ok()) abort();
    makeDurable();
  }
  void appendMarker() {
    if (!partition().appendMarker(4000, 0, {Marker::kCommit, 0}).ok()) abort();
    makeDurable();
  }
  void makeDurable() {
    partition().whenDurable(made_->commits, [] {});
    made_->syncAll();
  }
  Partition& partition() { return *made_->topics->partition("t", 0); }

 private slots:
  void init() { made_ = std::make_unique<DeskFixture>(); }
  void cleanup() {
    made_.reset();
    answers_.clear();
  }

  void eachVersionTakesWhatItsClientsWriteAndStoresBatches() {
    std::int64_t end = 0;
    for (int version = 0; version <= 2; ++version) {
      for (const int magic : {0, 1}) {
        for (const char* codec : {"plain", "gzip", "snappy", "lz4"}) {
          const auto set = golden(QString("messages_%1_%2.bin").arg(magic).arg(codec));
          const Produced produced = produce(version, set);
          QCOMPARE(produced.code, 0);
          QCOMPARE(produced.offset, end);
          end += 5;
        }
      }
    }
    std::vector<Line> lines = readAll(partition(), 0);
    QCOMPARE(lines.size(), std::size_t(end));
    QCOMPARE(lines[0].timestamp, kNoTimestamp);
    QCOMPARE(lines[24].timestamp, Millis{1700000000028});
    QCOMPARE(*lines[24].key, std::string("long"));
    QVERIFY(!lines[22].value.has_value());
  }

  void eachVersionGivesWhatItsClientsRead() {
    QCOMPARE(produce(2, golden("messages_1_lz4.bin")).code, 0);
    for (int version = 0; version <= 3; ++version) {
      const Fetched all = fetch(version, 0);
      QCOMPARE(all.code, 0);
      QCOMPARE(all.highWatermark, 5);
      const int magic = version < 2 ? 0 : 1;
      QVERIFY(all.records == golden(QString("messages_%1_plain.bin").arg(magic)));
      // From the middle of a batch, with a limit below one message.
      const Fetched one = fetch(version, 3, 1);
      const BatchOfMessages read = batchOfMessages(one.records);
      QVERIFY(!read.refusal.refused());
      QCOMPARE(readBatchHeader(read.batch)->recordCount, 1);
      QVERIFY(fetch(version, 5).records.empty());
      QCOMPARE(fetch(version, 6).code, 1);
    }
    // What their clients do not know they are given all the same: zstd, headers, transactions.
    BatchHeader fields = producer(4000, 0, 0);
    fields.attributes = static_cast<std::int16_t>(Codec::kZstd);
    append(batchOf("new", 77, fields));
    const BatchOfMessages read = batchOfMessages(fetch(1, 5).records);
    std::vector<Line> lines;
    linesOf(read.batch, 0, lines);
    QCOMPARE(valuesOf(lines), std::vector<std::string>{"new"});
  }

  void aMarkerOfATransactionIsNothingToWakeFor() {
    append(batchOf("a", 0, producer(4000, 0, 0, true)));
    appendMarker();
    QCOMPARE(fetch(2, 0).highWatermark, 2);
    send(fetchOf(2, 1, 500));
    QVERIFY(answers_.empty());
    append(batchOf("later"));
    const Fetched woken = fetched(2);
    const BatchOfMessages read = batchOfMessages(woken.records);
    std::vector<Line> lines;
    linesOf(read.batch, 0, lines);
    QCOMPARE(valuesOf(lines), std::vector<std::string>{"later"});
    // Behind many markers, in a range that holds none of what follows.
    for (int i = 0; i < 50; ++i) appendMarker();
    append(batchOf("last"));
    QVERIFY(!fetch(2, 3, 100).records.empty());
  }

  void whatIsDamagedOrNotAllowedIsRefused() {
    auto set = golden("messages_1_plain.bin");
    set.back() ^= std::byte{1};
    QCOMPARE(produce(2, set).code, 2);
    QCOMPARE(produce(2, {}).code, 2);
    // New requests carry batches.
    send(request(0, 3).i16(-1).i16(1).i32(1000).i32(1).text("t").i32(1).i32(0).block(
        golden("messages_1_plain.bin")));
    Reader reader = answer();
    reader.i32();
    reader.text();
    reader.i32();
    reader.i32();
    QCOMPARE(reader.i16(), 43);
    QVERIFY(!made_->topics->configure("t", {{"max.message.bytes", "300"}}).refused());
    QCOMPARE(produce(2, golden("messages_1_plain.bin")).code, 10);
    QVERIFY(!made_->topics->configure("t", {{"cleanup.policy", "compact"}}).refused());
    QCOMPARE(produce(2, golden("messages_1_gzip.bin")).code, 87);  // one has no key
    QCOMPARE(partition().bounds().logEnd, Offset{0});
  }
};

QTEST_GUILESS_MAIN(OldFormatsTest)
#include "old_formats_test.moc"
