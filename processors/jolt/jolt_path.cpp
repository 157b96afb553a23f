// SPDX-License-Identifier: Apache-2.0
#include "processors/jolt/jolt_path.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace millrace::processors {
namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }

/// An index beyond this is a mistake, not an array.
constexpr std::size_t kMostItems = 10'000'000;

Result<int> levels(std::string_view text) {
  int number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size() || number < 0)
    return Error::user(fmt::format("'{}' is no number of levels", text));
  return number;
}

/// Reads a reference behind its sign and moves `at` behind it.
Result<JoltReference> readReference(std::string_view text, std::size_t& at) {
  JoltReference reference;
  if (at < text.size() && text[at] == '(') {
    const std::size_t end = text.find(')', at);
    if (end == std::string_view::npos)
      return Error::user(fmt::format("'{}' has a parenthesis without an end", text));
    const std::string_view inside = text.substr(at + 1, end - at - 1);
    const std::size_t comma = std::min(inside.find(','), inside.size());
    reference.up = MR_TRY(levels(inside.substr(0, comma)));
    if (comma < inside.size())
      reference.group = static_cast<std::size_t>(MR_TRY(levels(inside.substr(comma + 1))));
    at = end + 1;
    return reference;
  }
  const std::size_t start = at;
  while (at < text.size() && isDigit(text[at])) ++at;
  if (at > start) reference.up = MR_TRY(levels(text.substr(start, at - start)));
  return reference;
}

Result<JoltTemplate> readTemplate(std::string_view text) {
  JoltTemplate result;
  const auto plain = [&]() -> std::string& {
    if (result.pieces.empty() || result.pieces.back().reference) result.pieces.emplace_back();
    return result.pieces.back().text;
  };
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\\' && at + 1 < text.size()) {
      plain() += text[at + 1];
      at += 2;
    } else if (text[at] == '&') {
      result.pieces.push_back({{}, MR_TRY(readReference(text, ++at))});
    } else {
      plain() += text[at++];
    }
  }
  return result;
}

std::optional<std::string> groupOf(const JoltReference& reference, const JoltWay& way) {
  const JoltStep* step = stepUp(way, reference.up);
  if (step == nullptr || reference.group >= step->match.groups.size()) return std::nullopt;
  return step->match.groups[reference.group];
}

/// As ShiftR does: what is there already becomes the first item of an array.
void putTogether(JoltValue& there, const JoltValue& value) {
  if (there.isNull()) {
    there = value;
  } else if (there.isArray()) {
    there.items().push_back(value);
  } else {
    JoltValue both = JoltValue::array();
    both.items().push_back(std::move(there));
    both.items().push_back(value);
    there = std::move(both);
  }
}

}  // namespace

const JoltStep* stepUp(const JoltWay& way, int up) {
  const auto levelsUp = static_cast<std::size_t>(up);
  return levelsUp < way.size() ? &way[way.size() - 1 - levelsUp] : nullptr;
}

std::optional<std::string> scalarText(const JoltValue& value) {
  if (value.isNull() || value.isArray() || value.isObject()) return std::nullopt;
  return value.text();
}

std::optional<std::size_t> indexOf(std::string_view text) {
  std::size_t index = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), index);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size())
    return std::nullopt;
  return index;
}

bool JoltTemplate::isLiteral() const {
  return std::none_of(pieces.begin(), pieces.end(),
                      [](const Piece& piece) { return piece.reference.has_value(); });
}

std::string JoltTemplate::literal() const {
  std::string text;
  for (const Piece& piece : pieces) text += piece.text;
  return text;
}

std::optional<std::string> JoltTemplate::evaluate(const JoltWay& way) const {
  std::string text;
  for (const Piece& piece : pieces) {
    text += piece.text;
    if (!piece.reference) continue;
    const auto group = groupOf(*piece.reference, way);
    if (!group) return std::nullopt;
    text += *group;
  }
  return text;
}

Result<JoltPath> JoltPath::parse(std::string_view text) {
  JoltPath path;
  std::size_t at = 0;
  while (at < text.size()) {
    Part part;
    if (text[at] == '[') {
      const std::size_t end = text.find(']', at);
      if (end == std::string_view::npos)
        return Error::user(fmt::format("'{}' has a bracket without an end", text));
      const std::string_view inside = text.substr(at + 1, end - at - 1);
      part.kind = inside.empty() ? Part::Kind::kAppend : Part::Kind::kIndex;
      if (inside.starts_with('#')) {
        std::size_t digits = 1;
        part.kind = Part::Kind::kCount;
        part.count = MR_TRY(readReference(inside, digits));
      } else if (inside.starts_with('@')) {
        part.from.push_back(MR_TRY(parseLookup(inside)));
      } else {
        part.text = MR_TRY(readTemplate(inside));
        if (part.kind == Part::Kind::kIndex && part.text.isLiteral() &&
            !indexOf(part.text.literal()))
          return Error::user(fmt::format("'[{}]' in '{}' is no index", inside, text));
      }
      at = end + 1;
    } else {
      const std::size_t start = at;
      int open = 0;
      for (; at < text.size() && (open > 0 || (text[at] != '.' && text[at] != '[')); ++at) {
        if (text[at] == '\\') ++at;
        if (at < text.size() && text[at] == '(') ++open;
        if (at < text.size() && text[at] == ')') --open;
      }
      at = std::min(at, text.size());
      const std::string_view key = text.substr(start, at - start);
      if (key.starts_with('@')) {
        part.from.push_back(MR_TRY(parseLookup(key)));
      } else {
        part.text = MR_TRY(readTemplate(key));
      }
    }
    path.parts_.push_back(std::move(part));
    if (at < text.size() && text[at] == '.') ++at;
  }
  return path;
}

Result<JoltPath> JoltPath::parseLookup(std::string_view text) {
  std::string_view inside = text.substr(1);
  if (inside.starts_with('(')) {
    if (!inside.ends_with(')'))
      return Error::user(fmt::format("'{}' has a parenthesis without an end", text));
    inside = inside.substr(1, inside.size() - 2);
  }
  if (inside.find('*') != std::string_view::npos || inside.find("[]") != std::string_view::npos)
    return Error::user(fmt::format("'{}' looks up one value, without * and []", text));
  int up = 0;
  if (!inside.empty() && isDigit(inside.front())) {
    const std::size_t comma = std::min(inside.find(','), inside.size());
    up = MR_TRY(levels(inside.substr(0, comma)));
    inside.remove_prefix(std::min(comma + 1, inside.size()));
  }
  JoltPath path = MR_TRY(parse(inside));
  path.up_ = up;
  return path;
}

std::optional<std::string> JoltPath::evaluate(const Part& part, const JoltWay& way) {
  if (part.kind == Part::Kind::kAppend) return std::string();
  if (part.kind == Part::Kind::kCount) {
    const JoltStep* step = stepUp(way, part.count.up);
    if (step == nullptr) return std::nullopt;
    return std::to_string(step->match.matches);
  }
  if (part.from.empty()) return part.text.evaluate(way);
  const JoltValue* value = part.from.front().read(way);
  if (value == nullptr) return std::nullopt;
  return scalarText(*value);
}

const JoltValue* JoltPath::read(const JoltWay& way) const {
  const JoltStep* step = stepUp(way, up_);
  const JoltValue* value = step == nullptr ? nullptr : step->tree;
  for (const Part& part : parts_) {
    const auto name = evaluate(part, way);
    if (value == nullptr || !name) return nullptr;
    if (value->isObject()) {
      value = value->find(*name);
    } else if (value->isArray()) {
      const auto index = indexOf(*name);
      value = index && *index < value->size() ? &value->items()[*index] : nullptr;
    } else {
      return nullptr;
    }
  }
  return value;
}

void JoltPath::write(std::optional<JoltValue>& root, const JoltWay& way,
                     const JoltValue& value) const {
  std::vector<std::string> names;
  for (const Part& part : parts_) {
    auto name = evaluate(part, way);
    if (!name) return;
    const bool index = part.kind == Part::Kind::kIndex || part.kind == Part::Kind::kCount;
    if (index && indexOf(*name).value_or(kMostItems) >= kMostItems) return;
    names.push_back(std::move(*name));
  }
  if (!root) root.emplace();
  JoltValue* place = &*root;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const Part::Kind kind = parts_[i].kind;
    if (place->isNull())
      *place = kind == Part::Kind::kKey ? JoltValue::object() : JoltValue::array();
    if (kind == Part::Kind::kKey) {
      if (!place->isObject()) return;
      place = &place->at(names[i]);
      continue;
    }
    if (!place->isArray()) return;
    const std::size_t index =
        kind == Part::Kind::kAppend ? place->size() : indexOf(names[i]).value_or(0);
    if (place->size() <= index) place->items().resize(index + 1);
    place = &place->items()[index];
  }
  putTogether(*place, value);
}

Result<std::vector<JoltKey>> JoltKey::parse(std::string_view text) {
  std::vector<JoltKey> keys;
  const auto add = [&](std::string_view one) -> Result<> {
    JoltKey key;
    key.text_ = one;
    if (one == "@") {
      key.kind_ = Kind::kHere;
    } else if (one.starts_with('@')) {
      key.kind_ = Kind::kLookup;
      key.lookup_ = MR_TRY(JoltPath::parseLookup(one));
    } else if (one.starts_with('$')) {
      key.kind_ = Kind::kKey;
      std::size_t at = 1;
      key.reference_ = MR_TRY(readReference(one, at));
    } else if (one.starts_with('#')) {
      key.kind_ = Kind::kText;
      key.literal_ = one.substr(1);
    } else {
      // A plain * and an escaped one are told apart while the text is read.
      key.between_.emplace_back();
      for (std::size_t at = 0; at < one.size(); ++at) {
        if (one[at] == '\\' && at + 1 < one.size()) {
          key.between_.back() += one[++at];
        } else if (one[at] == '*') {
          key.between_.emplace_back();
        } else {
          key.between_.back() += one[at];
        }
      }
      key.computed_ = MR_TRY(readTemplate(one));
      if (!key.computed_.isLiteral()) {
        if (key.between_.size() > 1)
          return Error::user(fmt::format("the key '{}' mixes * and &", one));
        key.kind_ = Kind::kComputed;
      } else if (key.between_.size() > 1) {
        key.kind_ = Kind::kPattern;
      } else {
        key.literal_ = key.between_.front();
      }
    }
    keys.push_back(std::move(key));
    return Done{};
  };
  std::size_t start = 0;
  int open = 0;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    if (at < text.size() && text[at] == '\\') {
      ++at;
      continue;
    }
    if (at < text.size() && text[at] == '(') ++open;
    if (at < text.size() && text[at] == ')') --open;
    if (at < text.size() && (text[at] != '|' || open > 0)) continue;
    MR_TRY(add(text.substr(start, at - start)));
    start = at + 1;
  }
  return keys;
}

std::optional<JoltMatch> JoltKey::match(std::string_view key, const JoltWay& way) const {
  switch (kind_) {
    case Kind::kLiteral:
      if (key != literal_) return std::nullopt;
      return JoltMatch{{std::string(key)}};
    case Kind::kComputed:
      if (computed_.evaluate(way) != std::optional<std::string>(key)) return std::nullopt;
      return JoltMatch{{std::string(key)}};
    case Kind::kPattern: {
      JoltMatch match{{std::string(key)}};
      if (!key.starts_with(between_.front())) return std::nullopt;
      std::size_t at = between_.front().size();
      for (std::size_t i = 1; i < between_.size(); ++i) {
        const std::string& next = between_[i];
        const bool last = i + 1 == between_.size();
        // A * stands for as little as may be, except for the last one, and never for nothing; only
        // a key that is all * may be empty.
        const bool alone = between_.size() == 2 && between_[0].empty() && between_[1].empty();
        std::size_t end = std::string_view::npos;
        if (last && key.ends_with(next) && key.size() >= next.size()) {
          end = key.size() - next.size();
        } else if (!last && at + 1 <= key.size()) {
          end = key.find(next, at + 1);
        }
        if (end == std::string_view::npos || end < at || (end == at && !alone)) return std::nullopt;
        match.groups.emplace_back(key.substr(at, end - at));
        at = end + next.size();
      }
      return match;
    }
    case Kind::kHere:
    case Kind::kLookup:
      return way.empty() ? JoltMatch{} : way.back().match;
    case Kind::kKey: {
      auto group = groupOf(reference_, way);
      if (!group) return std::nullopt;
      return JoltMatch{{std::move(*group)}};
    }
    case Kind::kText:
      return JoltMatch{{literal_}};
  }
  return std::nullopt;
}

bool JoltKey::comesBefore(const JoltKey& other) const {
  const auto rank = [](const JoltKey& key) {
    if (key.kind_ == Kind::kComputed) return 0;
    return key.text_ == "*" ? 2 : 1;
  };
  if (rank(*this) != rank(other)) return rank(*this) < rank(other);
  if (text_.size() != other.text_.size()) return text_.size() > other.text_.size();
  return text_ < other.text_;
}

}  // namespace millrace::processors
