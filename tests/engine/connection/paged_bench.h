// SPDX-License-Identifier: Apache-2.0
#pragma once
// Queues that keep next to nothing in memory, and FlowFiles of all kinds to put into them.

#include "engine/base/crc32c.h"
#include "engine/base/random.h"
#include "engine/connection/flowfile_queue.h"

namespace queue_test {

using namespace millrace;
using namespace millrace::engine;

inline const QueueMemory::Options kTiny{.budget = 1024,
                                        .alwaysInMemory = 3,
                                        .smallestPage = 2,
                                        .largestPage = 5,
                                        .onCannotWrite = {},
                                        .onLost = {}};

inline FlowFile randomFile(Random& random, std::uint64_t lsn, std::uint32_t index) {
  FlowFile made;
  made.id = FlowFileId(lsn * 1000 + index);
  made.key = {Lsn(lsn), index};
  made.entryDate = static_cast<Millis>(random.below(10));
  if (random.oneIn(2))
    made.attributes = Attributes().with("priority", std::to_string(random.below(4)));
  if (random.oneIn(3)) {
    const std::string text = "content of " + std::to_string(made.id.raw());
    made.content.kind = Content::Kind::kInline;
    made.content.length = text.size();
    made.content.crc = crc32c(asBytes(text));
    made.content.buffer = std::make_shared<InlineBuffer>(std::vector<std::byte>());
    made.content.buffer->add(asBytes(text));
    made.content.buffer->retain();
  }
  return made;
}

}  // namespace queue_test
