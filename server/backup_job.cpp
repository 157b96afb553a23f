// SPDX-License-Identifier: Apache-2.0
#include "server/backup_job.h"

#include "server/build_info.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>

namespace millrace::server {
namespace {

constexpr auto kPatience = std::chrono::seconds(30);
constexpr int kTries = 20;

/// Stands in the disk writer's way from the moment that it comes by.
class Barrier final : public Participant {
 public:
  Result<> sync() override {
    MutexLock lock(mutex_);
    if (open_) return Done{};  // too late, or again
    reached_ = true;
    changed_.notifyAll();
    while (!open_) changed_.wait(mutex_);
    return Done{};
  }
  bool awaitWriter() {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    MutexLock lock(mutex_);
    while (!reached_) {
      const auto left = end - std::chrono::steady_clock::now();
      if (left <= std::chrono::nanoseconds(0)) return false;
      changed_.waitFor(mutex_, left);
    }
    return true;
  }
  void open() {
    MutexLock lock(mutex_);
    open_ = true;
    changed_.notifyAll();
  }

 private:
  Mutex mutex_;
  Condition changed_;
  bool reached_ MR_GUARDED_BY(mutex_) = false;
  bool open_ MR_GUARDED_BY(mutex_) = false;
};

/// The disk writer stands still while this lives.
class StandingWriter {
 public:
  explicit StandingWriter(GroupCommit& commits) : barrier_(std::make_shared<Barrier>()) {
    commits.requestSync(barrier_, nullptr);
  }
  ~StandingWriter() { barrier_->open(); }
  StandingWriter(const StandingWriter&) = delete;
  StandingWriter& operator=(const StandingWriter&) = delete;
  bool stands() { return barrier_->awaitWriter(); }

 private:
  const std::shared_ptr<Barrier> barrier_;  // shared with the writer
};

bool isWithin(const std::string& path, const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path inner = fs::weakly_canonical(path, error);
  const fs::path outer = fs::weakly_canonical(folder, error);
  const auto [end, unused] = std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
  return end == outer.end();
}

}  // namespace

BackupJob::BackupJob(Parts parts) : parts_(std::move(parts)) {
  (void)CapturedFiles::clean(parts_.files, parts_.data);
}
BackupJob::~BackupJob() { stop(); }

void BackupJob::stop() {
  progress_.cancelled = true;
  if (thread_.joinable()) thread_.join();
}

BackupJob::Status BackupJob::status() const {
  MutexLock lock(mutex_);
  Status status = status_;
  status.doneBytes = progress_.done;
  status.allBytes = progress_.all;
  return status;
}

Result<bool> BackupJob::start(const std::string& to, WithKey withKey) {
  if (!to.starts_with('/')) {
    return Error::user(
        fmt::format("'{}' is no absolute path; a backup is a folder on the server's machine", to));
  }
  if (isWithin(to, parts_.data))
    return Error::user(fmt::format("{} lies within the data directory; name another place", to));
  MutexLock lock(mutex_);
  if (status_.state == State::kRunning || progress_.cancelled) return false;
  MR_TRY(prepareTarget(parts_.files, to));
  if (thread_.joinable()) thread_.join();
  progress_.done = 0;
  progress_.all = 0;
  status_ = {};
  status_.state = State::kRunning;
  status_.to = to;
  status_.startedAt = parts_.host.clock().wall();
  thread_ = std::jthread([this, to, withKey] {
    const auto done = run(to, withKey);
    MutexLock ended(mutex_);
    status_.state = done.ok() ? State::kDone : State::kFailed;
    status_.endedAt = parts_.host.clock().wall();
    if (!done.ok()) status_.error = done.error().message;
  });
  return true;
}

Result<std::unique_ptr<CapturedFiles>> BackupJob::capture(WithKey withKey, std::uint64_t& commit) {
  StandingWriter writer(parts_.host.store().commits());
  if (!writer.stands()) {
    return Error::environment(
        "the disk writer did not come to stand within half a minute; try again when the disk has "
        "less to do");
  }
  commit = parts_.host.store().commits().synced().raw();
  for (int tried = 1;; ++tried) {
    auto captured = CapturedFiles::link(parts_.files, parts_.data, withKey);
    if (captured.ok()) {
      MR_TRY((*captured)->put("flow.yaml", parts_.flowFile));
      return captured;
    }
    if (!captured.error().retry || tried == kTries) return captured;
  }
}

Result<> BackupJob::run(const std::string& to, WithKey withKey) {
  const auto stillness = parts_.host.store().keepStill();
  BackupManifest about;
  about.program = fmt::format("{} ({})", versionText(), commitText());
  about.at = parts_.host.clock().wall();
  Result<std::unique_ptr<CapturedFiles>> captured = Error::bug("nothing was captured");
  const auto take = [&] { captured = capture(withKey, about.commit); };
  parts_.flow.whileUnchanged([&] {
    if (parts_.host.log() == nullptr) return take();
    parts_.host.log()->whileStill(take);
  });
  if (!captured.ok()) return captured.error();
  {
    MutexLock lock(mutex_);
    status_.commit = about.commit;
  }
  return copyAll(parts_.files, (*captured)->files(), to, about, progress_);
}

}  // namespace millrace::server
