// SPDX-License-Identifier: Apache-2.0
#pragma once
// NoBlockIndex: knows nothing of any block. The agent writes provenance and searches none: whoever
// looks into its directory makes an index of the blocks, and memory does not grow with them.
// Threads: any.

#include "repositories/provenance/blocks/block_index.h"

namespace millrace::agent {

class NoBlockIndex final : public repo::BlockIndex {
 public:
  Result<> add(const std::vector<Entry>&) override { return Done{}; }
  Result<std::map<std::uint64_t, std::uint64_t>> known() override {
    return std::map<std::uint64_t, std::uint64_t>();
  }
  Result<> forget(std::uint64_t) override { return Done{}; }
  Result<> reset() override { return Done{}; }
  Result<std::vector<Candidate>> candidates(const repo::BlockQuery&, std::size_t) override {
    return std::vector<Candidate>();
  }
};

}  // namespace millrace::agent
