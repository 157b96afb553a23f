// SPDX-License-Identifier: Apache-2.0
#include "repositories/provenance/index/text_runs.h"

#include "engine/base/bytes.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>

namespace millrace::repo {
namespace {

constexpr std::size_t kPlacesOfPage = 512;
constexpr std::size_t kFanOut = 8;
/// A run beyond this is merged no more, so that no merge takes longer than about a second.
constexpr std::uint64_t kMostPages = 4096;

enum Statements : std::size_t { kRuns, kAddRun, kRemoveRun, kAddPage, kPage, kRemovePages };
constexpr const char* kStatements[] = {
    "SELECT id, level, first, pages, newest FROM run ORDER BY id",
    "INSERT INTO run(level, first, pages, newest) VALUES(?,?,?,?)",
    "DELETE FROM run WHERE id=?",
    "INSERT INTO page(places) VALUES(?)",
    "SELECT places FROM page WHERE id=?",
    "DELETE FROM page WHERE id>=?1 AND id<?1+?2",
};

}  // namespace

/// Packs sorted places into pages that follow each other, and names them as a run at the end.
/// A page is a key and a block in full, then differences.
class TextRuns::Writer {
 public:
  Writer(TextRuns& runs, std::uint64_t level) : runs_(runs), level_(level) {}

  Result<> add(const TextPlace& place) {
    if (any_ && place == last_) return Done{};
    if (count_ == 0) {
      bytes_.u64(place.key);
      bytes_.u64(place.block);
    } else {
      bytes_.varint(place.key - last_.key);
      bytes_.svarint(static_cast<std::int64_t>(place.block - last_.block));
    }
    any_ = true;
    last_ = place;
    newest_ = std::max(newest_, place.block);
    return ++count_ == kPlacesOfPage ? close() : Result<>(Done{});
  }

  Result<> finish() {
    if (count_ > 0) MR_TRY(close());
    if (pages_ == 0) return Done{};
    return runs_.statement(kAddRun).run({level_, first_, pages_, newest_});
  }

 private:
  Result<> close() {
    MR_TRY(runs_.statement(kAddPage).runBytes(bytes_.view()));
    const auto id = static_cast<std::uint64_t>(sqlite3_last_insert_rowid(runs_.database_));
    if (pages_ == 0) first_ = id;
    if (id != first_ + pages_)
      return Error::environment("the index of provenance: pages are out of order");
    ++pages_;
    count_ = 0;
    bytes_.clear();
    return Done{};
  }

  TextRuns& runs_;
  const std::uint64_t level_;
  ByteWriter bytes_;
  std::size_t count_ = 0;
  bool any_ = false;
  TextPlace last_{};
  std::uint64_t first_ = 0;
  std::uint64_t pages_ = 0;
  std::uint64_t newest_ = 0;
};

/// Walks over a run.
class TextRuns::Cursor {
 public:
  Cursor(TextRuns& runs, const Run& run)
      : runs_(&runs), next_(run.first), end_(run.first + run.pages) {}

  /// Before the first place() and behind each; false at the end.
  Result<bool> advance() {
    if (++at_ < places_.size()) return true;
    if (next_ == end_) return false;
    places_ = MR_TRY(runs_->page(next_++));
    at_ = 0;
    return true;
  }
  const TextPlace& place() const { return places_[at_]; }

 private:
  TextRuns* runs_;
  std::uint64_t next_;
  std::uint64_t end_;
  std::vector<TextPlace> places_;
  std::size_t at_ = 0;
};

Result<std::unique_ptr<TextRuns>> TextRuns::open(sqlite3* database) {
  std::vector<SqliteStatement> statements;
  for (const char* sql : kStatements)
    statements.push_back(MR_TRY(SqliteStatement::prepare(database, sql)));
  return std::unique_ptr<TextRuns>(new TextRuns(database, std::move(statements)));
}

Result<std::vector<TextRuns::Run>> TextRuns::runs() {
  std::vector<Run> result;
  SqliteStatement& all = statement(kRuns);
  MR_TRY(all.bind({}));
  while (MR_TRY(all.step()))
    result.push_back({all.column(0), all.column(1), all.column(2), all.column(3), all.column(4)});
  MR_TRY(all.bind({}));
  return result;
}

/// Never empty.
Result<std::vector<TextPlace>> TextRuns::page(std::uint64_t id) {
  SqliteStatement& row = statement(kPage);
  MR_TRY(row.bind({id}));
  std::vector<TextPlace> places;
  if (MR_TRY(row.step())) {
    ByteReader in(row.bytes(0));
    TextPlace place{in.u64(), in.u64()};
    while (!in.failed()) {
      places.push_back(place);
      if (in.atEnd()) break;
      place.key += in.varint();
      place.block += static_cast<std::uint64_t>(in.svarint());
    }
    if (in.failed()) places.clear();
  }
  MR_TRY(row.bind({}));
  if (places.empty())
    return Error::environment(fmt::format("the index of provenance: page {} cannot be read", id));
  return places;
}

Result<> TextRuns::remove(const Run& run) {
  MR_TRY(statement(kRemovePages).run({run.first, run.pages}));
  return statement(kRemoveRun).run({run.id});
}

Result<> TextRuns::merge(const std::vector<Run>& runs, std::uint64_t oldest) {
  std::vector<Cursor> cursors;
  for (const Run& run : runs) {
    Cursor cursor(*this, run);
    if (MR_TRY(cursor.advance())) cursors.push_back(std::move(cursor));
  }
  Writer writer(*this, runs.front().level + 1);
  while (!cursors.empty()) {
    auto least =
        std::min_element(cursors.begin(), cursors.end(),
                         [](const Cursor& a, const Cursor& b) { return a.place() < b.place(); });
    if (least->place().block >= oldest) MR_TRY(writer.add(least->place()));
    if (!MR_TRY(least->advance())) cursors.erase(least);
  }
  MR_TRY(writer.finish());
  for (const Run& run : runs) MR_TRY(remove(run));
  return Done{};
}

Result<> TextRuns::add(std::vector<TextPlace> places, std::uint64_t oldest) {
  if (places.empty()) return Done{};
  std::sort(places.begin(), places.end());
  Writer writer(*this, 0);
  for (const TextPlace& place : places) MR_TRY(writer.add(place));
  MR_TRY(writer.finish());
  for (std::uint64_t level = 0;; ++level) {
    std::vector<Run> ripe;
    for (const Run& run : MR_TRY(runs())) {
      if (run.level == level && run.pages < kMostPages) ripe.push_back(run);
    }
    if (ripe.size() < kFanOut) return Done{};
    MR_TRY(merge(ripe, oldest));
  }
}

Result<> TextRuns::forgetBelow(std::uint64_t oldest) {
  for (const Run& run : MR_TRY(runs())) {
    if (run.newest < oldest) MR_TRY(remove(run));
  }
  return Done{};
}

/// The pages of a run rise, so that those with the key are found by halving.
Result<> TextRuns::look(const Run& run, std::uint64_t key, std::vector<std::uint64_t>& into) {
  std::uint64_t low = 0;  // of the pages that begin below the key, the last may have it, too
  std::uint64_t high = run.pages;
  while (high - low > 1) {
    const std::uint64_t middle = low + (high - low) / 2;
    const auto places = MR_TRY(page(run.first + middle));
    (places.front().key < key ? low : high) = middle;
  }
  for (; low < run.pages; ++low) {
    for (const TextPlace& place : MR_TRY(page(run.first + low))) {
      if (place.key > key) return Done{};
      if (place.key == key) into.push_back(place.block);
    }
  }
  return Done{};
}

Result<std::vector<std::uint64_t>> TextRuns::blocks(std::uint64_t key) {
  std::vector<std::uint64_t> result;
  for (const Run& run : MR_TRY(runs())) MR_TRY(look(run, key, result));
  std::sort(result.begin(), result.end());
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

}  // namespace millrace::repo
