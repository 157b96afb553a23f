// SPDX-License-Identifier: Apache-2.0
#pragma once
// StateTable: the committed state of every component, as the next session sees it. Deltas are
// journalled with the commit; this table is loaded by recovery and changed only by commits that
// have their LSN. Threads: any.

#include "engine/base/mutex.h"
#include "engine/flowfile/flowfile.h"
#include "engine/processor/process_session.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace millrace::engine {

struct StateChange {
  std::string key;
  std::optional<std::string> value;  ///< nothing removes the key
};

class StateTable {
 public:
  std::shared_ptr<const StateMap> read(ComponentId component) const;
  void load(ComponentId component, StateMap state);
  /// Checks that the state still has the version that the session read, calls `submit` and makes
  /// the changes visible. False, and nothing happened, when another commit came first.
  bool commit(ComponentId component, std::int64_t readVersion,
              const std::vector<StateChange>& changes, const std::function<void()>& submit);
  std::vector<std::pair<ComponentId, std::shared_ptr<const StateMap>>> all() const;

 private:
  mutable Mutex mutex_;
  // shared_ptr: readers keep a version while a commit replaces it.
  std::unordered_map<ComponentId, std::shared_ptr<const StateMap>> maps_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::engine
