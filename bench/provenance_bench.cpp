// SPDX-License-Identifier: Apache-2.0
// What does provenance cost an event while it is written, how large is it, and how long does a
// search take among many events?
//   provenance_bench FOLDER [EVENTS]      a folder on a real disk; 10,000,000 events by default
// One JSON object a line. Each FlowFile leaves three events: CREATE, ROUTE, DROP.

#include "engine/base/clock.h"
#include "engine/base/posix_file_system.h"
#include "engine/base/random.h"
#include "repositories/journal/store_image.h"
#include "repositories/provenance/blocks/provenance_blocks.h"
#include "repositories/provenance/index/sqlite_block_index.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace millrace {
namespace {

constexpr std::uint32_t kBatch = 500;  // FlowFiles of a commit
constexpr repo::StoreId kStore{1, 2};
const SystemClock kClock;

/// What this thread used of the processor: a busy machine does not count.
Nanos cpu() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}

struct Recorded {
  std::uint64_t lsn;
  std::vector<std::byte> record;
};

/// The commits of one batch: made, routed and changed, dropped.
void batch(std::uint64_t number, CommitRecordWriter& writer, std::vector<Recorded>& into) {
  const std::uint64_t base = number * 3 + 1;
  const Millis time = 1'700'000'000'000 + static_cast<Millis>(number);
  std::vector<FlowFile> files;
  writer.begin(ComponentId(1), time, 1);
  writer.outputs(ConnectionId(1));
  static const Attributes kPath = Attributes().with("path", "./");
  for (std::uint32_t i = 0; i < kBatch; ++i) {
    FlowFile file;
    file.id = FlowFileId(number * kBatch + i + 1);
    file.entryDate = file.lineageStart = time;
    file.attributes = kPath;
    file.defaultFilename = true;
    writer.created(file);
    files.push_back(file);
  }
  into.push_back({base, writer.finish().record});
  writer.begin(ComponentId(2), time, 1);
  for (std::uint32_t i = 0; i < kBatch; ++i) writer.input(ConnectionId(1), {Lsn(base), i});
  writer.outputs(ConnectionId(2));
  for (std::uint32_t i = 0; i < kBatch; ++i) {
    FlowFile changed = files[i];
    changed.attributes = files[i].attributes.with("n", std::to_string(number * kBatch + i));
    writer.changed(i, files[i], changed);
  }
  for (std::uint32_t i = 0; i < kBatch; ++i)
    writer.fact({FactKind::kRoute, files[i].id, "matched", {}, {}, {}, {}});
  into.push_back({base + 1, writer.finish().record});
  writer.begin(ComponentId(3), time, 1);
  for (std::uint32_t i = 0; i < kBatch; ++i) writer.input(ConnectionId(2), {Lsn(base + 1), i});
  for (std::uint32_t i = 0; i < kBatch; ++i) writer.dropped(i, DropReason::kRemoved);
  into.push_back({base + 2, writer.finish().record});
}

void must(const Result<>& result) {
  if (result.ok()) return;
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  std::exit(1);
}

/// Seconds of the processor that applying the commits takes with the observer, or without one.
double apply(std::uint64_t batches, ProvenanceSink* sink) {
  repo::StoreImage image;
  CommitRecordWriter writer;
  std::vector<Recorded> records;
  Nanos spent = 0;
  for (std::uint64_t number = 0; number < batches; ++number) {
    records.clear();
    batch(number, writer, records);
    const Nanos start = cpu();
    for (const Recorded& each : records) must(image.apply(Lsn(each.lsn), each.record, {}, sink));
    if (sink != nullptr && number % 1000 == 999) must(sink->flush());
    spent += cpu() - start;
  }
  const Nanos start = cpu();
  if (sink != nullptr) must(sink->flush());
  return static_cast<double>(spent + cpu() - start) / 1e9;
}

void line(const char* work, double value, const char* unit, std::uint64_t events) {
  std::fputs(fmt::format("{{\"work\":\"{}\",\"value\":{:.3f},\"unit\":\"{}\",\"params\":{{"
                         "\"events\":{}}}}}\n",
                         work, value, unit, events)
                 .c_str(),
             stdout);
}

void searches(repo::ProvenanceBlocks& blocks, const char* work, std::uint64_t events,
              const std::function<ProvenanceQuery(Random&)>& make) {
  Random random(7);
  std::vector<double> times;
  for (int i = 0; i < 21; ++i) {
    const ProvenanceQuery query = make(random);
    const Nanos start = kClock.monotonic();
    auto page = blocks.search(query);
    times.push_back(static_cast<double>(kClock.monotonic() - start) / 1e6);
    if (!page.ok() || page->events.empty()) {
      std::fprintf(stderr, "%s found nothing\n", work);
      std::exit(1);
    }
  }
  std::sort(times.begin(), times.end());
  line(work, times[times.size() / 2], "ms (median)", events);
  line(work, times.back(), "ms (worst of 21)", events);
}

int run(const std::string& folder, std::uint64_t events) {
  const std::uint64_t batches = std::max<std::uint64_t>(1, events / (3 * kBatch));
  const std::uint64_t count = batches * 3 * kBatch;
  const auto files = makePosixFileSystem();
  must(files->createDirectories(folder));
  const double without = apply(batches, nullptr);
  auto index = repo::SqliteBlockIndex::open(folder + "/index.sqlite");
  if (!index.ok()) must(index.error());
  auto opened =
      repo::ProvenanceBlocks::open(*files, folder, kStore, kClock, Lsn(0), std::move(*index), {});
  if (!opened.ok()) must(opened.error());
  repo::ProvenanceBlocks& blocks = **opened;
  const double with = apply(batches, &blocks);
  const auto n = static_cast<double>(count);
  line("provenance-write", (with - without) * 1e9 / n, "ns/event", count);
  line("provenance-apply", without * 1e9 / n, "ns/event (without provenance)", count);
  line("provenance-size", static_cast<double>(blocks.totalBytes()) / n, "bytes/event", count);
  double indexBytes = 0;
  for (const char* part : {"/index.sqlite", "/index.sqlite-wal"}) {
    const auto facts = files->info(folder + part);
    if (facts.ok()) indexBytes += static_cast<double>(facts->size);
  }
  line("provenance-index-size", indexBytes / n, "bytes/event", count);
  searches(blocks, "provenance-search-uuid", count, [&](Random& random) {
    ProvenanceQuery query;
    query.uuids = {
        Uuid::ofFlowFile(kStore.high ^ kStore.low, 1 + random.below(batches * kBatch)).text()};
    return query;
  });
  searches(blocks, "provenance-search-component-type", count, [&](Random&) {
    ProvenanceQuery query;
    query.components = {ComponentId(3)};
    query.type = FactKind::kDrop;
    return query;
  });
  return 0;
}

}  // namespace
}  // namespace millrace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: provenance_bench FOLDER [EVENTS]\n", stderr);
    return 2;
  }
  return millrace::run(argv[1], argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 10'000'000);
}
