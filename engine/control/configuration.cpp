// SPDX-License-Identifier: Apache-2.0
#include "engine/control/configuration.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::engine {

ProcessorDescriptor configurationShape(const ServiceDescriptor& service) {
  ProcessorDescriptor shape;
  shape.type = service.type;
  shape.properties = service.properties;
  shape.dynamic = service.dynamic;
  shape.dynamicScope = service.dynamicScope;
  shape.validate = service.validate;
  return shape;
}

bool namesProperty(const PropertyInfo& info, std::string_view name) {
  return info.name == name ||
         std::find(info.aliases.begin(), info.aliases.end(), name) != info.aliases.end();
}

const Relationship* declaredRelationship(const ProcessorDescriptor& descriptor,
                                         std::string_view name) {
  for (const Relationship* relationship : descriptor.relationships) {
    const auto& aliases = relationship->aliases;
    if (relationship->name == name ||
        std::find(aliases.begin(), aliases.end(), name) != aliases.end()) {
      return relationship;
    }
  }
  return nullptr;
}

const ConfiguredProperty& Configuration::property(const PropertyInfo& info) const {
  const auto& properties = descriptor_->properties;
  for (std::size_t i = 0; i < properties.size(); ++i) {
    if (properties[i] == &info) return declared_[i];
  }
  MR_ASSERT(!"the property is not in the descriptor of its processor");
  return declared_.front();
}

Result<std::shared_ptr<const Configuration>> Configuration::make(
    const ProcessorDescriptor& descriptor, std::span<const PropertyText> properties,
    const expression::ParameterResolver& parameters) {
  auto made = std::make_shared<Configuration>();
  made->descriptor_ = &descriptor;
  std::string problems;
  const auto problem = [&](const std::string& text) {
    problems += problems.empty() ? text : "; " + text;
  };
  std::vector<PropertyText> texts;  // for relationshipsOf and validate
  std::vector<bool> used(properties.size(), false);
  for (const PropertyInfo* info : descriptor.properties) {
    std::optional<std::string> text;
    for (std::size_t i = 0; i < properties.size(); ++i) {
      if (!namesProperty(*info, properties[i].first)) continue;
      text = properties[i].second;
      used[i] = true;
    }
    auto property =
        ConfiguredProperty::make(info, std::string(info->name), text, info->scope, parameters);
    if (!property.ok()) {
      // A property that counts only for another choice may be absent for this one.
      const bool idle = !text && !info->dependsOn.empty();
      if (!idle) problem(property.error().message);
      property = ConfiguredProperty();
    }
    texts.emplace_back(info->name,
                       property->isLiteral() ? property->text() : text.value_or(std::string()));
    made->declared_.push_back(std::move(*property));
  }
  for (std::size_t i = 0; i < properties.size(); ++i) {
    if (used[i]) continue;
    const auto& [name, text] = properties[i];
    if (descriptor.dynamic == DynamicProperties::kNone) {
      problem(fmt::format("{} has no property '{}'", descriptor.type, name));
      continue;
    }
    auto property =
        ConfiguredProperty::make(nullptr, name, text, descriptor.dynamicScope, parameters);
    if (!property.ok()) {
      problem(property.error().message);
      continue;
    }
    texts.emplace_back(name, property->isLiteral() ? property->text() : text);
    made->dynamic_.push_back(std::move(*property));
  }
  if (problems.empty() && descriptor.validate != nullptr) {
    for (const std::string& text : descriptor.validate(texts)) problem(text);
  }
  if (!problems.empty()) return Error::user(problems);
  if (descriptor.relationshipsOf != nullptr) {
    made->relationships_ = descriptor.relationshipsOf(texts);
  } else {
    for (const Relationship* relationship : descriptor.relationships) {
      made->relationships_.emplace_back(relationship->name);
    }
    if (descriptor.dynamic == DynamicProperties::kRelationships) {
      for (const ConfiguredProperty& property : made->dynamic_)
        made->relationships_.push_back(property.name());
    }
  }
  return std::shared_ptr<const Configuration>(std::move(made));
}

}  // namespace millrace::engine
