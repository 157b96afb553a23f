// SPDX-License-Identifier: Apache-2.0
#include "engine/session/replay.h"

#include <fmt/format.h>

#include <limits>

namespace millrace::engine {

Result<FlowFileId> replayEvent(Store& store, const std::shared_ptr<FlowFileQueue>& queue,
                               const ProvenanceEvent& event) {
  if (event.sourceQueue == ConnectionId(0)) {
    return Error::user(
        fmt::format("event {} has no queue that its FlowFile came from; choose a later event of it",
                    event.id.text()));
  }
  FlowFile past;
  past.id = event.flowFile;
  past.lineageStart = event.lineageStart;
  past.content = event.before;
  std::vector<Attributes::Pair> pairs;
  for (const auto& [name, value] : event.attributes) pairs.emplace_back(name, value);
  past.attributes = Attributes(pairs);

  Wiring wiring;
  wiring.component = event.component;
  wiring.componentName = "replay";
  Route route;
  route.relationship = "replay";
  route.connections.push_back(queue);
  wiring.routes.push_back(std::move(route));
  EngineSession session(store);
  session.begin(std::make_shared<const Wiring>(std::move(wiring)),
                Lsn(std::numeric_limits<std::uint64_t>::max()), 1);
  session.startTrigger();
  auto made = session.replay(past);
  if (!made.ok()) {
    session.abandon(false);
    return Error{
        made.error().fault, made.error().retry,
        fmt::format("event {} cannot be replayed: {}", event.id.text(), made.error().message)};
  }
  const FlowFileId id = (*made)->id();
  session.transfer(**made, RelationshipIndex{0});
  MR_TRY(session.endTrigger());
  MR_TRY(session.commitSlice());
  return id;
}

}  // namespace millrace::engine
