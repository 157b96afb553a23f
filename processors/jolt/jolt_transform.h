// SPDX-License-Identifier: Apache-2.0
#pragma once
// JoltTransform: the operations of Jolt (shift, default, remove, sort, cardinality, modify-*) on
// JSON values, and chains of them. A specification is JSON; what it means is described at
// https://github.com/bazaarvoice/jolt.
// Threads: constant once made, may be shared.

#include "processors/jolt/jolt_value.h"

#include <memory>
#include <string_view>
#include <vector>

namespace millrace::processors {

class JoltTransform {
 public:
  virtual ~JoltTransform() = default;
  /// Errors are the user's: the input does not fit the specification.
  virtual Result<JoltValue> apply(JoltValue input) const = 0;

  /// By the name that a chain gives the operation, such as `shift` or `modify-default-beta`. A
  /// specification is not needed for `sort`. Errors are the user's and say what is wrong.
  static Result<std::unique_ptr<JoltTransform>> make(std::string_view operation,
                                                     const JoltValue& specification);
  /// An array of {"operation": …, "spec": …}.
  static Result<std::unique_ptr<JoltTransform>> makeChain(const JoltValue& specification);
};

Result<std::unique_ptr<JoltTransform>> makeJoltShift(const JoltValue& specification);
Result<std::unique_ptr<JoltTransform>> makeJoltDefault(const JoltValue& specification);
Result<std::unique_ptr<JoltTransform>> makeJoltRemove(const JoltValue& specification);
Result<std::unique_ptr<JoltTransform>> makeJoltCardinality(const JoltValue& specification);

/// When a value of a modify operation is set.
enum class JoltModify : std::uint8_t {
  kOverwrite,
  kDefault,  ///< the key is missing or null
  kDefine,   ///< the key is missing
};
Result<std::unique_ptr<JoltTransform>> makeJoltModify(const JoltValue& specification,
                                                      JoltModify when);

}  // namespace millrace::processors
