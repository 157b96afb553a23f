// SPDX-License-Identifier: Apache-2.0
// Pages of records, forwards and backwards, over logs with everything in them that nobody may see.
#include "log-backend/browse/record_pages.h"

#include "tests/log-backend/partition/partition_fixture.h"

#include <QTest>
#include <map>

using namespace partition_test;

namespace {

using Texts = std::vector<std::string>;

constexpr std::int64_t kProducers = 3;

/// A log, and what of it a consumer may read.
class Bench {
 public:
  explicit Bench(std::int64_t segmentBytes = 64 << 20) {
    PartitionOptions options;
    options.watermark = Watermark::kWritten;
    options.config.segmentBytes = segmentBytes;
    options.config.maxMessageBytes = 10 << 20;
    auto made = Partition::open(open_, clock_, "/data/t-0", std::move(options));
    if (!made.ok()) qFatal("%s", made.error().message.c_str());
    log_ = *made;
  }

  Partition& log() { return *log_; }
  MemoryFileSystem& files() { return files_; }
  /// By offset, what is committed for good.
  const std::map<Offset, std::string>& seen() const { return seen_; }

  Offset put(const Texts& values, BatchHeader fields = {}) {
    auto batch = batchOf(linesOf(values), fields);
    const auto done = log_->append(batch);
    if (!done.ok()) qFatal("%s", done.refusal.message.c_str());
    if ((fields.attributes & BatchHeader::kTransactional) == 0)
      note(seen_, done.baseOffset, values);
    return done.baseOffset;
  }
  void putInTransaction(std::int64_t id, const Texts& values) {
    Producer& producer = producers_[id];
    const Offset base = put(values, partition_test::producer(id, 0, producer.sequence, true));
    producer.sequence += static_cast<std::int32_t>(values.size());
    note(producer.pending, base, values);
  }
  void end(std::int64_t id, Marker kind) {
    Producer& producer = producers_[id];
    if (producer.pending.empty()) return;
    if (!log_->appendMarker(id, 0, {kind, 0}).ok()) qFatal("marker");
    if (kind == Marker::kCommit) seen_.merge(producer.pending);
    producer.pending.clear();
  }
  void endAll(Marker kind) {
    for (std::int64_t id = 1; id <= kProducers; ++id) end(id, kind);
  }
  void voidOne(const Texts& values) {
    BatchHeader fields;
    fields.producerId = kSessionProducer;
    auto batch = batchOf(linesOf(values), fields);
    const auto done = log_->appendOfSession(batch);
    if (!done.ok()) qFatal("%s", done.refusal.message.c_str());
    log_->voidBatch({done.baseOffset, done.lastOffset + 1});
  }
  void cutBelow(Offset offset) {
    if (log_->deleteRecords(offset).refusal.refused()) qFatal("cut");
    seen_.erase(seen_.begin(), seen_.lower_bound(offset));
  }

 private:
  struct Producer {
    std::int32_t sequence = 0;
    std::map<Offset, std::string> pending;
  };
  static std::vector<Line> linesOf(const Texts& values) {
    std::vector<Line> lines;
    for (const std::string& value : values) lines.push_back({0, value.substr(0, 1), value, 0});
    return lines;
  }
  static void note(std::map<Offset, std::string>& into, Offset base, const Texts& values) {
    for (const std::string& value : values) into[base++] = value;
  }

  MemoryFileSystem files_;
  OpenFiles open_{files_, 100};
  VirtualClock clock_;
  std::shared_ptr<Partition> log_;
  std::map<Offset, std::string> seen_;
  std::map<std::int64_t, Producer> producers_;
};

using Seen = std::map<Offset, std::string>;

void take(const RecordPage& page, Seen& into) {
  Offset last = -1;
  for (const ShownRecord& record : page.records) {
    QVERIFY(record.offset > last);
    last = record.offset;
    QVERIFY(record.offset >= page.from && record.offset < page.next);
    QVERIFY2(into.emplace(record.offset, record.value->bytes).second, "a record came twice");
  }
}

RecordPage from(Partition& log, Offset offset, const PageLimits& limits = {},
                const RecordFilter& filter = {}) {
  auto page = recordsFrom(log, offset, limits, filter);
  if (!page.ok()) qFatal("%s", page.error().message.c_str());
  return std::move(*page);
}
RecordPage before(Partition& log, Offset offset, const PageLimits& limits = {},
                  const RecordFilter& filter = {}) {
  auto page = recordsBefore(log, offset, limits, filter);
  if (!page.ok()) qFatal("%s", page.error().message.c_str());
  return std::move(*page);
}

Seen allForwards(Partition& log, const PageLimits& limits, const RecordFilter& filter = {}) {
  Seen all;
  Offset next = 0;
  while (true) {
    const RecordPage page = from(log, next, limits, filter);
    take(page, all);
    if (page.next >= page.end) return all;
    if (page.next <= next && next > 0) qFatal("the page leads nowhere");
    next = page.next;
  }
}
Seen allBackwards(Partition& log, const PageLimits& limits, const RecordFilter& filter = {}) {
  Seen all;
  Offset next = std::numeric_limits<Offset>::max();
  while (true) {
    const RecordPage page = before(log, next, limits, filter);
    take(page, all);
    if (page.from <= page.logStart) return all;
    if (page.from >= next) qFatal("the page leads nowhere");
    next = page.from;
  }
}

}  // namespace

class RecordPagesTest : public QObject {
  Q_OBJECT

  static void fill(Bench& bench, Random& random) {
    const auto some = [&random](const char* letters) {
      Texts values;
      const std::uint64_t count = 1 + random.below(5);
      for (std::uint64_t i = 0; i < count; ++i)
        values.push_back(std::string(1, letters[random.below(3)]) +
                         std::string(random.below(40), 'x'));
      return values;
    };
    for (int step = 0; step < 150; ++step) {
      const auto producer = static_cast<std::int64_t>(1 + random.below(kProducers));
      switch (random.below(8)) {
        case 0:
        case 1: {
          BatchHeader fields;
          fields.attributes = static_cast<std::int16_t>(random.below(5));
          bench.put(some("abc"), fields);
          break;
        }
        case 2:
        case 3:
          bench.putInTransaction(producer, some("abc"));
          break;
        case 4:
          bench.end(producer, Marker::kCommit);
          break;
        case 5:
          bench.end(producer, Marker::kAbort);
          break;
        case 6:
          bench.voidOne(some("v"));
          break;
        default:
          if (random.below(20) == 0)
            bench.cutBelow(static_cast<Offset>(
                random.below(static_cast<std::uint64_t>(bench.log().bounds().lastStable + 1))));
      }
    }
  }

 private slots:
  void pagesEitherWayShowEachCommittedRecordOnce() {
    for (std::uint64_t seed = 0; seed < rounds(400); ++seed) {
      Random random(seed);
      Bench bench(static_cast<std::int64_t>(300 + random.below(3000)));
      fill(bench, random);
      Seen expected = bench.seen();
      // What is behind an open transaction is not for anybody yet.
      expected.erase(expected.lower_bound(bench.log().bounds().lastStable), expected.end());
      PageLimits limits;
      limits.records = 1 + random.below(12);
      if (random.below(2) == 0) limits.pageBytes = 400;
      if (random.below(2) == 0) limits.readBytes = random.below(2000);
      QVERIFY2(allForwards(bench.log(), limits) == expected, std::to_string(seed).c_str());
      QVERIFY2(allBackwards(bench.log(), limits) == expected, std::to_string(seed).c_str());
      RecordFilter onlyB;
      onlyB.key = "b";
      std::erase_if(expected, [](const auto& each) { return !each.second.starts_with('b'); });
      QVERIFY2(allForwards(bench.log(), limits, onlyB) == expected, std::to_string(seed).c_str());
      QVERIFY2(allBackwards(bench.log(), limits, onlyB) == expected, std::to_string(seed).c_str());
      for (const auto& [offset, value] : expected) {
        const auto one = recordAt(bench.log(), offset);
        QVERIFY(one.ok() && one->has_value());
        QCOMPARE((*one)->value->bytes, value);
      }
    }
  }

  void nobodySeesWhatIsNotCommitted() {
    Bench bench;
    bench.put({"a"});
    bench.voidOne({"v"});
    bench.putInTransaction(1, {"aborted"});
    bench.end(1, Marker::kAbort);
    bench.putInTransaction(2, {"open"});
    const Offset behind = bench.put({"behind"});
    const RecordPage page = from(bench.log(), 0);
    QCOMPARE(page.records.size(), std::size_t{1});
    for (Offset offset = 1; offset <= behind; ++offset)
      QVERIFY(!recordAt(bench.log(), offset)->has_value());
    QVERIFY(!recordAt(bench.log(), behind + 1)->has_value());
    QVERIFY(!recordAt(bench.log(), 1'000'000)->has_value());
    bench.end(2, Marker::kCommit);
    QCOMPARE(from(bench.log(), 0).records.size(), std::size_t{3});
    QCOMPARE((*recordAt(bench.log(), behind))->value->bytes, std::string("behind"));
  }

  void anEmptyLogAndOffsetsOutsideGiveEmptyPages() {
    Bench bench;
    QVERIFY(from(bench.log(), 0).records.empty());
    QVERIFY(before(bench.log(), 5).records.empty());
    bench.put({"a", "b", "c"});
    bench.cutBelow(1);
    QCOMPARE(from(bench.log(), 99).next, Offset{3});
    QVERIFY(from(bench.log(), 99).records.empty());
    QCOMPARE(from(bench.log(), 0).from, Offset{1});
    QCOMPARE(from(bench.log(), 0).records.size(), std::size_t{2});
    QVERIFY(before(bench.log(), 0).records.empty());
    QCOMPARE(before(bench.log(), 99).records.size(), std::size_t{2});
    QCOMPARE(before(bench.log(), 2).records.size(), std::size_t{1});
  }

  void theLastOnesOfALongLogAreFoundWithoutReadingItAll() {
    Bench bench;
    for (int i = 0; i < 2000; ++i) bench.put(Texts(10, std::string(1000, 'x')));
    PageLimits limits;
    limits.records = 20;
    limits.readBytes = 1 << 20;  // of twenty
    const RecordPage page = before(bench.log(), 20'000, limits);
    QCOMPARE(page.records.size(), std::size_t{20});
    QCOMPARE(page.records.front().offset, Offset{19'980});
    QCOMPARE(page.from, Offset{19'980});
  }

  void aFilterThatFitsNothingComesToAnEndInBoundedPages() {
    Bench bench;
    bench.put({"the first"});
    for (int i = 0; i < 300; ++i) bench.put(Texts(10, std::string(1000, 'x')));
    bench.put({"the last"});
    PageLimits limits;
    limits.readBytes = 300'000;
    RecordFilter filter;
    filter.contains = "the ";
    const RecordPage page = from(bench.log(), 0, limits, filter);
    QCOMPARE(page.records.size(), std::size_t{1});
    QVERIFY(page.next < 1500);
    const Texts both{"the first", "the last"};
    for (const Seen& all :
         {allForwards(bench.log(), limits, filter), allBackwards(bench.log(), limits, filter)}) {
      Texts found;
      for (const auto& [offset, value] : all) found.push_back(value);
      QCOMPARE(found, both);
    }
  }

  void largeOnesAreCutAndWholeWhenAskedFor() {
    Bench bench;
    const std::string large(3 << 20, 'x');
    for (int i = 0; i < 8; ++i) bench.put({large});
    PageLimits limits;
    limits.shownBytes = 10;
    const RecordPage page = from(bench.log(), 0, limits);
    QCOMPARE(page.records.size(), std::size_t{8});
    QCOMPARE(page.records[0].value->bytes, std::string(10, 'x'));
    QCOMPARE(page.records[0].value->size, large.size());
    // A page of whole ones would be too large.
    limits.shownBytes = large.size();
    QCOMPARE(from(bench.log(), 0, limits).records.size(), std::size_t{2});
    QCOMPARE(before(bench.log(), 8, limits).records.size(), std::size_t{2});
    QCOMPARE(before(bench.log(), 8, limits).records.back().offset, Offset{7});
    limits.pageBytes = 1;
    QCOMPARE(from(bench.log(), 3, limits).records.size(), std::size_t{1});
    QCOMPARE(before(bench.log(), 3, limits).records.front().offset, Offset{2});
    QVERIFY((*recordAt(bench.log(), 5))->value->bytes == large);
  }

  void keysHeadersTombstonesAndTimesAreShown() {
    Bench bench;
    BatchHeader fields;
    fields.attributes = static_cast<std::int16_t>(Codec::kZstd);
    BatchBuilder builder(fields);
    const std::vector<RecordHeader> headers{{"from", "me"}, {"none", std::nullopt}};
    const auto encoded = encodeHeaders(headers);
    RecordView record;
    record.timestamp = 1234;
    record.key = asBytes("k");
    record.headerCount = 2;
    record.headers = encoded;
    builder.add(record);
    auto batch = *builder.finish();
    QVERIFY(bench.log().append(batch).ok());
    const RecordPage page = from(bench.log(), 0);
    const ShownRecord& shown = page.records.at(0);
    QCOMPARE(shown.timestamp, Millis{1234});
    QCOMPARE(shown.key->bytes, std::string("k"));
    QVERIFY(!shown.value.has_value());
    QVERIFY(shown.codec == Codec::kZstd);
    QCOMPARE(shown.headers.at(0).name, std::string("from"));
    QCOMPARE(shown.headers.at(0).value->bytes, std::string("me"));
    QVERIFY(!shown.headers.at(1).value.has_value());
    RecordFilter filter;
    filter.contains = "me";
    QCOMPARE(from(bench.log(), 0, {}, filter).records.size(), std::size_t{1});
    filter.contains = "you";
    QVERIFY(from(bench.log(), 0, {}, filter).records.empty());
  }

  void aBatchThatWasDamagedIsToldAndHidesNothingBehindIt() {
    Bench bench;
    bench.put({"a"});
    const Offset damaged = bench.put(Texts(200, "damaged on the medium"));
    bench.put({"z"});
    const auto file =
        *bench.files().open("/data/t-0/00000000000000000000.log", OpenMode::kReadWrite);
    const std::uint64_t size = *file->size();
    QVERIFY(file->writeAt(size / 2, asBytes("####")).ok());
    QCOMPARE(from(bench.log(), 0).records.size(), std::size_t{3});
    // Backwards it is on both sides of the border between two looks.
    const RecordPage page = before(bench.log(), 202);
    QCOMPARE(page.records.size(), std::size_t{3});
    for (const ShownRecord& each : {page.records.at(1), from(bench.log(), 0).records.at(1)}) {
      QCOMPARE(each.offset, damaged);
      QCOMPARE(each.unreadableEnd, damaged + 200);
      QVERIFY2(each.unreadable.find("offsets 1 to 200") != std::string::npos,
               each.unreadable.c_str());
    }
    QCOMPARE(page.records.at(2).value->bytes, std::string("z"));
    QVERIFY(!(*recordAt(bench.log(), 50))->unreadable.empty());
  }
};

QTEST_GUILESS_MAIN(RecordPagesTest)
#include "record_pages_test.moc"
