// SPDX-License-Identifier: Apache-2.0
#include "log-backend/embedded/embedded_log.h"

#include "log-backend/embedded/embedded_consumer.h"
#include "log-backend/embedded/embedded_producer.h"
#include "log-backend/embedded/embedded_writing.h"

#include <fmt/format.h>

namespace millrace::log {
namespace {

/// Topics of the log's own, which flows must not write to.
bool isInternal(std::string_view name) {
  return name == "__consumer_offsets" || name == "__transaction_state";
}

/// Keeps the consumer's core for as long as a processor wants it, and takes it out of its group.
class ConsumerHandle final : public LogConsumer {
 public:
  explicit ConsumerHandle(std::shared_ptr<EmbeddedConsumer> core) : core_(std::move(core)) {}
  ~ConsumerHandle() override { core_->close(); }
  Result<Polled> poll(const PollLimits& limits) override { return core_->poll(limits); }

 private:
  const std::shared_ptr<EmbeddedConsumer> core_;  // open sessions share it
};

}  // namespace

Result<std::shared_ptr<const Topic>> EmbeddedLog::topic(const std::string& name) {
  auto found = parts_.topics.find(name);
  if (found != nullptr) return found;
  if (!parts_.autoCreateTopics || isInternal(name))
    return Error::user(fmt::format("there is no topic '{}', create it", name));
  const Refusal refusal = parts_.topics.create(name, parts_.numPartitions, {});
  // Somebody else may have been faster.
  if (refusal.refused() && refusal.code != ErrorCode::kTopicAlreadyExists) {
    const bool wrong = refusal.code == ErrorCode::kInvalidTopic;
    return wrong ? Error::user(refusal.message) : Error::environment(refusal.message);
  }
  found = parts_.topics.find(name);
  if (found == nullptr)
    return Error::environment(fmt::format("topic '{}' was removed meanwhile", name));
  return found;
}

Result<std::unique_ptr<LogProducer>> EmbeddedLog::producer(ProducerOptions options) {
  return EmbeddedProducer::make(*this, std::move(options));
}

Result<std::unique_ptr<LogConsumer>> EmbeddedLog::consumer(ConsumerOptions options) {
  if (!options.matches) {
    for (const std::string& name : options.topics) {
      if (isInternal(name))
        return Error::user(fmt::format("'{}' is the log's own, consume another topic", name));
      MR_TRY(topic(name));
    }
  }
  auto core = std::make_shared<EmbeddedConsumer>(*this, std::move(options));
  {
    MutexLock lock(mutex_);
    std::erase_if(consumers_, [](const auto& each) { return each.expired(); });
    consumers_.push_back(core);
  }
  core->begin();
  return std::unique_ptr<LogConsumer>(std::make_unique<ConsumerHandle>(std::move(core)));
}

Result<std::vector<GroupPlace>> EmbeddedLog::placesOf(const std::string& group,
                                                      const std::string& name) {
  const auto found = MR_TRY(topic(name));
  std::vector<GroupPlace> places;
  for (std::size_t i = 0; i < found->partitions.size(); ++i) {
    const LogBounds bounds = found->partitions[i]->bounds();
    const auto committed = parts_.groups.committed({group, name, static_cast<std::int32_t>(i)});
    places.push_back(
        {std::max(committed.value_or(bounds.logStart), bounds.logStart), bounds.readEnd});
  }
  return places;
}

Result<std::unique_ptr<LogWriting>> EmbeddedLog::prepare(
    std::vector<std::unique_ptr<LogWork>> works) {
  auto writing = std::make_unique<EmbeddedWriting>(*this, std::move(works));
  MR_TRY(writing->build());
  return std::unique_ptr<LogWriting>(std::move(writing));
}

void EmbeddedLog::advanced() {
  std::vector<std::shared_ptr<EmbeddedConsumer>> all;
  {
    MutexLock lock(mutex_);
    for (const auto& each : consumers_) {
      if (auto one = each.lock(); one != nullptr) all.push_back(std::move(one));
    }
  }
  for (const auto& each : all) each->advanced();
}

}  // namespace millrace::log
