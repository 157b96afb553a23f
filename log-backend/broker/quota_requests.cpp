// SPDX-License-Identifier: Apache-2.0
// DescribeClientQuotas and AlterClientQuotas: what QuotaList has. Source: KIP-546.
#include "log-backend/broker/requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace millrace::log {
namespace {

constexpr std::string_view kUser = "user";
constexpr std::string_view kClientId = "client-id";
enum class Match : std::int8_t { kExact = 0, kDefault = 1, kAny = 2 };

using Component = wire::DescribeClientQuotasRequest::ComponentData;

bool fits(const QuotaEntity::Part& part, const Component& component) {
  if (!part.given) return false;
  switch (static_cast<Match>(component.matchType)) {
    case Match::kExact:
      return part.name.has_value() && part.name == component.match;
    case Match::kDefault:
      return !part.name.has_value();
    case Match::kAny:
      return true;
  }
  return false;
}

bool fits(const QuotaEntity& entity, const wire::DescribeClientQuotasRequest& request) {
  const auto asksFor = [&](std::string_view type) {
    return std::any_of(request.components.begin(), request.components.end(),
                       [&](const Component& each) { return each.entityType == type; });
  };
  if (request.strict &&
      ((entity.user.given && !asksFor(kUser)) || (entity.clientId.given && !asksFor(kClientId))))
    return false;
  return std::all_of(request.components.begin(), request.components.end(),
                     [&](const Component& each) {
                       return fits(each.entityType == kUser ? entity.user : entity.clientId, each);
                     });
}

Refusal wrongComponents(const wire::DescribeClientQuotasRequest& request) {
  for (const Component& each : request.components) {
    if (each.entityType != kUser && each.entityType != kClientId)
      return {ErrorCode::kUnsupportedVersion,
              fmt::format("quotas are of 'user' and 'client-id', not of '{}'", each.entityType)};
    const auto match = static_cast<Match>(each.matchType);
    if (match < Match::kExact || match > Match::kAny ||
        each.match.has_value() != (match == Match::kExact))
      return {ErrorCode::kInvalidRequest,
              "a match is exact (0) with a name, the default (1), or any (2)"};
  }
  return {};
}

template <typename Entities>
void show(const QuotaEntity& entity, Entities& shown) {
  if (entity.user.given) shown.push_back({std::string(kUser), entity.user.name});
  if (entity.clientId.given) shown.push_back({std::string(kClientId), entity.clientId.name});
}

using Alteration = wire::AlterClientQuotasRequest::EntryData;

Refusal readEntity(const Alteration& asked, QuotaEntity& entity) {
  for (const auto& each : asked.entity) {
    QuotaEntity::Part* part = each.entityType == kUser       ? &entity.user
                              : each.entityType == kClientId ? &entity.clientId
                                                             : nullptr;
    if (part == nullptr || part->given || (each.entityName && each.entityName->empty()))
      return {ErrorCode::kInvalidRequest,
              "a quota is for a user, a client id, or both, each named once"};
    *part = {true, each.entityName};
  }
  if (!entity.user.given && !entity.clientId.given)
    return {ErrorCode::kInvalidRequest, "a quota is for a user, a client id, or both"};
  return {};
}

Refusal apply(const Alteration& asked, QuotaLimits& limits) {
  for (const auto& each : asked.ops) {
    std::optional<double>* limit = each.key == kProducerRate   ? &limits.producer
                                   : each.key == kConsumerRate ? &limits.consumer
                                                               : nullptr;
    if (limit == nullptr)
      return {ErrorCode::kInvalidRequest,
              fmt::format("there is no quota '{}' here, there are {} and {}", each.key,
                          kProducerRate, kConsumerRate)};
    if (each.remove) {
      limit->reset();
    } else if (!std::isfinite(each.value) || each.value <= 0) {
      return {ErrorCode::kInvalidRequest, fmt::format("{} must be above 0", each.key)};
    } else {
      *limit = each.value;
    }
  }
  return {};
}

Refusal alter(Desk& desk, const Alteration& asked, bool onlyCheck) {
  QuotaEntity entity;
  if (Refusal wrong = readEntity(asked, entity); wrong.refused()) return wrong;
  const auto quotas = desk.quotas->quotas();
  const auto known = quotas->find(entity);
  QuotaLimits limits = known == quotas->end() ? QuotaLimits() : known->second;
  if (Refusal wrong = apply(asked, limits); wrong.refused()) return wrong;
  if (onlyCheck) return {};
  const auto changed = desk.quotas->change({{entity, limits}});
  if (!changed.ok()) return {ErrorCode::kStorageError, changed.error().message};
  return {};
}

Refusal refusalFor(const Desk& desk, const Call& call, Operation operation) {
  if (!call.access.mayCluster(operation))
    return {ErrorCode::kClusterAuthorizationFailed, "you may not do that with quotas"};
  if (desk.quotas == nullptr) return {ErrorCode::kInvalidRequest, "this log keeps no quotas"};
  return {};
}

}  // namespace

wire::DescribeClientQuotasResponse describeClientQuotas(
    Desk& desk, const wire::DescribeClientQuotasRequest& request, const Call& call) {
  wire::DescribeClientQuotasResponse response;
  Refusal refusal = refusalFor(desk, call, Operation::kDescribeConfigs);
  if (!refusal.refused()) refusal = wrongComponents(request);
  if (refusal.refused()) {
    response.errorCode = wireCode(refusal.code);
    response.errorMessage = wireMessage(refusal);
    return response;
  }
  auto& entries = response.entries.emplace();
  for (const auto& [entity, limits] : *desk.quotas->quotas()) {
    if (!fits(entity, request)) continue;
    auto& entry = entries.emplace_back();
    show(entity, entry.entity);
    if (limits.producer) entry.values.push_back({std::string(kProducerRate), *limits.producer});
    if (limits.consumer) entry.values.push_back({std::string(kConsumerRate), *limits.consumer});
  }
  return response;
}

wire::AlterClientQuotasResponse alterClientQuotas(Desk& desk,
                                                  const wire::AlterClientQuotasRequest& request,
                                                  const Call& call) {
  wire::AlterClientQuotasResponse response;
  const Refusal refusal = refusalFor(desk, call, Operation::kAlterConfigs);
  for (const Alteration& asked : request.entries) {
    const Refusal one = refusal.refused() ? refusal : alter(desk, asked, request.validateOnly);
    auto& entry = response.entries.emplace_back();
    entry.errorCode = wireCode(one.code);
    entry.errorMessage = wireMessage(one);
    for (const auto& each : asked.entity)
      entry.entity.push_back({each.entityType, each.entityName});
  }
  return response;
}

}  // namespace millrace::log
