// SPDX-License-Identifier: Apache-2.0
// What does one FlowFile cost in a commit record: to encode, and to apply in recovery?
// Reports ns and record bytes for each FlowFile.
#include "repositories/journal/store_image.h"

#include <benchmark/benchmark.h>

#include <string>

using namespace millrace;

namespace {

constexpr std::uint32_t kFiles = 1000;
constexpr Millis kNow = 1'700'000'000'000;

std::vector<FlowFile> inlineFiles() {
  auto buffer = std::make_shared<InlineBuffer>(std::vector<std::byte>(kFiles * 100));
  const Attributes shared = Attributes().with("path", "./").with("mime.type", "text/plain");
  std::vector<FlowFile> files;
  for (std::uint32_t i = 0; i < kFiles; ++i) {
    FlowFile file;
    file.id = FlowFileId(1'000'000 + i);
    file.entryDate = file.lineageStart = kNow;
    file.attributes = shared;
    file.defaultFilename = true;
    file.content.kind = Content::Kind::kInline;
    file.content.buffer = buffer;
    file.content.offset = i * 100;
    file.content.length = 100;
    file.content.crc = i * 0x9e3779b9U;
    files.push_back(std::move(file));
  }
  return files;
}

/// What the worker encodes in one of the cases.
class Case {
 public:
  enum Kind : std::int64_t { kCreated, kSame, kChanged, kChangedAlike };

  explicit Case(std::int64_t kind) : kind_(kind), before_(inlineFiles()), after_(before_) {
    for (std::uint32_t i = 0; i < kFiles; ++i) {
      after_[i].attributes =
          before_[i].attributes.with("priority", kind == kChanged ? std::to_string(i) : "high");
    }
  }

  CommitRecordWriter::Finished created(CommitRecordWriter& writer) const {
    writer.begin(ComponentId(1), kNow, 1);
    writer.outputs(ConnectionId(1));
    for (const FlowFile& file : before_) writer.created(file);
    return writer.finish();
  }
  CommitRecordWriter::Finished passed(CommitRecordWriter& writer, Lsn from) const {
    writer.begin(ComponentId(2), kNow, 1);
    for (std::uint32_t i = 0; i < kFiles; ++i) writer.input(ConnectionId(1), {from, i});
    writer.outputs(ConnectionId(2));
    for (std::uint32_t i = 0; i < kFiles; ++i) {
      if (kind_ == kSame) {
        writer.same(i);
      } else {
        writer.changed(i, before_[i], after_[i]);
      }
    }
    return writer.finish();
  }
  CommitRecordWriter::Finished encoded(CommitRecordWriter& writer, Lsn from) const {
    return kind_ == kCreated ? created(writer) : passed(writer, from);
  }

 private:
  std::int64_t kind_;
  std::vector<FlowFile> before_, after_;
};

void report(benchmark::State& state, std::uint64_t flowFiles, std::size_t recordBytes) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(flowFiles));
  state.counters["record_bytes"] = static_cast<double>(recordBytes) / kFiles;
  state.counters["per_flowfile"] = benchmark::Counter(
      static_cast<double>(flowFiles),
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void encode(benchmark::State& state) {
  const Case what(state.range(0));
  CommitRecordWriter writer;
  std::size_t bytes = 0;
  for (auto _ : state) {
    const auto finished = what.encoded(writer, Lsn(1));
    bytes = finished.record.size();
    benchmark::DoNotOptimize(finished.record.data());
  }
  report(state, kFiles, bytes);
}

/// Applies 1,000 records of the case (a million FlowFiles) to one image.
void apply(benchmark::State& state) {
  const Case what(state.range(0));
  constexpr std::uint64_t kRecords = 1000;
  CommitRecordWriter writer;
  std::vector<CommitRecordWriter::Finished> first, second;
  for (std::uint64_t i = 0; i < kRecords; ++i) {
    first.push_back(what.created(writer));
    if (state.range(0) != Case::kCreated) second.push_back(what.passed(writer, Lsn(i + 1)));
  }
  bool ok = true;
  const auto run = [&ok](repo::StoreImage& image, std::uint64_t base,
                         const std::vector<CommitRecordWriter::Finished>& commits) {
    for (std::size_t i = 0; i < commits.size(); ++i)
      ok = ok && image.apply(Lsn(base + i + 1), commits[i].record, commits[i].inlined).ok();
  };
  for (auto _ : state) {
    state.PauseTiming();
    {
      repo::StoreImage image;
      if (!second.empty()) run(image, 0, first);
      state.ResumeTiming();
      run(image, second.empty() ? 0 : kRecords, second.empty() ? first : second);
      state.PauseTiming();
    }
    state.ResumeTiming();
  }
  if (!ok) state.SkipWithError("a record was refused");
  report(state, kFiles * kRecords,
         second.empty() ? first[0].record.size() : second[0].record.size());
}

}  // namespace

BENCHMARK(encode)->ArgName("case")->DenseRange(Case::kCreated, Case::kChangedAlike);
BENCHMARK(apply)
    ->ArgName("case")
    ->DenseRange(Case::kCreated, Case::kChangedAlike)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_MAIN();
