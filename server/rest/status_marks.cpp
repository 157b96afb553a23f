// SPDX-License-Identifier: Apache-2.0
#include "server/rest/status_marks.h"

#include "server/rest/fill_forecast.h"

#include <algorithm>
#include <limits>

namespace millrace::server {
namespace {

constexpr std::size_t kMarks = 30;
constexpr Nanos kNever = std::numeric_limits<Nanos>::max();

/// Marks hold nearly the same connections in the same order, so it mostly stands where it did.
const StatusMark::Held* heldBy(const StatusMark& mark, ConnectionId id, std::size_t near) {
  if (near < mark.held.size() && mark.held[near].id == id) return &mark.held[near];
  const auto found =
      std::lower_bound(mark.held.begin(), mark.held.end(), id,
                       [](const StatusMark::Held& held, ConnectionId to) { return held.id < to; });
  return found == mark.held.end() || found->id != id ? nullptr : &*found;
}

}  // namespace

void StatusMarks::mark() {
  const Nanos now = clock_.monotonic();
  {
    MutexLock lock(mutex_);
    if (!marks_.empty() && now - marks_.back()->at < kApart) return;
  }
  auto mark = std::make_shared<StatusMark>();
  mark->at = now;
  const auto components = controller_.figures();
  mark->done.reserve(components.size());
  for (const auto& component : components) mark->done.push_back({component.id, component.totals});
  const auto connections = controller_.queues();
  mark->held.reserve(connections.size());
  for (const auto& connection : connections)
    mark->held.push_back({connection.id, connection.queue.count, connection.queue.bytes});
  MutexLock lock(mutex_);
  marks_.push_back(std::move(mark));
  if (marks_.size() > kMarks) marks_.pop_front();
}

std::shared_ptr<const StatusMark> StatusMarks::start() const {
  MutexLock lock(mutex_);
  return marks_.size() < kMarks ? nullptr : marks_.front();
}

std::vector<std::shared_ptr<const StatusMark>> StatusMarks::all() const {
  MutexLock lock(mutex_);
  return {marks_.begin(), marks_.end()};
}

std::optional<Millis> timeToFull(const std::vector<std::shared_ptr<const StatusMark>>& marks,
                                 const engine::ConnectionFigures& connection, std::size_t near,
                                 const flow::BackPressure& limit, Nanos now) {
  // Most hold what they held, and cost nothing here.
  if (connection.queue.count == 0 || marks.empty()) return std::nullopt;
  std::vector<FillSample> counts;
  std::vector<FillSample> bytes;
  for (const auto& mark : marks) {
    if (mark->at >= now) continue;
    const StatusMark::Held* const held = heldBy(*mark, connection.id, near);
    if (held == nullptr) continue;
    counts.push_back({mark->at, held->count});
    bytes.push_back({mark->at, held->bytes});
  }
  counts.push_back({now, connection.queue.count});
  bytes.push_back({now, connection.queue.bytes});
  const auto byCount = timeUntil(counts, limit.count);
  const auto byBytes = timeUntil(bytes, limit.size);
  const Nanos soonest = std::min(byCount.value_or(kNever), byBytes.value_or(kNever));
  return soonest == kNever ? std::nullopt : std::optional<Millis>(soonest / kMillisecond);
}

}  // namespace millrace::server
