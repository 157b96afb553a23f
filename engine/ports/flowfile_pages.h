// SPDX-License-Identifier: Apache-2.0
#pragma once
// FlowFilePages: the port for blocks of queued FlowFiles that leave memory while they wait.
//
// A page is a spare copy for memory's sake: what is queued is in the journal and its snapshot, so
// pages need not survive the process. Promise: a page is read back as it was written, as often as
// asked for, or gives an Error. Inline content goes into the page; a stored one stays where it is.
// Ownership: a page gives its room back when it goes, and may outlive the FlowFilePages that wrote
// it. Threads: any; one page by one at a time.

#include "engine/base/result.h"
#include "engine/flowfile/flowfile.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace millrace {

/// What a page holds, known without reading it.
struct PageFacts {
  std::uint64_t count = 0;  ///< FlowFiles, at least one
  std::uint64_t bytes = 0;  ///< of their content
  QueueKey first;           ///< the smallest key
  QueueKey last;            ///< the greatest key
};

class FlowFilePage {
 public:
  explicit FlowFilePage(PageFacts facts) : facts_(facts) {}
  FlowFilePage(const FlowFilePage&) = delete;
  FlowFilePage& operator=(const FlowFilePage&) = delete;
  virtual ~FlowFilePage() = default;

  const PageFacts& facts() const { return facts_; }
  /// In the order in which they were written. Nothing is held back and each inline content is
  /// retained once.
  virtual Result<std::vector<FlowFile>> read() const = 0;

 private:
  const PageFacts facts_;
};

class FlowFilePages {
 public:
  virtual ~FlowFilePages() = default;
  /// At least one FlowFile; none held.
  virtual Result<std::unique_ptr<FlowFilePage>> write(std::span<const FlowFile> files) = 0;
};

/// A part of a queue that recovery found: in memory, or a page in key order.
struct RestoredBatch {
  std::vector<FlowFile> files;
  std::unique_ptr<FlowFilePage> page;  ///< when set, `files` is empty
};

PageFacts pageFactsOf(std::span<const FlowFile> files);
/// The page's FlowFiles as rows of FORMAT.md, one after the other.
std::vector<std::byte> encodePage(std::span<const FlowFile> files);
/// An Error when the bytes are not exactly `facts.count` rows.
Result<std::vector<FlowFile>> decodePage(ByteView bytes, const PageFacts& facts);

}  // namespace millrace
