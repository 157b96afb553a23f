// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"

#include <algorithm>
#include <array>

namespace millrace::processors {
namespace {

constexpr std::string_view kByName = "Route to Property name";
constexpr std::string_view kIfAll = "Route to 'match' if all match";
constexpr std::string_view kIfAny = "Route to 'match' if any matches";
constexpr std::array<std::string_view, 1> kIfAllAliases{"Route to 'matched' if all match"};
constexpr std::array<std::string_view, 1> kIfAnyAliases{"Route to 'matched' if any matches"};
constexpr std::array kStrategies{
    AllowedValue{kByName, "A copy goes to the relationship of each property that is true."},
    AllowedValue{kIfAll, "To 'matched' when every property is true.", kIfAllAliases},
    AllowedValue{kIfAny, "To 'matched' when at least one property is true.", kIfAnyAliases},
};

constexpr Property<std::string> kStrategy{
    {.name = "Routing Strategy",
     .description = "How the conditions decide where a FlowFile goes.",
     .defaultValue = kByName,
     .required = true,
     .allowed = kStrategies}};
constexpr std::array kProperties{&kStrategy.info};

constexpr Relationship kMatched{"matched", "FlowFiles that satisfy the conditions."};
constexpr Relationship kUnmatched{"unmatched", "FlowFiles that satisfy no condition, or not all."};
constexpr std::array kRelationships{&kUnmatched, &kMatched};

constexpr std::array<std::string_view, 4> kTags{"attributes", "routing", "condition", "expression"};
constexpr std::string_view kRouteAttribute = "RouteOnAttribute.Route";
constexpr std::array kWrites{
    AttributeInfo{kRouteAttribute, "The name of the relationship that the FlowFile was sent to."}};

constexpr std::size_t kBatch = 512;

class RouteOnAttribute final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    const std::string_view strategy = context.get(kStrategy);
    strategy_ = strategy == kIfAll   ? Strategy::kAll
                : strategy == kIfAny ? Strategy::kAny
                                     : Strategy::kName;
    unmatched_ = MR_TRY(target(context, kUnmatched.name));
    named_.clear();
    if (strategy_ != Strategy::kName) {
      matched_ = MR_TRY(target(context, kMatched.name));
      return Done{};
    }
    for (const ConfiguredProperty& property : context.dynamicProperties()) {
      named_.push_back(MR_TRY(target(context, property.name())));
    }
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    const std::span<const ConfiguredProperty> conditions = context.dynamicProperties();
    std::vector<const Target*> targets;
    for (std::size_t taken = 0; taken < kBatch; ++taken) {
      SessionFlowFile* file = session.get();
      if (file == nullptr) break;
      targets.clear();
      if (strategy_ == Strategy::kName) {
        for (std::size_t i = 0; i < conditions.size(); ++i) {
          if (MR_TRY(context.evaluateBoolean(conditions[i], file))) targets.push_back(&named_[i]);
        }
      } else if (MR_TRY(satisfies(context, conditions, *file))) {
        targets.push_back(&matched_);
      }
      if (targets.empty()) targets.push_back(&unmatched_);
      // Copies first: the attribute of one route must not show on another.
      for (std::size_t i = 1; i < targets.size(); ++i) {
        send(session, session.clone(*file), *targets[i]);
      }
      send(session, *file, *targets.front());
    }
    return Done{};
  }

 private:
  enum class Strategy : std::uint8_t { kName, kAll, kAny };
  struct Target {
    std::string name;
    RelationshipIndex index;
  };

  static Result<Target> target(ProcessContext& context, std::string_view name) {
    const auto index = context.relationship(name);
    if (!index) return Error::bug("the relationship '" + std::string(name) + "' is missing");
    return Target{std::string(name), *index};
  }

  Result<bool> satisfies(ProcessContext& context, std::span<const ConfiguredProperty> conditions,
                         const SessionFlowFile& file) const {
    const bool all = strategy_ == Strategy::kAll;
    for (const ConfiguredProperty& condition : conditions) {
      if (MR_TRY(context.evaluateBoolean(condition, &file)) != all) return !all;
    }
    return all;
  }

  static void send(ProcessSession& session, SessionFlowFile& file, const Target& target) {
    session.putAttribute(file, kRouteAttribute, target.name);
    session.report(ProvenanceType::kRoute, file);
    session.transfer(file, target.index);
  }

  Strategy strategy_ = Strategy::kName;
  Target matched_;
  Target unmatched_;
  std::vector<Target> named_;  // as the dynamic properties
};

std::vector<std::string> relationshipsOf(std::span<const PropertyText> values) {
  std::vector<std::string> names{std::string(kUnmatched.name)};
  if (textOf(values, kStrategy.info.name) != kByName) {
    names.emplace_back(kMatched.name);
    return names;
  }
  for (const PropertyText& value : values) {
    if (value.first != kStrategy.info.name && value.first != kUnmatched.name) {
      names.push_back(value.first);
    }
  }
  return names;
}

}  // namespace

MR_PROCESSOR(route_on_attribute){
    .type = "RouteOnAttribute",
    .summary = "Sends each FlowFile where conditions over its attributes say.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .dynamic = DynamicProperties::kRelationships,
    .dynamicDescription =
        "A condition; its name is the relationship for FlowFiles that satisfy it.",
    .dynamicScope = ExpressionScope::kFlowFile,
    .writesAttributes = kWrites,
    .batching = true,
    .relationshipsOf = relationshipsOf,
    .make = make<RouteOnAttribute>};

}  // namespace millrace::processors
