// SPDX-License-Identifier: Apache-2.0
#include "processors/files/appended_file.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace millrace::processors {

class AppendedFiles::Lease {
 public:
  Lease(std::string path, Extent extent) : path_(std::move(path)), extent_(extent) {}
  const std::string& path() const { return path_; }
  const Extent& extent() const { return extent_; }

 private:
  std::string path_;
  Extent extent_;  // of the file once its session is committed
};

/// FlowFiles that wait until their file is in the durable state. When it is, or when the session
/// was undone, they return to their places in the queue, and only then may others be taken.
struct AppendedFiles::Entering {
  explicit Entering(std::shared_ptr<AppendedFiles> files) : owner(std::move(files)) {
    owner->entering_.fetch_add(1);
  }
  Entering(const Entering&) = delete;
  Entering& operator=(const Entering&) = delete;
  ~Entering() {
    waiting.clear();
    owner->entering_.fetch_sub(1);
  }
  std::shared_ptr<AppendedFiles> owner;
  std::vector<std::unique_ptr<HeldFlowFile>> waiting;
};

std::optional<AppendedFiles::Extent> AppendedFiles::readEntry(std::string_view text) {
  Extent extent;
  const char* const end = text.data() + text.size();
  const auto inode = std::from_chars(text.data(), end, extent.inode);
  if (inode.ec != std::errc{} || inode.ptr == end || *inode.ptr != ' ') return std::nullopt;
  const auto length = std::from_chars(inode.ptr + 1, end, extent.length);
  if (length.ec != std::errc{} || length.ptr != end) return std::nullopt;
  return extent;
}

std::string AppendedFiles::entryText(const Extent& extent) {
  return fmt::format("{} {}", extent.inode, extent.length);
}

std::shared_ptr<AppendedFiles::Lease> AppendedFiles::lease(const std::string& path,
                                                           const Extent& from, const Extent& to) {
  const MutexLock lock(mutex_);
  Known& known = known_[path];
  if (const auto latest = known.latest.lock()) {
    // Written by this very session, or by one whose commit our state already contains: go on.
    if (!(latest->extent() == from)) return nullptr;
  } else if (known.isDurable && known.durable.inode == from.inode && !(known.durable == from)) {
    return nullptr;  // our view of the state is older than what became durable meanwhile
  }
  auto made = std::make_shared<Lease>(path, to);
  known.latest = made;
  return made;
}

Result<AppendedFiles::Outcome> AppendedFiles::append(FileSystem& files, ProcessSession& session,
                                                     const std::string& path,
                                                     const std::vector<SessionFlowFile*>& inputs) {
  const std::string key = "append." + path;
  const auto text = session.state().find(key);
  const auto entry = text ? readEntry(*text) : std::nullopt;
  auto file = MR_TRY(files.open(path, OpenMode::kReadWrite));
  const FileInfo info = MR_TRY(file->info());
  if (!entry || entry->inode != info.inode || entry->length > info.size) {
    // Unknown, replaced or cut by somebody else: what it has now is not ours to touch.
    enter(session, path, {info.inode, info.size}, inputs);
    return Outcome::kHandedBack;
  }
  Extent to = *entry;
  for (const SessionFlowFile* input : inputs) to.length += input->size();
  const auto lease = ready() ? this->lease(path, *entry, to) : nullptr;
  if (lease == nullptr) {
    // What is held and let go returns to its place in the queue.
    for (SessionFlowFile* input : inputs) session.hold(*input).reset();
    return Outcome::kHandedBack;
  }
  if (info.size > entry->length) MR_TRY(file->truncate(entry->length));
  MR_TRY(writeAll(*file, session, entry->length, inputs));
  MR_TRY(file->sync());
  session.putState(key, entryText(to));
  session.onDurable([owner = shared_from_this(), lease] {
    const MutexLock lock(owner->mutex_);
    Known& known = owner->known_[lease->path()];
    known.durable = lease->extent();
    known.isDurable = true;
  });
  return Outcome::kWritten;
}

void AppendedFiles::enter(ProcessSession& session, const std::string& path, const Extent& extent,
                          const std::vector<SessionFlowFile*>& inputs) {
  session.putState("append." + path, entryText(extent));
  auto entering = std::make_shared<Entering>(shared_from_this());
  for (SessionFlowFile* input : inputs) entering->waiting.push_back(session.hold(*input));
  session.onDurable([entering, path, extent] {
    const MutexLock lock(entering->owner->mutex_);
    entering->owner->known_[path] = {{}, extent, true};
  });
}

Result<> AppendedFiles::writeAll(File& file, ProcessSession& session, std::uint64_t at,
                                 const std::vector<SessionFlowFile*>& inputs) {
  // Small pieces are gathered, so that a thousand lines are one write.
  constexpr std::size_t kGather = 256 * 1024;
  std::vector<std::byte> gathered;
  const auto flush = [&]() -> Result<> {
    MR_TRY(file.writeAt(at, gathered));
    at += gathered.size();
    gathered.clear();
    return Done{};
  };
  for (const SessionFlowFile* input : inputs) {
    auto reader = MR_TRY(session.read(*input));
    while (true) {
      const ByteView part = MR_TRY(reader->next());
      if (part.empty()) break;
      gathered.insert(gathered.end(), part.begin(), part.end());
      if (gathered.size() >= kGather) MR_TRY(flush());
    }
  }
  if (!gathered.empty()) MR_TRY(flush());
  return Done{};
}

void AppendedFiles::forget() {
  const MutexLock lock(mutex_);
  known_.clear();
}

}  // namespace millrace::processors
