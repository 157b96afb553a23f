// SPDX-License-Identifier: Apache-2.0
#include "repositories/store/store_check.h"

#include "log-backend/segment/segment_directory.h"
#include "repositories/content/content_file_name.h"
#include "repositories/journal/store_identity.h"
#include "repositories/memory/memory_pages.h"
#include "repositories/store/replay.h"

#include <fmt/format.h>

#include <map>
#include <tuple>

namespace millrace::repo {
namespace {

/// Compares contents with their checksums, each once.
class ContentCheck {
 public:
  ContentCheck(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}

  /// Notes the files that are there.
  Result<> list(StoreCheck& check) {
    if (!files_.exists(path_)) return Done{};
    for (const DirectoryEntry& entry : MR_TRY(files_.list(path_))) {
      const auto name = ContentFileName::parse(entry.name);
      if (!name) continue;
      const std::string path = path_ + "/" + entry.name;
      check.contentBytes += MR_TRY(files_.info(path)).size;
      ++check.contentSegments;
      paths_[name->number] = path;
    }
    return Done{};
  }

  /// What is wrong with a content; empty when nothing is.
  const std::string& look(const ContentClaim& claim, StoreCheck& check) {
    const auto [entry, isNew] =
        seen_.try_emplace({claim.segment, claim.offset, claim.length, claim.crc});
    if (!isNew) return entry->second;
    ++check.claims;
    check.claimBytes += claim.length;
    if (auto read = compare(claim); !read.ok()) entry->second = read.error().message;
    return entry->second;
  }

 private:
  Result<> compare(const ContentClaim& claim) {
    const auto found = paths_.find(claim.segment);
    if (found == paths_.end()) {
      return Error::environment(
          fmt::format(
              "its content is missing: there is no {}; restore the file, or drop the "
              "FlowFile",
              path_ + "/" + ContentFileName{claim.segment, ContentSegment::Kind::kOwn}.text()),
          false);
    }
    if (openSegment_ != claim.segment) {
      file_ = MR_TRY(files_.open(found->second, OpenMode::kRead));
      openSegment_ = claim.segment;
    }
    return verifyContent(*file_, found->second, claim);
  }

  FileSystem& files_;
  const std::string path_;
  std::map<std::uint64_t, std::string> paths_;
  std::map<std::tuple<std::uint64_t, std::uint64_t, std::uint64_t, std::uint32_t>, std::string>
      seen_;
  std::uint64_t openSegment_ = 0;
  std::unique_ptr<File> file_;
};

std::string uuidOf(const FlowFile& file, StoreId store) {
  if (file.ownUuid) {
    if (const auto uuid = file.attributes.find("uuid")) return std::string(*uuid);
  }
  return Uuid::ofFlowFile(store.high ^ store.low, file.id.raw()).text();
}

std::string nameOf(ConnectionId connection, const StoreCheck::Names& names) {
  const auto found = names.find(connection);
  return found != names.end() ? found->second : fmt::format("connection {}", connection.raw());
}

void checkImage(const StoreImage& image, const StoreCheck::Names& names, ContentCheck& contents,
                StoreCheck& check) {
  image.forEachQueue([&](ConnectionId connection, std::uint64_t count, std::uint64_t bytes) {
    check.queues.push_back({connection, count, bytes});
    const Result<> read = image.forEachFlowFile(connection, [&](const FlowFile& file) {
      if (file.content.kind != Content::Kind::kStored || file.content.claim.length == 0) return;
      const std::string& wrong = contents.look(file.content.claim, check);
      if (wrong.empty()) return;
      check.damage.push_back(fmt::format("FlowFile {} in {}: {}", uuidOf(file, check.seen),
                                         nameOf(connection, names), wrong));
    });
    if (!read.ok()) check.damage.push_back(read.error().message);
  });
  for (const auto& [component, state] : image.state()) {
    if (state.values.empty()) continue;
    ++check.components;
    check.stateEntries += state.values.size();
  }
}

/// The part of the journal that can be read. What is wrong with the rest goes into the report.
Result<RecoveredJournal> readJournal(const log::SegmentDirectory& segments,
                                     const StoreIdentity::Facts& identity, StoreCheck& check) {
  auto found = recoverJournal(segments, identity.id, identity.cleanDurable, Damage::kRefuse);
  if (found.ok()) return found;
  check.damage.push_back(found.error().message);
  return recoverJournal(segments, identity.id, identity.cleanDurable, Damage::kSalvage);
}

/// Fails with what stops the check; what is damaged so far is in the report.
Result<> checkParts(FileSystem& files, const std::string& path, const StoreCheck::Names& names,
                    StoreCheck& check) {
  const StoreIdentity::Facts identity = MR_TRY(StoreIdentity::read(files, path));
  check.id = identity.id;
  check.seen = identity.seen;
  check.epoch = identity.epoch;

  log::SegmentOptions options;
  options.suffix = kJournalSuffix;
  const auto segments =
      MR_TRY(log::SegmentDirectory::look(files, journalPathOf(path), std::move(options)));
  for (const std::uint64_t number : segments->numbers())
    check.journalBytes += MR_TRY(files.info(segments->pathOf(number))).size;
  check.journalSegments = segments->numbers().size();
  ContentCheck contents(files, contentPathOf(path));
  MR_TRY(contents.list(check));
  if (files.exists(snapshotPathOf(path)))
    check.snapshotBytes = MR_TRY(files.info(snapshotPathOf(path))).size;

  const RecoveredJournal found = MR_TRY(readJournal(*segments, identity, check));
  if (found.epoch > identity.epoch) {
    check.damage.push_back(fmt::format(
        "{} was written in epoch {}, {} says {}; restore the file that belongs to it",
        journalPathOf(path), found.epoch, StoreIdentity::filePath(path), identity.epoch));
  }
  check.first = found.first;
  check.last = found.last;
  MemoryPages pages;  // a check writes nothing
  const ReplayedStore replayed = MR_TRY(replayStore(
      files, path, identity.id, found,
      [&](Lsn from, Lsn upTo) { return JournalReader::open(*segments, identity.id, from, upTo); },
      pages));
  check.snapshot = replayed.snapshot;
  check.last = replayed.last;
  check.commits = replayed.commits;
  check.cleanStop = identity.cleanDurable == replayed.last;
  checkImage(replayed.image, names, contents, check);
  return Done{};
}

}  // namespace

Result<StoreCheck> StoreCheck::of(FileSystem& files, const std::string& path, const Names& names) {
  if (!files.exists(StoreIdentity::filePath(path))) {
    return Error::user(
        fmt::format("{} is no data directory: there is no {}; name the directory that was given "
                    "with --data",
                    path, StoreIdentity::filePath(path)));
  }
  auto lock = files.lock(StoreIdentity::lockPath(path));
  if (!lock.ok()) {
    Error error = std::move(lock).error();
    if (error.fault == Fault::kUser) error.message += "; stop it first";
    return error;
  }
  StoreCheck check;
  if (auto done = checkParts(files, path, names, check); !done.ok()) {
    // What spoils the journal ends the check, too; it is told once.
    const std::string& message = done.error().message;
    if (check.damage.empty() || check.damage.back() != message) check.damage.push_back(message);
  }
  return check;
}

}  // namespace millrace::repo
