// SPDX-License-Identifier: Apache-2.0
#pragma once
// BrokerSettings: what a broker obeys beside its topics' configs, under Kafka's names and, where
// nothing else is said, with Kafka's defaults. Threads: values.

#include "engine/base/clock.h"
#include "engine/base/result.h"
#include "log-backend/transaction/transaction_coordinator.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::log {

struct BrokerSettings {
  std::int32_t numPartitions = 1;              ///< num.partitions
  bool autoCreateTopics = true;                ///< auto.create.topics.enable
  std::int32_t maxRequestBytes = 104'857'600;  ///< socket.request.max.bytes
  std::int32_t fetchMaxBytes = 57'671'680;     ///< fetch.max.bytes
  std::int32_t maxConnections = 10'000;        ///< max.connections
  Millis connectionsMaxIdleMs = 600'000;       ///< connections.max.idle.ms
  std::string authorizer;                      ///< authorizer.class.name; empty: no ACLs
  bool allowWithoutAcl = false;                ///< allow.everyone.if.no.acl.found
  std::string superUsers;                      ///< super.users: User:ann;User:bob

  GroupSettings groups;
  TransactionSettings transactions;

  struct Text {
    std::string name;
    std::string value;
    std::int8_t type;  ///< as on the wire: 1 boolean, 2 string, 3 int, 5 long
  };
  /// All of them as DescribeConfigs shows them, by name.
  std::vector<Text> texts() const;
  /// Errors: a name that is none, a value that cannot be obeyed, and what is fixed here.
  Result<> set(std::string_view name, std::string_view value);
  /// The principals of superUsers.
  std::vector<std::string> superUserList() const;
};

}  // namespace millrace::log
