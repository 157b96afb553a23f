// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads a test file: YAML in, test cases and findings out. What is wrong is an error with a line
// and a column, and every error is listed. Files that it names are read, their paths taken from the
// test file's folder. docs/testing-flows.md defines the format. Threads: one.

#include "engine/base/file_system.h"
#include "engine/flow/finding.h"
#include "server/flowtest/test_case.h"

#include <string>
#include <vector>

namespace millrace::flowtest {

struct ReadTests {
  std::vector<TestCase> cases;
  flow::Findings findings;
  bool ok() const { return !flow::hasError(findings); }
};

/// Fails only when the test file itself cannot be read.
Result<ReadTests> readTests(FileSystem& files, const std::string& path);

}  // namespace millrace::flowtest
