// SPDX-License-Identifier: Apache-2.0
// Changing a document: the places are found first; then the values above them are made anew, so
// that what the places point to stays as it was while they are looked up.
#include "engine/expression/json/json_path.h"
#include "engine/expression/json/path_program.h"

#include <algorithm>
#include <unordered_map>

namespace millrace::expression {

namespace {

using Change = JsonEdit::Change;
using Outcome = JsonEdit::Outcome;

class Rebuild {
 public:
  Rebuild(JsonDocument& document, const JsonEdit& edit, const std::vector<PathPlace>& places)
      : document_(document), edit_(edit) {
    for (const PathPlace& place : places) places_.insert_or_assign(place.value, place);
  }

  bool isPossible() const { return possible_; }

  /// The value as it is after the edit; nothing when it is deleted. Recursion is bounded by
  /// JsonDocument::kMaxDepth.
  std::optional<JsonValue> rebuilt(const JsonValue& old) {
    const auto found = places_.find(&old);
    if (found == places_.end()) return withMembersRebuilt(old);
    if (found->second.names != nullptr) {
      return withKeys(withMembersRebuilt(old), *found->second.names);
    }
    switch (edit_.change) {
      case Change::kDelete:
        return std::nullopt;
      case Change::kSet:
        return edit_.value;
      case Change::kAdd:
      case Change::kPut:
        return extended(withMembersRebuilt(old));
    }
    return old;
  }

 private:
  JsonValue withMembersRebuilt(const JsonValue& old) {
    if (!old.isContainer()) return old;
    std::vector<JsonMember> members;
    members.reserve(old.count);
    for (const JsonMember& member : old.members()) {
      if (const auto value = rebuilt(member.value)) members.push_back({member.key, *value});
    }
    return container(old.kind, members);
  }

  JsonValue container(JsonKind kind, const std::vector<JsonMember>& members) {
    if (kind == JsonKind::kObject) return document_.object(members);
    std::vector<JsonValue> items;
    items.reserve(members.size());
    for (const JsonMember& member : members) items.push_back(member.value);
    return document_.array(items);
  }

  static void put(std::vector<JsonMember>& members, std::string_view key, const JsonValue& value) {
    const auto same = std::find_if(members.begin(), members.end(),
                                   [&](const JsonMember& member) { return member.key == key; });
    if (same == members.end()) {
      members.push_back({key, value});
    } else {
      same->value = value;
    }
  }

  JsonValue extended(const JsonValue& value) {
    if (value.kind == JsonKind::kNull) return value;
    const bool add = edit_.change == Change::kAdd;
    if (value.kind != (add ? JsonKind::kArray : JsonKind::kObject)) {
      possible_ = false;
      return value;
    }
    std::vector<JsonMember> members(value.members().begin(), value.members().end());
    if (add) {
      members.push_back({{}, edit_.value});
    } else {
      put(members, edit_.key, edit_.value);
    }
    return container(value.kind, members);
  }

  JsonValue withKeys(const JsonValue& value, const std::vector<std::string>& names) {
    std::vector<JsonMember> members(value.members().begin(), value.members().end());
    for (const std::string& name : names) {
      if (edit_.change == Change::kSet) {
        put(members, document_.keep(name), edit_.value);
      } else if (edit_.change == Change::kDelete) {
        std::erase_if(members, [&](const JsonMember& member) { return member.key == name; });
      } else {
        possible_ = false;
      }
    }
    return container(value.kind, members);
  }

  JsonDocument& document_;
  const JsonEdit& edit_;
  std::unordered_map<const JsonValue*, PathPlace> places_;
  bool possible_ = true;
};

}  // namespace

Outcome JsonPath::edit(JsonDocument& document, const JsonEdit& edit) const {
  const auto isCall = [](const PathStep& step) { return step.kind == PathStep::Kind::kFunction; };
  if (std::any_of(program_->steps.begin(), program_->steps.end(), isCall)) {
    return Outcome::kImpossible;
  }
  const auto places = findPlaces(*program_, {document, document.root()});
  if (!places || places->empty()) return Outcome::kNotFound;
  const bool replaces = edit.change == Change::kSet || edit.change == Change::kDelete;
  for (const PathPlace& place : *places) {
    const bool isRoot = place.value == &document.root() && place.names == nullptr;
    // Jayway's library finds an item by an index from the end and then fails to change it.
    if (replaces && (isRoot || place.fromEnd)) return Outcome::kImpossible;
  }
  Rebuild rebuild(document, edit, *places);
  const auto root = rebuild.rebuilt(document.root());
  if (!root || !rebuild.isPossible()) return Outcome::kImpossible;
  document.replaceRoot(*root);
  return Outcome::kDone;
}

}  // namespace millrace::expression
