// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/yaml_value.h"

#include "engine/flow/yaml_tree.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::flow {
namespace {

bool isControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool needsQuotes(std::string_view text, bool inBraces) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL" ||
      text == "<<")
    return true;
  if (text.front() == ' ' || text.back() == ' ' || text.back() == ':') return true;
  constexpr std::string_view kNeverFirst = ",[]{}#&*!|>'\"%@`";
  if (kNeverFirst.find(text.front()) != std::string_view::npos) return true;
  // A negative number stands bare even in braces: only what follows makes the dash a sign.
  const bool negative = text.size() > 1 && text[0] == '-' && text[1] >= '0' && text[1] <= '9';
  const bool indicator =
      !negative && (text.front() == '-' || text.front() == '?' || text.front() == ':');
  if (indicator && (text.size() == 1 || text[1] == ' ' || inBraces)) return true;
  if (text.starts_with("---") || text.starts_with("...") || text.starts_with("\xef\xbb\xbf"))
    return true;
  if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos)
    return true;
  if (inBraces && (text.find_first_of(",[]{}") != std::string_view::npos ||
                   text.find("?,") != std::string_view::npos))
    return true;
  return false;
}

std::string singleQuoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    result.push_back(c);
    if (c == '\'') result.push_back(c);
  }
  return result + "'";
}

std::string doubleQuoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\')
      (result += '\\') += c;
    else if (c == '\n')
      result += "\\n";
    else if (c == '\r')
      result += "\\r";
    else if (c == '\t')
      result += "\\t";
    else if (isControl(c))
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      result += c;
  }
  return result + "\"";
}

std::string quoted(std::string_view text, bool inBraces) {
  if (std::any_of(text.begin(), text.end(), isControl)) return doubleQuoted(text);
  return needsQuotes(text, inBraces) ? singleQuoted(text) : std::string(text);
}

// A text of several lines can stand as a block if that says exactly the same.
bool fitsBlock(std::string_view text) {
  if (text.find('\n') == std::string_view::npos || text.front() == ' ' || text.front() == '\n' ||
      text.front() == '\t')
    return false;
  if (text.find_first_not_of("\n ") == std::string_view::npos) return false;
  // A line of blanks only might be taken for less than it is.
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (!line.empty() && line.find_first_not_of(" \t") == std::string_view::npos) return false;
    at = end + 1;
  }
  return std::none_of(text.begin(), text.end(), [](char c) { return c != '\n' && isControl(c); });
}

YamlRendering renderBlockText(std::string_view text, std::size_t indent, const YamlStyle& style) {
  YamlRendering result;
  const std::size_t last = text.find_last_not_of('\n');
  const std::size_t ends = text.size() - last - 1;
  result.line = ends == 0 ? "|-" : ends == 1 ? "|" : "|+";
  std::string_view body = ends == 0 ? text : text.substr(0, text.size() - 1);
  while (true) {
    const std::size_t end = body.find('\n');
    const std::string_view line = body.substr(0, end);
    result.below += style.newline;
    if (!line.empty()) result.below += std::string(indent + 2, ' ') + std::string(line);
    if (end == std::string_view::npos) break;
    body.remove_prefix(end + 1);
  }
  return result;
}

bool isEmpty(const YamlValue& value) { return value.entries.empty() && value.items.empty(); }

}  // namespace

YamlValue YamlValue::ofKind(Kind kind, bool inBraces) {
  YamlValue value;
  value.kind = kind;
  value.inBraces = inBraces;
  return value;
}

YamlValue& YamlValue::add(std::string_view key, YamlValue value) {
  entries.emplace_back(std::string(key), std::move(value));
  return *this;
}

YamlValue* YamlValue::find(std::string_view key) {
  for (auto& [name, value] : entries) {
    if (name == key) return &value;
  }
  return nullptr;
}

bool YamlValue::sameAs(const YamlValue& other) const {
  if (kind != other.kind || text != other.text || items.size() != other.items.size() ||
      entries.size() != other.entries.size())
    return false;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!items[i].sameAs(other.items[i])) return false;
  }
  const auto sorted = [](const std::vector<Entry>& all) {
    std::vector<const Entry*> result;
    for (const Entry& entry : all) result.push_back(&entry);
    std::sort(result.begin(), result.end(),
              [](const Entry* a, const Entry* b) { return a->first < b->first; });
    return result;
  };
  const auto mine = sorted(entries);
  const auto theirs = sorted(other.entries);
  for (std::size_t i = 0; i < mine.size(); ++i) {
    if (mine[i]->first != theirs[i]->first || !mine[i]->second.sameAs(theirs[i]->second))
      return false;
  }
  return true;
}

YamlValue valueOf(const YamlNode& node) {
  YamlValue value;
  value.text = node.text;
  value.inBraces = node.flowStyle;
  if (node.isMap()) value.kind = YamlValue::Kind::kMap;
  if (node.isSequence()) value.kind = YamlValue::Kind::kList;
  for (const YamlEntry& entry : node.entries)
    value.entries.emplace_back(entry.key.text, valueOf(entry.value));
  for (const YamlNode& item : node.items) value.items.push_back(valueOf(item));
  return value;
}

std::string renderKey(std::string_view key, bool inBraces) { return quoted(key, inBraces); }

bool canBeKey(std::string_view key) {
  constexpr std::size_t kLongest = 1024;
  return renderKey(key, true).size() <= kLongest;
}

std::string renderInBraces(const YamlValue& value) {
  if (value.kind == YamlValue::Kind::kText) return quoted(value.text, true);
  std::string result = value.kind == YamlValue::Kind::kMap ? "{" : "[";
  bool first = true;
  for (const auto& [key, entry] : value.entries) {
    result += (first ? "" : ", ") + renderKey(key, true) + ": " + renderInBraces(entry);
    first = false;
  }
  for (const YamlValue& item : value.items) {
    result += (first ? "" : ", ") + renderInBraces(item);
    first = false;
  }
  return result + (value.kind == YamlValue::Kind::kMap ? "}" : "]");
}

YamlRendering render(const YamlValue& value, std::size_t indent, const YamlStyle& style) {
  if (value.kind == YamlValue::Kind::kText) {
    if (fitsBlock(value.text)) return renderBlockText(value.text, indent, style);
    return {quoted(value.text, false), {}};
  }
  if (value.inBraces || isEmpty(value)) return {renderInBraces(value), {}};
  YamlRendering result;
  if (value.kind == YamlValue::Kind::kMap) {
    result.below = style.newline + renderEntries(value, indent + 2, style);
  } else {
    for (const YamlValue& item : value.items)
      result.below +=
          style.newline + std::string(indent + 2, ' ') + renderItem(item, indent + 2, style);
  }
  return result;
}

std::string renderEntry(std::string_view key, const YamlValue& value, std::size_t indent,
                        const YamlStyle& style) {
  const YamlRendering rendering = render(value, indent, style);
  return renderKey(key, false) + ":" + (rendering.line.empty() ? "" : " " + rendering.line) +
         rendering.below;
}

std::string renderEntries(const YamlValue& map, std::size_t indent, const YamlStyle& style) {
  std::string result;
  for (const auto& [key, value] : map.entries) {
    if (!result.empty()) result += style.newline;
    result += std::string(indent, ' ') + renderEntry(key, value, indent, style);
  }
  return result;
}

std::string renderItem(const YamlValue& item, std::size_t indent, const YamlStyle& style) {
  if (item.kind == YamlValue::Kind::kText) return "- " + quoted(item.text, false);
  if (isEmpty(item)) return "- " + renderInBraces(item);
  if (item.inBraces || item.kind == YamlValue::Kind::kList) {
    std::string line = "- " + renderInBraces(item);
    if (item.kind == YamlValue::Kind::kList || indent + line.size() <= style.widest) return line;
  }
  return "- " + renderEntries(item, indent + 2, style).substr(indent + 2);
}

}  // namespace millrace::flow
