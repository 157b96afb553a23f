// SPDX-License-Identifier: Apache-2.0
#pragma once
// ClusterService: what Kafka3ConnectionService is in each program: the same properties; who talks
// to a cluster, librdkafka or our own client, is for the classes made of it to say. Threads: as
// KafkaConnection.

#include "engine/processor/service_descriptor.h"
#include "log-backend/client/kafka_settings.h"
#include "processors/kafka/kafka_connection.h"

#include <array>
#include <memory>
#include <string>

namespace millrace::processors {

/// The descriptor's parts that all programs share.
namespace cluster_service {
constexpr std::string_view kType = "Kafka3ConnectionService";
constexpr std::string_view kSummary =
    "The log that PublishKafka and ConsumeKafka work on, and how it is read.";
extern const std::array<std::string_view, 4> kTags;
extern const std::array<std::string_view, 1> kProvides;
extern const std::array<const PropertyInfo*, 11> kProperties;
}  // namespace cluster_service

class ClusterService : public KafkaConnection {
 public:
  Result<> onEnabled(ServiceContext& context) override;

  millrace::log::Log& log() override { return *log_; }
  Reading reading() const override { return reading_; }
  std::string place() const override { return place_; }

 protected:
  virtual Result<std::unique_ptr<millrace::log::Log>> connect(ServiceContext& context,
                                                              log::KafkaSettings settings) = 0;

 private:
  static Result<log::KafkaSettings> settingsOf(ServiceContext& context, std::string servers);

  std::unique_ptr<millrace::log::Log> cluster_;
  std::string place_;
  millrace::log::Log* log_ = nullptr;
  Reading reading_;
};

}  // namespace millrace::processors
