// SPDX-License-Identifier: Apache-2.0
#pragma once
// The manifest: what an agent is, can run and can be told, as C2's JSON. Threads: a pure function.

#include "engine/processor/descriptor.h"
#include "engine/processor/service_descriptor.h"

#include <span>
#include <string>
#include <string_view>

namespace millrace::agent {

std::string writeManifest(std::string_view version, std::string_view architecture,
                          std::span<const ProcessorDescriptor* const> processors,
                          std::span<const ServiceDescriptor* const> services);

}  // namespace millrace::agent
