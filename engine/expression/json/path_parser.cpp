// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/json/path_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace millrace::expression {

namespace {

struct FunctionName {
  std::string_view name;
  PathFunction function;
};
constexpr std::array kFunctions{
    FunctionName{"length", PathFunction::kLength},    FunctionName{"size", PathFunction::kLength},
    FunctionName{"min", PathFunction::kMin},          FunctionName{"max", PathFunction::kMax},
    FunctionName{"avg", PathFunction::kAverage},      FunctionName{"sum", PathFunction::kSum},
    FunctionName{"stddev", PathFunction::kDeviation}, FunctionName{"keys", PathFunction::kKeys},
    FunctionName{"concat", PathFunction::kConcat},    FunctionName{"first", PathFunction::kFirst},
    FunctionName{"last", PathFunction::kLast},        FunctionName{"index", PathFunction::kIndex},
};

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view trim(std::string_view text) {
  const std::size_t from = text.find_first_not_of(kBlanks);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kBlanks) - from + 1);
}

std::optional<std::int64_t> toIndex(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (number > INT32_MAX || number < INT32_MIN) return std::nullopt;
  return number;
}

/// Several names merge into one object where the path ends and branch elsewhere.
void decideDefinite(PathProgram& program) {
  for (std::size_t i = 0; i < program.steps.size(); ++i) {
    const PathStep& step = program.steps[i];
    const bool isLeaf = i + 1 == program.steps.size();
    switch (step.kind) {
      case PathStep::Kind::kProperty:
        if (step.names.size() > 1 && !isLeaf) program.isDefinite = false;
        break;
      case PathStep::Kind::kIndex:
        if (step.indexes.size() > 1) program.isDefinite = false;
        break;
      case PathStep::Kind::kFunction:
        break;
      default:
        program.isDefinite = false;
    }
  }
  // A function behind a scan takes all that the scan finds as its one argument.
  const auto isCall = [](const PathStep& step) { return step.kind == PathStep::Kind::kFunction; };
  auto call = std::find_if(program.steps.begin(), program.steps.end(), isCall);
  if (call == program.steps.end() || program.steps.front().kind != PathStep::Kind::kScan) return;
  program.isDefinite = true;
  if (call->function == PathFunction::kLength) {  // counts what is in the containers found
    call = program.steps.insert(call, PathStep{});
    call->kind = PathStep::Kind::kWildcard;
    ++call;
  }
  program.collectBefore = static_cast<std::size_t>(call - program.steps.begin());
}

}  // namespace

bool PathParser::take(char c) {
  if (peek() != c || atEnd()) return false;
  ++at_;
  return true;
}

void PathParser::skipBlanks() {
  while (!atEnd() && kBlanks.find(peek()) != std::string_view::npos) ++at_;
}

Error PathParser::wrong(std::string_view what) const {
  return Error::user(fmt::format("\"{}\" is no JSONPath: {} at position {}", text_, what, at_ + 1));
}

Result<std::unique_ptr<PathProgram>> PathParser::parse(Extent extent) {
  if (nesting_ > kMaxNesting) return wrong("paths are nested too deeply");
  extent_ = extent;
  auto program = std::make_unique<PathProgram>();
  if (!take('$')) {
    if (!take('@')) return wrong("'$' or '@' is missing");
    program->fromRoot = false;
  }
  MR_TRY(readSteps(*program));
  if (extent == Extent::kWhole && !atEnd()) return wrong("a '.' or '[' is missing");
  decideDefinite(*program);
  return program;
}

Result<> PathParser::readSteps(PathProgram& program) {
  while (!atEnd()) {
    if (peek() == '[') {
      MR_TRY(readBracket(program));
    } else if (take('.')) {
      if (take('.')) program.steps.emplace_back().kind = PathStep::Kind::kScan;
      if (atEnd()) return wrong("the path ends with a '.'");
      if (peek() == '.') return wrong("a name is missing");
      if (peek() != '[') MR_TRY(readDotted(program));
    } else {
      return Done{};
    }
  }
  return Done{};
}

Result<> PathParser::readDotted(PathProgram& program) {
  if (take('*')) {
    program.steps.emplace_back().kind = PathStep::Kind::kWildcard;
    return Done{};
  }
  // Inside a filter a path ends where an operator begins; a whole path has no such neighbours.
  const std::string_view ends = extent_ == Extent::kWhole
                                    ? std::string_view(".[( ")
                                    : std::string_view(".[( \t\r\n)=<>!&|,]~");
  const std::size_t end = std::min(text_.find_first_of(ends, at_), text_.size());
  const std::string_view name = text_.substr(at_, end - at_);
  if (name.empty()) return wrong("a name is missing");
  at_ = end;
  if (peek() == '(') return readFunction(program, name);
  if (extent_ == Extent::kWhole && peek() == ' ') {
    return wrong("a name with blanks must stand in brackets and quotes, as ['a b'],");
  }
  PathStep& step = program.steps.emplace_back();
  step.names.emplace_back(name);
  return Done{};
}

Result<> PathParser::readFunction(PathProgram& program, std::string_view name) {
  const auto* known = std::find_if(kFunctions.begin(), kFunctions.end(),
                                   [&](const FunctionName& entry) { return entry.name == name; });
  if (known == kFunctions.end()) {
    return wrong(fmt::format("the function {}() is not known", name));
  }
  PathStep step;
  step.kind = PathStep::Kind::kFunction;
  step.function = known->function;
  ++at_;  // the parenthesis
  skipBlanks();
  while (!take(')')) {
    step.arguments.push_back(MR_TRY(readOperand(program)));
    skipBlanks();
    if (take(',')) {
      skipBlanks();
      if (peek() == ')') return wrong("an argument is missing");
    } else if (peek() != ')') {
      return wrong("',' or ')' is missing");
    }
  }
  if (step.function == PathFunction::kIndex && step.arguments.size() != 1) {
    return wrong("index() takes one number");
  }
  program.steps.push_back(std::move(step));
  return Done{};
}

Result<> PathParser::readBracket(PathProgram& program) {
  ++at_;
  skipBlanks();
  if (peek() == '\'' || peek() == '"') return readNames(program);
  if (take('*')) {
    skipBlanks();
    if (!take(']')) return wrong("']' is missing");
    program.steps.emplace_back().kind = PathStep::Kind::kWildcard;
    return Done{};
  }
  if (take('?')) {
    skipBlanks();
    if (!take('(')) return wrong("a filter must stand in parentheses, as [?(@.a)]:");
    PathStep step;
    step.kind = PathStep::Kind::kFilter;
    step.filter = MR_TRY(readOr(program));
    skipBlanks();
    if (!take(')')) return wrong("')' is missing");
    skipBlanks();
    if (!take(']')) return wrong("']' is missing");
    program.steps.push_back(std::move(step));
    return Done{};
  }
  return readNumbers(program);
}

Result<std::string> PathParser::readQuoted() {
  const char quote = peek();
  ++at_;
  std::string name;
  while (!atEnd() && peek() != quote) {
    if (take('\\') && atEnd()) break;
    name.push_back(peek());
    ++at_;
  }
  if (!take(quote)) return wrong("a closing quote is missing");
  return name;
}

Result<> PathParser::readNames(PathProgram& program) {
  PathStep step;
  while (true) {
    skipBlanks();
    if (peek() != '\'' && peek() != '"') return wrong("a name in quotes is missing");
    step.names.push_back(MR_TRY(readQuoted()));
    skipBlanks();
    if (take(']')) break;
    if (!take(',')) return wrong("',' or ']' is missing");
  }
  program.steps.push_back(std::move(step));
  return Done{};
}

Result<> PathParser::readNumbers(PathProgram& program) {
  const std::size_t end = text_.find(']', at_);
  if (end == std::string_view::npos) return wrong("']' is missing");
  const std::string_view inside = trim(text_.substr(at_, end - at_));
  PathStep step;
  if (inside.find(':') != std::string_view::npos) {
    step.kind = PathStep::Kind::kSlice;
    const std::size_t colon = inside.find(':');
    const std::string_view first = trim(inside.substr(0, colon));
    std::string_view second = inside.substr(colon + 1);
    second = trim(second.substr(0, second.find(':')));  // a third part, the step, has no effect
    step.from = toIndex(first);
    step.to = toIndex(second);
    const bool bad = (!first.empty() && !step.from) || (!second.empty() && !step.to) ||
                     inside.find_first_not_of("-0123456789: ") != std::string_view::npos;
    if (bad || (!step.from && !step.to)) {
      return wrong(fmt::format("[{}] is no slice, such as [1:3], [1:] or [:3],", inside));
    }
  } else {
    step.kind = PathStep::Kind::kIndex;
    std::string_view left = inside;
    while (true) {
      const std::size_t comma = left.find(',');
      const auto index = toIndex(trim(left.substr(0, comma)));
      if (!index) return wrong(fmt::format("[{}] is no index, slice, name or filter", inside));
      step.indexes.push_back(*index);
      if (comma == std::string_view::npos) break;
      left.remove_prefix(comma + 1);
    }
  }
  at_ = end + 1;
  program.steps.push_back(std::move(step));
  return Done{};
}

Result<std::unique_ptr<PathProgram>> parsePath(std::string_view text) {
  PathParser parser(text, 0, 0);
  return parser.parse(PathParser::Extent::kWhole);
}

}  // namespace millrace::expression
