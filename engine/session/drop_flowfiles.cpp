// SPDX-License-Identifier: Apache-2.0
#include "engine/session/drop_flowfiles.h"

#include <algorithm>
#include <limits>
#include <optional>

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

namespace {

Result<> dropKeys(Store& store, const std::shared_ptr<const Wiring>& wiring,
                  std::vector<QueueKey> keys, Dropped& dropped) {
  EngineSession session(store);
  session.begin(wiring, Lsn(std::numeric_limits<std::uint64_t>::max()), 1);
  session.startTrigger();
  std::sort(keys.begin(), keys.end());
  const auto files = session.take(std::move(keys));
  if (!files.ok()) {
    session.abandon(false);
    return files.error();
  }
  return commit(session, *files, dropped);
}

}  // namespace

Result<DroppedSome> dropWhere(Store& store, const std::shared_ptr<FlowFileQueue>& queue,
                              ComponentId component, const FlowFileFilter& filter) {
  const auto wiring = wiringOf(queue, component);
  // Not what comes while it looks: it would never end behind a quick source.
  std::uint64_t left = queue->status().count;
  DroppedSome result;
  std::optional<FlowFile> last;
  while (left > 0) {
    LookLimits limits;
    limits.found = kMost;
    limits.looks = left;
    const auto found = MR_TRY(lookThrough(store, *queue, last ? &*last : nullptr, limits, filter));
    if (result.notJudged.count == 0) result.notJudged.why = found.notJudged.why;
    result.notJudged.count += found.notJudged.count;
    std::vector<QueueKey> keys;
    for (const auto& each : found.files) keys.push_back(each.file.key);
    if (!keys.empty()) MR_TRY(dropKeys(store, wiring, std::move(keys), result.dropped));
    left -= std::min(left, found.looked);
    last = found.last;
    if (found.atEnd) break;
  }
  return result;
}

Result<Dropped> dropOne(Store& store, const std::shared_ptr<FlowFileQueue>& queue,
                        ComponentId component, QueueKey key) {
  Dropped dropped;
  MR_TRY(dropKeys(store, wiringOf(queue, component), {key}, dropped));
  return dropped;
}

}  // namespace millrace::engine
