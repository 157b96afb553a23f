// SPDX-License-Identifier: Apache-2.0
#include "engine/session/clear_state.h"

#include <limits>

namespace millrace::engine {

Result<std::uint64_t> clearState(Store& store, ComponentId component) {
  auto wiring = std::make_shared<Wiring>();
  wiring->component = component;
  wiring->componentName = "clear state";
  EngineSession session(store);
  session.begin(std::move(wiring), Lsn(std::numeric_limits<std::uint64_t>::max()), 1);
  session.startTrigger();
  const StateMap before = session.state();
  for (const auto& [key, value] : before.entries) session.removeState(key);
  auto ended = session.endTrigger();
  if (!ended.ok()) {
    session.abandon(false);
    return ended.error();
  }
  MR_TRY(session.commitSlice());
  return before.entries.size();
}

}  // namespace millrace::engine
