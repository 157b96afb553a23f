// SPDX-License-Identifier: Apache-2.0
#pragma once
// From descriptors to the catalog that flow validation, forms and documents read. Threads: any.

#include "engine/flow/catalog.h"
#include "engine/processor/descriptor.h"
#include "engine/processor/service_descriptor.h"

#include <span>

namespace millrace {

/// What a flow needs to know about one type.
flow::ComponentInfo componentInfo(const ProcessorDescriptor& descriptor);
flow::ComponentInfo componentInfo(const ServiceDescriptor& descriptor);
/// Adds every descriptor.
void addProcessors(flow::Catalog& catalog, std::span<const ProcessorDescriptor* const> descriptors);
void addServices(flow::Catalog& catalog, std::span<const ServiceDescriptor* const> descriptors);

/// What relationshipsOf and validate are given: every declared property (as set, by whatever name
/// it is called there, else its default), then the others. Allowed values go by their own names.
std::vector<PropertyText> completeProperties(const ProcessorDescriptor& descriptor,
                                             std::span<const PropertyText> set);
/// The relationships of a type with these settings, in order.
std::vector<std::string> relationshipNames(const ProcessorDescriptor& descriptor,
                                           std::span<const PropertyText> set);

}  // namespace millrace
