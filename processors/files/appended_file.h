// SPDX-License-Identifier: Apache-2.0
#pragma once
// AppendedFiles: files to which sessions append so that each piece is there exactly once.
//
// How file and journal agree: the component's state names, for each file, its inode and the length
// up to which its content belongs to commits. A trigger writes beyond that length, syncs, and puts
// the new length into its own commit. Whatever lies beyond the length when a trigger comes is left
// from a commit that never was, and is cut off first. A file that the state does not know yet is
// only entered there, and written once that entry is durable; its FlowFiles wait in their place.
//
// With several tasks, one whose predecessor has written but not committed must not cut that off:
// its FlowFiles are handed back. A Lease rides in the session to know when that is over.
// Owner: the processor and the leases together. Threads: any.

#include "engine/base/file_system.h"
#include "engine/base/mutex.h"
#include "engine/processor/process_session.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace::processors {

class AppendedFiles : public std::enable_shared_from_this<AppendedFiles> {
 public:
  enum class Outcome : unsigned char {
    kWritten,
    kHandedBack,  ///< nothing was written; the FlowFiles have left the session
  };
  /// False while a file is being entered: take no FlowFile then, so that their order is kept.
  bool ready() const { return entering_.load() == 0; }
  /// Appends the contents of `inputs` to the file, which exists. The state entry, and what must
  /// ride in the session, are put there.
  Result<Outcome> append(FileSystem& files, ProcessSession& session, const std::string& path,
                         const std::vector<SessionFlowFile*>& inputs);
  /// Forgets what earlier triggers wrote; no session may be open.
  void forget();

 private:
  struct Extent {
    std::uint64_t inode = 0;
    std::uint64_t length = 0;
    bool operator==(const Extent&) const = default;
  };
  class Lease;
  struct Entering;
  struct Known {
    std::weak_ptr<Lease> latest;  ///< alive while the session that wrote last may still fail
    Extent durable;
    bool isDurable = false;
  };

  static std::optional<Extent> readEntry(std::string_view text);
  static std::string entryText(const Extent& extent);
  /// Null when another session is in the way.
  std::shared_ptr<Lease> lease(const std::string& path, const Extent& from, const Extent& to);
  static Result<> writeAll(File& file, ProcessSession& session, std::uint64_t at,
                           const std::vector<SessionFlowFile*>& inputs);

  void enter(ProcessSession& session, const std::string& path, const Extent& extent,
             const std::vector<SessionFlowFile*>& inputs);

  std::atomic<int> entering_{0};
  Mutex mutex_;
  std::map<std::string, Known> known_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::processors
