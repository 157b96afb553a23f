// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/service_descriptor.h"
#include "processors/kafka/kafka_connection.h"

#include <array>

namespace millrace::processors {
namespace {

constexpr std::string_view kCommitted = "read_committed";
constexpr std::array kLogs{
    AllowedValue{
        "embedded",
        "The log inside of this program: no network, and what is published and consumed is "
        "part of the session's commit."},
};
constexpr std::array kIsolations{
    AllowedValue{kCommitted, "Records of transactions that were committed."},
    AllowedValue{"read_uncommitted", "All records, those of aborted transactions too."},
};
constexpr std::array<std::string_view, 1> kIsolationAliases{"isolation.level"};
constexpr std::array<std::string_view, 1> kPollAliases{"max.poll.records"};

constexpr Property<std::string> kLog{{.name = "Log",
                                      .description = "Which log the topics are in.",
                                      .defaultValue = "embedded",
                                      .required = true,
                                      .allowed = kLogs}};
constexpr Property<std::string> kIsolation{
    {.name = "Transaction Isolation Level",
     .description = "Which records of other producers' transactions consumers see.",
     .defaultValue = kCommitted,
     .required = true,
     .allowed = kIsolations,
     .aliases = kIsolationAliases}};
constexpr Property<std::int64_t> kMostRecords{{.name = "Max Poll Records",
                                               .description = "The most records of one session.",
                                               .defaultValue = "10000",
                                               .required = true,
                                               .aliases = kPollAliases,
                                               .atLeast = 1,
                                               .atMost = 1'000'000}};
constexpr std::array kProperties{&kLog.info, &kIsolation.info, &kMostRecords.info};
constexpr std::array<std::string_view, 4> kTags{"kafka", "topic", "log", "connection"};
constexpr std::array kProvides{KafkaConnection::kType};

class Kafka3ConnectionService final : public KafkaConnection {
 public:
  Result<> onEnabled(ServiceContext& context) override {
    reading_.committedOnly = context.get(kIsolation) == kCommitted;
    reading_.mostRecords = static_cast<std::size_t>(context.get(kMostRecords));
    log_ = context.embeddedLog();
    if (log_ == nullptr) {
      return Error::user(
          "this program runs without a log here, run the flow with millrace server or millrace "
          "run");
    }
    return Done{};
  }

  millrace::log::Log& log() override { return *log_; }
  Reading reading() const override { return reading_; }
  std::string place() const override { return "embedded"; }

 private:
  millrace::log::Log* log_ = nullptr;
  Reading reading_;
};

}  // namespace

MR_SERVICE(kafka3_connection_service){
    .type = "Kafka3ConnectionService",
    .summary = "The log that PublishKafka and ConsumeKafka work on, and how it is read.",
    .tags = kTags,
    .provides = kProvides,
    .properties = kProperties,
    .make = makeService<Kafka3ConnectionService>,
};

}  // namespace millrace::processors
