// SPDX-License-Identifier: Apache-2.0
// FindCoordinator: this broker, for every group and every transactional id. Librdkafka uses lz4
// only where this is served.
#include "log-backend/broker/requests.h"

namespace millrace::log {

wire::FindCoordinatorResponse findCoordinator(Desk& desk,
                                              const wire::FindCoordinatorRequest& request,
                                              const Call& call) {
  constexpr std::int8_t kGroup = 0;
  constexpr std::int8_t kTransaction = 1;
  constexpr std::int16_t kFirstWithMany = 4;
  wire::FindCoordinatorResponse response;
  const BrokerIdentity& self = desk.identity;
  const auto fill = [&](auto& answer, const std::string& key) {
    const bool isHidden =
        (request.keyType == kGroup && !call.access.mayGroup(Operation::kDescribe, key)) ||
        (request.keyType == kTransaction && !call.access.mayTransaction(Operation::kDescribe, key));
    if (isHidden) {
      answer.nodeId = -1;
      answer.port = -1;
      answer.errorCode =
          wireCode(request.keyType == kGroup ? ErrorCode::kGroupAuthorizationFailed
                                             : ErrorCode::kTransactionalIdAuthorizationFailed);
      answer.errorMessage = "you may not see '" + key + "'";
      return;
    }
    if (request.keyType == kGroup || request.keyType == kTransaction) {
      answer.nodeId = self.nodeId;
      answer.host = self.host;
      answer.port = self.port;
      return;
    }
    answer.nodeId = -1;
    answer.port = -1;
    answer.errorCode = wireCode(ErrorCode::kInvalidRequest);
    answer.errorMessage = "there are coordinators of groups (0) and of transactions (1)";
  };
  if (call.version < kFirstWithMany) {
    fill(response, request.key);
    return response;
  }
  for (const std::string& key : request.coordinatorKeys) {
    auto& coordinator = response.coordinators.emplace_back();
    coordinator.key = key;
    fill(coordinator, key);
  }
  return response;
}

}  // namespace millrace::log
