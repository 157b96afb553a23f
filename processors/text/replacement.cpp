// SPDX-License-Identifier: Apache-2.0
#include "processors/text/replacement.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

namespace millrace::processors {

namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }

/// True when a `$` is followed by something that is no digit: then no reference is meant.
bool hasPlainDollar(std::string_view text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] == '$' && !isDigit(text[i + 1])) return true;
  }
  return false;
}

/// Whether the digits at the head of the text can be cut to a group that exists.
bool refersToGroup(std::string_view digits, std::size_t groups) {
  if (digits.front() == '0') return true;
  return static_cast<std::size_t>(digits.front() - '0') <= groups;
}

class Substitution {
 public:
  Substitution(const expression::AttributeSource& attributes, std::string& into)
      : attributes_(attributes), into_(into) {}

  Result<> run(std::string_view text) {
    while (!text.empty()) {
      const std::size_t dollar = text.find("${");
      if (dollar == text.npos) break;
      if (dollar > 0 && text[dollar - 1] == '$') {
        into_ += text.substr(0, dollar - 1);
        into_ += "${";
        text.remove_prefix(dollar + 2);
        continue;
      }
      const std::size_t close = text.find('}', dollar);
      if (close == text.npos) break;
      into_ += text.substr(0, dollar);
      MR_TRY(variable(text.substr(dollar, close + 1 - dollar)));
      text.remove_prefix(close + 1);
    }
    into_ += text;
    return Done{};
  }

 private:
  /// `whole` is the reference with its braces.
  Result<> variable(std::string_view whole) {
    const std::string_view inside = whole.substr(2, whole.size() - 3);
    const std::size_t mark = inside.find(":-");
    const std::string_view name = inside.substr(0, mark);
    const auto value = attributes_.attribute(name);
    if (!value && mark == inside.npos) {
      into_ += whole;
      return Done{};
    }
    if (std::find(open_.begin(), open_.end(), name) != open_.end()) {
      return Error::user(fmt::format("attribute '{}' contains itself", name));
    }
    open_.emplace_back(name);
    MR_TRY(run(value ? *value : inside.substr(mark + 2)));
    open_.pop_back();
    return Done{};
  }

  const expression::AttributeSource& attributes_;
  std::string& into_;
  std::vector<std::string> open_;  // names whose values are being substituted
};

}  // namespace

std::string toJavaReplacement(std::string_view text, std::size_t groups) {
  std::string out;
  const bool plain = hasPlainDollar(text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (plain && (c == '$' || c == '\\')) {
      out += '\\';
      out += c;
    } else if (c == '\\' && i + 1 < text.size()) {
      out += c;
      out += text[++i];
    } else if (c == '$') {
      const bool reference = i + 1 < text.size() && refersToGroup(text.substr(i + 1), groups);
      if (!reference) out += '\\';
      out += c;
    } else {
      out += c == '\\' ? std::string_view("\\\\") : text.substr(i, 1);
    }
  }
  return out;
}

void appendWithoutReferences(std::string_view value, std::string& into) {
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '$' && i + 1 < value.size() && isDigit(value[i + 1])) into += '\\';
    into += value[i];
  }
}

void appendQuoted(std::string_view value, std::string& into) {
  into += expression::Pattern::quote(value);
}

Result<> substitute(std::string_view text, const expression::AttributeSource& attributes,
                    std::string& into) {
  return Substitution(attributes, into).run(text);
}

std::optional<std::string_view> MatchAttributes::attribute(std::string_view name) const {
  if (name.size() > 1 && name.front() == '$' && isDigit(name[1])) {
    std::size_t group = 0;
    const auto [end, code] = std::from_chars(name.data() + 1, name.data() + name.size(), group);
    if (code == std::errc{} && end == name.data() + name.size() && group <= matcher_.groupCount()) {
      return matcher_.group(group);
    }
  }
  return file_.attribute(name);
}

void MatchAttributes::forEachAttribute(expression::AttributeVisitor visit) const {
  for (std::size_t i = 0; i <= matcher_.groupCount(); ++i) {
    if (const auto captured = matcher_.group(i)) visit(fmt::format("${}", i), *captured);
  }
  file_.forEachAttribute(visit);
}

}  // namespace millrace::processors
