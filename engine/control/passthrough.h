// SPDX-License-Identifier: Apache-2.0
#pragma once
// Ports and funnels: components of the engine's own that hand on what they get. They stand outside
// the registry.

#include "engine/processor/descriptor.h"

namespace millrace::engine {

/// The one relationship of ports and funnels.
inline constexpr std::string_view kPassthroughRelationship = "";

/// Of a processor whose type is not known: it is kept, disabled, with the queues before and behind
/// it.
const ProcessorDescriptor& missingDescriptor();
const ProcessorDescriptor& portDescriptor();
const ProcessorDescriptor& funnelDescriptor();
/// A port or a funnel.
bool isPassthrough(const ProcessorDescriptor* type);

}  // namespace millrace::engine
