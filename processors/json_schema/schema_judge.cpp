// SPDX-License-Identifier: Apache-2.0
#include "processors/json_schema/schema_judge.h"

#include "processors/json_schema/decimal.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace millrace::processors {
namespace {

constexpr int kDeepest = 3000;  // schemas within schemas, for one place after another
constexpr std::size_t kMostShown = 60;

std::size_t lengthOf(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

/// A text that is the same for equal values alone: keys in order, numbers by their value.
void appendCanonical(const JsonValue& value, std::string& out) {
  switch (value.kind) {
    case JsonKind::kNumber: {
      const auto number = Decimal::parse(value.text);
      out += number ? number->text() : std::string(value.text);
      return;
    }
    case JsonKind::kArray:
      out += '[';
      for (const JsonMember& item : value.members()) {
        appendCanonical(item.value, out);
        out += ',';
      }
      out += ']';
      return;
    case JsonKind::kObject: {
      std::map<std::string_view, const JsonValue*> sorted;
      for (const JsonMember& member : value.members()) sorted.emplace(member.key, &member.value);
      out += '{';
      for (const auto& [key, inner] : sorted) {
        appendJson(JsonValue::string(key), out);
        out += ':';
        appendCanonical(*inner, out);
        out += ',';
      }
      out += '}';
      return;
    }
    default:
      appendJson(value, out);
  }
}

}  // namespace

std::string Place::text() const {
  if (outer == nullptr) return "$";
  if (index) return fmt::format("{}[{}]", outer->text(), *index);
  return fmt::format("{}.{}", outer->text(), key);
}

std::string canonicalJson(const JsonValue& value) {
  std::string text;
  appendCanonical(value, text);
  return text;
}

bool SchemaJudge::judge(const JsonValue& schema, const JsonValue& value, const Place& place,
                        Seen& seen) {
  if (schema.kind == JsonKind::kBoolean)
    return schema.truth || tell(place, "nothing is allowed here");
  if (depth_ >= kDeepest) return tell(place, "the schema or the document is nested too deeply");
  ++depth_;
  const auto home = code_.homes.find(&schema);
  const bool enters =
      home != code_.homes.end() && (scope_.empty() || scope_.back() != home->second);
  if (enters) scope_.push_back(home->second);
  const bool valid = judgeHere(schema, value, place, seen);
  if (enters) scope_.pop_back();
  --depth_;
  return valid;
}

bool SchemaJudge::tell(const Place& place, std::string_view what) {
  if (silent_ == 0 && problems_.size() < most_)
    problems_.push_back(fmt::format("{}: {}", place.text(), what));
  return false;
}

bool SchemaJudge::judgeHere(const JsonValue& schema, const JsonValue& value, const Place& place,
                            Seen& seen) {
  bool valid = true;
  const JsonValue* ref = schema.find("$ref");
  if (ref != nullptr) {
    valid = follow(*ref, value, place, seen);
    if (code_.draft <= Draft::k7) return valid;
  }
  if (const JsonValue* dynamic = schema.find("$dynamicRef"))
    valid = followDynamic(*dynamic, value, place, seen) && valid;
  if (const JsonValue* again = schema.find("$recursiveRef"))
    valid = followRecursive(*again, value, place, seen) && valid;
  if (!valid && isEnough()) return false;
  const auto also = [&](bool more) { valid = more && valid; };
  also(judgeKind(schema, value, place));
  if (value.kind == JsonKind::kNumber) also(judgeNumber(schema, value, place));
  if (value.kind == JsonKind::kString) also(judgeText(schema, value, place));
  if (!valid && isEnough()) return false;
  also(judgeTogether(schema, value, place, seen));
  if (!valid && isEnough()) return false;
  if (value.kind == JsonKind::kArray) also(judgeItems(schema, value, place, seen));
  if (value.kind == JsonKind::kObject) also(judgeMembers(schema, value, place, seen));
  return valid;
}

bool SchemaJudge::follow(const JsonValue& ref, const JsonValue& value, const Place& place,
                         Seen& seen) {
  const auto target = code_.targets.find(&ref);
  return target == code_.targets.end() || judge(*target->second, value, place, seen);
}

bool SchemaJudge::followDynamic(const JsonValue& ref, const JsonValue& value, const Place& place,
                                Seen& seen) {
  const auto target = code_.targets.find(&ref);
  if (target == code_.targets.end()) return true;
  const JsonValue* schema = target->second;
  const JsonValue* name =
      schema->kind == JsonKind::kObject ? schema->find("$dynamicAnchor") : nullptr;
  const std::size_t hash = ref.text.find('#');
  // Only a reference by that very name looks outwards.
  if (name != nullptr && hash != std::string_view::npos &&
      ref.text.substr(hash + 1) == name->text) {
    for (const SchemaResource* resource : scope_) {
      const auto outer = resource->dynamicAnchors.find(name->text);
      if (outer == resource->dynamicAnchors.end()) continue;
      schema = outer->second;
      break;
    }
  }
  return judge(*schema, value, place, seen);
}

bool SchemaJudge::followRecursive(const JsonValue& ref, const JsonValue& value, const Place& place,
                                  Seen& seen) {
  const auto target = code_.targets.find(&ref);
  if (target == code_.targets.end()) return true;
  const JsonValue* schema = target->second;
  const auto home = code_.homes.find(schema);
  if (home != code_.homes.end() && home->second->recursiveAnchor) {
    for (const SchemaResource* resource : scope_) {
      if (!resource->recursiveAnchor) continue;
      schema = resource->root;
      break;
    }
  }
  return judge(*schema, value, place, seen);
}

bool SchemaJudge::isOf(const JsonValue& value, std::string_view type) const {
  switch (value.kind) {
    case JsonKind::kNull:
      return type == "null";
    case JsonKind::kBoolean:
      return type == "boolean";
    case JsonKind::kString:
      return type == "string";
    case JsonKind::kArray:
      return type == "array";
    case JsonKind::kObject:
      return type == "object";
    case JsonKind::kNumber:
      break;
  }
  if (type != "integer") return type == "number";
  // In draft 4 it is the spelling that counts.
  if (code_.draft == Draft::k4) return value.text.find_first_of(".eE") == std::string_view::npos;
  const auto number = Decimal::parse(value.text);
  return number && number->isWhole();
}

bool SchemaJudge::judgeKind(const JsonValue& schema, const JsonValue& value, const Place& place) {
  bool valid = true;
  if (const JsonValue* type = schema.find("type")) {
    bool fits = type->kind == JsonKind::kString && isOf(value, type->text);
    for (const JsonMember& each : type->members()) fits = fits || isOf(value, each.value.text);
    if (!fits) {
      std::string wanted(type->text);
      for (const JsonMember& each : type->members())
        wanted += (wanted.empty() ? "" : " or ") + std::string(each.value.text);
      valid = tell(place, "it must be of type " + wanted);
    }
  }
  if (const JsonValue* list = schema.find("enum")) {
    const std::string text = canonicalJson(value);
    const auto members = list->members();
    if (std::none_of(members.begin(), members.end(), [&](const JsonMember& each) {
          return each.value.kind == value.kind && canonicalJson(each.value) == text;
        }))
      valid = tell(place, "it is none of the values in enum");
  }
  const JsonValue* constant = code_.draft >= Draft::k6 ? schema.find("const") : nullptr;
  if (constant != nullptr && canonicalJson(*constant) != canonicalJson(value)) {
    std::string text;
    appendJson(*constant, text);
    if (text.size() > kMostShown) text = "the value of const";
    valid = tell(place, "it must be " + text);
  }
  return valid;
}

bool SchemaJudge::judgeNumber(const JsonValue& schema, const JsonValue& value, const Place& place) {
  const auto number = Decimal::parse(value.text);
  if (!number) return tell(place, "the number is beyond all bounds");
  bool valid = true;
  const auto bound = [&](const char* keyword) -> std::optional<Decimal> {
    const JsonValue* limit = schema.find(keyword);
    if (limit == nullptr || limit->kind != JsonKind::kNumber) return std::nullopt;
    return Decimal::parse(limit->text);
  };
  const auto excludes = [&](const char* keyword) {
    const JsonValue* flag = code_.draft == Draft::k4 ? schema.find(keyword) : nullptr;
    return flag != nullptr && flag->truth;
  };
  if (const auto least = bound("minimum")) {
    const bool open = excludes("exclusiveMinimum");
    if (*number < *least || (open && *number == *least))
      valid = tell(place, fmt::format("it must be {}{}", open ? "more than " : "at least ",
                                      schema.find("minimum")->text));
  }
  if (const auto most = bound("maximum")) {
    const bool open = excludes("exclusiveMaximum");
    if (*number > *most || (open && *number == *most))
      valid = tell(place, fmt::format("it must be {}{}", open ? "less than " : "at most ",
                                      schema.find("maximum")->text));
  }
  const bool newer = code_.draft >= Draft::k6;
  if (const auto least = newer ? bound("exclusiveMinimum") : std::nullopt;
      least && *number <= *least)
    valid =
        tell(place, fmt::format("it must be more than {}", schema.find("exclusiveMinimum")->text));
  if (const auto most = newer ? bound("exclusiveMaximum") : std::nullopt; most && *number >= *most)
    valid =
        tell(place, fmt::format("it must be less than {}", schema.find("exclusiveMaximum")->text));
  if (const auto step = bound("multipleOf"); step && !number->isMultipleOf(*step))
    valid =
        tell(place, fmt::format("it must be a multiple of {}", schema.find("multipleOf")->text));
  return valid;
}

std::optional<std::uint64_t> SchemaJudge::limit(const JsonValue& schema, const char* keyword) {
  const JsonValue* value = schema.find(keyword);
  if (value == nullptr) return std::nullopt;
  const auto number = Decimal::parse(value->text);
  return number ? number->whole() : std::nullopt;
}

bool SchemaJudge::judgeCount(const JsonValue& schema, const Place& place, std::uint64_t count,
                             const char* least, const char* most, std::string_view what) {
  bool valid = true;
  if (const auto bound = limit(schema, least); bound && count < *bound)
    valid =
        tell(place, fmt::format("it must have at least {} {}, and has {}", *bound, what, count));
  if (const auto bound = limit(schema, most); bound && count > *bound)
    valid = tell(place, fmt::format("it must have at most {} {}, and has {}", *bound, what, count));
  return valid;
}

bool SchemaJudge::matches(std::string_view text, std::string_view pattern) {
  expression::Matcher matcher(code_.patterns.find(pattern)->second);
  const auto found = matcher.find(text);
  return found.ok() && *found;
}

bool SchemaJudge::judgeText(const JsonValue& schema, const JsonValue& value, const Place& place) {
  bool valid =
      judgeCount(schema, place, lengthOf(value.text), "minLength", "maxLength", "characters");
  if (const JsonValue* pattern = schema.find("pattern");
      pattern != nullptr && !matches(value.text, pattern->text))
    valid = tell(place, fmt::format("it must match the pattern {}", pattern->text));
  if (const JsonValue* format = code_.draft <= Draft::k7 ? schema.find("format") : nullptr;
      format != nullptr && !hasFormat(value.text, format->text))
    valid = tell(place, fmt::format("it must be of the format {}", format->text));
  return valid;
}

bool SchemaJudge::tries(const JsonValue& schema, const JsonValue& value, const Place& place,
                        Seen& seen) {
  Seen own(seen.members.size());
  ++silent_;
  const bool valid = judge(schema, value, place, own);
  --silent_;
  if (valid) seen.add(own);
  return valid;
}

bool SchemaJudge::judgeTogether(const JsonValue& schema, const JsonValue& value, const Place& place,
                                Seen& seen) {
  bool valid = true;
  if (const JsonValue* all = schema.find("allOf")) {
    for (const JsonMember& each : all->members())
      valid = judge(each.value, value, place, seen) && valid;
  }
  if (const JsonValue* any = schema.find("anyOf")) {
    bool one = false;
    for (const JsonMember& each : any->members()) {
      if (one && !code_.tracks) break;
      one = tries(each.value, value, place, seen) || one;
    }
    if (!one) valid = tell(place, "it fits none of the schemas in anyOf");
  }
  if (const JsonValue* one = schema.find("oneOf")) {
    std::size_t fitting = 0;
    for (const JsonMember& each : one->members())
      fitting += tries(each.value, value, place, seen) ? 1 : 0;
    if (fitting != 1)
      valid =
          tell(place, fmt::format("it must fit one of the schemas in oneOf, and fits {}", fitting));
  }
  if (const JsonValue* denied = schema.find("not")) {
    Seen unused(seen.members.size());
    if (tries(*denied, value, place, unused)) valid = tell(place, "it fits the schema in not");
  }
  const JsonValue* condition = code_.draft >= Draft::k7 ? schema.find("if") : nullptr;
  if (condition != nullptr) {
    const bool holds = tries(*condition, value, place, seen);
    if (const JsonValue* then = schema.find(holds ? "then" : "else"))
      valid = judge(*then, value, place, seen) && valid;
  }
  return valid;
}

std::vector<std::string> judgeBySchema(const JsonSchema::Code& code, const JsonValue& document,
                                       std::size_t most) {
  SchemaJudge judge(code, most);
  Seen seen(document.count);
  judge.judge(code.document.root(), document, Place{}, seen);
  return std::move(judge).problems();
}

}  // namespace millrace::processors
