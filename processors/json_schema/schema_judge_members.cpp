// SPDX-License-Identifier: Apache-2.0
// What a schema says of the items of arrays and the members of objects.
#include "processors/json_schema/schema_judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace millrace::processors {

bool SchemaJudge::judgeItem(const JsonValue& schema, const JsonValue& list, std::size_t index,
                            const Place& place, Seen& seen) {
  const JsonValue& item = list.members()[index].value;
  seen.members[index] = true;
  Seen inner(item.count);
  return judge(schema, item, Place{&place, {}, index}, inner);
}

bool SchemaJudge::judgeItems(const JsonValue& schema, const JsonValue& list, const Place& place,
                             Seen& seen) {
  bool valid = judgeCount(schema, place, list.count, "minItems", "maxItems", "items");
  const bool newest = code_.draft == Draft::k2020;
  const JsonValue* items = schema.find("items");
  const bool tuple = !newest && items != nullptr && items->kind == JsonKind::kArray;
  const JsonValue* first = newest ? schema.find("prefixItems") : tuple ? items : nullptr;
  const JsonValue* rest = !tuple ? items : schema.find("additionalItems");
  const std::size_t fixed = first == nullptr ? 0 : std::min(first->count, list.count);
  for (std::size_t i = 0; i < fixed; ++i)
    valid = judgeItem(first->members()[i].value, list, i, place, seen) && valid;
  for (std::size_t i = fixed; rest != nullptr && i < list.count; ++i) {
    valid = judgeItem(*rest, list, i, place, seen) && valid;
    if (!valid && isEnough()) return false;
  }
  valid = judgeContains(schema, list, place, seen) && valid;
  if (const JsonValue* unique = schema.find("uniqueItems"); unique != nullptr && unique->truth) {
    std::set<std::string> known;
    for (std::size_t i = 0; i < list.count; ++i) {
      if (known.insert(canonicalJson(list.members()[i].value)).second) continue;
      valid = tell(place, fmt::format("item {} is there before", i));
      break;
    }
  }
  const JsonValue* others = code_.draft >= Draft::k2019 ? schema.find("unevaluatedItems") : nullptr;
  for (std::size_t i = 0; others != nullptr && i < list.count; ++i) {
    if (!seen.members[i]) valid = judgeItem(*others, list, i, place, seen) && valid;
  }
  return valid;
}

bool SchemaJudge::judgeContains(const JsonValue& schema, const JsonValue& list, const Place& place,
                                Seen& seen) {
  const JsonValue* wanted = code_.draft >= Draft::k6 ? schema.find("contains") : nullptr;
  if (wanted == nullptr) return true;
  const bool counts = code_.draft >= Draft::k2019;
  const auto least = counts ? limit(schema, "minContains") : std::nullopt;
  const auto most = counts ? limit(schema, "maxContains") : std::nullopt;
  std::uint64_t found = 0;
  for (std::size_t i = 0; i < list.count; ++i) {
    const JsonValue& item = list.members()[i].value;
    Seen inner(item.count);
    if (!tries(*wanted, item, Place{&place, {}, i}, inner)) continue;
    ++found;
    if (code_.draft == Draft::k2020) seen.members[i] = true;
  }
  if (found >= least.value_or(1) && (!most || found <= *most)) return true;
  return tell(place, fmt::format("{} items fit the schema in contains, which are too {}", found,
                                 found < least.value_or(1) ? "few" : "many"));
}

bool SchemaJudge::judgeMember(const JsonValue& schema, const JsonValue& object, std::size_t index,
                              const Place& place, Seen& seen) {
  const JsonMember& member = object.members()[index];
  seen.members[index] = true;
  Seen inner(member.value.count);
  return judge(schema, member.value, Place{&place, member.key}, inner);
}

bool SchemaJudge::judgeMembers(const JsonValue& schema, const JsonValue& object, const Place& place,
                               Seen& seen) {
  bool valid =
      judgeCount(schema, place, object.count, "minProperties", "maxProperties", "properties");
  if (const JsonValue* names = schema.find("required"))
    valid = hasAll(*names, object, place) && valid;
  const JsonValue* properties = schema.find("properties");
  const JsonValue* patterns = schema.find("patternProperties");
  const JsonValue* rest = schema.find("additionalProperties");
  const JsonValue* names = code_.draft >= Draft::k6 ? schema.find("propertyNames") : nullptr;
  for (std::size_t i = 0; i < object.count; ++i) {
    const JsonMember& member = object.members()[i];
    bool known = false;
    if (const JsonValue* own = properties == nullptr ? nullptr : properties->find(member.key)) {
      known = true;
      valid = judgeMember(*own, object, i, place, seen) && valid;
    }
    if (patterns != nullptr) {
      for (const JsonMember& each : patterns->members()) {
        if (!matches(member.key, each.key)) continue;
        known = true;
        valid = judgeMember(each.value, object, i, place, seen) && valid;
      }
    }
    if (!known && rest != nullptr) {
      if (rest->kind == JsonKind::kBoolean && !rest->truth)
        valid = tell(place, fmt::format("the property '{}' is not allowed", member.key));
      else
        valid = judgeMember(*rest, object, i, place, seen) && valid;
    }
    if (names != nullptr) {
      Seen none(0);
      const JsonValue name = JsonValue::string(member.key);
      valid = judge(*names, name, Place{&place, member.key}, none) && valid;
    }
    if (!valid && isEnough()) return false;
  }
  valid = judgeDependencies(schema, object, place, seen) && valid;
  const JsonValue* others =
      code_.draft >= Draft::k2019 ? schema.find("unevaluatedProperties") : nullptr;
  for (std::size_t i = 0; others != nullptr && i < object.count; ++i) {
    if (!seen.members[i]) valid = judgeMember(*others, object, i, place, seen) && valid;
  }
  return valid;
}

bool SchemaJudge::hasAll(const JsonValue& names, const JsonValue& object, const Place& place) {
  bool valid = true;
  for (const JsonMember& each : names.members()) {
    if (object.find(each.value.text) == nullptr)
      valid = tell(place, fmt::format("the property '{}' is missing", each.value.text));
  }
  return valid;
}

bool SchemaJudge::judgeDependencies(const JsonValue& schema, const JsonValue& object,
                                    const Place& place, Seen& seen) {
  bool valid = true;
  for (const char* keyword : {"dependencies", "dependentRequired", "dependentSchemas"}) {
    if (keyword != std::string_view("dependencies") && code_.draft < Draft::k2019) continue;
    const JsonValue* all = schema.find(keyword);
    if (all == nullptr) continue;
    for (const JsonMember& each : all->members()) {
      if (object.find(each.key) == nullptr) continue;
      valid = (each.value.kind == JsonKind::kArray ? hasAll(each.value, object, place)
                                                   : judge(each.value, object, place, seen)) &&
              valid;
    }
  }
  return valid;
}

}  // namespace millrace::processors
