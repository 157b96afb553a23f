// SPDX-License-Identifier: Apache-2.0
// Kafka3ConnectionService in the agent, which has no librdkafka.
#include "log-backend/producer/direct_log.h"
#include "processors/kafka/cluster_service.h"

namespace millrace::processors {
namespace {

class DirectKafka3ConnectionService final : public ClusterService {
 protected:
  Result<std::unique_ptr<millrace::log::Log>> connect(ServiceContext& context,
                                                      log::KafkaSettings settings) override {
    return std::unique_ptr<millrace::log::Log>(std::make_unique<log::DirectLog>(
        context.network(), context.clock(),
        MR_TRY(log::DirectSettings::from(settings, context.files()))));
  }
};

}  // namespace

MR_SERVICE(direct_kafka3_connection_service){
    .type = cluster_service::kType,
    .summary = cluster_service::kSummary,
    .tags = cluster_service::kTags,
    .provides = cluster_service::kProvides,
    .properties = cluster_service::kProperties,
    .dynamic = DynamicProperties::kOther,
    .dynamicDescription =
        "A setting for the cluster under librdkafka's name: client.id, ssl.ca.location, "
        "ssl.certificate.location, ssl.key.location, ssl.key.password, ssl.keystore.location, "
        "ssl.keystore.password.",
    .dynamicScope = ExpressionScope::kEnvironment,
    .make = makeService<DirectKafka3ConnectionService>,
};

}  // namespace millrace::processors
