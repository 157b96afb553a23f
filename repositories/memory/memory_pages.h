// SPDX-License-Identifier: Apache-2.0
#pragma once
// MemoryPages: pages as bytes in memory. They hold a queue in a fraction of the room that its
// FlowFiles take, on a machine without a disk to spare. Threads: any.

#include "engine/ports/flowfile_pages.h"

namespace millrace::repo {

class MemoryPages final : public FlowFilePages {
 public:
  Result<std::unique_ptr<FlowFilePage>> write(std::span<const FlowFile> files) override;
};

}  // namespace millrace::repo
