// SPDX-License-Identifier: Apache-2.0
#include "engine/session/state_table.h"

#include <algorithm>

namespace millrace::engine {

std::shared_ptr<const StateMap> StateTable::read(ComponentId component) const {
  MutexLock lock(mutex_);
  const auto found = maps_.find(component);
  return found == maps_.end() ? std::make_shared<const StateMap>() : found->second;
}

void StateTable::load(ComponentId component, StateMap state) {
  MutexLock lock(mutex_);
  maps_[component] = std::make_shared<const StateMap>(std::move(state));
}

bool StateTable::commit(ComponentId component, std::int64_t readVersion,
                        const std::vector<StateChange>& changes,
                        const std::function<void()>& submit) {
  MutexLock lock(mutex_);
  std::shared_ptr<const StateMap>& current = maps_[component];
  if ((current == nullptr ? -1 : current->version) != readVersion) return false;
  StateMap next = current == nullptr ? StateMap{} : *current;
  for (const StateChange& change : changes) {
    const auto same = std::find_if(next.entries.begin(), next.entries.end(),
                                   [&](const auto& entry) { return entry.first == change.key; });
    if (!change.value) {
      if (same != next.entries.end()) next.entries.erase(same);
    } else if (same != next.entries.end()) {
      same->second = *change.value;
    } else {
      next.entries.emplace_back(change.key, *change.value);
    }
  }
  ++next.version;
  submit();  // under the lock: the next reader of this state must get a later LSN
  current = std::make_shared<const StateMap>(std::move(next));
  return true;
}

std::vector<std::pair<ComponentId, std::shared_ptr<const StateMap>>> StateTable::all() const {
  MutexLock lock(mutex_);
  return {maps_.begin(), maps_.end()};
}

}  // namespace millrace::engine
