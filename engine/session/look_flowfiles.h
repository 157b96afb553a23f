// SPDX-License-Identifier: Apache-2.0
#pragma once
// Looking through a queue with a filter, part by part: nothing is taken, nothing is stopped, and no
// more memory is needed than for what is found.
//
// Errors: a page of the queue cannot be read. Threads: any; the caller's is busy meanwhile.

#include "engine/processor/process_session.h"
#include "engine/session/store.h"
#include "engine/session/wiring.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace millrace::engine {

/// Whether a FlowFile is wanted; an Error when that cannot be said of this one.
using FlowFileFilter = std::function<Result<bool>(const SessionFlowFile&)>;

struct LookLimits {
  std::size_t found = 100;       ///< FlowFiles in the answer
  std::uint64_t looks = 50'000;  ///< FlowFiles that are looked at
};

/// FlowFiles of which a filter could not say whether they are wanted; they count as not wanted.
struct NotJudged {
  std::uint64_t count = 0;
  std::string why;  ///< of the first
};

struct FoundFlowFiles {
  struct Found {
    FlowFile file;
    std::uint64_t position = 0;  ///< how many were looked at before it
  };
  std::vector<Found> files;      ///< in the order of the queue
  std::uint64_t looked = 0;      ///< FlowFiles that were looked at
  std::optional<FlowFile> last;  ///< the last of those: look on behind it
  bool atEnd = false;            ///< there was nothing behind it
  NotJudged notJudged;
};

/// From behind `after` (null: from the front); a null filter wants all.
Result<FoundFlowFiles> lookThrough(const Store& store, const FlowFileQueue& queue,
                                   const FlowFile* after, const LookLimits& limits,
                                   const FlowFileFilter& filter);

}  // namespace millrace::engine
