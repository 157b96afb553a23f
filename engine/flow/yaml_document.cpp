// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/yaml_document.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::flow {
namespace {

constexpr std::size_t kNone = std::string::npos;

std::size_t lineEnd(const SourceText& source, std::size_t offset) {
  const std::size_t line = source.lineOf(offset);
  return source.lineStart(line) + source.lineText(line).size();
}

std::size_t columnOf(const YamlNode& node) { return static_cast<std::size_t>(node.at.column - 1); }

// Behind the colon of a key.
std::size_t afterColon(std::string_view text, const YamlNode& key) {
  return text.find(':', key.end) + 1;
}

bool isComment(std::string_view line, std::size_t column) {
  return line.find_first_not_of(' ') == column && line[column] == '#';
}

// The same quotes as before, where the new text allows it.
std::string inQuotesOf(std::string_view old, const YamlValue& value, std::string rendered) {
  const bool plain = value.kind == YamlValue::Kind::kText && !rendered.empty() &&
                     rendered.front() != '"' && rendered.front() != '\'' && rendered.front() != '|';
  if (!plain || old.empty()) return rendered;
  if (old.front() == '\'' && value.text.find('\'') == kNone) return "'" + value.text + "'";
  if (old.front() == '"' && value.text.find_first_of("\"\\") == kNone)
    return "\"" + value.text + "\"";
  return rendered;
}

/// A key that YAML does not read, if there is one.
const std::string* longKeyIn(const YamlValue& value) {
  for (const auto& [key, entry] : value.entries) {
    if (!canBeKey(key)) return &key;
    if (const std::string* inside = longKeyIn(entry)) return inside;
  }
  for (const YamlValue& item : value.items) {
    if (const std::string* inside = longKeyIn(item)) return inside;
  }
  return nullptr;
}

Error cannot(std::string what) { return Error::user(what + "; change the text by hand"); }

}  // namespace

Result<YamlDocument> YamlDocument::open(std::string text) {
  YamlDocument document;
  document.text_ = std::move(text);
  YamlTree tree = parseYaml(document.text_);
  if (!tree.findings.empty()) return Error::user(describe(tree.findings.front(), ""));
  if (!tree.root || !tree.root->isMap()) return Error::user("the text is no YAML mapping");
  document.root_ = std::move(*tree.root);
  document.expected_ = valueOf(document.root_);
  return document;
}

YamlStyle YamlDocument::style() const {
  YamlStyle style;
  const std::size_t first = text_.find('\n');
  if (first != kNone && first > 0 && text_[first - 1] == '\r') style.newline = "\r\n";
  return style;
}

const YamlNode* YamlDocument::find(const YamlPath& path) const {
  const YamlNode* node = &root_;
  for (const auto& step : path) {
    if (const auto* key = std::get_if<std::string>(&step)) {
      const YamlEntry* entry = node->find(*key);
      if (entry == nullptr) return nullptr;
      node = &entry->value;
    } else {
      const std::size_t index = std::get<std::size_t>(step);
      if (index >= node->items.size()) return nullptr;
      node = &node->items[index];
    }
  }
  return node;
}

Result<const YamlNode*> YamlDocument::mapAt(const YamlPath& path) const {
  const YamlNode* node = find(path);
  if (node == nullptr || !node->isMap()) return cannot("there is no mapping at this place");
  return node;
}

YamlValue* YamlDocument::expectedAt(const YamlPath& path) {
  YamlValue* value = &expected_;
  for (const auto& step : path) {
    if (value == nullptr) return nullptr;
    if (const auto* key = std::get_if<std::string>(&step)) {
      value = value->find(*key);
    } else {
      const std::size_t index = std::get<std::size_t>(step);
      value = index < value->items.size() ? &value->items[index] : nullptr;
    }
  }
  return value;
}

void YamlDocument::patch(std::size_t begin, std::size_t end, std::string replacement) {
  patches_.push_back({begin, end, std::move(replacement)});
}

void YamlDocument::replaceValue(const SourceText& source, const YamlNode& map,
                                const YamlEntry& entry, const YamlValue& value) {
  const YamlNode& old = entry.value;
  const std::string_view oldText = source.text().substr(old.begin, old.end - old.begin);
  const std::size_t colon = afterColon(source.text(), entry.key);
  if (map.flowStyle) {
    if (old.isNull())
      patch(colon, colon, " " + renderInBraces(value));
    else
      patch(old.begin, old.end, inQuotesOf(oldText, value, renderInBraces(value)));
    return;
  }
  YamlRendering fresh = render(value, columnOf(entry.key), style());
  fresh.line = inQuotesOf(oldText, value, std::move(fresh.line));
  const bool block = (old.isMap() || old.isSequence()) && !old.flowStyle;
  const bool blockText =
      old.isScalar() && !oldText.empty() && (oldText.front() == '|' || oldText.front() == '>');
  // What stands behind the colon, and what stands on the lines below: a comment between stays.
  std::size_t lineBegin = block || old.isNull() ? colon : old.begin;
  std::size_t lineTextEnd = lineBegin;
  std::size_t below = lineEnd(source, colon);
  std::size_t belowEnd = block ? old.end : below;
  if (blockText) {
    lineTextEnd = old.begin + std::min(oldText.find_first_of(" \r\n"), oldText.size());
    below = lineEnd(source, old.begin);
    belowEnd = old.end;
  } else if (!block && !old.isNull()) {
    lineTextEnd = old.end;
    below = belowEnd = lineEnd(source, old.end);
  }
  if (lineBegin == lineTextEnd) {
    if (!fresh.line.empty()) patch(colon, colon, " " + fresh.line);
  } else if (fresh.line.empty()) {
    patch(colon, lineTextEnd, "");
  } else {
    patch(lineBegin, lineTextEnd, fresh.line);
  }
  if (below != belowEnd || !fresh.below.empty()) patch(below, belowEnd, fresh.below);
}

void YamlDocument::insertEntry(const SourceText& source, const YamlNode& map,
                               const std::string& key, const YamlValue& value,
                               const std::vector<std::string>& order) {
  const auto rank = [&](const std::string& name) {
    return std::find(order.begin(), order.end(), name) - order.begin();
  };
  const YamlEntry* previous = nullptr;
  for (const YamlEntry& entry : map.entries) {
    if (previous != nullptr && rank(entry.key.text) > rank(key)) break;
    previous = &entry;
  }
  if (map.flowStyle) {
    const std::string text = renderKey(key, true) + ": " + renderInBraces(value);
    if (previous == nullptr)
      patch(map.begin + 1, map.begin + 1, text);
    else
      patch(previous->value.end, previous->value.end, ", " + text);
    return;
  }
  const std::size_t column = columnOf(previous->key);
  const std::size_t at = lineEnd(source, previous->value.end);
  patch(at, at,
        style().newline + std::string(column, ' ') + renderEntry(key, value, column, style()));
}

// The lines from `begin` to `end` with the comments right above them.
void YamlDocument::removeLines(const SourceText& source, std::size_t begin, std::size_t end) {
  std::size_t first = source.lineOf(begin);
  const std::size_t last = source.lineOf(end);
  const std::size_t column =
      std::min(source.lineText(first).find_first_not_of(' '), begin - source.lineStart(first));
  while (first > 0 && isComment(source.lineText(first - 1), column)) --first;
  if (last + 1 < source.lineCount()) {
    patch(source.lineStart(first), source.lineStart(last + 1), "");
  } else {  // the file ends without a line break: keep it so
    const std::size_t from = first == 0 ? 0 : lineEnd(source, source.lineStart(first - 1));
    patch(from, text_.size(), "");
  }
}

void YamlDocument::removeFromBraces(std::size_t begin, std::size_t end, std::size_t previousEnd,
                                    std::size_t nextBegin) {
  if (previousEnd != kNone)
    patch(previousEnd, end, "");
  else
    patch(begin, nextBegin == kNone ? end : nextBegin, "");
}

Result<> YamlDocument::set(const YamlPath& map, const std::string& key, const YamlValue& value,
                           const std::vector<std::string>& order) {
  const YamlNode* node = MR_TRY(mapAt(map));
  YamlValue* expected = expectedAt(map);
  if (expected == nullptr) return cannot("the place is gone");
  const SourceText source(text_);
  if (const YamlEntry* entry = node->find(key))
    replaceValue(source, *node, *entry, value);
  else
    insertEntry(source, *node, key, value, order);
  if (YamlValue* there = expected->find(key))
    *there = value;
  else
    expected->add(key, value);
  return Done{};
}

Result<> YamlDocument::remove(const YamlPath& map, const std::string& key) {
  const YamlNode* node = MR_TRY(mapAt(map));
  YamlValue* expected = expectedAt(map);
  const YamlEntry* entry = node->find(key);
  if (entry == nullptr || expected == nullptr) return cannot(fmt::format("there is no '{}'", key));
  const auto place = static_cast<std::size_t>(entry - node->entries.data());
  const YamlEntry* next = place + 1 < node->entries.size() ? entry + 1 : nullptr;
  const SourceText source(text_);
  const std::size_t lineBegin = source.lineStart(source.lineOf(entry->key.begin));
  if (node->flowStyle) {
    removeFromBraces(entry->key.begin, entry->value.end,
                     place == 0 ? kNone : node->entries[place - 1].value.end,
                     next == nullptr ? kNone : next->key.begin);
  } else if (source.text().find_first_not_of(' ', lineBegin) == entry->key.begin) {
    if (node->entries.size() == 1) return cannot(fmt::format("'{}' is the only key there", key));
    removeLines(source, entry->key.begin, entry->value.end);
  } else if (next != nullptr) {  // behind a dash: the next key takes its place
    patch(entry->key.begin, next->key.begin, "");
  } else {
    return cannot(fmt::format("'{}' is the only key there", key));
  }
  std::erase_if(expected->entries, [&](const auto& pair) { return pair.first == key; });
  return Done{};
}

Result<> YamlDocument::append(const YamlPath& map, const std::string& key, const YamlValue& item,
                              const std::vector<std::string>& order) {
  const YamlNode* node = MR_TRY(mapAt(map));
  const YamlEntry* entry = node->find(key);
  if (entry == nullptr || !entry->value.isSequence() || entry->value.items.empty()) {
    YamlValue list = YamlValue::list();
    list.inBraces = node->flowStyle || item.kind == YamlValue::Kind::kText;
    list.items.push_back(item);
    return set(map, key, list, order);
  }
  const YamlNode& list = entry->value;
  YamlPath listPath = map;
  listPath.emplace_back(key);
  YamlValue* expected = expectedAt(listPath);
  if (expected == nullptr) return cannot("the place is gone");
  const SourceText source(text_);
  const std::size_t last = list.items.back().end;
  if (list.flowStyle) {
    patch(last, last, ", " + renderInBraces(item));
  } else {
    const std::size_t at = lineEnd(source, last);
    const std::size_t column = columnOf(list);
    patch(at, at, style().newline + std::string(column, ' ') + renderItem(item, column, style()));
  }
  expected->items.push_back(item);
  return Done{};
}

Result<> YamlDocument::removeItem(const YamlPath& map, const std::string& key, std::size_t index) {
  const YamlNode* node = MR_TRY(mapAt(map));
  const YamlEntry* entry = node->find(key);
  YamlPath listPath = map;
  listPath.emplace_back(key);
  YamlValue* expected = expectedAt(listPath);
  if (entry == nullptr || expected == nullptr || index >= entry->value.items.size() ||
      index >= expected->items.size())
    return cannot("there is no such element");
  const YamlNode& list = entry->value;
  if (list.items.size() == 1) return remove(map, key);
  const YamlNode& item = list.items[index];
  const SourceText source(text_);
  if (list.flowStyle) {
    removeFromBraces(item.begin, item.end, index == 0 ? kNone : list.items[index - 1].end,
                     index + 1 < list.items.size() ? list.items[index + 1].begin : kNone);
  } else {
    const std::size_t dash = item.begin == 0 ? kNone : text_.rfind('-', item.begin - 1);
    if (dash == kNone) return cannot("the element's dash is not where it should be");
    removeLines(source, dash, item.end);
  }
  expected->items.erase(expected->items.begin() + static_cast<std::ptrdiff_t>(index));
  return Done{};
}

Result<> YamlDocument::setItem(const YamlPath& map, const std::string& key, std::size_t index,
                               const YamlValue& item) {
  YamlPath path = map;
  path.emplace_back(key);
  path.emplace_back(index);
  const YamlNode* node = find(path);
  YamlValue* expected = expectedAt(path);
  if (node == nullptr || expected == nullptr) return cannot("there is no such element");
  patch(node->begin, node->end, renderInBraces(item));
  *expected = item;
  return Done{};
}

Result<> YamlDocument::renameKey(const YamlPath& map, const std::string& key,
                                 const std::string& name) {
  const YamlNode* node = MR_TRY(mapAt(map));
  YamlValue* expected = expectedAt(map);
  const YamlEntry* entry = node->find(key);
  if (entry == nullptr || expected == nullptr) return cannot(fmt::format("there is no '{}'", key));
  patch(entry->key.begin, entry->key.end, renderKey(name, node->flowStyle));
  for (auto& pair : expected->entries) {
    if (pair.first == key) pair.first = name;
  }
  return Done{};
}

Result<> YamlDocument::commit() {
  // Reading a large flow again takes half a second, and whoever merges settles more often than
  // there is something to settle.
  if (patches_.empty()) return Done{};
  std::stable_sort(patches_.begin(), patches_.end(),
                   [](const Patch& a, const Patch& b) { return a.begin < b.begin; });
  std::string text;
  std::size_t done = 0;
  for (const Patch& patch : patches_) {
    if (patch.begin < done || patch.end < patch.begin) {
      discard();
      return cannot("two of the changes concern the same place");
    }
    text.append(text_, done, patch.begin - done);
    text += patch.text;
    done = patch.end;
  }
  text.append(text_, done, std::string::npos);
  YamlTree tree = parseYaml(text);
  if (const std::string* key = longKeyIn(expected_); key != nullptr && !tree.root) {
    const Error error = Error::user(
        fmt::format("'{}…' has {} characters, a key of YAML has at most 1024; shorten a name",
                    key->substr(0, 40), key->size()));
    discard();
    return error;
  }
  if (!tree.root || !tree.findings.empty() || !valueOf(*tree.root).sameAs(expected_)) {
    discard();
    return cannot("the text is laid out in a way that this edit would damage");
  }
  text_ = std::move(text);
  root_ = std::move(*tree.root);
  discard();
  return Done{};
}

void YamlDocument::discard() {
  patches_.clear();
  expected_ = valueOf(root_);
}

}  // namespace millrace::flow
