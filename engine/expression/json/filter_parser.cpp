// SPDX-License-Identifier: Apache-2.0
// Filters: ?(@.a > 1 && (@.b || !@.c)). Literals are written as in JSON, strings in either quote.
#include "engine/expression/json/path_parser.h"

#include <fmt/format.h>

#include <array>
#include <cctype>

namespace millrace::expression {

namespace {

constexpr int kMaxLiteralDepth = 50;

struct OperatorName {
  std::string_view name;
  FilterOperator comparison;
};
// Longer signs stand before those that they begin with.
constexpr std::array kSigns{
    OperatorName{"===", FilterOperator::kSameTypeEqual},
    OperatorName{"!==", FilterOperator::kSameTypeNotEqual},
    OperatorName{"==", FilterOperator::kEqual},
    OperatorName{"!=", FilterOperator::kNotEqual},
    OperatorName{"<=", FilterOperator::kLessOrEqual},
    OperatorName{">=", FilterOperator::kGreaterOrEqual},
    OperatorName{"=~", FilterOperator::kMatches},
    OperatorName{"<", FilterOperator::kLess},
    OperatorName{">", FilterOperator::kGreater},
};
constexpr std::array kWords{
    OperatorName{"in", FilterOperator::kIn},
    OperatorName{"nin", FilterOperator::kNotIn},
    OperatorName{"contains", FilterOperator::kContains},
    OperatorName{"all", FilterOperator::kAll},
    OperatorName{"size", FilterOperator::kSize},
    OperatorName{"empty", FilterOperator::kEmpty},
    OperatorName{"exists", FilterOperator::kExists},
    OperatorName{"subsetof", FilterOperator::kSubsetOf},
    OperatorName{"anyof", FilterOperator::kAnyOf},
    OperatorName{"noneof", FilterOperator::kNoneOf},
};

bool isLetter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

bool equalsIgnoringCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::tolower(static_cast<unsigned char>(a[i])) != b[i]) return false;
  }
  return true;
}

FilterOperand truth(bool value) {
  FilterOperand operand;
  operand.literal = JsonValue::boolean(value);
  return operand;
}

}  // namespace

Result<std::unique_ptr<Filter>> PathParser::readOr(PathProgram& program) {
  auto first = MR_TRY(readAnd(program));
  skipBlanks();
  if (text_.substr(at_, 2) != "||") return first;
  auto any = std::make_unique<Filter>();
  any->kind = Filter::Kind::kOr;
  any->parts.push_back(std::move(first));
  while (text_.substr(at_, 2) == "||") {
    at_ += 2;
    any->parts.push_back(MR_TRY(readAnd(program)));
    skipBlanks();
  }
  return any;
}

Result<std::unique_ptr<Filter>> PathParser::readAnd(PathProgram& program) {
  auto first = MR_TRY(readTerm(program));
  skipBlanks();
  if (text_.substr(at_, 2) != "&&") return first;
  auto all = std::make_unique<Filter>();
  all->kind = Filter::Kind::kAnd;
  all->parts.push_back(std::move(first));
  while (text_.substr(at_, 2) == "&&") {
    at_ += 2;
    all->parts.push_back(MR_TRY(readTerm(program)));
    skipBlanks();
  }
  return all;
}

Result<std::unique_ptr<Filter>> PathParser::readTerm(PathProgram& program) {
  if (++nesting_ > kMaxNesting) return wrong("the filter is nested too deeply");
  skipBlanks();
  std::unique_ptr<Filter> term;
  if (take('!')) {
    term = std::make_unique<Filter>();
    term->kind = Filter::Kind::kNot;
    term->parts.push_back(MR_TRY(readTerm(program)));
  } else if (take('(')) {
    term = MR_TRY(readOr(program));
    skipBlanks();
    if (!take(')')) return wrong("')' is missing");
  } else {
    term = MR_TRY(readComparison(program));
  }
  --nesting_;
  return term;
}

Result<std::unique_ptr<Filter>> PathParser::readComparison(PathProgram& program) {
  auto filter = std::make_unique<Filter>();
  filter->left = MR_TRY(readOperand(program));
  skipBlanks();
  const char next = peek();
  if (filter->left.kind == FilterOperand::Kind::kPath &&
      (atEnd() || next == ')' || next == '&' || next == '|')) {
    filter->comparison = FilterOperator::kExists;
    filter->right = truth(true);
    return filter;
  }
  filter->comparison = MR_TRY(readOperator());
  filter->right = MR_TRY(readOperand(program));
  if (filter->comparison == FilterOperator::kMatches &&
      (filter->left.kind == FilterOperand::Kind::kPattern) ==
          (filter->right.kind == FilterOperand::Kind::kPattern)) {
    return wrong("=~ needs one pattern, as /a.*/,");
  }
  return filter;
}

Result<FilterOperator> PathParser::readOperator() {
  const std::string_view rest = text_.substr(at_);
  for (const OperatorName& sign : kSigns) {
    if (!rest.starts_with(sign.name)) continue;
    at_ += sign.name.size();
    return sign.comparison;
  }
  std::size_t length = 0;
  while (length < rest.size() && isLetter(rest[length])) ++length;
  for (const OperatorName& word : kWords) {
    if (!equalsIgnoringCase(rest.substr(0, length), word.name)) continue;
    at_ += length;
    return word.comparison;
  }
  return wrong("an operator such as == is missing");
}

Result<FilterOperand> PathParser::readOperand(PathProgram& program) {
  skipBlanks();
  FilterOperand operand;
  if (peek() == '$' || peek() == '@') {
    PathParser inner(text_, at_, nesting_ + 1);
    operand.kind = FilterOperand::Kind::kPath;
    operand.path = MR_TRY(inner.parse(Extent::kPart));
    at_ = inner.position();
  } else if (peek() == '/') {
    operand.kind = FilterOperand::Kind::kPattern;
    operand.pattern.emplace(MR_TRY(readPattern()));
  } else {
    operand.literal = MR_TRY(readLiteral(program, 0));
  }
  return operand;
}

Result<Regex> PathParser::readPattern() {
  ++at_;
  std::string pattern;
  while (!atEnd() && peek() != '/') {
    if (peek() == '\\' && at_ + 1 < text_.size()) {
      if (text_[at_ + 1] != '/') pattern.push_back('\\');
      ++at_;
    }
    pattern.push_back(peek());
    ++at_;
  }
  if (!take('/')) return wrong("the closing '/' of the pattern is missing");
  std::string flags;
  while (std::string_view("dixmsuU").find(peek()) != std::string_view::npos && !atEnd()) {
    flags.push_back(peek());
    ++at_;
  }
  if (!flags.empty()) pattern = fmt::format("(?{}){}", flags, pattern);
  auto compiled = Regex::compile(pattern, Regex::Use::kFull);
  if (!compiled.ok()) return wrong(compiled.error().message);
  return std::move(compiled).value();
}

Result<JsonValue> PathParser::readLiteral(PathProgram& program, int depth) {
  if (depth > kMaxLiteralDepth) return wrong("a list is nested too deeply");
  skipBlanks();
  const char c = peek();
  if (c == '\'' || c == '"') {
    return JsonValue::string(program.literals.keep(MR_TRY(readQuoted())));
  }
  if (c == '[') return readListLiteral(program, depth);
  if (c == '{') return readMapLiteral(program, depth);
  const std::size_t end = std::min(
      text_.find_first_not_of("+-.abcdefghijklmnopqrstuvwxyzE0123456789", at_), text_.size());
  const std::string_view word = text_.substr(at_, end - at_);
  JsonValue value;
  if (word == "true" || word == "false") {
    value = JsonValue::boolean(word == "true");
  } else if (word != "null") {
    if (!toDouble(word)) return wrong("a path, number, text, list or /pattern/ is missing");
    value = JsonValue::number(program.literals.keep(word));
  }
  at_ = end;
  return value;
}

Result<JsonValue> PathParser::readListLiteral(PathProgram& program, int depth) {
  ++at_;
  std::vector<JsonValue> items;
  skipBlanks();
  while (!take(']')) {
    items.push_back(MR_TRY(readLiteral(program, depth + 1)));
    skipBlanks();
    if (!take(',') && peek() != ']') return wrong("',' or ']' is missing");
    skipBlanks();
  }
  return program.literals.array(items);
}

Result<JsonValue> PathParser::readMapLiteral(PathProgram& program, int depth) {
  ++at_;
  std::vector<JsonMember> members;
  skipBlanks();
  while (!take('}')) {
    if (peek() != '\'' && peek() != '"') return wrong("a name in quotes is missing");
    const std::string_view key = program.literals.keep(MR_TRY(readQuoted()));
    skipBlanks();
    if (!take(':')) return wrong("':' is missing");
    members.push_back({key, MR_TRY(readLiteral(program, depth + 1))});
    skipBlanks();
    if (!take(',') && peek() != '}') return wrong("',' or '}' is missing");
    skipBlanks();
  }
  return program.literals.object(members);
}

}  // namespace millrace::expression
