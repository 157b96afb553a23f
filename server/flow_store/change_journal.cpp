// SPDX-License-Identifier: Apache-2.0
#include "server/flow_store/change_journal.h"

#include "engine/base/crc32c.h"
#include "server/flow_store/flow_changes.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <optional>

namespace millrace::server {
namespace {

constexpr std::size_t kSum = 9;  // eight digits and a blank

std::uint32_t sumOf(std::string_view text) { return crc32c(asBytes(text)); }

std::string lineOf(const ChangeRecord& record) {
  const auto dumped = [](const std::string& text) { return jsonText(Json(text)); };
  const std::string body = fmt::format(
      R"({{"revision":{},"at":{},"who":{},"comment":{},"before":{},"after":{},"changes":{},"inverse":{}}})",
      record.revision, record.at, dumped(record.who), dumped(record.comment), record.before,
      record.after, record.changes, record.inverse);
  return fmt::format("{:08x} {}\n", sumOf(body), body);
}

/// Nothing when the line is not whole.
std::optional<ChangeRecord> recordOf(std::string_view line) {
  if (line.size() <= kSum) return std::nullopt;
  const std::string_view body = line.substr(kSum);
  if (fmt::format("{:08x} ", sumOf(body)) != line.substr(0, kSum)) return std::nullopt;
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  ChangeRecord record;
  record.revision = json.value("revision", std::uint64_t{0});
  record.at = json.value("at", Millis{0});
  record.who = json.value("who", "");
  record.comment = json.value("comment", "");
  record.before = json.value("before", std::uint32_t{0});
  record.after = json.value("after", std::uint32_t{0});
  record.changes = jsonText(json.value("changes", Json::array()));
  record.inverse = jsonText(json.value("inverse", Json()));
  return record;
}

}  // namespace

std::string recordJson(const ChangeRecord& record) {
  Json json;
  json["revision"] = record.revision;
  json["at"] = record.at;
  json["who"] = record.who;
  json["comment"] = record.comment;
  json["changes"] = Json::parse(record.changes, nullptr, false);
  json["inverse"] = Json::parse(record.inverse, nullptr, false);
  return jsonText(json);
}

Result<std::unique_ptr<ChangeJournal>> ChangeJournal::open(FileSystem& files,
                                                           const std::string& path) {
  std::unique_ptr<ChangeJournal> journal(new ChangeJournal());
  const bool fresh = !files.exists(path);
  journal->file_ = MR_TRY(files.open(path, OpenMode::kCreate));
  if (fresh) MR_TRY(files.syncDirectory(parentPath(path)));
  const std::string text = MR_TRY(files.readAll(path, 4ULL << 30));
  journal->offsets_.push_back(0);
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = text.find('\n', at);
    const auto record = end == std::string::npos
                            ? std::nullopt
                            : recordOf(std::string_view(text).substr(at, end - at));
    if (!record || record->revision != journal->revision() + 1) {
      const bool torn = end == std::string::npos || text.find('\n', end + 1) == std::string::npos;
      if (!torn) {
        return Error::environment(
            fmt::format("{}: the line of revision {} is damaged; move the file away to go on "
                        "without the changes that it keeps",
                        path, journal->revision() + 1),
            false);
      }
      MR_TRY(journal->file_->truncate(at));
      MR_TRY(journal->file_->sync());
      break;
    }
    at = end + 1;
    journal->offsets_.push_back(at);
    journal->learn(*record);
  }
  return journal;
}

void ChangeJournal::learn(const ChangeRecord& record) {
  last_ = record;
  for (const std::string& id : idsOf(Json::parse(record.changes, nullptr, false)))
    changes_[id] = record.revision;
}

Result<> ChangeJournal::append(const ChangeRecord& record) {
  MR_ASSERT(record.revision == revision() + 1);
  const std::string line = lineOf(record);
  const std::uint64_t at = offsets_.back();
  auto written = file_->writeAt(at, asBytes(line));
  if (written.ok()) written = file_->sync();
  if (!written.ok()) {
    if (const auto cut = file_->truncate(at); !cut.ok()) return cut.error();
    return written;
  }
  offsets_.push_back(at + line.size());
  learn(record);
  return Done{};
}

Result<> ChangeJournal::cutLast() {
  MR_ASSERT(revision() > 0);
  MR_TRY(file_->truncate(offsets_[offsets_.size() - 2]));
  MR_TRY(file_->sync());
  offsets_.pop_back();
  last_ = revision() == 0 ? ChangeRecord() : MR_TRY(read(revision()));
  return Done{};
}

Result<ChangeRecord> ChangeJournal::read(std::uint64_t revision) {
  if (revision == 0 || revision >= offsets_.size())
    return Error::user(fmt::format("there is no revision {}", revision));
  const std::uint64_t begin = offsets_[revision - 1];
  std::string line(offsets_[revision] - begin - 1, '\0');
  const std::size_t got = MR_TRY(
      file_->readAt(begin, std::as_writable_bytes(std::span<char>(line.data(), line.size()))));
  auto record = got == line.size() ? recordOf(line) : std::nullopt;
  if (!record)
    return Error::environment(
        fmt::format("the record of revision {} cannot be read from the journal", revision), false);
  return *std::move(record);
}

std::uint64_t ChangeJournal::changeOf(const std::string& id) const {
  const auto found = changes_.find(id);
  return found == changes_.end() ? 0 : found->second;
}

}  // namespace millrace::server
