// SPDX-License-Identifier: Apache-2.0
#include "processors/relationship_conditions.h"

#include "processors/catalog.h"

#include <algorithm>

namespace millrace::processors {
namespace {

constexpr std::string_view kProbe = "a route of nobody";

std::vector<std::string_view> choicesOf(const PropertyInfo& property) {
  std::vector<std::string_view> choices;
  for (const AllowedValue& allowed : property.allowed) choices.push_back(allowed.value);
  if (choices.empty() && property.kind == PropertyKind::kBoolean) choices = {"true", "false"};
  return choices;
}

std::optional<RelationshipCondition> find(const ProcessorDescriptor& descriptor,
                                          std::string_view relationship,
                                          const std::vector<PropertyText>& always) {
  if (descriptor.relationshipsOf == nullptr) return std::nullopt;
  for (const PropertyInfo* property : descriptor.properties) {
    const std::vector<std::string_view> choices = choicesOf(*property);
    RelationshipCondition condition{property->name, {}};
    for (const std::string_view choice : choices) {
      std::vector<PropertyText> values = always;
      values.emplace_back(property->name, choice);
      const std::vector<std::string> names = relationshipNames(descriptor, values);
      if (std::find(names.begin(), names.end(), relationship) != names.end())
        condition.values.push_back(choice);
    }
    if (!condition.values.empty() && condition.values.size() < choices.size()) return condition;
  }
  return std::nullopt;
}

}  // namespace

std::optional<RelationshipCondition> conditionOf(const ProcessorDescriptor& descriptor,
                                                 std::string_view relationship) {
  return find(descriptor, relationship, {});
}

std::optional<RelationshipCondition> conditionOfDynamic(const ProcessorDescriptor& descriptor) {
  if (descriptor.dynamic != DynamicProperties::kRelationships) return std::nullopt;
  return find(descriptor, kProbe, {{std::string(kProbe), "x"}});
}

}  // namespace millrace::processors
