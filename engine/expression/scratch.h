// SPDX-License-Identifier: Apache-2.0
#pragma once
// Scratch: memory for the texts that one evaluation makes on its way to the result.
// Promise: what it hands out stays valid until it is destroyed; the first kilobyte costs no
// allocation. Threads: belongs to one evaluation.

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace millrace::expression {

class Scratch {
 public:
  Scratch() : next_(inline_), left_(sizeof inline_) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  /// Uninitialised memory, aligned for any fundamental type.
  char* allocate(std::size_t bytes) {
    bytes = (bytes + kAlignment - 1) / kAlignment * kAlignment;
    if (bytes > left_) grow(bytes);
    char* result = next_;
    next_ += bytes;
    left_ -= bytes;
    return result;
  }
  std::string_view keep(std::string_view text) {
    if (text.empty()) return {};
    char* copy = allocate(text.size());
    std::memcpy(copy, text.data(), text.size());
    return {copy, text.size()};
  }
  std::string_view join(std::string_view first, std::string_view second) {
    char* both = allocate(first.size() + second.size());
    if (!first.empty()) std::memcpy(both, first.data(), first.size());
    if (!second.empty()) std::memcpy(both + first.size(), second.data(), second.size());
    return {both, first.size() + second.size()};
  }

 private:
  static constexpr std::size_t kAlignment = alignof(std::max_align_t);
  void grow(std::size_t bytes) {
    const std::size_t size = bytes > kBlock ? bytes : kBlock;
    blocks_.push_back(std::unique_ptr<char[]>(new char[size]));
    next_ = blocks_.back().get();
    left_ = size;
  }

  static constexpr std::size_t kBlock = 16 * 1024;
  alignas(std::max_align_t) char inline_[1024];  // left uninitialised on purpose
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_;
  std::size_t left_;
};

}  // namespace millrace::expression
