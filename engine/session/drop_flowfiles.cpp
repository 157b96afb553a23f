// SPDX-License-Identifier: Apache-2.0
#include "engine/session/drop_flowfiles.h"

#include <limits>

namespace millrace::engine {
namespace {

constexpr std::size_t kMost = 500;  // in a commit

std::shared_ptr<const Wiring> wiringOf(const std::shared_ptr<FlowFileQueue>& queue,
                                       ComponentId component) {
  auto wiring = std::make_shared<Wiring>();
  wiring->component = component;
  wiring->componentName = "drop";
  wiring->inputs.push_back(queue);
  return wiring;
}

Result<> commit(EngineSession& session, const std::vector<SessionFlowFile*>& files,
                Dropped& dropped) {
  Dropped part;
  for (SessionFlowFile* file : files) {
    ++part.count;
    part.bytes += file->size();
    session.remove(*file);
  }
  auto ended = session.endTrigger();
  if (!ended.ok()) {
    session.abandon(false);
    return ended;
  }
  MR_TRY(session.commitSlice());
  dropped.count += part.count;
  dropped.bytes += part.bytes;
  return Done{};
}

}  // namespace

Result<Dropped> dropAll(Store& store, const std::shared_ptr<FlowFileQueue>& queue,
                        ComponentId component) {
  const auto wiring = wiringOf(queue, component);
  std::uint64_t left = queue->status().count;
  Dropped dropped;
  EngineSession session(store);
  while (left > 0) {
    const std::size_t most = std::min<std::uint64_t>(left, kMost);
    session.begin(wiring, Lsn(std::numeric_limits<std::uint64_t>::max()), most);
    session.startTrigger();
    const std::vector<SessionFlowFile*> files = session.get(most);
    MR_TRY(commit(session, files, dropped));
    if (files.empty()) break;
    left -= files.size();
  }
  return dropped;
}

Result<Dropped> dropOne(Store& store, const std::shared_ptr<FlowFileQueue>& queue,
                        ComponentId component, std::string_view uuid) {
  Dropped dropped;
  EngineSession session(store);
  session.begin(wiringOf(queue, component), Lsn(std::numeric_limits<std::uint64_t>::max()), 1);
  session.startTrigger();
  const auto files = session.get([&](const SessionFlowFile& file) {
    return file.attribute("uuid") == uuid ? ProcessSession::Choice::kAcceptAndStop
                                          : ProcessSession::Choice::kReject;
  });
  MR_TRY(commit(session, files, dropped));
  return dropped;
}

}  // namespace millrace::engine
