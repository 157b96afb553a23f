// SPDX-License-Identifier: Apache-2.0
#pragma once
// The types of this program by name, alias or NiFi class name (found by its last part). Threads:
// any.

#include "engine/processor/descriptor.h"
#include "engine/processor/service_descriptor.h"

#include <string_view>

namespace millrace::server {

/// Null when there is none.
const ProcessorDescriptor* findProcessorType(std::string_view type);
const ServiceDescriptor* findServiceType(std::string_view type);

}  // namespace millrace::server
