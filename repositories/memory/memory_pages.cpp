// SPDX-License-Identifier: Apache-2.0
#include "repositories/memory/memory_pages.h"

namespace millrace::repo {
namespace {

class MemoryPage final : public FlowFilePage {
 public:
  MemoryPage(PageFacts facts, std::vector<std::byte> bytes)
      : FlowFilePage(facts), bytes_(std::move(bytes)) {
    bytes_.shrink_to_fit();
  }
  Result<std::vector<FlowFile>> read() const override { return decodePage(bytes_, facts()); }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace

Result<std::unique_ptr<FlowFilePage>> MemoryPages::write(std::span<const FlowFile> files) {
  return std::unique_ptr<FlowFilePage>(
      std::make_unique<MemoryPage>(pageFactsOf(files), encodePage(files)));
}

}  // namespace millrace::repo
