// SPDX-License-Identifier: Apache-2.0
#include "server/log_use.h"

#include "engine/control/topic_wire.h"

#include <algorithm>

namespace millrace::server {
namespace {

constexpr std::string_view kService = "Kafka3ConnectionService";
constexpr std::string_view kProperty = "Log";
constexpr std::string_view kServers = "Bootstrap Servers";
constexpr std::string_view kEmbedded = "embedded";

bool uses(const flow::Group& group) {
  const bool here =
      std::any_of(group.services.begin(), group.services.end(), [](const flow::Service& service) {
        if (!service.enabled || service.type != kService) return false;
        const auto valueOf = [&](std::string_view name) {
          const auto found =
              std::find_if(service.properties.begin(), service.properties.end(),
                           [&](const flow::Property& property) { return property.name == name; });
          return found == service.properties.end() ? std::string() : found->value;
        };
        const std::string log = valueOf(kProperty);
        return log.empty() ? valueOf(kServers).empty() : log == kEmbedded;
      });
  return here || std::any_of(group.groups.begin(), group.groups.end(), uses);
}

}  // namespace

bool usesEmbeddedLog(const flow::Flow& flow) {
  return uses(flow.root) || !engine::topicWiresOf(flow).empty();
}

}  // namespace millrace::server
