// SPDX-License-Identifier: Apache-2.0
#include "minifi-agent/agent_facts.h"

#include <fmt/format.h>

namespace millrace::agent {
namespace {

constexpr std::size_t kLongestMessage = 4096;

}  // namespace

std::string idText(std::uint64_t id) {
  return fmt::format("00000000-0000-0000-{:04x}-{:012x}", id >> 48, id & 0xffff'ffff'ffffULL);
}

HeartbeatFacts flowFacts(AgentHost& host) {
  HeartbeatFacts facts;
  for (const engine::ComponentSnapshot& each : host.controller().components()) {
    const bool runs = each.state == engine::ComponentState::kRunning;
    facts.running = facts.running || runs;
    facts.components.push_back({idText(each.id.raw()), each.path, runs});
  }
  for (const engine::ConnectionSnapshot& each : host.controller().connections()) {
    QueueFacts queue{idText(each.id.raw()), each.path, each.queue.count, 0, each.queue.bytes, 0};
    if (const auto wired = host.controller().queue(each.id)) {
      queue.sizeMax = wired->settings().maxCount;
      queue.dataSizeMax = wired->settings().maxBytes;
    }
    facts.queues.push_back(std::move(queue));
  }
  return facts;
}

std::vector<BulletinFacts> bulletinFacts(AgentHost& host, std::uint64_t after, std::size_t most) {
  constexpr const char* kLevels[] = {"DEBUG", "INFO", "WARNING", "ERROR", "NONE"};
  std::vector<BulletinFacts> facts;
  for (const engine::Bulletin& each : host.controller().bulletins().since(after)) {
    if (facts.size() == most) break;
    facts.push_back({each.id, each.time, kLevels[static_cast<std::size_t>(each.level)],
                     each.component.raw() == 0 ? std::string() : idText(each.component.raw()),
                     each.componentName, each.message.substr(0, kLongestMessage)});
  }
  return facts;
}

}  // namespace millrace::agent
