// SPDX-License-Identifier: Apache-2.0
#pragma once
// The registry: the descriptors of every processor of this program, by file name. The build
// generates it (cmake/processors.cmake): a processor is in it by being there. Threads: constant.

#include "engine/processor/descriptor.h"
#include "engine/processor/service_descriptor.h"

#include <span>
#include <string_view>

namespace millrace {

std::span<const ProcessorDescriptor* const> builtinProcessors();
/// The same for controller services (processors/services/).
std::span<const ServiceDescriptor* const> builtinServices();

/// By type, alias or NiFi class name; null when there is none.
const ProcessorDescriptor* findProcessorType(std::string_view type);
const ServiceDescriptor* findServiceType(std::string_view type);

}  // namespace millrace
