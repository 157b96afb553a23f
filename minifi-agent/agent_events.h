// SPDX-License-Identifier: Apache-2.0
#pragma once
// AgentEvents: what the main thread of an agent sleeps for, without ever waking to look: SIGINT and
// SIGTERM, SIGHUP, a change of the config (also where the file, or a folder on its way, is a
// symbolic link that is exchanged), and a bell that other threads ring. Make it before
// any thread, so that all of them leave the signals alone. Threads: wait() from one; ring() from
// any.

#include "engine/base/clock.h"
#include "engine/base/result.h"

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace millrace::agent {

enum class AgentEvent : std::uint8_t { kNothing, kStop, kReload, kFileChanged, kBell };

class AgentEvents {
 public:
  static Result<std::unique_ptr<AgentEvents>> open();
  ~AgentEvents();
  AgentEvents(const AgentEvents&) = delete;
  AgentEvents& operator=(const AgentEvents&) = delete;

  /// From now on a change of this file, or of a link on the way to it, is an event.
  Result<> watch(const std::string& path);
  /// The next event; kNothing after so much time, never with a negative one.
  AgentEvent wait(Nanos atMost);
  void ring();

 private:
  AgentEvents() = default;
  void followPath();
  bool takeChanges();
  AgentEvent take(int descriptor);

  int signals_ = -1;  // all three are closed by the destructor
  int folders_ = -1;
  int bell_ = -1;
  std::string path_;
  std::map<int, std::set<std::string>> names_;  // what matters in a watched folder
};

}  // namespace millrace::agent
