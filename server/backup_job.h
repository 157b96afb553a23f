// SPDX-License-Identifier: Apache-2.0
#pragma once
// BackupJob: backups of a server that runs, one at a time, on a thread of their own.
//
// What is captured is what a power cut would leave at that moment: the disk writer stands still
// between two groups while every file is linked, so that nothing that waits for the medium (the
// next commit, a step of a transaction of the log) has happened in one file and not in another, and
// what is under way is an unfinished tail, which recovery cuts. Then all goes on, but for
// maintenance, which would change files in place, until the copy is made.
//
// Ownership: what it is made with outlives it. Threads: any; stop() from one.

#include "engine/base/mutex.h"
#include "server/backup/backup_copy.h"
#include "server/flow_host.h"
#include "server/flow_store/edited_flow.h"

#include <string>
#include <thread>

namespace millrace::server {

class BackupJob {
 public:
  struct Parts {
    FlowHost& host;
    EditedFlow& flow;
    FileSystem& files;
    std::string data;
    std::string flowFile;
  };
  enum class State : std::uint8_t { kNone, kRunning, kDone, kFailed };
  struct Status {
    State state = State::kNone;
    std::string to;
    std::uint64_t commit = 0;  ///< the last commit in it
    std::uint64_t doneBytes = 0;
    std::uint64_t allBytes = 0;
    Millis startedAt = 0;
    Millis endedAt = 0;
    std::string error;
  };

  /// Removes what a process that was killed left of a backup.
  explicit BackupJob(Parts parts);
  ~BackupJob();

  /// `to`: an absolute path, outside of the data directory, that is not there or an empty folder.
  /// The user's Error when it is not so; false when a backup runs.
  Result<bool> start(const std::string& to, WithKey withKey);
  Status status() const;
  /// Cuts a backup that runs short.
  void stop();

 private:
  Result<> run(const std::string& to, WithKey withKey);
  Result<std::unique_ptr<CapturedFiles>> capture(WithKey withKey, std::uint64_t& commit);

  const Parts parts_;
  CopyProgress progress_;
  mutable Mutex mutex_;
  Status status_ MR_GUARDED_BY(mutex_);
  std::jthread thread_;
};

}  // namespace millrace::server
