// SPDX-License-Identifier: Apache-2.0
// Walking a path: every step answers whether the path can exist at all; what is merely not there
// adds no result. Recursion is bounded by the depth of documents and the length of the path.
#include "engine/expression/json/path_program.h"

#include <algorithm>

namespace millrace::expression {

namespace {

class PathWalk {
 public:
  /// With `places`, also notes where each value found stands.
  PathWalk(const PathProgram& program, const PathScope& scope, std::vector<JsonValue>& found,
           std::vector<PathPlace>* places = nullptr)
      : steps_(program.steps), scope_(scope), found_(found), places_(places) {}

  /// Follows the steps from `at` up to `end`. False: a definite part of the path is missing, so
  /// that the whole path is.
  bool follow(std::size_t at, std::size_t end, const JsonValue& model, bool definite) {
    end_ = end;
    return walk(at, model, definite);
  }

 private:
  bool walk(std::size_t at, const JsonValue& model, bool definite) {
    if (at == end_) {
      found_.push_back(model);
      if (places_ != nullptr) places_->push_back({&model, nullptr, fromEnd_});
      return true;
    }
    const PathStep& step = steps_[at];
    switch (step.kind) {
      case PathStep::Kind::kProperty:
        return property(at, step, model, definite);
      case PathStep::Kind::kWildcard:
        for (const JsonMember& member : model.members()) (void)walk(at + 1, member.value, false);
        return true;
      case PathStep::Kind::kScan:
        return scan(at, model);
      case PathStep::Kind::kIndex:
        if (model.kind != JsonKind::kArray) return !definite;
        for (const std::int64_t index : step.indexes) {
          if (!item(at, model, index, definite && step.indexes.size() == 1)) return false;
        }
        return true;
      case PathStep::Kind::kSlice:
        return slice(at, step, model, definite);
      case PathStep::Kind::kFilter:
        return filter(at, step, model, definite);
      case PathStep::Kind::kFunction: {
        const auto value = callFunction(step, model, scope_);
        return value && walk(at + 1, *value, definite);
      }
    }
    return false;
  }

  bool isLeaf(std::size_t at) const { return at + 1 == end_; }

  bool property(std::size_t at, const PathStep& step, const JsonValue& model, bool definite) {
    if (model.kind != JsonKind::kObject) return !definite;
    if (step.names.size() == 1) {
      const JsonValue* value = model.find(step.names.front());
      if (value == nullptr) return isLeaf(at) || !definite;
      return walk(at + 1, *value, definite);
    }
    if (!isLeaf(at)) {
      for (const std::string& name : step.names) {
        const JsonValue* value = model.find(name);
        if (value != nullptr && !walk(at + 1, *value, false)) return false;
      }
      return true;
    }
    std::vector<JsonMember> merged;
    for (const std::string& name : step.names) {
      if (const JsonValue* value = model.find(name)) merged.push_back({name, *value});
    }
    found_.push_back(scope_.document.object(merged));
    if (places_ != nullptr) places_->push_back({&model, &step.names, false});
    return true;
  }

  bool item(std::size_t at, const JsonValue& model, std::int64_t index, bool definite) {
    const auto count = static_cast<std::int64_t>(model.count);
    fromEnd_ = index < 0 && isLeaf(at);
    if (index < 0) index += count;
    if (index < 0 || index >= count) return true;
    return walk(at + 1, model.members()[static_cast<std::size_t>(index)].value, definite);
  }

  bool slice(std::size_t at, const PathStep& step, const JsonValue& model, bool definite) {
    if (model.kind != JsonKind::kArray) return !definite;
    const auto count = static_cast<std::int64_t>(model.count);
    std::int64_t from = step.from.value_or(0);
    std::int64_t to = step.to.value_or(count);
    // With both ends given, a negative start counts from the end item by item: [-2:3] is the last
    // two items and then the first three.
    if (!step.to && from < 0) from = std::max<std::int64_t>(0, count + from);
    if (!step.from && to < 0) to += count;
    to = std::min(to, count);
    for (std::int64_t i = std::max(from, -count); i < to; ++i) {
      if (!item(at, model, i, false)) return false;
    }
    return true;
  }

  bool filter(std::size_t at, const PathStep& step, const JsonValue& model, bool definite) {
    if (model.kind == JsonKind::kObject) {
      return !accepts(*step.filter, model, scope_) || walk(at + 1, model, false);
    }
    if (model.kind != JsonKind::kArray) return !definite;
    for (const JsonMember& member : model.members()) {
      if (accepts(*step.filter, member.value, scope_) && !walk(at + 1, member.value, false)) {
        return false;
      }
    }
    return true;
  }

  /// Visits every container from the model down and continues where the next step can match.
  bool scan(std::size_t at, const JsonValue& model) {
    if (!model.isContainer() || at + 1 == end_) return true;
    if (scanStopsAt(at + 1, model) && !walk(at + 1, model, false)) return false;
    for (const JsonMember& member : model.members()) {
      if (!scan(at, member.value)) return false;
    }
    return true;
  }

  bool scanStopsAt(std::size_t at, const JsonValue& model) const {
    const PathStep& step = steps_[at];
    switch (step.kind) {
      case PathStep::Kind::kProperty:
        if (model.kind != JsonKind::kObject) return false;
        if (step.names.size() > 1 && !isLeaf(at)) return true;
        return std::all_of(step.names.begin(), step.names.end(),
                           [&](const std::string& name) { return model.find(name) != nullptr; });
      case PathStep::Kind::kIndex:
      case PathStep::Kind::kSlice:
        return model.kind == JsonKind::kArray;
      case PathStep::Kind::kWildcard:
        return true;
      case PathStep::Kind::kFilter:
        return accepts(*step.filter, model, scope_);
      case PathStep::Kind::kScan:
      case PathStep::Kind::kFunction:
        return false;
    }
    return false;
  }

  const std::vector<PathStep>& steps_;
  const PathScope& scope_;
  std::vector<JsonValue>& found_;
  std::vector<PathPlace>* places_;
  std::size_t end_ = 0;
  bool fromEnd_ = false;  // the last index was counted from the end
};

}  // namespace

std::optional<JsonValue> readPath(const PathProgram& program, const JsonValue& current,
                                  const PathScope& scope) {
  JsonValue start = program.fromRoot ? scope.root : current;
  // The common path, $.name.name, needs no list of results.
  std::size_t at = 0;
  while (at < program.steps.size() && program.steps[at].kind == PathStep::Kind::kProperty &&
         program.steps[at].names.size() == 1) {
    const JsonValue* value = start.find(program.steps[at].names.front());
    if (value == nullptr) {
      if (program.isDefinite) return std::nullopt;
      break;
    }
    start = *value;
    ++at;
  }
  if (at == program.steps.size()) return start;

  std::vector<JsonValue> found;
  PathWalk walk(program, scope, found);
  if (program.collectBefore > 0) {
    if (!walk.follow(at, program.collectBefore, start, true)) return std::nullopt;
    start = scope.document.array(found);
    found.clear();
    at = program.collectBefore;
  }
  if (!walk.follow(at, program.steps.size(), start, true)) return std::nullopt;
  if (!program.isDefinite) return scope.document.array(found);
  if (found.empty()) return std::nullopt;
  return found.back();
}

std::optional<std::vector<PathPlace>> findPlaces(const PathProgram& program,
                                                 const PathScope& scope) {
  std::vector<JsonValue> found;
  std::vector<PathPlace> places;
  PathWalk walk(program, scope, found, &places);
  if (!walk.follow(0, program.steps.size(), scope.root, true)) return std::nullopt;
  return places;
}

}  // namespace millrace::expression
