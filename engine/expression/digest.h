// SPDX-License-Identifier: Apache-2.0
#pragma once
// Message digests by the names that Java gives them.

#include "engine/base/result.h"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace millrace::expression {

/// MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512, SHA-512/224, SHA-512/256, SHA3-…; any other name
/// is an error.
Result<std::vector<std::uint8_t>> digest(std::string_view algorithm, std::string_view data);
/// Whether digest() knows the name.
bool isDigest(std::string_view algorithm);

/// A digest of data that comes in pieces.
class RunningDigest {
 public:
  static Result<RunningDigest> start(std::string_view algorithm);
  RunningDigest(RunningDigest&&) noexcept;
  RunningDigest& operator=(RunningDigest&&) noexcept;
  ~RunningDigest();
  Result<> add(std::string_view data);
  /// The digest; nothing may be added behind it.
  Result<std::vector<std::uint8_t>> finish();

 private:
  struct State;
  explicit RunningDigest(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace millrace::expression
