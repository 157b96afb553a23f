// SPDX-License-Identifier: Apache-2.0
// DescribeAcls, CreateAcls and DeleteAcls: what AccessList has.
#include "log-backend/broker/requests.h"

#include <algorithm>

namespace millrace::log {
namespace {

constexpr std::string_view kNoAuthorizer =
    "this log has no ACLs, set authorizer.class.name to StandardAuthorizer";
constexpr std::string_view kNotAllowed = "you may not do that with the cluster's ACLs";

Refusal refusalFor(const Desk& desk, const Call& call, Operation operation) {
  if (desk.acls == nullptr) return {ErrorCode::kSecurityDisabled, std::string(kNoAuthorizer)};
  if (!call.access.mayCluster(operation))
    return {ErrorCode::kClusterAuthorizationFailed, std::string(kNotAllowed)};
  return {};
}

/// Of a DescribeAclsRequest, or of a part of a DeleteAclsRequest.
template <typename Asked>
AclFilter filterOf(const Asked& asked) {
  AclFilter filter;
  filter.resource = static_cast<ResourceType>(asked.resourceTypeFilter);
  filter.name = asked.resourceNameFilter;
  filter.pattern = static_cast<PatternType>(asked.patternTypeFilter);
  filter.principal = asked.principalFilter;
  filter.host = asked.hostFilter;
  filter.operation = static_cast<Operation>(asked.operation);
  filter.permission = static_cast<Permission>(asked.permissionType);
  return filter;
}

template <typename Enum>
std::int8_t number(Enum value) {
  return static_cast<std::int8_t>(value);
}

Refusal create(Desk& desk, const wire::CreateAclsRequest::AclCreation& asked) {
  Acl acl;
  acl.resource = static_cast<ResourceType>(asked.resourceType);
  acl.name = asked.resourceName;
  acl.pattern = static_cast<PatternType>(asked.resourcePatternType);
  acl.principal = asked.principal;
  acl.host = asked.host;
  acl.operation = static_cast<Operation>(asked.operation);
  acl.permission = static_cast<Permission>(asked.permissionType);
  if (std::string wrong = acl.wrong(); !wrong.empty())
    return {ErrorCode::kInvalidRequest, std::move(wrong)};
  const auto added = desk.acls->add({acl});
  if (!added.ok()) return {ErrorCode::kStorageError, added.error().message};
  return {};
}

}  // namespace

wire::DescribeAclsResponse describeAcls(Desk& desk, const wire::DescribeAclsRequest& request,
                                        const Call& call) {
  wire::DescribeAclsResponse response;
  Refusal refusal = refusalFor(desk, call, Operation::kDescribe);
  const AclFilter filter = filterOf(request);
  if (std::string wrong = filter.wrong(); !refusal.refused() && !wrong.empty())
    refusal = {ErrorCode::kInvalidRequest, std::move(wrong)};
  if (refusal.refused()) {
    response.errorCode = wireCode(refusal.code);
    response.errorMessage = wireMessage(refusal);
    return response;
  }
  const auto rules = desk.acls->rules();
  for (const Acl& acl : rules->acls) {
    if (!filter.fits(acl)) continue;
    auto found = std::find_if(
        response.resources.begin(), response.resources.end(), [&](const auto& resource) {
          return resource.resourceType == number(acl.resource) &&
                 resource.resourceName == acl.name && resource.patternType == number(acl.pattern);
        });
    if (found == response.resources.end()) {
      found = response.resources.emplace(response.resources.end());
      found->resourceType = number(acl.resource);
      found->resourceName = acl.name;
      found->patternType = number(acl.pattern);
    }
    found->acls.push_back({acl.principal, acl.host, number(acl.operation), number(acl.permission)});
  }
  return response;
}

wire::CreateAclsResponse createAcls(Desk& desk, const wire::CreateAclsRequest& request,
                                    const Call& call) {
  wire::CreateAclsResponse response;
  const Refusal refusal = refusalFor(desk, call, Operation::kAlter);
  for (const auto& asked : request.creations) {
    const Refusal one = refusal.refused() ? refusal : create(desk, asked);
    response.results.push_back({wireCode(one.code), wireMessage(one)});
  }
  return response;
}

wire::DeleteAclsResponse deleteAcls(Desk& desk, const wire::DeleteAclsRequest& request,
                                    const Call& call) {
  wire::DeleteAclsResponse response;
  const Refusal refusal = refusalFor(desk, call, Operation::kAlter);
  for (const auto& asked : request.filters) {
    auto& answer = response.filterResults.emplace_back();
    Refusal one = refusal;
    const AclFilter filter = filterOf(asked);
    if (std::string wrong = filter.wrong(); !one.refused() && !wrong.empty())
      one = {ErrorCode::kInvalidRequest, std::move(wrong)};
    if (!one.refused()) {
      const auto removed = desk.acls->remove(filter);
      if (!removed.ok()) {
        one = {ErrorCode::kStorageError, removed.error().message};
      } else {
        for (const Acl& acl : *removed) {
          answer.matchingAcls.push_back({0, std::nullopt, number(acl.resource), acl.name,
                                         number(acl.pattern), acl.principal, acl.host,
                                         number(acl.operation), number(acl.permission)});
        }
      }
    }
    answer.errorCode = wireCode(one.code);
    answer.errorMessage = wireMessage(one);
  }
  return response;
}

}  // namespace millrace::log
