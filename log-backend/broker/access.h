// SPDX-License-Identifier: Apache-2.0
#pragma once
// Access: what the sender of one request may do. Without ACLs (no authorizer) it may do everything.
// Threads: values.

#include "log-backend/security/access_rules.h"

#include <memory>

namespace millrace::log {

class Access {
 public:
  /// Everything.
  Access() = default;
  Access(std::shared_ptr<const AccessRules> rules, Principal who)
      : rules_(std::move(rules)), who_(std::move(who)) {}

  bool may(Operation operation, ResourceType resource, std::string_view name) const {
    return rules_ == nullptr || rules_->may(who_, operation, resource, name);
  }
  bool mayTopic(Operation operation, std::string_view topic) const {
    return may(operation, ResourceType::kTopic, topic);
  }
  bool mayGroup(Operation operation, std::string_view group) const {
    return may(operation, ResourceType::kGroup, group);
  }
  bool mayTransaction(Operation operation, std::string_view transactionalId) const {
    return may(operation, ResourceType::kTransactionalId, transactionalId);
  }
  bool mayCluster(Operation operation) const {
    return may(operation, ResourceType::kCluster, kClusterName);
  }
  bool mayWriteSomeTopic() const {
    return rules_ == nullptr || rules_->mayOnSome(who_, Operation::kWrite, ResourceType::kTopic);
  }
  /// The operations that Kafka knows for such a resource and that are allowed: bit N is operation
  /// N.
  std::int32_t operations(ResourceType resource, std::string_view name) const;

 private:
  std::shared_ptr<const AccessRules> rules_;
  Principal who_;
};

}  // namespace millrace::log
