// SPDX-License-Identifier: Apache-2.0
#include "log-backend/broker/access.h"

#include <array>
#include <span>

namespace millrace::log {
namespace {

using enum Operation;
constexpr std::array kOfTopics{kRead,   kWrite, kCreate,          kDescribe,
                               kDelete, kAlter, kDescribeConfigs, kAlterConfigs};
constexpr std::array kOfGroups{kRead, kDescribe, kDelete};
constexpr std::array kOfCluster{kCreate,          kAlter,        kDescribe,       kClusterAction,
                                kDescribeConfigs, kAlterConfigs, kIdempotentWrite};
constexpr std::array kOfTransactions{kDescribe, kWrite};

std::span<const Operation> knownFor(ResourceType resource) {
  switch (resource) {
    case ResourceType::kTopic:
      return kOfTopics;
    case ResourceType::kGroup:
      return kOfGroups;
    case ResourceType::kCluster:
      return kOfCluster;
    case ResourceType::kTransactionalId:
      return kOfTransactions;
    case ResourceType::kAny:
      break;
  }
  return {};
}

}  // namespace

std::int32_t Access::operations(ResourceType resource, std::string_view name) const {
  std::uint32_t bits = 0;
  for (const Operation each : knownFor(resource)) {
    if (may(each, resource, name)) bits |= 1U << static_cast<unsigned>(each);
  }
  return static_cast<std::int32_t>(bits);
}

}  // namespace millrace::log
