// SPDX-License-Identifier: Apache-2.0
#pragma once
// Desk: what the requests of a broker work with.
// Ownership: all of it outlives every exchange. Threads: any, as each member says.

#include "log-backend/broker/access.h"
#include "log-backend/broker/broker_settings.h"
#include "log-backend/broker/exchange.h"
#include "log-backend/broker/fetch_waiters.h"
#include "log-backend/broker/producer_ids.h"
#include "log-backend/group/group_coordinator.h"
#include "log-backend/security/access_list.h"
#include "log-backend/security/quota_list.h"
#include "log-backend/security/scram_users.h"
#include "log-backend/topic/topics.h"
#include "log-backend/transaction/transaction_coordinator.h"

namespace millrace::log {

/// Who the broker says it is.
struct BrokerIdentity {
  std::string clusterId;
  std::int32_t nodeId = 1;
  std::string host;  ///< where clients reach it
  std::int32_t port = 0;
};

struct Desk {
  Topics& topics;
  GroupCommit& commits;
  const Clock& clock;
  FetchWaiters& fetchWaiters;
  Deadlines& deadlines;
  ProducerIds& producerIds;
  GroupCoordinator& groups;
  TransactionCoordinator& transactions;
  BrokerIdentity identity;
  BrokerSettings settings;
  SaslRules sasl = {};
  AccessList* acls = nullptr;   ///< null: no authorizer, everybody may do everything
  QuotaList* quotas = nullptr;  ///< null: none are kept
  ScramUsers* users = nullptr;  ///< null: none are kept
};

inline std::int16_t wireCode(ErrorCode code) { return static_cast<std::int16_t>(code); }
/// Nothing where there is nothing to say.
inline std::optional<std::string> wireMessage(const Refusal& refusal) {
  if (!refusal.refused()) return std::nullopt;
  return refusal.message;
}

/// Counts bytes of the sender of a request against its quota; for how long it is held up.
Nanos charge(const Desk& desk, const Exchange& exchange, QuotaList::Direction direction,
             std::uint64_t bytes);
/// The user that it has proved to be; ANONYMOUS before.
std::string userOf(const Exchange& exchange);
/// What the sender of a request may do, by what it has proved until now.
Access accessOf(const Desk& desk, const Exchange& exchange);

wire::Uuid wireId(TopicId id);
TopicId topicId(const wire::Uuid& uuid);

/// A topic that clients must not write to or delete: the log's own.
bool isInternal(const std::string& topic);

/// Makes a topic that a client asked for by naming it, where that is allowed.
Refusal autoCreate(Desk& desk, const std::string& name, const Access& access);

/// Against a client that knows another leader epoch: nothing is wrong with -1.
ErrorCode checkEpoch(std::int32_t clients, std::int32_t ours);

}  // namespace millrace::log
