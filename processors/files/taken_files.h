// SPDX-License-Identifier: Apache-2.0
#pragma once
// TakenFiles: files that a source has handed to a session and that must not be found again until
// they are gone, or until the session came to nothing.
//
// A Claim rides in the session, in a callback for the durable commit. When it dies without having
// been called, the session was undone and the file is free again.
// Owner: the processor and the claims together, since claims may outlive the processor. Threads:
// any.

#include "engine/base/mutex.h"
#include "processors/files/file_selection.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace millrace::processors {

class TakenFiles : public std::enable_shared_from_this<TakenFiles> {
 public:
  /// What to hand to session.onDurable(). The file counts as taken from now on. Empty when somebody
  /// has it already, in the very state in which it was found.
  std::function<void()> take(const FoundFile& file);
  /// Removes files from the list that are taken, and forgets those that are no longer there as they
  /// were.
  void removeFrom(std::vector<FoundFile>& listing);

 private:
  struct Identity {
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    Nanos modified = 0;
    bool operator==(const Identity&) const = default;
  };
  class Claim;
  static Identity identityOf(const FoundFile& file) {
    return {file.info.inode, file.info.size, file.info.modified};
  }

  struct Entry {
    Identity identity;
    bool durable = false;  ///< its removal has been ordered for good
  };
  Mutex mutex_;
  std::map<std::string, Entry> taken_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::processors
