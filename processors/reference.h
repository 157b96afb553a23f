// SPDX-License-Identifier: Apache-2.0
#pragma once
// The reference of a type of processor, written from its descriptor. Threads: any.

#include "engine/processor/descriptor.h"

#include <span>
#include <string>

namespace millrace {

/// A page of Markdown.
std::string referenceMarkdown(const ProcessorDescriptor& descriptor);
/// One JSON object in one line.
std::string referenceJson(const ProcessorDescriptor& descriptor);
/// The page that lists all types, each with a link to TYPE.md.
std::string referenceIndex(std::span<const ProcessorDescriptor* const> descriptors);

}  // namespace millrace
