// SPDX-License-Identifier: Apache-2.0
#include "engine/session/look_flowfiles.h"

#include "engine/session/session_entry.h"

#include <algorithm>

namespace millrace::engine {

Result<FoundFlowFiles> lookThrough(const Store& store, const FlowFileQueue& queue,
                                   const FlowFile* after, const LookLimits& limits,
                                   const FlowFileFilter& filter) {
  constexpr std::size_t kAtOnce = 1000;
  FoundFlowFiles found;
  if (after != nullptr) found.last = *after;
  SessionEntry probe;
  while (found.files.size() < limits.found && found.looked < limits.looks) {
    const std::size_t most =
        filter ? kAtOnce : std::min(kAtOnce, limits.found - found.files.size());
    const auto part = MR_TRY(queue.look(found.last ? &*found.last : nullptr, most));
    for (const FlowFile& file : part) {
      if (found.files.size() == limits.found) return found;
      bool wanted = true;
      if (filter) {
        probe.reset(store.id);
        probe.file = file;
        const auto judged = filter(probe);
        if (!judged.ok() && found.notJudged.count++ == 0)
          found.notJudged.why = judged.error().message;
        wanted = judged.ok() && *judged;
      }
      if (wanted) found.files.push_back({file, found.looked});
      ++found.looked;
      found.last = file;
    }
    if (part.size() < most) {
      found.atEnd = true;
      return found;
    }
  }
  return found;
}

}  // namespace millrace::engine
