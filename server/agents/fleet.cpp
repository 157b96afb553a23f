// SPDX-License-Identifier: Apache-2.0
#include "server/agents/fleet.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace millrace::server {
namespace {

constexpr std::size_t kLongestName = 128;
constexpr std::size_t kPrefix = 24;  // of a flow's id: 20 digits of the fleet's and their dashes

}  // namespace

const Deployment* Fleet::wantedBy(const Agent& agent) const {
  const auto found =
      std::find_if(deployments.rbegin(), deployments.rend(), [&](const Deployment& each) {
        return each.target == FleetTarget{TargetKind::kAgent, agent.id} ||
               (!agent.agentClass.empty() &&
                each.target == FleetTarget{TargetKind::kClass, agent.agentClass});
      });
  return found == deployments.rend() ? nullptr : &*found;
}

const Deployment* Fleet::find(std::uint64_t serial) const {
  const auto found = std::find_if(deployments.begin(), deployments.end(),
                                  [&](const Deployment& each) { return each.serial == serial; });
  return found == deployments.end() ? nullptr : &*found;
}

std::string Fleet::flowIdOf(std::uint64_t serial) const {
  const std::string_view all = id;
  return fmt::format("{}-{}-{}-{}-{:012x}", all.substr(0, 8), all.substr(8, 4), all.substr(12, 4),
                     all.substr(16, 4), serial);
}

std::optional<std::uint64_t> Fleet::serialOf(std::string_view flowId) const {
  if (flowId.size() != kPrefix + 12) return std::nullopt;
  std::uint64_t serial = 0;
  const char* const end = flowId.data() + flowId.size();
  const auto read = std::from_chars(flowId.data() + kPrefix, end, serial, 16);
  if (read.ec != std::errc() || read.ptr != end || flowIdOf(serial) != flowId) return std::nullopt;
  return serial;
}

std::string_view nameOf(TargetKind kind) { return kind == TargetKind::kAgent ? "agent" : "class"; }

std::string_view nameOf(Outcome outcome) {
  constexpr std::string_view kNames[] = {"", "applied", "partly applied", "refused"};
  return kNames[static_cast<std::size_t>(outcome)];
}

std::string_view nameOf(OrderState state) {
  constexpr std::string_view kNames[] = {"waiting", "sent", "done", "failed", "lost"};
  return kNames[static_cast<std::size_t>(state)];
}

std::string wrongAgentName(std::string_view name) {
  if (name.empty() || name.size() > kLongestName)
    return fmt::format("the name of an agent or class has 1 to {} characters", kLongestName);
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
  });
  return plain ? "" : "the name of an agent or class has no unprintable characters";
}

}  // namespace millrace::server
