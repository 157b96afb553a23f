// SPDX-License-Identifier: Apache-2.0
#pragma once
// Configuration: the properties of one component, parsed against its descriptor, and the
// relationships that follow from them. Immutable; a change makes another one.

#include "engine/base/result.h"
#include "engine/processor/configured_property.h"
#include "engine/processor/descriptor.h"
#include "engine/processor/service_descriptor.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace millrace::engine {

class Configuration {
 public:
  /// Names may be aliases. All problems are in the Error's message, one sentence each.
  static Result<std::shared_ptr<const Configuration>> make(
      const ProcessorDescriptor& descriptor, std::span<const PropertyText> properties,
      const expression::ParameterResolver& parameters);

  const ProcessorDescriptor& descriptor() const { return *descriptor_; }
  const ConfiguredProperty& property(const PropertyInfo& info) const;
  std::span<const ConfiguredProperty> dynamicProperties() const { return dynamic_; }
  const std::vector<std::string>& relationships() const { return relationships_; }

 private:
  const ProcessorDescriptor* descriptor_ = nullptr;
  std::vector<ConfiguredProperty> declared_;  // as descriptor_->properties
  std::vector<ConfiguredProperty> dynamic_;
  std::vector<std::string> relationships_;
};

/// Properties of a service are parsed by the rules of processors: a descriptor with the members
/// that matter for that, and no others.
ProcessorDescriptor configurationShape(const ServiceDescriptor& service);

/// True when `name` is the property's name or one of its aliases.
bool namesProperty(const PropertyInfo& info, std::string_view name);
/// The declared relationship of that name or alias; null when there is none.
const Relationship* declaredRelationship(const ProcessorDescriptor& descriptor,
                                         std::string_view name);

}  // namespace millrace::engine
