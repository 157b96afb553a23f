// SPDX-License-Identifier: Apache-2.0
// How many commits a second reach a real disk? Workers submit records of a given size as fast as
// they are let, through reserve() and the journal; the clock stops when the last one is durable.
// MILLRACE_BENCH_DIR names the folder (default: the current one); it must be on a real disk.

#include "engine/base/posix_file_system.h"
#include "engine/commit/group_commit.h"
#include "repositories/journal/journal.h"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <thread>

namespace {

using namespace millrace;

constexpr int kCommits = 200'000;

void commitsPerSecond(benchmark::State& state, Durability durability, log::Space space) {
  const auto recordBytes = static_cast<std::size_t>(state.range(0));
  const auto workers = static_cast<int>(state.range(1));
  const auto files = makePosixFileSystem();
  const char* const set = std::getenv("MILLRACE_BENCH_DIR");
  const std::string folder = (set != nullptr ? std::string(set) : ".") + "/group-commit-bench";
  SystemClock clock;
  Commit sample;
  sample.record.resize(recordBytes);
  std::uint64_t commits = 0;
  for (auto round : state) {
    state.PauseTiming();
    if (!files->removeAll(folder).ok()) return state.SkipWithError("cannot clear the folder");
    repo::JournalOptions options;
    options.space = space;
    auto journal = repo::Journal::open(*files, folder, {{1, 2}, 1, Lsn(0)}, options);
    if (!journal.ok()) return state.SkipWithError(journal.error().message.c_str());
    GroupCommitOptions groupOptions;
    groupOptions.durability = durability;
    GroupCommit group(**journal, *files, clock, groupOptions);
    group.start();
    state.ResumeTiming();
    {
      std::vector<std::jthread> threads;
      for (int w = 0; w < workers; ++w) {
        threads.emplace_back([&group, &sample, workers] {
          for (int i = 0; i < kCommits / workers; ++i) {
            Commit commit;
            commit.record = sample.record;
            if (!group.reserve(bytesOf(commit)).ok()) return;
            group.submit(std::move(commit));
          }
        });
      }
    }
    if (!group.waitDurable(group.last()).ok()) return state.SkipWithError("the store failed");
    state.PauseTiming();
    commits += group.last().raw();
    if (!group.stop().ok()) return state.SkipWithError("the store did not stop");
    state.ResumeTiming();
  }
  (void)files->removeAll(folder);
  state.SetItemsProcessed(static_cast<std::int64_t>(commits));
  state.SetBytesProcessed(static_cast<std::int64_t>(commits * recordBytes));
}

/// One at a time: what a lone session waits.
void waitForOne(benchmark::State& state, log::Space space) {
  const auto files = makePosixFileSystem();
  const char* const set = std::getenv("MILLRACE_BENCH_DIR");
  const std::string folder = (set != nullptr ? std::string(set) : ".") + "/group-commit-bench";
  SystemClock clock;
  if (!files->removeAll(folder).ok()) return state.SkipWithError("cannot clear the folder");
  repo::JournalOptions options;
  options.space = space;
  auto journal = repo::Journal::open(*files, folder, {{1, 2}, 1, Lsn(0)}, options);
  if (!journal.ok()) return state.SkipWithError(journal.error().message.c_str());
  GroupCommit group(**journal, *files, clock, {});
  group.start();
  for (auto round : state) {
    Commit commit;
    commit.record.resize(100);
    if (!group.waitDurable(group.submit(std::move(commit))).ok())
      return state.SkipWithError("the store failed");
  }
  if (!group.stop().ok()) state.SkipWithError("the store did not stop");
  (void)files->removeAll(folder);
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

BENCHMARK_CAPTURE(commitsPerSecond, power, Durability::kPower, millrace::log::Space::kReserved)
    ->ArgNames({"bytes", "workers"})
    ->Args({100, 1})
    ->Args({100, 2})
    ->Args({4096, 2})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(commitsPerSecond, process, Durability::kProcess, millrace::log::Space::kReserved)
    ->ArgNames({"bytes", "workers"})
    ->Args({100, 1})
    ->Args({100, 2})
    ->Args({4096, 2})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(waitForOne, reserved, millrace::log::Space::kReserved)
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(waitForOne, written, millrace::log::Space::kWritten)
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime();

BENCHMARK_MAIN();
