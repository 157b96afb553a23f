// SPDX-License-Identifier: Apache-2.0
#pragma once
// Finding: one thing that is wrong, or odd, in a flow: where it stands in the file, which component
// it concerns, and what to do about it. The reader, the validator and the importers all speak in
// findings, and none of them stops at the first. Threads: plain values.

#include <string>
#include <string_view>
#include <vector>

namespace millrace::flow {

/// A place in a flow file, counted from 1 in lines and characters; line 0 means "not from a file".
/// Where something was written is no part of what it means: all positions compare equal, so that
/// two flows can be compared with ==.
struct SourcePosition {
  int line = 0;
  int column = 0;
  bool known() const { return line > 0; }
  friend constexpr bool operator==(const SourcePosition&, const SourcePosition&) { return true; }
};

enum class Severity : unsigned char {
  kError,    ///< the flow cannot start
  kWarning,  ///< it can, but probably does not do what was meant
};

struct Finding {
  Severity severity = Severity::kError;
  SourcePosition at;
  std::string component;  ///< path of names, empty for the file as a whole
  std::string property;   ///< the property concerned, often empty
  std::string message;    ///< what is wrong, without a full stop
  std::string advice;     ///< what to do, without a full stop; may be empty
};

using Findings = std::vector<Finding>;

/// `FILE:LINE:COLUMN: error: PATH: MESSAGE; ADVICE`, always one line.
std::string describe(const Finding& finding, std::string_view file);
/// True when one of them is an error.
bool hasError(const Findings& findings);
/// By line and column, errors before warnings at one place; otherwise in the order found.
void sortByPosition(Findings& findings);

/// `did you mean 'X'` for the candidate nearest to `text`, or an empty string when none is near.
std::string didYouMean(std::string_view text, const std::vector<std::string>& candidates);

}  // namespace millrace::flow
