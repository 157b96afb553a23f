// SPDX-License-Identifier: Apache-2.0
#pragma once
// Prioritizers of a connection: which of two waiting FlowFiles goes first. NiFi's four, in NiFi's
// semantics.

#include "engine/flowfile/flowfile.h"

#include <cstdint>
#include <span>

namespace millrace::engine {

enum class Prioritizer : std::uint8_t {
  kFirstInFirstOut,
  kNewestFirst,        ///< by entry into the flow, the youngest first
  kOldestFirst,        ///< by entry into the flow, the oldest first
  kPriorityAttribute,  ///< `priority`: present before absent, whole numbers before text, lower
                       ///< first
};

/// True when `a` goes before `b`: the prioritizers in order, then the queue key.
bool goesBefore(std::span<const Prioritizer> prioritizers, const FlowFile& a, const FlowFile& b);

/// True when whoever came first stands in front.
bool isOldestFirst(std::span<const Prioritizer> prioritizers);

}  // namespace millrace::engine
