// SPDX-License-Identifier: Apache-2.0
#include "repositories/journal/store_identity.h"

#include "engine/base/crc32c.h"
#include "log-backend/segment/segment_directory.h"

#include <fmt/format.h>

#include <charconv>

namespace millrace::repo {
namespace {

constexpr std::uint64_t kVersion = 1;
constexpr std::uint64_t kAdoptedVersion = 2;  // with two lines more
constexpr std::uint64_t kMostIds = 1ULL << 62U;

/// Takes "NAME VALUE\n" off the front; nothing when it is not there.
std::optional<std::uint64_t> takeLine(std::string_view& text, std::string_view name, int base) {
  if (!text.starts_with(name)) return std::nullopt;
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos || end <= name.size()) return std::nullopt;
  std::uint64_t value = 0;
  const char* const last = text.data() + end;
  const auto [stopped, code] = std::from_chars(text.data() + name.size() + 1, last, value, base);
  if (code != std::errc{} || stopped != last || text[name.size()] != ' ') return std::nullopt;
  text.remove_prefix(end + 1);
  return value;
}

}  // namespace

Result<std::unique_ptr<StoreIdentity>> StoreIdentity::open(FileSystem& files,
                                                           const std::string& path,
                                                           Random& random) {
  MR_TRY(log::createFolderDurably(files, path));
  auto lock = MR_TRY(files.lock(lockPath(path)));
  std::unique_ptr<StoreIdentity> store(new StoreIdentity(files, filePath(path), std::move(lock)));
  Facts& facts = store->facts_;
  if (files.exists(store->path_)) {
    facts = MR_TRY(read(files, path));
  } else {
    facts.id = {random.next(), random.next()};
    facts.seen = facts.id;
  }
  ++facts.epoch;
  MR_TRY(save(files, store->path_, facts));
  MutexLock guard(store->mutex_);
  store->nextId_ = facts.nextId;
  store->cleanDurable_ = facts.cleanDurable;
  return store;
}

Result<StoreId> StoreIdentity::adopt(FileSystem& files, const std::string& path, Random& random) {
  if (!files.exists(filePath(path)))
    return Error::user(fmt::format("{} is no data directory: it has no file 'store'", path));
  const auto lock = MR_TRY(files.lock(lockPath(path)));
  Facts facts = MR_TRY(read(files, path));
  facts.seen = {random.next(), random.next()};
  MR_TRY(save(files, filePath(path), facts));
  return facts.seen;
}

Result<StoreIdentity::Facts> StoreIdentity::read(FileSystem& files, const std::string& path) {
  const std::string file = filePath(path);
  const std::string text = MR_TRY(files.readAll(file, 4096));
  const Error damaged = Error::environment(
      fmt::format("{} is damaged; restore it from a copy, or salvage the store", file), false);
  std::string_view rest = text;
  const auto version = takeLine(rest, "millrace-store", 10);
  if (version.has_value() && *version != kVersion && *version != kAdoptedVersion) {
    return Error::user(fmt::format(
        "{} has version {}, which this program does not know; use a newer one", file, *version));
  }
  const auto high = takeLine(rest, "id-high", 16);
  const auto low = takeLine(rest, "id-low", 16);
  const bool adopted = version == kAdoptedVersion;
  const auto seenHigh = adopted ? takeLine(rest, "seen-high", 16) : high;
  const auto seenLow = adopted ? takeLine(rest, "seen-low", 16) : low;
  const auto epoch = takeLine(rest, "epoch", 10);
  const auto next = takeLine(rest, "next-flowfile", 10);
  const auto durable = takeLine(rest, "clean-durable", 10);
  const std::size_t covered = text.size() - rest.size();
  const auto crc = takeLine(rest, "crc32c", 16);
  if (!version || !high || !low || !seenHigh || !seenLow || !epoch || !next || !durable || !crc ||
      !rest.empty())
    return damaged;
  if (crc32c(asBytes(std::string_view(text).substr(0, covered))) != *crc) return damaged;
  return Facts{{*high, *low}, {*seenHigh, *seenLow}, *epoch, *next, Lsn(*durable)};
}

Result<> StoreIdentity::save(FileSystem& files, const std::string& file, const Facts& facts) {
  const bool adopted = facts.seen != facts.id;
  std::string text = fmt::format("millrace-store {}\nid-high {:016x}\nid-low {:016x}\n",
                                 adopted ? kAdoptedVersion : kVersion, facts.id.high, facts.id.low);
  if (adopted)
    text += fmt::format("seen-high {:016x}\nseen-low {:016x}\n", facts.seen.high, facts.seen.low);
  text += fmt::format("epoch {}\nnext-flowfile {}\nclean-durable {}\n", facts.epoch, facts.nextId,
                      facts.cleanDurable.raw());
  text += fmt::format("crc32c {:08x}\n", crc32c(asBytes(text)));
  return files.replaceAll(file, text);
}

Result<> StoreIdentity::save(std::uint64_t nextId, Lsn cleanDurable) {
  Facts facts = facts_;
  facts.nextId = nextId;
  facts.cleanDurable = cleanDurable;
  return save(files_, path_, facts);
}

Result<StoreIdentity::IdRange> StoreIdentity::reserveIds(std::uint64_t count) {
  MutexLock lock(mutex_);
  if (count == 0 || count > kMostIds - nextId_)
    return Error::bug(fmt::format("cannot reserve {} FlowFile ids after {}", count, nextId_));
  MR_TRY(save(nextId_ + count, cleanDurable_));
  const IdRange range{nextId_, count};
  nextId_ += count;
  return range;
}

Result<> StoreIdentity::noteCleanStop(Lsn synced) {
  MutexLock lock(mutex_);
  MR_TRY(save(nextId_, synced));
  cleanDurable_ = synced;
  return Done{};
}

}  // namespace millrace::repo
