// SPDX-License-Identifier: Apache-2.0
#include "engine/ports/flowfile_pages.h"

#include "engine/base/assert.h"
#include "engine/ports/commit_record.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace {

PageFacts pageFactsOf(std::span<const FlowFile> files) {
  MR_ASSERT(!files.empty());
  PageFacts facts{files.size(), 0, files.front().key, files.front().key};
  for (const FlowFile& file : files) {
    facts.bytes += file.size();
    facts.first = std::min(facts.first, file.key);
    facts.last = std::max(facts.last, file.key);
  }
  return facts;
}

std::vector<std::byte> encodePage(std::span<const FlowFile> files) {
  ByteWriter into;
  for (const FlowFile& file : files) encodeFlowFile(into, file);
  return into.take();
}

Result<std::vector<FlowFile>> decodePage(ByteView bytes, const PageFacts& facts) {
  ByteReader from(bytes);
  std::vector<FlowFile> files;
  files.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(facts.count, 1U << 16)));
  std::uint64_t size = 0;
  for (std::uint64_t i = 0; i < facts.count; ++i) {
    files.push_back(MR_TRY(decodeFlowFile(from)));
    size += files.back().size();
  }
  if (!from.atEnd() || size != facts.bytes) {
    return Error::environment(
        fmt::format("a page of {} FlowFiles does not hold what it says", facts.count), false);
  }
  return files;
}

}  // namespace millrace
