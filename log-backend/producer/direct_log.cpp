// SPDX-License-Identifier: Apache-2.0
#include "log-backend/producer/direct_log.h"

#include "log-backend/producer/direct_producer.h"

namespace millrace::log {

Result<std::unique_ptr<LogProducer>> DirectLog::producer(ProducerOptions options) {
  return DirectProducer::make(network_, clock_, settings_, std::move(options));
}

Result<std::unique_ptr<LogConsumer>> DirectLog::consumer(ConsumerOptions) {
  return Error::user("the agent consumes no topics, run the flow with millrace server");
}

Result<std::vector<GroupPlace>> DirectLog::placesOf(const std::string&, const std::string&) {
  return Error::user("how far a group came is asked of the log inside of millrace server only");
}

}  // namespace millrace::log
