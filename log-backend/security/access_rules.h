// SPDX-License-Identifier: Apache-2.0
#pragma once
// AccessRules: who may do what to which topic, group, transaction or to the whole log, as Kafka's
// StandardAuthorizer decides it from ACLs. Source: KIP-11, KIP-290 (prefixes), KIP-679 (idempotent
// writing), and Kafka's documentation, "Authorization and ACLs".
// Threads: values.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::log {

// The numbers are those of the protocol.
enum class ResourceType : std::int8_t {
  kAny = 1,
  kTopic = 2,
  kGroup = 3,
  kCluster = 4,
  kTransactionalId = 5,
};
enum class PatternType : std::int8_t { kAny = 1, kMatch = 2, kLiteral = 3, kPrefixed = 4 };
enum class Operation : std::int8_t {
  kAny = 1,
  kAll = 2,
  kRead = 3,
  kWrite = 4,
  kCreate = 5,
  kDelete = 6,
  kAlter = 7,
  kDescribe = 8,
  kClusterAction = 9,
  kDescribeConfigs = 10,
  kAlterConfigs = 11,
  kIdempotentWrite = 12,
};
enum class Permission : std::int8_t { kAny = 1, kDeny = 2, kAllow = 3 };

/// As files and commands say them: topic, prefixed, describe-configs, deny.
std::string_view wordOf(ResourceType type);
std::string_view wordOf(PatternType pattern);
std::string_view wordOf(Operation operation);
std::string_view wordOf(Permission permission);

/// The name that the one resource of the type kCluster has.
inline constexpr std::string_view kClusterName = "kafka-cluster";
/// As a literal name: every resource; as a host: every host.
inline constexpr std::string_view kWildcard = "*";

struct Acl {
  ResourceType resource = ResourceType::kTopic;
  std::string name;
  PatternType pattern = PatternType::kLiteral;
  std::string principal;  ///< TYPE:NAME; User:* is everybody
  std::string host;       ///< an address, or *
  Operation operation = Operation::kAll;
  Permission permission = Permission::kAllow;

  friend bool operator==(const Acl&, const Acl&) = default;
  /// One sentence on what cannot be obeyed; empty: nothing.
  std::string wrong() const;
};

/// What ACLs are looked for; an absent text and kAny fit everything.
struct AclFilter {
  ResourceType resource = ResourceType::kAny;
  std::optional<std::string> name;
  /// kMatch: all that have a say about a resource of that name.
  PatternType pattern = PatternType::kAny;
  std::optional<std::string> principal;
  std::optional<std::string> host;
  Operation operation = Operation::kAny;
  Permission permission = Permission::kAny;

  bool fits(const Acl& acl) const;
  std::string wrong() const;
};

/// Who asks.
struct Principal {
  std::string name = "User:ANONYMOUS";
  std::string host;  ///< the address that it comes from
};

class AccessRules {
 public:
  std::vector<Acl> acls;
  std::vector<std::string> superUsers;  ///< principals that may do everything
  bool allowWithoutAcl = false;         ///< what no ACL has a say about is everybody's

  /// What denies is stronger than what allows; reading, writing, deleting and altering include
  /// describing, altering configs includes describing them.
  bool may(const Principal& who, Operation operation, ResourceType resource,
           std::string_view name) const;
  /// Whether there is any resource of the type on which `who` may do it.
  bool mayOnSome(const Principal& who, Operation operation, ResourceType resource) const;

 private:
  bool isSuper(const Principal& who) const;
};

}  // namespace millrace::log
