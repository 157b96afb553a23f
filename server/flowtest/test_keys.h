// SPDX-License-Identifier: Apache-2.0
#pragma once
// The keys of a test file, in one table: the reader refuses every other; schema/flow-test-1.json
// and docs/testing-flows.md are compared with it by a test.

#include "engine/flow/keys.h"

namespace millrace::flowtest {

enum class TestObject : unsigned char {
  kFile,
  kTest,
  kProgram,
  kStandIn,
  kGiven,
  kGivenFlowFile,
  kExpect,
  kOutput,
  kFlowFile,
  kBulletin,
  kText,
  kMatcher,
};
constexpr std::size_t kTestObjects = 12;

flow::ObjectKeys keysOf(TestObject object);

}  // namespace millrace::flowtest
