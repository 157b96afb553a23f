// SPDX-License-Identifier: Apache-2.0
#include "server/rest/parked_limits.h"

#include "engine/session/drop_flowfiles.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <vector>

namespace millrace::server {

ParkedLimits::~ParkedLimits() { stop(); }

void ParkedLimits::start() {
  if (rules_.age || rules_.bytes) thread_ = std::jthread([this] { loop(); });
}

void ParkedLimits::stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    wake_.notifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void ParkedLimits::loop() {
  while (true) {
    const auto enforced = enforce();
    if (!enforced.ok()) {
      parts_.controller.bulletins().raise(
          BulletinLevel::kWarn, ComponentId(), "",
          "what is parked cannot be dropped: " + enforced.error().message);
    }
    MutexLock lock(mutex_);
    if (!stopping_) wake_.waitFor(mutex_, std::chrono::nanoseconds(kMinute));
    if (stopping_) return;
  }
}

Result<> ParkedLimits::enforce() {
  struct Parked {
    ConnectionId id;
    std::uint64_t bytes = 0;
    Millis since = 0;
  };
  const Millis now = parts_.clock.wall();
  std::vector<Parked> parked;
  std::map<ConnectionId, Millis> seen;
  std::uint64_t total = 0;
  for (const auto& connection : parts_.controller.connections()) {
    if (!connection.parked) continue;
    const auto known = since_.find(connection.id);
    Millis since = known == since_.end() ? now : known->second;
    if (const auto changed = parts_.flow.changedAt(idText(flow::ElementId(connection.id.raw()))))
      since = *changed;
    seen[connection.id] = since;
    parked.push_back({connection.id, connection.queue.bytes, since});
    total += connection.queue.bytes;
  }
  since_ = std::move(seen);
  std::sort(parked.begin(), parked.end(),
            [](const Parked& a, const Parked& b) { return a.since < b.since; });
  for (const Parked& each : parked) {
    const bool old = rules_.age && now - each.since > *rules_.age;
    const bool much = rules_.bytes && total > *rules_.bytes;
    if (!old && !much) continue;
    MR_TRY(drop(each.id, old ? "longer" : "more"));
    total -= each.bytes;
  }
  return Done{};
}

Result<> ParkedLimits::drop(ConnectionId id, std::string_view why) {
  Result<> done = Done{};
  // So that nobody brings its connection back meanwhile.
  parts_.flow.whileUnchanged([&] {
    const auto queue = parts_.controller.parked(id);
    if (queue == nullptr) return;
    const auto dropped = engine::dropAll(parts_.store, queue, ComponentId());
    if (!dropped.ok()) {
      done = dropped.error();
      return;
    }
    if (dropped->count == 0) return;
    parts_.controller.bulletins().raise(
        BulletinLevel::kWarn, ComponentId(), "",
        fmt::format("{} FlowFiles of {}, a connection that is gone, were dropped: {} than "
                    "--parked-age or --parked-size allows",
                    dropped->count, parts_.goneName(id), why));
  });
  return done;
}

}  // namespace millrace::server
