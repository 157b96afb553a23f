// SPDX-License-Identifier: Apache-2.0
#pragma once
// PathParser: reads the text of a JSONPath. Filters are read in filter_parser.cpp.
// Threads: belongs to one parse.

#include "engine/expression/json/path_program.h"

namespace millrace::expression {

class PathParser {
 public:
  /// Nested paths and filters beyond this are refused.
  static constexpr int kMaxNesting = 50;

  PathParser(std::string_view text, std::size_t at, int nesting)
      : text_(text), at_(at), nesting_(nesting) {}

  /// Reads `$…` or `@…` up to where a path cannot go on; `whole`: that must be the end.
  enum class Extent : bool { kWhole, kPart };
  Result<std::unique_ptr<PathProgram>> parse(Extent extent);
  std::size_t position() const { return at_; }

 private:
  bool atEnd() const { return at_ >= text_.size(); }
  char peek() const { return atEnd() ? '\0' : text_[at_]; }
  bool take(char c);
  void skipBlanks();
  Error wrong(std::string_view what) const;

  // steps
  Result<> readSteps(PathProgram& program);
  Result<> readDotted(PathProgram& program);
  Result<> readBracket(PathProgram& program);
  Result<> readNames(PathProgram& program);
  Result<> readNumbers(PathProgram& program);
  Result<> readFunction(PathProgram& program, std::string_view name);
  Result<std::string> readQuoted();

  // filters
  Result<std::unique_ptr<Filter>> readOr(PathProgram& program);
  Result<std::unique_ptr<Filter>> readAnd(PathProgram& program);
  Result<std::unique_ptr<Filter>> readTerm(PathProgram& program);
  Result<std::unique_ptr<Filter>> readComparison(PathProgram& program);
  Result<FilterOperator> readOperator();
  Result<FilterOperand> readOperand(PathProgram& program);
  Result<Regex> readPattern();
  Result<JsonValue> readLiteral(PathProgram& program, int depth);
  Result<JsonValue> readListLiteral(PathProgram& program, int depth);
  Result<JsonValue> readMapLiteral(PathProgram& program, int depth);

  std::string_view text_;
  std::size_t at_;
  int nesting_;
  Extent extent_ = Extent::kWhole;
};

}  // namespace millrace::expression
