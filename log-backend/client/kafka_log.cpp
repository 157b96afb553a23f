// SPDX-License-Identifier: Apache-2.0
#include "log-backend/client/kafka_log.h"

#include "log-backend/client/kafka_consumer.h"
#include "log-backend/client/kafka_handle.h"
#include "log-backend/client/kafka_producer.h"

namespace millrace::log {
namespace {

/// The journal has nothing of a cluster: offsets follow when the session is durable.
class KafkaWriting final : public LogWriting {
 public:
  explicit KafkaWriting(std::vector<std::unique_ptr<LogWork>> works) : works_(std::move(works)) {}

  std::size_t mostPlaces() const override { return 0; }
  Result<std::vector<LogPlace>> write(Commit& commit) override {
    forEach([&](KafkaWork& work) { commit.onDurable.push_back(work.settled()); });
    return std::vector<LogPlace>();
  }
  void submitted() override {
    forEach([](KafkaWork& work) { work.committed(); });
  }

 private:
  template <typename Use>
  void forEach(Use use) {
    for (const auto& each : works_) {
      if (auto* work = dynamic_cast<KafkaWork*>(each.get()); work != nullptr) use(*work);
    }
  }
  const std::vector<std::unique_ptr<LogWork>> works_;
};

}  // namespace

Result<std::unique_ptr<KafkaLog>> KafkaLog::make(KafkaSettings settings) {
  MR_TRY(kafkaConf(settings));
  return std::unique_ptr<KafkaLog>(new KafkaLog(std::move(settings)));
}

Result<std::unique_ptr<LogProducer>> KafkaLog::producer(ProducerOptions options) {
  return KafkaProducer::make(settings_, std::move(options));
}

Result<std::unique_ptr<LogConsumer>> KafkaLog::consumer(ConsumerOptions options) {
  return KafkaConsumer::make(settings_, std::move(options));
}

Result<std::vector<GroupPlace>> KafkaLog::placesOf(const std::string&, const std::string&) {
  return Error::user("how far a group came is asked of the log inside of this program only");
}

Result<std::unique_ptr<LogWriting>> KafkaLog::prepare(std::vector<std::unique_ptr<LogWork>> works) {
  return std::unique_ptr<LogWriting>(std::make_unique<KafkaWriting>(std::move(works)));
}

}  // namespace millrace::log
