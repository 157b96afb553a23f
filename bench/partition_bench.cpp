// SPDX-License-Identifier: Apache-2.0
// How fast does a partition take and give batches of 100-byte records on a real disk? Appends check
// every record and write; `sync` also makes each batch durable. MILLRACE_BENCH_DIR names the folder
// (default: the current one).

#include "engine/base/posix_file_system.h"
#include "log-backend/partition/partition.h"

#include <benchmark/benchmark.h>

#include <cstdlib>

namespace {

using namespace millrace;
using namespace millrace::log;

std::string folder() {
  const char* const set = std::getenv("MILLRACE_BENCH_DIR");
  return (set != nullptr ? std::string(set) : ".") + "/partition-bench";
}

std::vector<std::byte> batchOf(std::int64_t records) {
  BatchBuilder builder{BatchHeader{}};
  const std::string value(100, 'x');
  for (std::int64_t i = 0; i < records; ++i) {
    RecordView record;
    record.offset = i;
    record.timestamp = 1'700'000'000'000;
    record.value = asBytes(value);
    builder.add(record);
  }
  return builder.finish().value();
}

enum class Durable : std::uint8_t { kNo, kEachBatch };

void append(benchmark::State& state, Durable durable) {
  const auto files = makePosixFileSystem();
  SystemClock clock;
  if (!files->removeAll(folder()).ok()) return state.SkipWithError("cannot clear the folder");
  OpenFiles open(*files, 100);
  PartitionOptions options;
  options.config.retentionBytes = 1 << 30;
  options.config.segmentBytes = 256 << 20;
  auto partition = Partition::open(open, clock, folder(), options);
  if (!partition.ok()) return state.SkipWithError(partition.error().message.c_str());
  auto batch = batchOf(state.range(0));
  std::uint64_t appended = 0;
  for (auto round : state) {
    if (!(*partition)->append(batch).ok()) return state.SkipWithError("refused");
    if (durable == Durable::kEachBatch && !(*partition)->sync().ok())
      return state.SkipWithError("not synced");
    appended += batch.size();
    if (appended > (2U << 30U)) {
      state.PauseTiming();
      appended = 0;
      if (!(*partition)->sync().ok() || !(*partition)->maintain().ok())
        return state.SkipWithError("no retention");
      state.ResumeTiming();
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(batch.size()));
  partition->reset();
  (void)files->removeAll(folder());
}

void fetch(benchmark::State& state) {
  const auto files = makePosixFileSystem();
  SystemClock clock;
  if (!files->removeAll(folder()).ok()) return state.SkipWithError("cannot clear the folder");
  OpenFiles open(*files, 100);
  auto partition = Partition::open(open, clock, folder(), {});
  if (!partition.ok()) return state.SkipWithError(partition.error().message.c_str());
  auto batch = batchOf(100);
  constexpr Offset kBatches = 20'000;
  for (Offset i = 0; i < kBatches; ++i) {
    if (!(*partition)->append(batch).ok()) return state.SkipWithError("refused");
  }
  if (!(*partition)->sync().ok()) return state.SkipWithError("not synced");
  const auto most = static_cast<std::uint64_t>(state.range(0));
  Offset from = 0;
  std::int64_t bytes = 0;
  for (auto round : state) {
    const auto part = (*partition)->fetch({from, most, true, Isolation::kReadUncommitted});
    const auto read = part.read();
    if (!read.ok() || read->empty()) return state.SkipWithError("nothing read");
    bytes += static_cast<std::int64_t>(read->size());
    from += static_cast<Offset>(read->size() / batch.size()) * 100;
    if (from >= kBatches * 100) from = 0;
  }
  state.SetBytesProcessed(bytes);
  state.SetItemsProcessed(bytes / static_cast<std::int64_t>(batch.size()) * 100);
  partition->reset();
  (void)files->removeAll(folder());
}

}  // namespace

BENCHMARK_CAPTURE(append, written, Durable::kNo)->ArgName("records")->Arg(1)->Arg(100)->Arg(5000);
BENCHMARK_CAPTURE(append, synced, Durable::kEachBatch)
    ->ArgName("records")
    ->Arg(1)
    ->Arg(100)
    ->Arg(5000)
    ->UseRealTime();
BENCHMARK(fetch)->ArgName("bytes")->Arg(64 << 10)->Arg(1 << 20);

BENCHMARK_MAIN();
