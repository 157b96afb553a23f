// SPDX-License-Identifier: Apache-2.0
#pragma once
// QueuePlace: a FlowFile's place in its queue as a text that clients hand back: to go on behind it,
// or to find it again at any depth. Made of what decides the order (engine/connection/priority.h),
// so that it stays right when FlowFiles before it go, and after a restart.
// Threads: values.

#include "engine/base/result.h"
#include "engine/flowfile/flowfile.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::server {

struct QueuePlace {
  std::uint64_t position = 0;  ///< how many were before it when it was listed
  FlowFile seen;               ///< key, entry date and priority alone

  static QueuePlace of(const FlowFile& file, std::uint64_t position);
  /// POSITION.LSN.INDEX.ENTRYDATE[.PRIORITY], the last in hexadecimal digits.
  std::string text() const;
  static Result<QueuePlace> parse(std::string_view text);
};

}  // namespace millrace::server
