// SPDX-License-Identifier: Apache-2.0
// Writing values: compact, with the escapes that JSON demands and no others.
#include "engine/expression/java_number.h"
#include "engine/expression/json/json_document.h"

namespace millrace::expression {

namespace {

void appendString(std::string_view text, std::string& out) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  out.push_back('"');
  std::size_t from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, from, i - from);
    from = i + 1;
    out.push_back('\\');
    switch (c) {
      case '\b':
        out.push_back('b');
        break;
      case '\f':
        out.push_back('f');
        break;
      case '\n':
        out.push_back('n');
        break;
      case '\r':
        out.push_back('r');
        break;
      case '\t':
        out.push_back('t');
        break;
      case '"':
      case '\\':
        out.push_back(static_cast<char>(c));
        break;
      default:
        out += "u00";
        out.push_back(kHex[c >> 4U]);
        out.push_back(kHex[c & 15U]);
    }
  }
  out.append(text, from);
  out.push_back('"');
}

void appendNumber(std::string_view text, JsonNumbers numbers, std::string& out) {
  // Sums and the like may be "Infinity" or "NaN", for which JSON has no number: a string, as
  // Jackson writes it.
  if (text.ends_with('y') || text.ends_with('N')) {
    appendString(text, out);
    return;
  }
  if (numbers == JsonNumbers::kAsJava) {
    if (text == "-0") {
      out += '0';
      return;
    }
    if (text.find_first_of(".eE") != std::string_view::npos) {
      const ParsedNumber number = parseNumber(text);
      char buffer[kNumberTextSize];
      out += printDecimal(number.decimal, buffer);
      return;
    }
  }
  out += text;
}

}  // namespace

// Recursion is bounded by JsonDocument::kMaxDepth.
void appendJson(const JsonValue& value, std::string& out, JsonNumbers numbers) {
  switch (value.kind) {
    case JsonKind::kNull:
      out += "null";
      return;
    case JsonKind::kBoolean:
      out += value.truth ? "true" : "false";
      return;
    case JsonKind::kNumber:
      appendNumber(value.text, numbers, out);
      return;
    case JsonKind::kString:
      appendString(value.text, out);
      return;
    case JsonKind::kArray:
    case JsonKind::kObject:
      break;
  }
  const bool isObject = value.kind == JsonKind::kObject;
  out.push_back(isObject ? '{' : '[');
  bool isFirst = true;
  for (const JsonMember& member : value.members()) {
    if (!isFirst) out.push_back(',');
    isFirst = false;
    if (isObject) {
      appendString(member.key, out);
      out.push_back(':');
    }
    appendJson(member.value, out, numbers);
  }
  out.push_back(isObject ? '}' : ']');
}

void appendPlain(const JsonValue& value, std::string_view nullText, std::string& out,
                 JsonNumbers numbers) {
  switch (value.kind) {
    case JsonKind::kNull:
      out += nullText;
      return;
    case JsonKind::kString:
      out += value.text;
      return;
    default:
      appendJson(value, out, numbers);
  }
}

}  // namespace millrace::expression
