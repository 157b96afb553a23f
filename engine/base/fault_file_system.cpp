// SPDX-License-Identifier: Apache-2.0
#include "engine/base/fault_file_system.h"

#include "engine/base/memory_medium.h"
#include "engine/base/streamed_file.h"

#include <fmt/format.h>
#include <unistd.h>

namespace millrace {
namespace {

using Operation = MemoryFileSystem::Operation;
using Node = MemoryMedium::Node;

Error refused(std::string_view what, const std::string& path, std::string_view why) {
  return Error::environment(fmt::format("cannot {} {}: {}", what, path, why), false);
}

FileInfo factsOf(const MemoryInode& node) {
  FileInfo info;
  info.kind = node.kind();
  info.size = node.size();
  info.inode = node.number();
  info.device = 1;
  info.links = node.links;
  info.modified = info.accessed = node.modified;
  info.changed = node.changed;
  info.mode = node.mode;
  return info;
}

}  // namespace

class MemoryFileSystem::OpenFile final : public File, public StreamedFile {
 public:
  OpenFile(std::shared_ptr<MemoryMedium> medium, Node node, std::string path, OpenMode mode)
      : medium_(std::move(medium)), node_(std::move(node)), path_(std::move(path)), mode_(mode) {}

  Result<std::size_t> readAt(std::uint64_t offset, std::span<std::byte> into) override {
    MutexLock lock(medium_->mutex);
    MR_TRY(medium_->alive(path_));
    return node_->read(offset, into);
  }
  Result<> writeAt(std::uint64_t offset, ByteView bytes) override {
    const ByteView parts[] = {bytes};
    return writeAtV(offset, parts);
  }
  Result<> writeAtV(std::uint64_t offset, std::span<const ByteView> parts) override {
    MutexLock lock(medium_->mutex);
    MR_TRY(writable());
    std::vector<std::byte> joined;
    for (const ByteView part : parts) joined.insert(joined.end(), part.begin(), part.end());
    const bool powered = medium_->powered;
    auto met = medium_->meet(Operation::kWrite, path_);
    if (met.ok()) met = medium_->takeSpace(*node_, path_, offset, joined.size());
    if (!met.ok()) {
      if (powered)
        joined.resize(static_cast<std::size_t>(medium_->random.below(joined.size() + 1)));
      if (powered && medium_->takeSpace(*node_, path_, offset, joined.size()).ok())
        node_->write(offset, joined);
      return met;
    }
    node_->write(offset, joined);
    node_->modified = medium_->tick();
    return Done{};
  }
  Result<> sync() override {
    MutexLock lock(medium_->mutex);
    const bool powered = medium_->powered;
    auto met = medium_->meet(Operation::kSync, path_);
    if (met.ok()) {
      node_->synced();
    } else if (powered && medium_->powered) {
      node_->syncFailed(medium_->random);
    }
    return met;
  }
  // What a write-back put on the medium counts as little as any other unsynced sector; what it met
  // there, though, no later sync meets again.
  Result<> beginWriteBack(std::uint64_t, std::uint64_t) override {
    MutexLock lock(medium_->mutex);
    return medium_->alive(path_);
  }
  Result<> awaitWriteBack(std::uint64_t, std::uint64_t) override {
    MutexLock lock(medium_->mutex);
    const bool powered = medium_->powered;
    auto met = medium_->meet(Operation::kSync, path_);
    if (!met.ok() && powered && medium_->powered) node_->syncFailed(medium_->random);
    return met;
  }
  void forgetCached(std::uint64_t, std::uint64_t length) override {
    MutexLock lock(medium_->mutex);
    medium_->forgotten += length;
  }
  std::uint64_t cacheShare() const override { return kCacheShare; }
  Result<> truncate(std::uint64_t size) override {
    MutexLock lock(medium_->mutex);
    MR_TRY(writable());
    MR_TRY(medium_->meet(Operation::kWrite, path_));
    node_->resize(size);
    node_->modified = medium_->tick();
    return Done{};
  }
  Result<std::uint64_t> size() override {
    MutexLock lock(medium_->mutex);
    MR_TRY(medium_->alive(path_));
    return node_->size();
  }
  Result<> preallocate(std::uint64_t offset, std::uint64_t length) override {
    MutexLock lock(medium_->mutex);
    MR_TRY(writable());
    MR_TRY(medium_->meet(Operation::kWrite, path_));
    MR_TRY(medium_->takeSpace(*node_, path_, offset, length));
    node_->takeBlocks(offset, length);
    if (node_->size() < offset + length) node_->resize(offset + length);
    return Done{};
  }
  Result<> punchHole(std::uint64_t offset, std::uint64_t length) override {
    MutexLock lock(medium_->mutex);
    MR_TRY(writable());
    MR_TRY(medium_->meet(Operation::kWrite, path_));
    node_->punch(offset, length);
    return Done{};
  }
  Result<FileInfo> info() override {
    MutexLock lock(medium_->mutex);
    MR_TRY(medium_->alive(path_));
    return factsOf(*node_);
  }

 private:
  Result<> writable() const {
    if (mode_ == OpenMode::kRead) return refused("write", path_, "it was opened for reading");
    return Done{};
  }
  std::shared_ptr<MemoryMedium> medium_;
  Node node_;
  std::string path_;
  OpenMode mode_;
};

class MemoryFileSystem::HeldLock final : public FileLock {
 public:
  HeldLock(std::shared_ptr<MemoryMedium> medium, std::string path)
      : medium_(std::move(medium)), path_(std::move(path)) {}
  ~HeldLock() override {
    MutexLock lock(medium_->mutex);
    medium_->locks.erase(path_);
  }

 private:
  std::shared_ptr<MemoryMedium> medium_;
  std::string path_;
};

MemoryFileSystem::MemoryFileSystem(std::uint64_t seed)
    : MemoryFileSystem(std::make_shared<MemoryMedium>(seed)) {}
MemoryFileSystem::MemoryFileSystem(std::shared_ptr<MemoryMedium> medium)
    : medium_(std::move(medium)) {}
MemoryFileSystem::~MemoryFileSystem() = default;

void MemoryFileSystem::fail(Operation operation, std::uint64_t nth, Times times,
                            const std::string& part) {
  MutexLock lock(medium_->mutex);
  medium_->plans.push_back({operation, nth, times, part});
}
void MemoryFileSystem::clearFaults() {
  MutexLock lock(medium_->mutex);
  medium_->plans.clear();
  medium_->powerLeft.reset();
}
void MemoryFileSystem::setCapacity(std::uint64_t bytes) {
  MutexLock lock(medium_->mutex);
  medium_->capacity = bytes;
}
void MemoryFileSystem::cutPowerAt(std::uint64_t nth) {
  MutexLock lock(medium_->mutex);
  medium_->powerLeft = nth;
}
bool MemoryFileSystem::powered() const {
  MutexLock lock(medium_->mutex);
  return medium_->powered;
}
std::string MemoryFileSystem::cutPath() const {
  MutexLock lock(medium_->mutex);
  return medium_->cutPath;
}
std::unique_ptr<MemoryFileSystem> MemoryFileSystem::crash(Crash kind) {
  MutexLock lock(medium_->mutex);
  auto next = kind == Crash::kPower ? medium_->afterPowerLoss() : medium_->afterProcessDeath();
  return std::unique_ptr<MemoryFileSystem>(new MemoryFileSystem(std::move(next)));
}
std::uint64_t MemoryFileSystem::operations() const {
  MutexLock lock(medium_->mutex);
  return medium_->operations;
}
std::uint64_t MemoryFileSystem::forgotten() const {
  MutexLock lock(medium_->mutex);
  return medium_->forgotten;
}
std::uint64_t MemoryFileSystem::syncs() const {
  MutexLock lock(medium_->mutex);
  return medium_->syncs;
}

Result<std::unique_ptr<File>> MemoryFileSystem::open(const std::string& path, OpenMode mode) {
  MutexLock lock(medium_->mutex);
  MR_TRY(medium_->alive(path));
  MemoryMedium::Place place = medium_->find(path);
  if (place.node != nullptr && place.node->kind() == FileKind::kDirectory)
    return refused("open", path, "Is a directory");
  if (place.node != nullptr && mode == OpenMode::kCreateNew)
    return refused("open", path, "File exists");
  if (place.node == nullptr) {
    const bool mayCreate = mode != OpenMode::kRead && mode != OpenMode::kReadWrite;
    if (!mayCreate || place.folder == nullptr)
      return refused("open", path, "No such file or directory");
    MR_TRY(medium_->meet(Operation::kName, path));
    place.node = medium_->create(FileKind::kFile);
    medium_->change({{place.folder, place.name, place.node}});
  } else if (mode == OpenMode::kTruncate) {
    MR_TRY(medium_->meet(Operation::kWrite, path));
    place.node->resize(0);
    place.node->modified = medium_->tick();
  }
  return std::unique_ptr<File>(std::make_unique<OpenFile>(medium_, place.node, path, mode));
}

Result<std::unique_ptr<FileLock>> MemoryFileSystem::lock(const std::string& path) {
  MR_TRY(open(path, OpenMode::kCreate));
  MutexLock lock(medium_->mutex);
  if (!medium_->locks.insert(path).second)
    return Error{Fault::kUser, true, fmt::format("{} is in use by process {}", path, ::getpid())};
  return std::unique_ptr<FileLock>(std::make_unique<HeldLock>(medium_, path));
}

bool MemoryFileSystem::exists(const std::string& path) {
  MutexLock lock(medium_->mutex);
  return medium_->powered && medium_->find(path).node != nullptr;
}
Result<FileInfo> MemoryFileSystem::info(const std::string& path) {
  MutexLock lock(medium_->mutex);
  MR_TRY(medium_->alive(path));
  const Node node = medium_->find(path).node;
  if (node == nullptr) return refused("look at", path, "No such file or directory");
  return factsOf(*node);
}
Result<FileInfo> MemoryFileSystem::describe(const std::string& path) {
  FileInfo facts = MR_TRY(info(path));
  MutexLock lock(medium_->mutex);
  const Node node = medium_->find(path).node;
  if (node == nullptr) return refused("look at", path, "No such file or directory");
  facts.owner = node->owner;
  facts.group = node->group;
  return facts;
}
Result<std::vector<DirectoryEntry>> MemoryFileSystem::list(const std::string& path) {
  MutexLock lock(medium_->mutex);
  MR_TRY(medium_->alive(path));
  const Node node = medium_->find(path).node;
  if (node == nullptr || node->kind() != FileKind::kDirectory)
    return refused("list", path, "No such folder");
  std::vector<DirectoryEntry> entries;
  for (const auto& [name, child] : node->names) entries.push_back({name, child->kind()});
  return entries;
}
Result<> MemoryFileSystem::createDirectories(const std::string& path) {
  MutexLock lock(medium_->mutex);
  MR_TRY(medium_->alive(path));
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t slash = std::min(path.find('/', at), path.size());
    at = slash + 1;
    const MemoryMedium::Place place = medium_->find(path.substr(0, slash));
    if (place.node == nullptr) {
      if (place.folder == nullptr) return refused("create the folder", path, "Not a directory");
      MR_TRY(medium_->meet(Operation::kName, path));
      medium_->change({{place.folder, place.name, medium_->create(FileKind::kDirectory)}});
    } else if (place.node->kind() != FileKind::kDirectory) {
      return refused("create the folder", path, "Not a directory");
    }
  }
  return Done{};
}
Result<> MemoryFileSystem::rename(const std::string& from, const std::string& to) {
  MutexLock lock(medium_->mutex);
  MR_TRY(medium_->alive(from));
  const MemoryMedium::Place source = medium_->find(from);
  const MemoryMedium::Place target = medium_->find(to);
  if (source.node == nullptr || source.folder == nullptr || target.folder == nullptr)
    return refused("rename", from + " to " + to, "No such file or directory");
  if (target.node != nullptr && target.node->kind() == FileKind::kDirectory)
    return refused("rename", from + " to " + to, "Is a directory");
  if (source.node == target.node) return Done{};
  MR_TRY(medium_->meet(Operation::kName, from));
  medium_->change(
      {{target.folder, target.name, source.node}, {source.folder, source.name, nullptr}});
  return Done{};
}
Result<> MemoryFileSystem::link(const std::string& from, const std::string& to) {
  MutexLock lock(medium_->mutex);
  MR_TRY(medium_->alive(from));
  const MemoryMedium::Place source = medium_->find(from);
  const MemoryMedium::Place target = medium_->find(to);
  if (source.node == nullptr || source.node->kind() != FileKind::kFile || target.folder == nullptr)
    return refused("link", from + " as " + to, "No such file or directory");
  if (target.node != nullptr) return refused("link", from + " as " + to, "File exists");
  MR_TRY(medium_->meet(Operation::kName, to));
  medium_->change({{target.folder, target.name, source.node}});
  return Done{};
}
Result<> MemoryFileSystem::remove(const std::string& path) {
  MutexLock lock(medium_->mutex);
  MR_TRY(medium_->alive(path));
  const MemoryMedium::Place place = medium_->find(path);
  if (place.node == nullptr || place.folder == nullptr)
    return refused("remove", path, "No such file or directory");
  if (!place.node->names.empty()) return refused("remove", path, "Directory not empty");
  MR_TRY(medium_->meet(Operation::kName, path));
  medium_->change({{place.folder, place.name, nullptr}});
  return Done{};
}
Result<> MemoryFileSystem::removeAll(const std::string& path) {
  if (!exists(path)) return Done{};
  if (MR_TRY(info(path)).kind == FileKind::kDirectory) {
    for (const DirectoryEntry& entry : MR_TRY(list(path)))
      MR_TRY(removeAll(path + "/" + entry.name));
  }
  return remove(path);
}
Result<> MemoryFileSystem::syncDirectory(const std::string& path) {
  MutexLock lock(medium_->mutex);
  MR_TRY(medium_->alive(path));
  const Node node = medium_->find(path).node;
  if (node == nullptr || node->kind() != FileKind::kDirectory)
    return refused("sync the folder", path, "No such folder");
  MR_TRY(medium_->meet(Operation::kSyncDirectory, path));
  medium_->settleNames(node);
  return Done{};
}
Result<std::uint64_t> MemoryFileSystem::freeBytes(const std::string& path) {
  MutexLock lock(medium_->mutex);
  MR_TRY(medium_->alive(path));
  const std::uint64_t used = medium_->usedBytes();
  return used < medium_->capacity ? medium_->capacity - used : 0;
}
Result<> MemoryFileSystem::setPermissions(const std::string& path, std::uint32_t mode) {
  MutexLock lock(medium_->mutex);
  const Node node = medium_->find(path).node;
  if (node == nullptr) return refused("set permissions of", path, "No such file or directory");
  node->mode = mode;
  return Done{};
}
Result<> MemoryFileSystem::setModified(const std::string& path, Nanos time) {
  MutexLock lock(medium_->mutex);
  const Node node = medium_->find(path).node;
  if (node == nullptr) return refused("set the time of", path, "No such file or directory");
  node->modified = time;
  return Done{};
}
Result<> MemoryFileSystem::setOwner(const std::string& path, const std::string& owner,
                                    const std::string& group) {
  MutexLock lock(medium_->mutex);
  const Node node = medium_->find(path).node;
  if (node == nullptr) return refused("set the owner of", path, "No such file or directory");
  if (!owner.empty()) node->owner = owner;
  if (!group.empty()) node->group = group;
  return Done{};
}

}  // namespace millrace
