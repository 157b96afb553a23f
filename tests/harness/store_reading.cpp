// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/store_reading.h"

#include "engine/flowfile/uuid.h"
#include "repositories/content/content_file_name.h"
#include "repositories/journal/store_identity.h"
#include "repositories/memory/memory_pages.h"

#include <set>

namespace millrace::tests {
namespace {

class Contents {
 public:
  Contents(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}

  Result<> list() {
    if (!files_.exists(path_)) return Done{};
    for (const DirectoryEntry& entry : MR_TRY(files_.list(path_))) {
      if (const auto name = repo::ContentFileName::parse(entry.name))
        names_[name->number] = entry.name;
    }
    return Done{};
  }

  Result<std::string> read(const Content& content) {
    if (content.kind != Content::Kind::kStored) {
      const ByteView bytes = content.inlineBytes();
      return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    const std::uint64_t segment = content.claim.segment;
    used_.insert(segment);
    if (names_.find(segment) == names_.end())
      return Error::environment("content file " + std::to_string(segment) + " is missing");
    if (openSegment_ != segment) {
      file_ = MR_TRY(files_.open(path_ + "/" + names_[segment], OpenMode::kRead));
      openSegment_ = segment;
    }
    std::string text(static_cast<std::size_t>(content.length), '\0');
    const std::size_t got = MR_TRY(file_->readAt(content.claim.offset + content.offset,
                                                 std::as_writable_bytes(std::span(text))));
    if (got != text.size()) return Error::environment("a content is shorter than it should be");
    return text;
  }

  std::vector<std::string> unused() const {
    std::vector<std::string> dead;
    for (const auto& [number, name] : names_) {
      if (used_.find(number) == used_.end()) dead.push_back(name);
    }
    return dead;
  }

 private:
  FileSystem& files_;
  const std::string path_;
  std::map<std::uint64_t, std::string> names_;
  std::set<std::uint64_t> used_;
  std::uint64_t openSegment_ = 0;
  std::unique_ptr<File> file_;
};

}  // namespace

std::uint64_t StoreReading::count() const {
  std::uint64_t sum = 0;
  for (const auto& [connection, waiting] : queues) sum += waiting.size();
  return sum;
}

Result<StoreReading> StoreReading::of(FileSystem& files, const std::string& path) {
  const auto identity = MR_TRY(repo::StoreIdentity::read(files, path));
  log::SegmentOptions options;
  options.suffix = repo::kJournalSuffix;
  const auto segments =
      MR_TRY(log::SegmentDirectory::look(files, repo::journalPathOf(path), std::move(options)));
  const repo::RecoveredJournal found = MR_TRY(
      repo::recoverJournal(*segments, identity.id, identity.cleanDurable, repo::Damage::kRefuse));
  repo::MemoryPages pages;
  const repo::ReplayedStore replayed = MR_TRY(repo::replayStore(
      files, path, identity.id, found,
      [&](Lsn from, Lsn upTo) {
        return repo::JournalReader::open(*segments, identity.id, from, upTo);
      },
      pages));
  StoreReading reading;
  const auto numbers = segments->numbers();
  reading.rolling = !numbers.empty() && (numbers.back() > found.end.segment ||
                                         found.end.offset == repo::kSegmentHeaderBytes);
  Contents contents(files, repo::contentPathOf(path));
  MR_TRY(contents.list());
  Result<> read = Done{};
  replayed.image.forEachQueue([&](ConnectionId connection, std::uint64_t, std::uint64_t) {
    auto& waiting = reading.queues[connection.raw()];
    const auto visited = replayed.image.forEachFlowFile(connection, [&](const FlowFile& file) {
      auto text = contents.read(file.content);
      if (!text.ok()) {
        read = text.error();
        return;
      }
      const auto filename = file.attributes.find("filename");
      waiting.push_back({filename ? std::string(*filename) : std::string(), std::move(*text)});
    });
    if (!visited.ok()) read = visited;
  });
  MR_TRY(std::move(read));
  for (const auto& [component, state] : replayed.image.state()) {
    for (const auto& [key, value] : state.values) reading.state[key] = value.value;
  }
  reading.deadContents = contents.unused();
  return reading;
}

}  // namespace millrace::tests
