// SPDX-License-Identifier: Apache-2.0
#pragma once
// TermSearch: finds the first of many terms in bytes that come in pieces, in one pass, however many
// terms there are (Aho and Corasick, 1975).
// Threads: constant once made; a Scan belongs to the trigger that uses it.

#include "engine/base/bytes.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::processors {

class TermSearch {
 public:
  /// Empty terms are left out.
  explicit TermSearch(std::vector<std::string> terms);

  bool isEmpty() const { return terms_.empty(); }
  std::size_t size() const { return terms_.size(); }

  class Scan {
   public:
    explicit Scan(const TermSearch& search) : search_(search) {}
    /// The term that ends first; of those that end together, the longest.
    std::optional<std::string_view> next(ByteView bytes);

   private:
    const TermSearch& search_;
    std::uint32_t node_ = 0;
  };

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  struct Node {
    std::uint32_t firstEdge = 0;  // in edges_, sorted by byte
    std::uint32_t edges = 0;
    std::uint32_t fallback = 0;  // the longest other beginning of a term that this text ends with
    std::uint32_t term = kNone;  // that ends here
  };
  struct Edge {
    std::uint8_t byte = 0;
    std::uint32_t to = 0;
  };
  void build();
  std::uint32_t childOf(std::uint32_t node, std::uint8_t byte) const;
  std::uint32_t step(std::uint32_t node, std::uint8_t byte) const;

  std::vector<std::string> terms_;  // sorted
  std::vector<Node> nodes_;
  std::vector<Edge> edges_;
  std::array<std::uint32_t, 256> fromRoot_{};
};

}  // namespace millrace::processors
