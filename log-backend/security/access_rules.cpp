// SPDX-License-Identifier: Apache-2.0
#include "log-backend/security/access_rules.h"

#include <algorithm>
#include <array>

namespace millrace::log {
namespace {

constexpr std::string_view kEverybody = "User:*";

template <typename Enum>
bool isBetween(Enum value, Enum least, Enum most) {
  return value >= least && value <= most;
}

bool concerns(const Acl& acl, std::string_view name) {
  if (acl.pattern == PatternType::kPrefixed) return name.starts_with(acl.name);
  return acl.name == name || acl.name == kWildcard;
}

bool isAbout(const Acl& acl, const Principal& who) {
  return (acl.principal == who.name || acl.principal == kEverybody) &&
         (acl.host == who.host || acl.host == kWildcard);
}

/// What an allowed operation brings with it.
bool includes(Operation allowed, Operation asked) {
  if (asked == Operation::kDescribe) {
    return allowed == Operation::kRead || allowed == Operation::kWrite ||
           allowed == Operation::kDelete || allowed == Operation::kAlter;
  }
  return asked == Operation::kDescribeConfigs && allowed == Operation::kAlterConfigs;
}

bool names(const Acl& acl, Operation asked) {
  if (acl.operation == asked || acl.operation == Operation::kAll) return true;
  return acl.permission == Permission::kAllow && includes(acl.operation, asked);
}

template <std::size_t kCount, typename Enum>
std::string_view wordIn(const std::array<std::string_view, kCount>& words, Enum first, Enum value) {
  const auto at = static_cast<std::size_t>(static_cast<int>(value) - static_cast<int>(first));
  return at < kCount ? words[at] : "unknown";
}

constexpr std::array<std::string_view, 4> kResources{"topic", "group", "cluster",
                                                     "transactional-id"};
constexpr std::array<std::string_view, 2> kPatterns{"literal", "prefixed"};
constexpr std::array<std::string_view, 11> kOperations{"all",
                                                       "read",
                                                       "write",
                                                       "create",
                                                       "delete",
                                                       "alter",
                                                       "describe",
                                                       "cluster-action",
                                                       "describe-configs",
                                                       "alter-configs",
                                                       "idempotent-write"};
constexpr std::array<std::string_view, 2> kPermissions{"deny", "allow"};

}  // namespace

std::string_view wordOf(ResourceType type) {
  return wordIn(kResources, ResourceType::kTopic, type);
}
std::string_view wordOf(PatternType pattern) {
  return wordIn(kPatterns, PatternType::kLiteral, pattern);
}
std::string_view wordOf(Operation operation) {
  return wordIn(kOperations, Operation::kAll, operation);
}
std::string_view wordOf(Permission permission) {
  return wordIn(kPermissions, Permission::kDeny, permission);
}

std::string Acl::wrong() const {
  if (!isBetween(resource, ResourceType::kTopic, ResourceType::kTransactionalId))
    return "an ACL is about a topic (2), a group (3), the cluster (4) or a transactional id (5)";
  if (pattern != PatternType::kLiteral && pattern != PatternType::kPrefixed)
    return "the pattern of an ACL is literal (3) or prefixed (4)";
  if (name.empty()) return "an ACL needs the name of a resource, or * for all";
  if (resource == ResourceType::kCluster && name != kClusterName)
    return "the cluster's name in an ACL is kafka-cluster";
  const std::size_t colon = principal.find(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == principal.size())
    return "a principal is written TYPE:NAME, as in User:alice";
  if (host.empty()) return "an ACL needs a host, or * for all";
  if (!isBetween(operation, Operation::kAll, Operation::kIdempotentWrite))
    return "an ACL names an operation from all (2) to idempotent write (12)";
  if (permission != Permission::kDeny && permission != Permission::kAllow)
    return "an ACL denies (2) or allows (3)";
  return {};
}

std::string AclFilter::wrong() const {
  if (!isBetween(resource, ResourceType::kAny, ResourceType::kTransactionalId))
    return "the resource's type is any (1), topic (2), group (3), cluster (4) or "
           "transactional id (5)";
  if (!isBetween(pattern, PatternType::kAny, PatternType::kPrefixed))
    return "the pattern's type is any (1), match (2), literal (3) or prefixed (4)";
  if (!isBetween(operation, Operation::kAny, Operation::kIdempotentWrite))
    return "the operation is one from any (1) to idempotent write (12)";
  if (!isBetween(permission, Permission::kAny, Permission::kAllow))
    return "the permission is any (1), deny (2) or allow (3)";
  return {};
}

bool AclFilter::fits(const Acl& acl) const {
  if (resource != ResourceType::kAny && resource != acl.resource) return false;
  if (pattern == PatternType::kMatch) {
    if (name && !concerns(acl, *name)) return false;
  } else {
    if (pattern != PatternType::kAny && pattern != acl.pattern) return false;
    if (name && *name != acl.name) return false;
  }
  return (!principal || *principal == acl.principal) && (!host || *host == acl.host) &&
         (operation == Operation::kAny || operation == acl.operation) &&
         (permission == Permission::kAny || permission == acl.permission);
}

bool AccessRules::isSuper(const Principal& who) const {
  return std::find(superUsers.begin(), superUsers.end(), who.name) != superUsers.end();
}

bool AccessRules::may(const Principal& who, Operation operation, ResourceType resource,
                      std::string_view name) const {
  if (isSuper(who)) return true;
  bool anySay = false;
  bool allowed = false;
  for (const Acl& acl : acls) {
    if (acl.resource != resource || !concerns(acl, name)) continue;
    anySay = true;
    if (!isAbout(acl, who) || !names(acl, operation)) continue;
    if (acl.permission == Permission::kDeny) return false;
    allowed = true;
  }
  return allowed || (!anySay && allowWithoutAcl);
}

bool AccessRules::mayOnSome(const Principal& who, Operation operation,
                            ResourceType resource) const {
  if (isSuper(who) || allowWithoutAcl) return true;
  const auto hasSay = [&](const Acl& acl, Permission permission) {
    return acl.resource == resource && acl.permission == permission && isAbout(acl, who) &&
           names(acl, operation);
  };
  // An allowing pattern counts unless everything that it covers is denied.
  const auto isDenied = [&](const Acl& allowing) {
    return std::any_of(acls.begin(), acls.end(), [&](const Acl& acl) {
      if (!hasSay(acl, Permission::kDeny)) return false;
      if (acl.pattern == PatternType::kPrefixed)
        return allowing.name != kWildcard && allowing.name.starts_with(acl.name);
      return acl.name == kWildcard ||
             (allowing.pattern == PatternType::kLiteral && allowing.name == acl.name);
    });
  };
  return std::any_of(acls.begin(), acls.end(), [&](const Acl& acl) {
    return hasSay(acl, Permission::kAllow) && !isDenied(acl);
  });
}

}  // namespace millrace::log
