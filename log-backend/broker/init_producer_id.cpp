// SPDX-License-Identifier: Apache-2.0
// InitProducerId: an id for an idempotent producer.
#include "log-backend/broker/requests.h"

namespace millrace::log {

wire::InitProducerIdResponse initProducerId(Desk& desk, const wire::InitProducerIdRequest& request,
                                            const Call&) {
  wire::InitProducerIdResponse response;
  response.producerEpoch = -1;
  if (request.transactionalId.has_value()) {
    // Final for a client; anything milder it would try again for ever.
    response.errorCode = wireCode(ErrorCode::kUnsupportedVersion);
    return response;
  }
  const auto id = desk.producerIds.next();
  if (!id.ok()) {
    response.errorCode = wireCode(ErrorCode::kCoordinatorNotAvailable);
    return response;
  }
  response.producerId = *id;
  response.producerEpoch = 0;
  return response;
}

}  // namespace millrace::log
