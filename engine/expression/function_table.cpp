// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/function_table.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::expression {

namespace {

constexpr ExampleAttribute kExampleAttributes[] = {
    {"filename", "Report.2024.csv"},
    {"path", "/data/in"},
    {"fileSize", "42"},
    {"list", "a,b,c"},
    {"line", "a,\"b,c\",d"},
    {"json", "{\"a\":[1,2]}"},
    {"xml", "<a>&</a>"},
    {"query", "a b&c=\xC3\xA9"},
    {"spaced", "  a b "},
    {"blank", " "},
    {"date", "2024-02-29 13:45:10"},
    {"template", "size ${fileSize}"},
};

constexpr Family kAllFamilies[kFamilies] = {
    Family::kBoolean, Family::kString, Family::kEncode,   Family::kSearch,      Family::kJson,
    Family::kMath,    Family::kDate,   Family::kCoercion, Family::kSubjectless, Family::kMany,
};

/// Edits between two words, at most `limit` + 1.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c | 0x20 : c; };
      const std::size_t change = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + change});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string_view argumentWord(Kind kind) {
  switch (kind) {
    case Kind::kText:
      return "text";
    case Kind::kWhole:
      return "whole";
    case Kind::kDecimal:
      return "decimal";
    case Kind::kNumber:
      return "number";
    case Kind::kBoolean:
      return "boolean";
    case Kind::kDate:
      return "date";
    case Kind::kInstant:
      return "instant";
    case Kind::kAny:
      return "value";
  }
  return "";
}

std::string signature(const FunctionEntry& entry) {
  std::string out(entry.name);
  out += '(';
  const std::size_t shown =
      entry.arguments.most == kManyArguments ? 1 : std::size_t{entry.arguments.most};
  for (std::size_t i = 0; i < shown; ++i) {
    const bool optional = i >= entry.arguments.least;
    if (optional) out += '[';
    if (i > 0) out += ", ";
    out += argumentWord(entry.arguments.kind(i));
    if (optional) out += ']';
  }
  if (entry.arguments.most == kManyArguments) out += ", …";
  out += ')';
  return out;
}

/// What stands before the function.
std::string_view subjectWord(const FunctionEntry& entry) {
  switch (entry.form) {
    case Form::kMethod:
      return argumentWord(entry.subject);
    case Form::kBoth:
      return "none, or a number";
    case Form::kSubject:
      return "none";
    case Form::kDelegate:
      return "none; the rest runs once a value";
    case Form::kReducer:
      return "the results of an all… chain";
  }
  return "";
}

std::string arity(const FunctionEntry& entry) {
  const unsigned least = entry.arguments.least;
  const unsigned most = entry.arguments.most;
  if (most == kManyArguments) return fmt::format("{} or more", least);
  return least == most ? fmt::format("{}", least) : fmt::format("{} to {}", least, most);
}

std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::span<const ExampleAttribute> exampleAttributes() { return kExampleAttributes; }

std::string_view familyTitle(Family family) {
  switch (family) {
    case Family::kBoolean:
      return "Logic and comparison";
    case Family::kString:
      return "Text";
    case Family::kEncode:
      return "Encodings and digests";
    case Family::kSearch:
      return "Search";
    case Family::kJson:
      return "JSON";
    case Family::kMath:
      return "Numbers";
    case Family::kDate:
      return "Dates";
    case Family::kCoercion:
      return "Conversion";
    case Family::kSubjectless:
      return "Without a subject";
    case Family::kMany:
      return "Many attributes";
  }
  return "";
}

std::span<const FunctionEntry> functionsOf(Family family) {
  switch (family) {
    case Family::kBoolean:
      return booleanFunctions();
    case Family::kString:
      return stringFunctions();
    case Family::kEncode:
      return encodeFunctions();
    case Family::kSearch:
      return searchFunctions();
    case Family::kJson:
      return jsonFunctions();
    case Family::kMath:
      return mathFunctions();
    case Family::kDate:
      return dateFunctions();
    case Family::kCoercion:
      return coercionFunctions();
    case Family::kSubjectless:
      return subjectlessFunctions();
    case Family::kMany:
      return manyFunctions();
  }
  return {};
}

const FunctionEntry* findFunction(std::string_view name, bool first) {
  for (const Family family : kAllFamilies) {
    for (const FunctionEntry& entry : functionsOf(family)) {
      if (entry.name != name) continue;
      const bool follows = entry.form == Form::kMethod || entry.form == Form::kReducer;
      if (entry.form == Form::kBoth || follows != first) return &entry;
    }
  }
  return nullptr;
}

bool isKeyword(std::string_view name) {
  return name == "true" || name == "false" || name == "null" ||
         findFunction(name, false) != nullptr || findFunction(name, true) != nullptr;
}

std::string_view nearestFunction(std::string_view name) {
  if (name.size() > 64) return {};
  std::string_view nearest;
  std::size_t best = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const Family family : kAllFamilies) {
    for (const FunctionEntry& entry : functionsOf(family)) {
      const std::size_t edits = distance(name, entry.name);
      if (edits >= best) continue;
      best = edits;
      nearest = entry.name;
    }
  }
  return nearest;
}

std::string functionReference() {
  std::string out = "\n| attribute | value |\n|---|---|\n";
  for (const auto& [name, value] : kExampleAttributes) {
    out += fmt::format("| `{}` | `{}` |\n", name, cell(value));
  }
  for (const Family family : kAllFamilies) {
    out += fmt::format(
        "\n### {}\n\n| function | arguments | subject | gives | what | example | result |\n"
        "|---|---|---|---|---|---|---|\n",
        familyTitle(family));
    for (const FunctionEntry& entry : functionsOf(family)) {
      out += fmt::format(
          "| `{}` | {} | {} | {} | {} | `{}` | {} |\n", cell(signature(entry)), arity(entry),
          subjectWord(entry), argumentWord(entry.result), cell(entry.summary), cell(entry.example),
          entry.exampleResult.empty() ? "varies" : fmt::format("`{}`", cell(entry.exampleResult)));
    }
  }
  return out;
}

}  // namespace millrace::expression
