// SPDX-License-Identifier: Apache-2.0
#include "engine/base/mutex.h"
#include "engine/processor/processor.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <vector>

namespace millrace::processors {
namespace {

constexpr std::string_view kRoundRobin = "round robin";
constexpr std::string_view kNextAvailable = "next available";
constexpr std::string_view kOverflow = "overflow";
constexpr std::array kStrategies{
    AllowedValue{kRoundRobin, "In turn; when one has no room, all wait."},
    AllowedValue{kNextAvailable, "In turn; one that has no room is passed over."},
    AllowedValue{kOverflow, "The first one that has room."},
};
constexpr std::int64_t kMostRelationships = 1000;
constexpr std::int64_t kMostWeight = 100'000;

constexpr Property<std::int64_t> kNumber{
    {.name = "Number of Relationships",
     .description = "How many relationships there are: 1, 2, 3 and so on.",
     .defaultValue = "1",
     .required = true,
     .atLeast = 1,
     .atMost = kMostRelationships}};
constexpr Property<std::string> kStrategy{{.name = "Distribution Strategy",
                                           .description = "Which relationship is next.",
                                           .defaultValue = kRoundRobin,
                                           .required = true,
                                           .allowed = kStrategies}};
constexpr std::array kProperties{&kNumber.info, &kStrategy.info};
constexpr Relationship kFirst{"1", "The first way; the others are 2, 3 and so on."};
constexpr std::array kRelationships{&kFirst};
constexpr std::array kWrites{
    AttributeInfo{"distribute.load.relationship", "The relationship that it took."}};
constexpr std::array<std::string_view, 4> kTags{"distribute", "load", "round robin", "weighted"};
constexpr Nanos kPause = 10 * kMillisecond;

std::int64_t numberIn(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  return code == std::errc{} && end == text.data() + text.size() ? number : 0;
}

class DistributeLoad final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    const std::int64_t count = context.get(kNumber);
    std::vector<std::int64_t> weights(static_cast<std::size_t>(count), 1);
    for (const ConfiguredProperty& property : context.dynamicProperties())
      weights[static_cast<std::size_t>(numberIn(property.name()) - 1)] = numberIn(property.text());
    const MutexLock lock(mutex_);
    ways_.clear();
    turns_.clear();
    for (std::size_t i = 0; i < weights.size(); ++i) {
      ways_.push_back(*context.relationship(std::to_string(i + 1)));
      turns_.insert(turns_.end(), static_cast<std::size_t>(weights[i]), i);
    }
    next_ = 0;
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    const auto way = choose(context);
    if (!way) {
      session.transferToSelf(*file);
      context.yield(kPause);
      return Done{};
    }
    session.putAttribute(*file, "distribute.load.relationship", std::to_string(*way + 1));
    RelationshipIndex relationship;
    {
      const MutexLock lock(mutex_);
      relationship = ways_[*way];
    }
    session.transfer(*file, relationship);
    return Done{};
  }

 private:
  std::optional<std::size_t> choose(ProcessContext& context) {
    const std::string_view strategy = context.get(kStrategy);
    const MutexLock lock(mutex_);
    if (strategy == kOverflow) {
      for (std::size_t i = 0; i < ways_.size(); ++i) {
        if (context.hasRoom(ways_[i])) return i;
      }
      return std::nullopt;
    }
    if (strategy == kRoundRobin) {
      for (const RelationshipIndex way : ways_) {
        if (!context.hasRoom(way)) return std::nullopt;
      }
    }
    for (std::size_t tried = 0; tried < turns_.size(); ++tried) {
      const std::size_t way = turns_[next_];
      next_ = (next_ + 1) % turns_.size();
      if (context.hasRoom(ways_[way])) return way;
    }
    return std::nullopt;
  }

  Mutex mutex_;
  std::vector<RelationshipIndex> ways_ MR_GUARDED_BY(mutex_);
  std::vector<std::size_t> turns_ MR_GUARDED_BY(mutex_);  // each way as often as it weighs
  std::size_t next_ MR_GUARDED_BY(mutex_) = 0;
};

std::vector<std::string> relationships(std::span<const PropertyText> values) {
  std::vector<std::string> names;
  const std::int64_t count = numberIn(textOf(values, kNumber.info.name));
  for (std::int64_t i = 1; i <= std::min(count, kMostRelationships); ++i)
    names.push_back(std::to_string(i));
  return names;
}

std::vector<std::string> check(std::span<const PropertyText> values) {
  std::vector<std::string> problems;
  const std::int64_t count = numberIn(textOf(values, kNumber.info.name));
  for (const auto& [name, text] : values) {
    if (name == kNumber.info.name || name == kStrategy.info.name) continue;
    const std::int64_t way = numberIn(name);
    const std::int64_t weight = numberIn(text);
    if (way < 1 || way > count || name != std::to_string(way)) {
      problems.push_back(
          fmt::format("property '{}' is no relationship; there are 1 to {}", name, count));
    } else if (weight < 1 || weight > kMostWeight) {
      problems.push_back(
          fmt::format("property '{}' is '{}', but a weight is a whole number from 1 to {}", name,
                      text, kMostWeight));
    }
  }
  return problems;
}

}  // namespace

MR_PROCESSOR(distribute_load){
    .type = "DistributeLoad",
    .summary = "Deals FlowFiles out to numbered relationships, evenly or by weight.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .dynamic = DynamicProperties::kOther,
    .dynamicDescription =
        "The name is a relationship, such as 2, the value its weight: how many "
        "FlowFiles it gets in each round.",
    .writesAttributes = kWrites,
    .batching = true,
    .triggerWhenAnyAvailable = true,
    .relationshipsOf = relationships,
    .validate = check,
    .make = make<DistributeLoad>,
};

}  // namespace millrace::processors
