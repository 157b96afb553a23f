// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/fold.h"

#include "engine/expression/regex.h"

#include <cstring>
#include <memory>

namespace millrace::expression {

namespace {

/// The patterns of any/allMatchingAttribute(s) and the delimiter of …DelineatedValue(s), compiled
/// when they are literals; a missing one is compiled when it is met.
struct Patterns final : Prepared {
  std::vector<std::optional<Regex>> patterns;
};

Result<std::unique_ptr<const Prepared>> preparePatterns(LiteralArguments literals,
                                                        std::size_t first, Regex::Use use) {
  auto prepared = std::make_unique<Patterns>();
  prepared->patterns.resize(literals.size());
  for (std::size_t i = first; i < literals.size(); ++i) {
    if (literals[i] == nullptr || literals[i]->type() != Type::kText) continue;
    prepared->patterns[i] = MR_TRY(Regex::compile(literals[i]->text(), use));
  }
  return std::unique_ptr<const Prepared>(std::move(prepared));
}

Result<std::unique_ptr<const Prepared>> prepareMatching(LiteralArguments literals) {
  return preparePatterns(literals, 0, Regex::Use::kFull);
}
Result<std::unique_ptr<const Prepared>> prepareDelimiter(LiteralArguments literals) {
  return preparePatterns(literals, 1, Regex::Use::kFind);
}

/// Without a delegate there is one value to fold.
Value countOne(Call& call) {
  const Value& value = call.subject();
  const bool counts = !value.isNull() && !(value.type() == Type::kBoolean && !value.boolean());
  return Value::whole(counts ? 1 : 0);
}
Value joinOne(Call& call) { return call.subject().isNull() ? Value::text("") : call.subject(); }

constexpr Arguments kNames{
    1, kManyArguments, {Kind::kText, Kind::kText, Kind::kText, Kind::kText, Kind::kText}};
constexpr Arguments kDelineated{2, 2, {Kind::kText, Kind::kText}};

constexpr FunctionEntry kEntries[] = {
    {"anyAttribute", Form::kDelegate, Kind::kAny, kNames, Kind::kBoolean, nullptr, nullptr,
     "True when the rest of the chain is true for at least one of the named attributes.",
     "${anyAttribute('filename', 'path'):contains('data')}", "true"},
    {"allAttributes", Form::kDelegate, Kind::kAny, kNames, Kind::kBoolean, nullptr, nullptr,
     "True when the rest of the chain is true for each of the named attributes.",
     "${allAttributes('filename', 'missing'):notNull()}", "false"},
    {"anyMatchingAttribute", Form::kDelegate, Kind::kAny, kNames, Kind::kBoolean, nullptr,
     prepareMatching,
     "True when the rest of the chain is true for at least one attribute whose whole name matches "
     "one of the patterns.",
     "${anyMatchingAttribute('file.*'):equals('42')}", "true"},
    {"allMatchingAttributes", Form::kDelegate, Kind::kAny, kNames, Kind::kBoolean, nullptr,
     prepareMatching,
     "True when the rest of the chain is true for every attribute whose whole name matches one of "
     "the patterns.",
     "${allMatchingAttributes('file.*'):join('+')}", "42+Report.2024.csv"},
    {"anyDelineatedValue", Form::kDelegate, Kind::kAny, kDelineated, Kind::kBoolean, nullptr,
     prepareDelimiter,
     "True when the rest of the chain is true for at least one part of a text split at a pattern.",
     "${anyDelineatedValue(${list}, ','):equals('b')}", "true"},
    {"allDelineatedValues", Form::kDelegate, Kind::kAny, kDelineated, Kind::kBoolean, nullptr,
     prepareDelimiter,
     "True when the rest of the chain is true for every part of a text split at a pattern.",
     "${allDelineatedValues(${list}, ','):toUpper():join('-')}", "A-B-C"},
    {"count",
     Form::kReducer,
     Kind::kAny,
     {},
     Kind::kWhole,
     countOne,
     nullptr,
     "How many results of an all… chain are neither null nor false.",
     "${allAttributes('filename', 'missing'):notNull():count()}",
     "1"},
    {"join",
     Form::kReducer,
     Kind::kText,
     {1, 1, {Kind::kText}},
     Kind::kText,
     joinOne,
     nullptr,
     "The results of an all… chain, one after the other with the delimiter between them.",
     "${allAttributes('filename', 'fileSize'):join(' ')}",
     "Report.2024.csv 42"},
};

using Take = std::function<bool(const Value&)>;

bool matchingAttributes(const Node& node, const std::vector<Value>& arguments, Evaluator& evaluator,
                        const AttributeSource* attributes, const Take& take) {
  if (attributes == nullptr) return true;
  const auto* literal = static_cast<const Patterns*>(node.prepared.get());
  std::vector<Regex> made;
  made.reserve(arguments.size());
  std::vector<const Regex*> patterns;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (literal != nullptr && literal->patterns[i]) {
      patterns.push_back(&*literal->patterns[i]);
    } else if (!arguments[i].isNull()) {
      auto regex = Regex::compile(arguments[i].text(), Regex::Use::kFull);
      if (!regex.ok()) {
        evaluator.work().fail(std::move(regex).error().message);
        return false;
      }
      made.push_back(std::move(*regex));
      patterns.push_back(&made.back());
    }
  }
  // Selected first: the chain may ask for attributes itself while the source is visiting.
  std::vector<Value> selected;
  attributes->forEachAttribute([&](std::string_view name, std::string_view value) {
    if (evaluator.work().failed) return;
    for (const Regex* pattern : patterns) {
      if (!pattern->matches(name, evaluator.work())) continue;
      selected.push_back(Value::text(value));
      return;
    }
  });
  for (const Value& value : selected) {
    if (!take(value)) return false;
  }
  return true;
}

bool delineatedValues(const Node& node, const std::vector<Value>& arguments, Evaluator& evaluator,
                      const Take& take) {
  if (arguments[0].isNull() || arguments[1].isNull()) return true;
  const auto* literal = static_cast<const Patterns*>(node.prepared.get());
  std::vector<std::string_view> parts;
  if (literal != nullptr && literal->patterns[1]) {
    parts = literal->patterns[1]->split(arguments[0].text(), evaluator.work());
  } else {
    auto regex = Regex::compile(arguments[1].text(), Regex::Use::kFind);
    if (!regex.ok()) {
      evaluator.work().fail(std::move(regex).error().message);
      return false;
    }
    parts = regex->split(arguments[0].text(), evaluator.work());
  }
  for (const std::string_view part : parts) {
    if (!take(Value::text(part))) return false;
  }
  return true;
}

}  // namespace

std::span<const FunctionEntry> manyFunctions() { return kEntries; }

bool isAnyDelegate(const FunctionEntry& entry) { return entry.name.starts_with("any"); }

void forEachSelected(const Node& node, const std::vector<Value>& arguments, Evaluator& evaluator,
                     const AttributeSource* attributes, const Take& take) {
  const std::string_view name = node.function->name;
  if (name.find("Matching") != std::string_view::npos) {
    matchingAttributes(node, arguments, evaluator, attributes, take);
  } else if (name.find("Delineated") != std::string_view::npos) {
    delineatedValues(node, arguments, evaluator, take);
  } else {
    for (const Value& argument : arguments) {
      if (!take(argument.isNull() ? Value() : evaluator.attribute(argument.text()))) return;
    }
  }
}

Fold::Fold(const Node& node, const Value& delimiter) {
  if (node.reducer == nullptr) {
    way_ = isAnyDelegate(*node.function) ? Way::kAny : Way::kAll;
  } else if (node.reducer->name == "count") {
    way_ = Way::kCount;
  } else {
    way_ = Way::kJoin;
    if (!delimiter.isNull()) delimiter_ = delimiter.text();
  }
}

bool Fold::add(const Value& result, Workspace& work) {
  ++seen_;
  switch (way_) {
    case Way::kAny:
    case Way::kAll: {
      const Value flag = convert(result, Kind::kBoolean, work);
      outcome_ = !flag.isNull() && flag.boolean();
      return way_ == Way::kAny ? !outcome_ : outcome_;
    }
    case Way::kCount:
      if (!result.isNull() && !(result.type() == Type::kBoolean && !result.boolean())) ++count_;
      return true;
    case Way::kJoin: {
      const std::string_view text = textOf(result, work);
      const std::string_view gap = seen_ > 1 ? delimiter_ : std::string_view();
      const std::size_t size = joined_.size() + gap.size() + text.size();
      if (size > capacity_) {
        capacity_ = size * 2;
        char* bigger = work.scratch.allocate(capacity_);
        if (!joined_.empty()) std::memcpy(bigger, joined_.data(), joined_.size());
        block_ = bigger;
      }
      if (!gap.empty()) std::memcpy(block_ + joined_.size(), gap.data(), gap.size());
      if (!text.empty())
        std::memcpy(block_ + joined_.size() + gap.size(), text.data(), text.size());
      joined_ = {block_, size};
      return true;
    }
  }
  return true;
}

Value Fold::result() const {
  switch (way_) {
    case Way::kAny:
    case Way::kAll:
      return Value::boolean(outcome_);
    case Way::kCount:
      return Value::whole(count_);
    case Way::kJoin:
      return Value::text(joined_);
  }
  return {};
}

}  // namespace millrace::expression
