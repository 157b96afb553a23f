// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/import/variables.h"

#include <algorithm>

namespace millrace::flow {
namespace {

bool isNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == ' ';
}

void ensureParameter(Group& group, const std::string& name, const std::string& value) {
  const bool there = std::any_of(group.parameters.begin(), group.parameters.end(),
                                 [&](const Parameter& known) { return known.name == name; });
  if (there) return;
  Parameter& parameter = group.parameters.emplace_back();
  parameter.name = name;
  parameter.value = value;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// The subject of the expression that opens before `text`, without the quotes it may have.
std::string_view subjectIn(std::string_view text) {
  const std::size_t end = text.find_first_of(":}$({#");
  if (end == std::string_view::npos || (text[end] != ':' && text[end] != '}')) return {};
  std::string_view subject = trimmed(text.substr(0, end));
  const bool quoted = subject.size() > 2 && subject.front() == subject.back() &&
                      (subject.front() == '\'' || subject.front() == '"');
  return quoted ? subject.substr(1, subject.size() - 2) : subject;
}

}  // namespace

std::string parameterNameOf(std::string_view text) {
  std::string name(trimmed(text));
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !isNameByte(c); }, '-');
  return name.empty() ? "unnamed" : name;
}

void Variables::set(const std::string& name, std::string value) {
  values_.insert_or_assign(name, std::move(value));
}

std::string Variables::rewrite(std::string_view text, Group& group) const {
  if (values_.empty()) return std::string(text);
  std::string result;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t run = std::min(text.find_first_not_of('$', at), text.size());
    if (run == at || run == text.size() || text[run] != '{' || (run - at) % 2 == 0) {
      const std::size_t next = run == at ? std::min(text.find('$', at), text.size()) : run;
      result += text.substr(at, next - at);
      at = next;
      continue;
    }
    // An odd run of $ before a brace: all but the last are escapes, the last opens an expression.
    const std::string_view subject = subjectIn(text.substr(run + 1));
    const auto found = values_.find(subject);
    if (found == values_.end()) {
      result += text.substr(at, run + 1 - at);
      at = run + 1;
      continue;
    }
    const std::string name = parameterNameOf(found->first);
    ensureParameter(group, name, found->second);
    const std::size_t end = text.find_first_of(":}", run + 1);
    result += text.substr(at, run - 1 - at);
    result += text[end] == '}' ? "#{" + name + "}" : "${#{" + name + "}";
    at = text[end] == '}' ? end + 1 : end;
  }
  return result;
}

}  // namespace millrace::flow
