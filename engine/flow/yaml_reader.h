// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads a flow file: text in, Flow and findings out. What is wrong is an error with a line and a
// column, and every error is listed, not only the first. Bounded in size, nesting and number of
// values; never throws and never crashes, whatever the text.
// Threads: any; nothing is shared.

#include "engine/base/result.h"
#include "engine/flow/flow.h"

#include <string_view>

namespace millrace::flow {

struct YamlNode;

struct ReadFlow {
  Flow flow;          ///< linked; when there are errors, what could be read
  Findings findings;  ///< sorted by position; warnings do not hinder
  bool ok() const { return !hasError(findings); }
};

ReadFlow readFlow(std::string_view text);
/// From YAML that is parsed already.
ReadFlow readFlow(const YamlNode& root);

/// For callers that want a flow or a reason: the message has one line for each error.
Result<Flow> parseFlow(std::string_view text, std::string_view file);
/// The flow, or its errors as one Error.
Result<Flow> orError(ReadFlow read, std::string_view file);

}  // namespace millrace::flow
