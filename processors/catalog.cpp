// SPDX-License-Identifier: Apache-2.0
#include "processors/catalog.h"

#include "engine/expression/regex.h"
#include "engine/processor/configured_property.h"
#include "engine/processor/processor.h"

#include <algorithm>

namespace millrace {
namespace {

std::vector<std::string> texts(std::span<const std::string_view> views) {
  return {views.begin(), views.end()};
}

flow::ExpressionScope scopeOf(ExpressionScope scope) {
  switch (scope) {
    case ExpressionScope::kNone:
      return flow::ExpressionScope::kNone;
    case ExpressionScope::kEnvironment:
      return flow::ExpressionScope::kEnvironment;
    case ExpressionScope::kFlowFile:
      return flow::ExpressionScope::kFlowFile;
  }
  return flow::ExpressionScope::kNone;
}

flow::PropertyKind kindOf(PropertyKind kind) {
  switch (kind) {
    case PropertyKind::kInteger:
      return flow::PropertyKind::kInteger;
    case PropertyKind::kDecimal:
      return flow::PropertyKind::kNumber;
    case PropertyKind::kBoolean:
      return flow::PropertyKind::kBoolean;
    case PropertyKind::kDuration:
      return flow::PropertyKind::kDuration;
    case PropertyKind::kDataSize:
      return flow::PropertyKind::kDataSize;
    case PropertyKind::kRegex:
      return flow::PropertyKind::kRegex;
    case PropertyKind::kService:
      return flow::PropertyKind::kService;
    case PropertyKind::kCharset:
      return flow::PropertyKind::kCharacterSet;
    case PropertyKind::kText:
    case PropertyKind::kJsonPath:
      return flow::PropertyKind::kText;
  }
  return flow::PropertyKind::kText;
}

flow::InputRequirement inputOf(InputRequirement input) {
  switch (input) {
    case InputRequirement::kRequired:
      return flow::InputRequirement::kRequired;
    case InputRequirement::kAllowed:
      return flow::InputRequirement::kAllowed;
    case InputRequirement::kForbidden:
      return flow::InputRequirement::kForbidden;
  }
  return flow::InputRequirement::kAllowed;
}

flow::DynamicProperties dynamicOf(DynamicProperties dynamic) {
  switch (dynamic) {
    case DynamicProperties::kNone:
      return flow::DynamicProperties::kNone;
    case DynamicProperties::kAttributes:
      return flow::DynamicProperties::kAttributes;
    case DynamicProperties::kRelationships:
      return flow::DynamicProperties::kRelationships;
    case DynamicProperties::kOther:
      return flow::DynamicProperties::kOther;
  }
  return flow::DynamicProperties::kNone;
}

/// What the kind alone does not say: bounds, and that a regular expression compiles.
std::optional<std::string> refusal(const PropertyInfo& info, std::string_view text) {
  if (text.empty()) return std::nullopt;
  switch (info.kind) {
    case PropertyKind::kInteger:
    case PropertyKind::kDuration:
    case PropertyKind::kDataSize:
    case PropertyKind::kBoolean:
      if (auto number = parsePropertyNumber(info, text); !number.ok())
        return number.error().message;
      break;
    case PropertyKind::kDecimal:
      if (auto number = parsePropertyDecimal(info, text); !number.ok())
        return number.error().message;
      break;
    case PropertyKind::kRegex: {
      using expression::Regex;
      if (auto regex = Regex::compile(text, Regex::Use::kFind); !regex.ok())
        return regex.error().message;
      break;
    }
    default:
      break;
  }
  return std::nullopt;
}

flow::PropertyInfo propertyOf(const PropertyInfo& info) {
  flow::PropertyInfo property;
  property.name = info.name;
  property.aliases = texts(info.aliases);
  property.description = info.description;
  if (info.defaultValue) property.defaultValue = std::string(*info.defaultValue);
  for (const AllowedValue& allowed : info.allowed) {
    property.allowedValues.push_back({.value = std::string(allowed.value),
                                      .aliases = texts(allowed.aliases),
                                      .description = std::string(allowed.description)});
  }
  property.required = info.required;
  property.sensitive = info.sensitive;
  property.scope = scopeOf(info.scope);
  property.kind = kindOf(info.kind);
  property.serviceType = info.serviceType;
  if (!info.dependsOn.empty())
    property.dependsOn.push_back({std::string(info.dependsOn), texts(info.dependsOnValues)});
  // Descriptors are constants: the pointer stays good.
  property.check = [declared = &info](std::string_view text) { return refusal(*declared, text); };
  return property;
}

flow::RelationshipInfo relationshipOf(const ProcessorDescriptor& descriptor,
                                      std::string_view name) {
  for (const Relationship* declared : descriptor.relationships) {
    if (declared->name == name) {
      return {.name = std::string(name),
              .aliases = texts(declared->aliases),
              .description = std::string(declared->description),
              .autoTerminatedByDefault = declared->autoTerminated};
    }
  }
  return {.name = std::string(name), .aliases = {}, .description = "As the settings say."};
}

bool isNamed(const PropertyInfo& info, std::string_view name) {
  return info.name == name ||
         std::find(info.aliases.begin(), info.aliases.end(), name) != info.aliases.end();
}

std::string ownName(const PropertyInfo& info, std::string_view value) {
  for (const AllowedValue& allowed : info.allowed) {
    if (std::find(allowed.aliases.begin(), allowed.aliases.end(), value) != allowed.aliases.end())
      return std::string(allowed.value);
  }
  return std::string(value);
}

}  // namespace

std::vector<PropertyText> completeProperties(const ProcessorDescriptor& descriptor,
                                             std::span<const PropertyText> set) {
  std::vector<PropertyText> complete;
  for (const PropertyInfo* info : descriptor.properties) {
    const auto given = std::find_if(set.begin(), set.end(), [info](const PropertyText& property) {
      return isNamed(*info, property.first);
    });
    complete.emplace_back(info->name, given != set.end()
                                          ? ownName(*info, given->second)
                                          : std::string(info->defaultValue.value_or("")));
  }
  for (const PropertyText& property : set) {
    const bool declared =
        std::any_of(descriptor.properties.begin(), descriptor.properties.end(),
                    [&](const PropertyInfo* info) { return isNamed(*info, property.first); });
    if (!declared) complete.push_back(property);
  }
  return complete;
}

std::vector<std::string> relationshipNames(const ProcessorDescriptor& descriptor,
                                           std::span<const PropertyText> set) {
  const std::vector<PropertyText> complete = completeProperties(descriptor, set);
  if (descriptor.relationshipsOf != nullptr) return descriptor.relationshipsOf(complete);
  std::vector<std::string> names;
  for (const Relationship* relationship : descriptor.relationships)
    names.emplace_back(relationship->name);
  if (descriptor.dynamic == DynamicProperties::kRelationships) {
    for (std::size_t i = descriptor.properties.size(); i < complete.size(); ++i)
      names.push_back(complete[i].first);
  }
  return names;
}

flow::ComponentInfo componentInfo(const ProcessorDescriptor& descriptor) {
  flow::ComponentInfo info;
  info.type = descriptor.type;
  info.kind = flow::ComponentKind::kProcessor;
  info.aliases = texts(descriptor.typeAliases);
  info.summary = descriptor.summary;
  info.tags = texts(descriptor.tags);
  info.input = inputOf(descriptor.input);
  for (const PropertyInfo* property : descriptor.properties)
    info.properties.push_back(propertyOf(*property));
  info.dynamicProperties = dynamicOf(descriptor.dynamic);
  info.dynamicScope = scopeOf(descriptor.dynamicScope);
  for (const Relationship* relationship : descriptor.relationships)
    info.relationships.push_back(relationshipOf(descriptor, relationship->name));
  if (descriptor.relationshipsOf != nullptr) {
    info.relationshipsFor = [declared =
                                 &descriptor](const std::vector<flow::PropertySetting>& settings) {
      std::vector<PropertyText> set;
      for (const flow::PropertySetting& setting : settings)
        set.emplace_back(setting.name, setting.value);
      std::vector<flow::RelationshipInfo> relationships;
      for (const std::string& name : relationshipNames(*declared, set))
        relationships.push_back(relationshipOf(*declared, name));
      return relationships;
    };
  }
  for (const AttributeInfo& attribute : descriptor.readsAttributes)
    info.reads.push_back({std::string(attribute.name), std::string(attribute.description)});
  for (const AttributeInfo& attribute : descriptor.writesAttributes) {
    const std::size_t open = attribute.name.find('<');
    if (open == 0) {
      info.writesAnyAttribute |= descriptor.dynamic != DynamicProperties::kAttributes;
      continue;
    }
    std::string name(attribute.name.substr(0, open));
    if (open != std::string_view::npos) name += '*';
    info.writes.push_back({std::move(name), std::string(attribute.description)});
  }
  info.traits = {.batching = descriptor.batching,
                 .serial = descriptor.serial,
                 .blocking = descriptor.blocking,
                 .source = descriptor.input != InputRequirement::kRequired,
                 .effectOutside = descriptor.effect == OutsideEffect::kOutside};
  return info;
}

flow::ComponentInfo componentInfo(const ServiceDescriptor& descriptor) {
  flow::ComponentInfo info;
  info.type = descriptor.type;
  info.kind = flow::ComponentKind::kService;
  info.aliases = texts(descriptor.typeAliases);
  info.summary = descriptor.summary;
  info.tags = texts(descriptor.tags);
  for (const PropertyInfo* property : descriptor.properties)
    info.properties.push_back(propertyOf(*property));
  info.dynamicProperties = dynamicOf(descriptor.dynamic);
  info.dynamicScope = scopeOf(descriptor.dynamicScope);
  info.provides = texts(descriptor.provides);
  return info;
}

void addProcessors(flow::Catalog& catalog,
                   std::span<const ProcessorDescriptor* const> descriptors) {
  for (const ProcessorDescriptor* descriptor : descriptors) catalog.add(componentInfo(*descriptor));
}

void addServices(flow::Catalog& catalog, std::span<const ServiceDescriptor* const> descriptors) {
  for (const ServiceDescriptor* descriptor : descriptors) catalog.add(componentInfo(*descriptor));
}

}  // namespace millrace
