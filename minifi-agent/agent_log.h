// SPDX-License-Identifier: Apache-2.0
#pragma once
// AgentLog: what an agent has to say: a line each on stderr, and the last ones in memory for who
// asks from afar. Threads: any.

#include "engine/base/mutex.h"

#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::agent {

/// On stderr, each line for itself: what, where, what to do.
void complain(std::string_view text);

class AgentLog {
 public:
  static constexpr std::size_t kKept = 200;
  static constexpr std::size_t kLongest = 4096;  ///< bytes of a line that is kept

  void say(const std::string& line);
  /// Oldest first.
  std::vector<std::string> lines() const;

 private:
  mutable Mutex mutex_;
  std::deque<std::string> kept_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::agent
