// SPDX-License-Identifier: Apache-2.0
#pragma once
// Plausible values for the properties of any type of processor: defaults, allowed values, a table
// by name, and small tables by kind. What comes out is a configuration that the type accepts.

#include "engine/base/random.h"
#include "engine/control/configuration.h"
#include "engine/flow/flow.h"

#include <memory>
#include <vector>

namespace millrace::tests {

struct DrawnProperties {
  flow::Properties properties;
  std::shared_ptr<const engine::Configuration> configuration;
};

/// Draws until the type accepts what was drawn; fails only for a type that the tables do not know
/// enough about.
Result<DrawnProperties> drawProperties(const ProcessorDescriptor& type, Random& random);
/// The configuration of properties that were drawn; null when the type refuses them.
std::shared_ptr<const engine::Configuration> configurationOf(const ProcessorDescriptor& type,
                                                             const flow::Properties& properties);

}  // namespace millrace::tests
