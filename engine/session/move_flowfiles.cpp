// SPDX-License-Identifier: Apache-2.0
#include "engine/session/move_flowfiles.h"

#include <limits>

namespace millrace::engine {

Result<std::uint64_t> moveFlowFiles(Store& store, const std::shared_ptr<FlowFileQueue>& from,
                                    const std::shared_ptr<FlowFileQueue>& into,
                                    ComponentId component) {
  constexpr std::size_t kMost = 500;  // in a commit
  auto wiring = std::make_shared<Wiring>();
  wiring->component = component;
  wiring->componentName = "move";
  wiring->inputs.push_back(from);
  Route route;
  route.relationship = "moved";
  route.connections.push_back(into);
  wiring->routes.push_back(std::move(route));
  std::uint64_t moved = 0;
  EngineSession session(store);
  while (true) {
    session.begin(wiring, Lsn(std::numeric_limits<std::uint64_t>::max()), kMost);
    session.startTrigger();
    const std::vector<SessionFlowFile*> files = session.get(kMost);
    for (SessionFlowFile* file : files) session.transfer(*file, RelationshipIndex{0});
    MR_TRY(session.endTrigger());
    MR_TRY(session.commitSlice());
    if (files.empty()) return moved;
    moved += files.size();
  }
}

}  // namespace millrace::engine
