// SPDX-License-Identifier: Apache-2.0
#pragma once
// Content: where the bytes of a FlowFile are. Immutable and shared; writing makes another one.
//
// Ownership: an inline content shares its InlineBuffer; a stored one names a range of the content
// repository, whose liveness that repository counts by commits, not by these handles.

#include "engine/commit/commit.h"
#include "engine/flowfile/content_claim.h"

#include <cstdint>
#include <memory>

namespace millrace {

/// Content up to this many bytes travels in the journal record, which saves a sync.
constexpr std::uint64_t kInlineLimit = 4096;

struct Content {
  enum class Kind : std::uint8_t { kEmpty = 0, kInline = 1, kStored = 2 };

  Kind kind = Kind::kEmpty;
  std::uint32_t crc = 0;     ///< of an inline content; a stored one has it in its claim
  std::uint64_t offset = 0;  ///< in the buffer, or from the start of the claim for a slice
  std::uint64_t length = 0;  ///< bytes
  std::shared_ptr<InlineBuffer> buffer;  ///< kInline
  ContentClaim claim;                    ///< kStored

  /// The bytes of an empty or inline content.
  ByteView inlineBytes() const {
    return kind == Kind::kInline ? buffer->bytes().subspan(offset, length) : ByteView{};
  }
};

}  // namespace millrace
