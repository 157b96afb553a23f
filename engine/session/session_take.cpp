// SPDX-License-Identifier: Apache-2.0
// What an operator's session takes out of the middle of a queue.
#include "engine/session/engine_session.h"

namespace millrace::engine {

Result<std::vector<SessionFlowFile*>> EngineSession::take(std::vector<QueueKey> keys) {
  returnPrefetched();
  FlowFileQueue& queue = *wiring_->inputs.front();
  std::vector<FlowFile> taken;
  const auto polled = queue.pollKeys(std::move(keys), taken);
  std::vector<SessionFlowFile*> result;
  for (FlowFile& file : taken) result.push_back(&addInput(std::move(file), queue));
  MR_TRY(polled);
  return result;
}

}  // namespace millrace::engine
