// SPDX-License-Identifier: Apache-2.0
#pragma once
// ParkedLimits: what an operator allows to be kept of connections that are gone: for how long after
// the last change of the connection, and how much. Without a limit nothing is dropped unasked.
// What is dropped is told by a bulletin. Ownership: the parts outlive it. Threads: its own.

#include "engine/base/mutex.h"
#include "engine/control/flow_controller.h"
#include "engine/session/store.h"
#include "server/flow_store/edited_flow.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace millrace::server {

struct ParkedRules {
  std::optional<Millis> age;           ///< since the connection was deleted
  std::optional<std::uint64_t> bytes;  ///< of content, all of them together; the oldest go first
};

class ParkedLimits {
 public:
  struct Parts {
    EditedFlow& flow;
    engine::FlowController& controller;
    engine::Store& store;
    const Clock& clock;
    std::function<std::string(ConnectionId)> goneName;
  };
  ParkedLimits(Parts parts, ParkedRules rules) : parts_(std::move(parts)), rules_(rules) {}
  ~ParkedLimits();

  /// Enforces them now and each minute; without rules nothing happens.
  void start();
  void stop();
  /// Drops what is too old or too much now; not beside the thread of start().
  Result<> enforce();

 private:
  void loop();
  Result<> drop(ConnectionId id, std::string_view why);

  const Parts parts_;
  const ParkedRules rules_;
  std::map<ConnectionId, Millis> since_;  ///< of those that no change names: when they were seen
  Mutex mutex_;
  Condition wake_;
  bool stopping_ MR_GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

}  // namespace millrace::server
