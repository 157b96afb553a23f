// SPDX-License-Identifier: Apache-2.0
#include "engine/session/requeue.h"

#include <limits>

namespace millrace::engine {
namespace {

Result<> apply(EngineSession& session, SessionFlowFile& file, const FlowFileEdit& edit) {
  for (const auto& [name, value] : edit.attributes) {
    if (value) {
      session.putAttribute(file, name, *value);
    } else {
      session.removeAttribute(file, name);
    }
  }
  if (!edit.attributes.empty())
    session.report(ProvenanceType::kAttributesModified, file, "", edit.details);
  if (!edit.content) return Done{};
  MR_TRY(session.writeAll(file, asBytes(*edit.content)));
  session.report(ProvenanceType::kContentModified, file, "", edit.details);
  return Done{};
}

}  // namespace

Result<bool> requeueFlowFile(Store& store, const std::shared_ptr<FlowFileQueue>& from, QueueKey key,
                             const std::shared_ptr<FlowFileQueue>& into, const FlowFileEdit& edit,
                             ComponentId component) {
  auto wiring = std::make_shared<Wiring>();
  wiring->component = component;
  wiring->componentName = "requeue";
  wiring->inputs.push_back(from);
  Route route;
  route.relationship = "requeued";
  route.connections.push_back(into);
  wiring->routes.push_back(std::move(route));
  EngineSession session(store);
  session.begin(std::move(wiring), Lsn(std::numeric_limits<std::uint64_t>::max()), 1);
  session.startTrigger();
  const auto work = [&]() -> Result<Lsn> {
    const auto files = MR_TRY(session.take({key}));
    if (files.empty()) return Lsn(0);
    SessionFlowFile& file = *files.front();
    MR_TRY(apply(session, file, edit));
    if (from != into) session.report(ProvenanceType::kRoute, file, "", edit.details);
    session.transfer(file, RelationshipIndex{0});
    MR_TRY(session.endTrigger());
    return MR_TRY(session.commitSlice()).lsn;
  };
  const auto done = work();
  if (!done.ok()) {
    session.abandon(false);
    return done.error();
  }
  if (done->raw() == 0) {
    session.abandon(false);
    return false;
  }
  MR_TRY(store.commits.waitDurable(*done));
  return true;
}

}  // namespace millrace::engine
