// SPDX-License-Identifier: Apache-2.0
#include "engine/base/mutex.h"
#include "engine/expression/pattern.h"
#include "engine/processor/processor.h"

#include <fmt/format.h>

#include <array>
#include <deque>
#include <memory>

namespace millrace::processors {
namespace {

using expression::Matcher;
using expression::Pattern;

constexpr std::string_view kStateless = "Do not store state";
constexpr std::string_view kStateful = "Store state locally";
constexpr std::array kStoreStateValues{
    AllowedValue{kStateless, "Values depend on the FlowFile alone."},
    AllowedValue{kStateful,
                 "The last value of each attribute set here is kept; ${getStateValue('name')} "
                 "reads it."},
};
constexpr std::array kStatefulOnly{kStateful};
constexpr std::array<std::string_view, 1> kCacheAliases{"canonical-value-lookup-cache-size"};

constexpr Property<std::string> kDelete{
    {.name = "Delete Attributes Expression",
     .description = "Attributes whose whole name matches this regular expression are removed.",
     .scope = ExpressionScope::kFlowFile}};
constexpr Property<std::string> kStoreState{
    {.name = "Store State",
     .description = "Whether the values set here are remembered for the next FlowFile.",
     .defaultValue = kStateless,
     .required = true,
     .allowed = kStoreStateValues}};
constexpr Property<std::string> kInitialValue{
    {.name = "Stateful Variables Initial Value",
     .description = "What getStateValue() gives for an attribute that was never set here.",
     .dependsOn = "Store State",
     .dependsOnValues = kStatefulOnly}};
constexpr Property<std::int64_t> kCacheSize{
    {.name = "Cache Value Lookup Cache Size",
     .description = "How many different results of Delete Attributes Expression are kept compiled.",
     .defaultValue = "100",
     .required = true,
     .aliases = kCacheAliases,
     .atLeast = 0}};
constexpr std::array kProperties{&kDelete.info, &kStoreState.info, &kInitialValue.info,
                                 &kCacheSize.info};

constexpr Relationship kSuccess{"success", "Every FlowFile, with its new attributes."};
constexpr Relationship kFailedSetState{
    "set state fail",
    "Exists when state is stored. State is written with the commit: when another task wrote first, "
    "the FlowFile is processed again, so nothing comes here."};
constexpr std::array kRelationships{&kSuccess, &kFailedSetState};

constexpr std::array<std::string_view, 4> kTags{"attributes", "modification", "update", "state"};
constexpr std::array kWrites{
    AttributeInfo{"<property>", "The value of each property that a user adds, under its name."}};

constexpr std::size_t kBatch = 512;
constexpr std::string_view kAlternateIdentifier = "alternate.identifier";

/// The stored values, with the initial value for the attributes that were never set.
class Variables final : public AttributeSource {
 public:
  Variables(const StateMap& state, std::span<const ConfiguredProperty> properties,
            std::string_view initial)
      : state_(state), properties_(properties), initial_(initial) {}
  std::optional<std::string_view> attribute(std::string_view name) const override {
    if (const auto stored = state_.find(name)) return stored;
    for (const ConfiguredProperty& property : properties_) {
      if (property.name() == name) return initial_;
    }
    return std::nullopt;
  }
  void forEachAttribute(expression::AttributeVisitor visit) const override {
    for (const auto& [name, value] : state_.entries) visit(name, value);
    for (const ConfiguredProperty& property : properties_) {
      if (!state_.find(property.name())) visit(property.name(), initial_);
    }
  }

 private:
  const StateMap& state_;
  std::span<const ConfiguredProperty> properties_;
  std::string_view initial_;
};

/// Room for the values of one FlowFile, used again for the next.
struct Scratch {
  explicit Scratch(std::size_t properties) : texts(properties) { pairs.reserve(properties); }
  std::vector<std::string> texts;
  std::vector<Attributes::Pair> pairs;
  std::vector<std::string> removed;
  std::string pattern;
};

class UpdateAttribute final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    success_ = context.relationship(kSuccess.name).value_or(RelationshipIndex{});
    stateful_ = context.get(kStoreState) == kStateful;
    fixedPattern_.reset();
    deletes_ = context.has(kDelete);
    {
      const MutexLock lock(mutex_);
      compiled_.clear();
    }
    const ConfiguredProperty& names = context.property(kDelete.info);
    if (deletes_ && names.isLiteral()) fixedPattern_ = MR_TRY(compileNames(names.text()));
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    const std::span<const ConfiguredProperty> properties = context.dynamicProperties();
    Scratch scratch(properties.size());
    for (std::size_t taken = 0; taken < kBatch; ++taken) {
      SessionFlowFile* file = session.get();
      if (file == nullptr) break;
      MR_TRY(update(context, session, *file, properties, scratch));
      session.transfer(*file, success_);
    }
    return Done{};
  }

 private:
  using SharedPattern = std::shared_ptr<const Pattern>;  // in use while the cache drops it

  static Result<SharedPattern> compileNames(std::string_view text) {
    auto pattern = Pattern::compile(text, Pattern::Use::kWhole);
    if (!pattern.ok()) {
      return Error::user(
          fmt::format("property '{}': {}", kDelete.info.name, pattern.error().message));
    }
    return std::make_shared<const Pattern>(std::move(*pattern));
  }

  /// The pattern of one FlowFile's result of the expression.
  Result<SharedPattern> patternOf(std::string_view text, std::size_t kept) {
    {
      const MutexLock lock(mutex_);
      for (const auto& [known, pattern] : compiled_) {
        if (known == text) return pattern;
      }
    }
    SharedPattern pattern = MR_TRY(compileNames(text));
    if (kept == 0) return pattern;
    const MutexLock lock(mutex_);
    if (compiled_.size() >= kept) compiled_.pop_front();
    compiled_.emplace_back(text, pattern);
    return pattern;
  }

  Result<> findRemoved(ProcessContext& context, const SessionFlowFile& file, Scratch& scratch) {
    SharedPattern pattern = fixedPattern_;
    if (pattern == nullptr) {
      MR_TRY(context.evaluateText(context.property(kDelete.info), &file, scratch.pattern));
      pattern =
          MR_TRY(patternOf(scratch.pattern, static_cast<std::size_t>(context.get(kCacheSize))));
    }
    Matcher matcher(*pattern);
    std::optional<Error> failed;
    file.forEachAttribute([&](std::string_view name, std::string_view) {
      auto matches = matcher.find(name);
      if (!matches.ok()) {
        failed = std::move(matches).error();
      } else if (*matches) {
        scratch.removed.emplace_back(name);
      }
    });
    if (failed) return std::move(*failed);
    return Done{};
  }

  static bool isRemoved(const Scratch& scratch, std::string_view name) {
    return std::find(scratch.removed.begin(), scratch.removed.end(), name) != scratch.removed.end();
  }

  /// Every value is computed from the FlowFile and the state as they came.
  Result<> update(ProcessContext& context, ProcessSession& session, SessionFlowFile& file,
                  std::span<const ConfiguredProperty> properties, Scratch& scratch) {
    scratch.pairs.clear();
    scratch.removed.clear();
    if (deletes_) MR_TRY(findRemoved(context, file, scratch));
    if (stateful_) {
      MR_TRY(evaluateStateful(context, session, file, properties, scratch));
    } else {
      for (std::size_t i = 0; i < properties.size(); ++i) {
        const ConfiguredProperty& property = properties[i];
        if (deletes_ && isRemoved(scratch, property.name())) continue;
        if (property.isLiteral()) {
          scratch.pairs.emplace_back(property.name(), property.text());
          continue;
        }
        MR_TRY(context.evaluateText(property, &file, scratch.texts[i]));
        scratch.pairs.emplace_back(property.name(), scratch.texts[i]);
      }
    }
    for (const auto& [name, value] : scratch.pairs) {
      if (name == kAlternateIdentifier) reportIdentifier(session, file, value);
    }
    if (!scratch.pairs.empty()) session.putAttributes(file, scratch.pairs);
    for (const std::string& name : scratch.removed) session.removeAttribute(file, name);
    return Done{};
  }

  Result<> evaluateStateful(ProcessContext& context, ProcessSession& session,
                            const SessionFlowFile& file,
                            std::span<const ConfiguredProperty> properties, Scratch& scratch) {
    const StateMap& state = session.state();
    const Variables variables(state, properties, context.get(kInitialValue));
    for (std::size_t i = 0; i < properties.size(); ++i) {
      MR_TRY(context.evaluateText(properties[i], &file, scratch.texts[i], &variables));
    }
    for (std::size_t i = 0; i < properties.size(); ++i) {
      const std::string& name = properties[i].name();
      if (state.find(name) != scratch.texts[i]) session.putState(name, scratch.texts[i]);
      if (!isRemoved(scratch, name)) scratch.pairs.emplace_back(name, scratch.texts[i]);
    }
    return Done{};
  }

  /// An identifier of another system, such as urn:x:1, is a fact of its own.
  static void reportIdentifier(ProcessSession& session, const SessionFlowFile& file,
                               std::string_view identifier) {
    const std::size_t colon = identifier.find(':');
    if (colon == identifier.npos || colon == 0) return;
    session.report(ProvenanceType::kAddInfo, file, identifier,
                   fmt::format("Alternate identifier {}", identifier.substr(colon + 1)));
  }

  RelationshipIndex success_;
  bool stateful_ = false;
  bool deletes_ = false;
  SharedPattern fixedPattern_;
  Mutex mutex_;
  std::deque<std::pair<std::string, SharedPattern>> compiled_ MR_GUARDED_BY(mutex_);
};

std::vector<std::string> relationshipsOf(std::span<const PropertyText> values) {
  if (textOf(values, kStoreState.info.name) == kStateful) {
    return {std::string(kSuccess.name), std::string(kFailedSetState.name)};
  }
  return {std::string(kSuccess.name)};
}

/// With an expression in it, only the FlowFile decides what the pattern is.
std::vector<std::string> validate(std::span<const PropertyText> values) {
  const std::string_view names = textOf(values, kDelete.info.name);
  if (names.empty() || names.find("${") != names.npos) return {};
  const auto pattern = Pattern::compile(names, Pattern::Use::kWhole);
  if (pattern.ok()) return {};
  return {fmt::format("property '{}': {}", kDelete.info.name, pattern.error().message)};
}

}  // namespace

MR_PROCESSOR(update_attribute){
    .type = "UpdateAttribute",
    .summary = "Sets attributes to the values of expressions, and removes attributes by name.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .dynamic = DynamicProperties::kAttributes,
    .dynamicDescription = "The value that the attribute of this name gets.",
    .dynamicScope = ExpressionScope::kFlowFile,
    .writesAttributes = kWrites,
    .batching = true,
    .relationshipsOf = relationshipsOf,
    .validate = validate,
    .make = make<UpdateAttribute>};

}  // namespace millrace::processors
