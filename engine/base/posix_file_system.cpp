// SPDX-License-Identifier: Apache-2.0
#include "engine/base/posix_file_system.h"

#include "engine/base/quiet_pipe.h"
#include "engine/base/sendable_file.h"
#include "engine/base/streamed_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace millrace {
namespace {

Error systemError(std::string_view what, const std::string& path, int code = errno) {
  const bool retry = code == ENOSPC || code == EDQUOT || code == EIO || code == EMFILE ||
                     code == ENFILE || code == EAGAIN;
  return Error::environment(
      fmt::format("cannot {} {}: {}", what, path, std::generic_category().message(code)), retry);
}

FileInfo toInfo(const struct stat& from) {
  const auto nanos = [](const timespec& t) {
    return static_cast<Nanos>(t.tv_sec) * kSecond + t.tv_nsec;
  };
  FileInfo info;
  info.kind = S_ISREG(from.st_mode)   ? FileKind::kFile
              : S_ISDIR(from.st_mode) ? FileKind::kDirectory
                                      : FileKind::kOther;
  info.size = static_cast<std::uint64_t>(from.st_size);
  info.inode = from.st_ino;
  info.device = from.st_dev;
  info.links = from.st_nlink;
  info.modified = nanos(from.st_mtim);
  info.changed = nanos(from.st_ctim);
  info.accessed = nanos(from.st_atim);
  info.mode = from.st_mode & 07777U;
  return info;
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { ::close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

class PosixFile final : public File, public SendableFile, public StreamedFile {
 public:
  PosixFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  Result<std::size_t> readAt(std::uint64_t offset, std::span<std::byte> into) override {
    std::size_t done = 0;
    while (done < into.size()) {
      const ssize_t got = ::pread(fd_.get(), into.data() + done, into.size() - done,
                                  static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return systemError("read", path_);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }
  Result<std::size_t> sendTo(int socket, std::uint64_t offset, std::size_t most) override {
    auto from = static_cast<off_t>(offset);
    const QuietPipe quiet;
    while (true) {
      const ssize_t sent = ::sendfile(socket, fd_.get(), &from, most);
      if (sent > 0) return static_cast<std::size_t>(sent);
      if (sent == 0 && most > 0)
        return Error::environment(fmt::format("{} ends at {}", path_, offset), false);
      if (sent == 0 || errno == EAGAIN || errno == EWOULDBLOCK) return std::size_t{0};
      if (errno != EINTR) return systemError("send", path_);
    }
  }
  Result<> writeAt(std::uint64_t offset, ByteView bytes) override {
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t put = ::pwrite(fd_.get(), bytes.data() + done, bytes.size() - done,
                                   static_cast<off_t>(offset + done));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return systemError("write", path_);
      done += static_cast<std::size_t>(put);
    }
    return Done{};
  }
  Result<> writeAtV(std::uint64_t offset, std::span<const ByteView> parts) override {
    constexpr std::size_t kMost = 512;
    std::array<iovec, kMost> vectors{};
    while (!parts.empty()) {
      const std::size_t count = std::min(kMost, parts.size());
      std::size_t total = 0;
      for (std::size_t i = 0; i < count; ++i) {
        vectors[i] = {const_cast<std::byte*>(parts[i].data()), parts[i].size()};
        total += parts[i].size();
      }
      ssize_t put =
          ::pwritev(fd_.get(), vectors.data(), static_cast<int>(count), static_cast<off_t>(offset));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return systemError("write", path_);
      if (static_cast<std::size_t>(put) < total) {  // a short write: finish part by part
        auto skip = static_cast<std::size_t>(put);
        std::uint64_t at = offset + skip;
        for (std::size_t i = 0; i < count; ++i) {
          if (skip >= parts[i].size()) {
            skip -= parts[i].size();
            continue;
          }
          MR_TRY(writeAt(at, parts[i].subspan(skip)));
          at += parts[i].size() - skip;
          skip = 0;
        }
      }
      offset += total;
      parts = parts.subspan(count);
    }
    return Done{};
  }
  Result<> sync() override {
    if (::fdatasync(fd_.get()) != 0) return systemError("sync", path_);
    return Done{};
  }
  Result<> truncate(std::uint64_t size) override {
    if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0)
      return systemError("truncate", path_);
    return Done{};
  }
  Result<std::uint64_t> size() override {
    auto facts = MR_TRY(info());
    return facts.size;
  }
  Result<> preallocate(std::uint64_t offset, std::uint64_t length) override {
    const int code =
        ::posix_fallocate(fd_.get(), static_cast<off_t>(offset), static_cast<off_t>(length));
    if (code != 0) return systemError("reserve space in", path_, code);
    return Done{};
  }
  Result<> punchHole(std::uint64_t offset, std::uint64_t length) override {
    if (::fallocate(fd_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                    static_cast<off_t>(offset), static_cast<off_t>(length)) != 0) {
      return systemError("punch a hole in", path_);
    }
    return Done{};
  }
  Result<> beginWriteBack(std::uint64_t offset, std::uint64_t length) override {
    return writeBack(offset, length, SYNC_FILE_RANGE_WRITE);
  }
  Result<> awaitWriteBack(std::uint64_t offset, std::uint64_t length) override {
    return writeBack(
        offset, length,
        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
  }
  void forgetCached(std::uint64_t offset, std::uint64_t length) override {
    (void)::posix_fadvise(fd_.get(), static_cast<off_t>(offset), static_cast<off_t>(length),
                          POSIX_FADV_DONTNEED);
  }
  std::uint64_t cacheShare() const override {
    constexpr std::uint64_t kPart = 32;
    constexpr std::uint64_t kLeast = 64ULL << 20U;
    const long pages = ::sysconf(_SC_PHYS_PAGES);
    const long bytes = ::sysconf(_SC_PAGESIZE);
    if (pages <= 0 || bytes <= 0) return kLeast;
    return std::max(kLeast,
                    static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(bytes) / kPart);
  }
  Result<FileInfo> info() override {
    struct stat facts {};
    if (::fstat(fd_.get(), &facts) != 0) return systemError("look at", path_);
    return toInfo(facts);
  }

 private:
  Result<> writeBack(std::uint64_t offset, std::uint64_t length, unsigned flags) {
    if (::sync_file_range(fd_.get(), static_cast<off_t>(offset), static_cast<off_t>(length),
                          flags) == 0) {
      return Done{};
    }
    // Where a file system has no such call, the sync at the end does it all.
    if (errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP || errno == ESPIPE) return Done{};
    return systemError("sync", path_);
  }
  Descriptor fd_;
  std::string path_;
};

class PosixLock final : public FileLock {
 public:
  explicit PosixLock(int fd) : fd_(fd) {}

 private:
  Descriptor fd_;
};

class PosixFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    int flags = O_CLOEXEC;
    switch (mode) {
      case OpenMode::kRead:
        flags |= O_RDONLY;
        break;
      case OpenMode::kReadWrite:
        flags |= O_RDWR;
        break;
      case OpenMode::kCreate:
        flags |= O_RDWR | O_CREAT;
        break;
      case OpenMode::kCreateNew:
        flags |= O_RDWR | O_CREAT | O_EXCL;
        break;
      case OpenMode::kTruncate:
        flags |= O_RDWR | O_CREAT | O_TRUNC;
        break;
    }
    const int fd = ::open(path.c_str(), flags, 0666);
    if (fd < 0) return systemError("open", path);
    return std::unique_ptr<File>(std::make_unique<PosixFile>(fd, path));
  }

  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return systemError("open", path);
    auto lock = std::make_unique<PosixLock>(fd);
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
      std::array<char, 32> holder{};
      const ssize_t got = ::pread(fd, holder.data(), holder.size() - 1, 0);
      const std::string process =
          got > 0 ? std::string(holder.data(), static_cast<std::size_t>(got)) : "unknown";
      return Error{Fault::kUser, true, fmt::format("{} is in use by process {}", path, process)};
    }
    const std::string self = std::to_string(::getpid());
    if (::ftruncate(fd, 0) != 0) return systemError("write", path);
    if (::pwrite(fd, self.data(), self.size(), 0) != static_cast<ssize_t>(self.size()))
      return systemError("write", path);
    return std::unique_ptr<FileLock>(std::move(lock));
  }

  bool exists(const std::string& path) override { return ::access(path.c_str(), F_OK) == 0; }

  Result<FileInfo> info(const std::string& path) override {
    struct stat facts {};
    if (::stat(path.c_str(), &facts) != 0) return systemError("look at", path);
    return toInfo(facts);
  }

  Result<FileInfo> describe(const std::string& path) override {
    struct stat facts {};
    if (::stat(path.c_str(), &facts) != 0) return systemError("look at", path);
    FileInfo info = toInfo(facts);
    std::array<char, 4096> buffer{};
    passwd user{};
    passwd* foundUser = nullptr;
    ::getpwuid_r(facts.st_uid, &user, buffer.data(), buffer.size(), &foundUser);
    info.owner = foundUser != nullptr ? foundUser->pw_name : std::to_string(facts.st_uid);
    struct group group {};
    struct group* foundGroup = nullptr;
    ::getgrgid_r(facts.st_gid, &group, buffer.data(), buffer.size(), &foundGroup);
    info.group = foundGroup != nullptr ? foundGroup->gr_name : std::to_string(facts.st_gid);
    return info;
  }

  Result<std::vector<DirectoryEntry>> list(const std::string& path) override {
    DIR* directory = ::opendir(path.c_str());
    if (directory == nullptr) return systemError("list", path);
    std::vector<DirectoryEntry> entries;
    errno = 0;
    while (const dirent* entry = ::readdir(directory)) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      FileKind kind = entry->d_type == DT_REG   ? FileKind::kFile
                      : entry->d_type == DT_DIR ? FileKind::kDirectory
                                                : FileKind::kOther;
      if (entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN) {
        struct stat facts {};
        if (::stat((path + "/" + entry->d_name).c_str(), &facts) == 0) kind = toInfo(facts).kind;
      }
      entries.push_back({std::string(name), kind});
      errno = 0;
    }
    const int code = errno;
    ::closedir(directory);
    if (code != 0) return systemError("list", path, code);
    return entries;
  }

  Result<> createDirectories(const std::string& path) override {
    std::error_code code;
    std::filesystem::create_directories(path, code);
    if (code) return systemError("create the folder", path, code.value());
    return Done{};
  }
  Result<> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return systemError("rename", from + " to " + to);
    return Done{};
  }
  Result<> link(const std::string& from, const std::string& to) override {
    if (::link(from.c_str(), to.c_str()) != 0) return systemError("link", from + " as " + to);
    return Done{};
  }
  Result<> remove(const std::string& path) override {
    if (::remove(path.c_str()) != 0) return systemError("remove", path);
    return Done{};
  }
  Result<> removeAll(const std::string& path) override {
    std::error_code code;
    std::filesystem::remove_all(path, code);
    if (code) return systemError("remove", path, code.value());
    return Done{};
  }
  Result<> syncDirectory(const std::string& path) override {
    const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return systemError("open the folder", path);
    const Descriptor owned(fd);
    if (::fsync(fd) != 0) return systemError("sync the folder", path);
    return Done{};
  }
  Result<std::uint64_t> freeBytes(const std::string& path) override {
    struct statvfs facts {};
    if (::statvfs(path.c_str(), &facts) != 0) return systemError("look at", path);
    return static_cast<std::uint64_t>(facts.f_bavail) * facts.f_frsize;
  }
  Result<> setPermissions(const std::string& path, std::uint32_t mode) override {
    if (::chmod(path.c_str(), mode) != 0) return systemError("set permissions of", path);
    return Done{};
  }
  Result<> setModified(const std::string& path, Nanos time) override {
    const std::array<timespec, 2> times{timespec{0, UTIME_OMIT},
                                        timespec{time / kSecond, time % kSecond}};
    if (::utimensat(AT_FDCWD, path.c_str(), times.data(), 0) != 0)
      return systemError("set the time of", path);
    return Done{};
  }
  Result<> setOwner(const std::string& path, const std::string& owner,
                    const std::string& group) override {
    std::array<char, 4096> buffer{};
    uid_t uid = static_cast<uid_t>(-1);
    gid_t gid = static_cast<gid_t>(-1);
    if (!owner.empty()) {
      passwd user{};
      passwd* found = nullptr;
      ::getpwnam_r(owner.c_str(), &user, buffer.data(), buffer.size(), &found);
      if (found == nullptr) return Error::user(fmt::format("there is no user named {}", owner));
      uid = found->pw_uid;
    }
    if (!group.empty()) {
      struct group entry {};
      struct group* found = nullptr;
      ::getgrnam_r(group.c_str(), &entry, buffer.data(), buffer.size(), &found);
      if (found == nullptr) return Error::user(fmt::format("there is no group named {}", group));
      gid = found->gr_gid;
    }
    if (::chown(path.c_str(), uid, gid) != 0) return systemError("set the owner of", path);
    return Done{};
  }
};

}  // namespace

std::unique_ptr<FileSystem> makePosixFileSystem() { return std::make_unique<PosixFileSystem>(); }

}  // namespace millrace
