// SPDX-License-Identifier: Apache-2.0
// FindCoordinator: this broker, for every group. Librdkafka uses lz4 only where this is served.
#include "log-backend/broker/requests.h"

namespace millrace::log {

wire::FindCoordinatorResponse findCoordinator(Desk& desk,
                                              const wire::FindCoordinatorRequest& request,
                                              const Call& call) {
  constexpr std::int8_t kGroup = 0;
  wire::FindCoordinatorResponse response;
  const BrokerIdentity& self = desk.identity;
  const auto fill = [&](auto& answer) {
    if (request.keyType == kGroup) {
      answer.nodeId = self.nodeId;
      answer.host = self.host;
      answer.port = self.port;
      return;
    }
    answer.nodeId = -1;
    answer.port = -1;
    answer.errorCode = wireCode(ErrorCode::kInvalidRequest);
    answer.errorMessage = "transactions are not served yet, leave out the transactional id";
  };
  if (call.version < 4) {
    fill(response);
    return response;
  }
  for (const std::string& key : request.coordinatorKeys) {
    auto& coordinator = response.coordinators.emplace_back();
    coordinator.key = key;
    fill(coordinator);
  }
  return response;
}

}  // namespace millrace::log
