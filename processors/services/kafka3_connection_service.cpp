// SPDX-License-Identifier: Apache-2.0
#include "log-backend/client/kafka_log.h"
#include "processors/kafka/cluster_service.h"

namespace millrace::processors {
namespace {

class Kafka3ConnectionService final : public ClusterService {
 protected:
  Result<std::unique_ptr<millrace::log::Log>> connect(ServiceContext&,
                                                      log::KafkaSettings settings) override {
    return std::unique_ptr<millrace::log::Log>(MR_TRY(log::KafkaLog::make(std::move(settings))));
  }
};

}  // namespace

MR_SERVICE(kafka3_connection_service){
    .type = cluster_service::kType,
    .summary = cluster_service::kSummary,
    .tags = cluster_service::kTags,
    .provides = cluster_service::kProvides,
    .properties = cluster_service::kProperties,
    .dynamic = DynamicProperties::kOther,
    .dynamicDescription =
        "A setting of librdkafka for the cluster, such as ssl.ca.location, under its own name.",
    .dynamicScope = ExpressionScope::kEnvironment,
    .make = makeService<Kafka3ConnectionService>,
};

}  // namespace millrace::processors
