// SPDX-License-Identifier: Apache-2.0
#include "engine/base/mutex.h"
#include "engine/processor/processor.h"
#include "processors/jolt/jolt_transform.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <list>
#include <memory>

namespace millrace::processors {
namespace {

constexpr std::string_view kFromContent = "FLOW_FILE";
constexpr std::string_view kFromAttribute = "ATTRIBUTE";
constexpr std::string_view kFromLines = "JSON_LINES";
constexpr std::array kSources{
    AllowedValue{kFromContent, "The content, which is one JSON document."},
    AllowedValue{kFromAttribute, "An attribute, which gets the result, too."},
    AllowedValue{kFromLines, "The content, each line of which is a JSON document."}};
constexpr std::array kAttributeOnly{kFromAttribute};
constexpr std::array<std::string_view, 1> kChainAliases{"Chain"};
constexpr std::array<std::string_view, 1> kShiftAliases{"Shift"};
constexpr std::array<std::string_view, 1> kDefaultAliases{"Default"};
constexpr std::array<std::string_view, 1> kRemoveAliases{"Remove"};
constexpr std::array<std::string_view, 1> kCardinalityAliases{"Cardinality"};
constexpr std::array<std::string_view, 1> kSortAliases{"Sort"};
constexpr std::string_view kChain = "jolt-transform-chain";
constexpr std::string_view kSort = "jolt-transform-sort";
struct Operation {
  std::string_view value;
  std::string_view name;  // as in a chain
};
constexpr std::array kOperations{
    Operation{"jolt-transform-card", "cardinality"},
    Operation{"jolt-transform-default", "default"},
    Operation{"jolt-transform-modify-default", "modify-default-beta"},
    Operation{"jolt-transform-modify-define", "modify-define-beta"},
    Operation{"jolt-transform-modify-overwrite", "modify-overwrite-beta"},
    Operation{"jolt-transform-remove", "remove"},
    Operation{"jolt-transform-shift", "shift"},
    Operation{kSort, "sort"},
};
constexpr std::array kTransforms{
    AllowedValue{"jolt-transform-card", "Makes values one or many.", kCardinalityAliases},
    AllowedValue{kChain, "Several operations, one after the other.", kChainAliases},
    AllowedValue{"jolt-transform-default", "Adds what is missing.", kDefaultAliases},
    AllowedValue{"jolt-transform-modify-default", "Sets what is missing or null."},
    AllowedValue{"jolt-transform-modify-define", "Sets what is missing."},
    AllowedValue{"jolt-transform-modify-overwrite", "Sets values, whatever is there."},
    AllowedValue{"jolt-transform-remove", "Takes keys out.", kRemoveAliases},
    AllowedValue{"jolt-transform-shift", "Puts values at other places.", kShiftAliases},
    AllowedValue{kSort, "Sorts keys.", kSortAliases}};
constexpr std::array<std::string_view, 1> kTransformAliases{"jolt-transform"};
constexpr std::array<std::string_view, 1> kSpecAliases{"jolt-spec"};
constexpr std::array<std::string_view, 1> kPrettyAliases{"pretty_print"};

constexpr Property<std::string> kTransform{{.name = "Jolt Transform",
                                            .description = "The operation.",
                                            .defaultValue = kChain,
                                            .required = true,
                                            .allowed = kTransforms,
                                            .aliases = kTransformAliases}};
constexpr Property<std::string> kSpecification{
    {.name = "Jolt Specification",
     .description = "What the operation does, as JSON; sort needs none.",
     .scope = ExpressionScope::kFlowFile,
     .aliases = kSpecAliases}};
constexpr Property<std::string> kSource{{.name = "JSON Source",
                                         .description = "Where the JSON is.",
                                         .defaultValue = kFromContent,
                                         .required = true,
                                         .allowed = kSources}};
constexpr Property<std::string> kSourceAttribute{{.name = "JSON Source Attribute",
                                                  .description = "The attribute with the JSON.",
                                                  .required = true,
                                                  .dependsOn = "JSON Source",
                                                  .dependsOnValues = kAttributeOnly}};
constexpr Property<std::int64_t> kCache{
    {.name = "Transform Cache Size",
     .description = "How many specifications that expressions gave are kept ready.",
     .defaultValue = "1",
     .required = true,
     .atLeast = 0,
     .atMost = 100'000}};
constexpr Property<bool> kPretty{{.name = "Pretty Print",
                                  .description = "Whether the result is indented.",
                                  .defaultValue = "false",
                                  .required = true,
                                  .aliases = kPrettyAliases}};
constexpr Property<DataSize> kMaxString{
    {.name = "Max String Length",
     .description = "A document with a longer string goes to failure.",
     .defaultValue = "20 MB",
     .required = true,
     .atLeast = 1}};
constexpr std::array kProperties{&kTransform.info,       &kSpecification.info, &kSource.info,
                                 &kSourceAttribute.info, &kCache.info,         &kPretty.info,
                                 &kMaxString.info};

constexpr Relationship kSuccess{"success", "FlowFiles with the transformed JSON."};
constexpr Relationship kFailure{
    "failure", "What is no JSON, or does not fit the specification; nothing is changed."};
constexpr std::array kRelationships{&kSuccess, &kFailure};
constexpr std::array kWrites{AttributeInfo{"mime.type", "application/json, for a new content."}};
constexpr std::array<std::string_view, 4> kTags{"json", "jolt", "transform", "shift"};

constexpr std::uint64_t kMostBytes = 2'000'000'000;

using Transform = std::shared_ptr<const JoltTransform>;  // shared with tasks that still use it

Result<Transform> makeTransform(std::string_view operation, std::string_view text) {
  JoltValue specification;
  if (operation != kSort) {
    auto parsed = JoltValue::parse(asBytes(text), kMostBytes);
    if (!parsed.ok())
      return Error::user("Jolt Specification is no JSON: " + parsed.error().message);
    specification = std::move(*parsed);
  }
  if (operation == kChain) return Transform(MR_TRY(JoltTransform::makeChain(specification)));
  const auto* named = std::find_if(kOperations.begin(), kOperations.end(),
                                   [&](const Operation& one) { return one.value == operation; });
  if (named == kOperations.end()) return Error::user("there is no such Jolt Transform");
  return Transform(MR_TRY(JoltTransform::make(named->name, specification)));
}

class JoltTransformJson final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    MutexLock lock(mutex_);
    ready_.clear();
    fixed_.reset();
    const ConfiguredProperty& specification = context.property(kSpecification.info);
    if (specification.isLiteral())
      fixed_ = MR_TRY(makeTransform(context.get(kTransform), specification.text()));
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    const auto transform = transformFor(context, *file);
    if (!transform.ok()) return refuse(context, session, *file, transform.error());
    const std::string_view source = context.get(kSource);
    std::string result;
    if (source == kFromAttribute) {
      const std::string name(context.get(kSourceAttribute));
      const auto text = file->attribute(name);
      if (!text || text->empty()) {
        return refuse(context, session, *file,
                      Error::user("the attribute " + name + " is missing or empty"));
      }
      const auto done = apply(context, **transform, asBytes(*text), result);
      if (!done.ok()) return refuse(context, session, *file, done.error());
      session.putAttribute(*file, name, result);
      session.transfer(*file, kSuccess);
      return Done{};
    }
    if (file->size() > kMostBytes)
      return refuse(context, session, *file, Error::user("the content is too long for JSON"));
    const ByteView content = MR_TRY(session.readAll(*file, kMostBytes));
    const auto done = source == kFromLines ? applyToLines(context, **transform, content, result)
                                           : apply(context, **transform, content, result);
    if (!done.ok()) return refuse(context, session, *file, done.error());
    MR_TRY(session.writeAll(*file, result));
    session.putAttribute(*file, "mime.type", "application/json");
    session.transfer(*file, kSuccess);
    return Done{};
  }

 private:
  static Result<> refuse(ProcessContext& context, ProcessSession& session, SessionFlowFile& file,
                         const Error& why) {
    context.log(BulletinLevel::kError, fmt::format("{}: {}", file.value("filename"), why.message));
    session.transfer(file, kFailure);
    return Done{};
  }

  static Result<> apply(ProcessContext& context, const JoltTransform& transform, ByteView text,
                        std::string& into) {
    JoltValue input = MR_TRY(JoltValue::parse(text, context.get(kMaxString)));
    const JoltValue result = MR_TRY(transform.apply(std::move(input)));
    result.write(into,
                 context.get(kPretty) ? JoltValue::Layout::kPretty : JoltValue::Layout::kCompact);
    return Done{};
  }

  static Result<> applyToLines(ProcessContext& context, const JoltTransform& transform,
                               ByteView text, std::string& into) {
    std::string_view rest = asText(text);
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      const std::string_view line = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
      if (!into.empty()) into += '\n';
      MR_TRY(apply(context, transform, asBytes(line), into));
    }
    return Done{};
  }

  Result<Transform> transformFor(ProcessContext& context, const SessionFlowFile& file) {
    {
      MutexLock lock(mutex_);
      if (fixed_ != nullptr) return fixed_;
    }
    std::string text = MR_TRY(context.evaluate(kSpecification, file));
    MutexLock lock(mutex_);
    for (auto entry = ready_.begin(); entry != ready_.end(); ++entry) {
      if (entry->first != text) continue;
      ready_.splice(ready_.begin(), ready_, entry);
      return entry->second;
    }
    Transform made = MR_TRY(makeTransform(context.get(kTransform), text));
    ready_.emplace_front(std::move(text), made);
    if (ready_.size() > static_cast<std::size_t>(context.get(kCache))) ready_.pop_back();
    return made;
  }

  Mutex mutex_;
  Transform fixed_ MR_GUARDED_BY(mutex_);
  std::list<std::pair<std::string, Transform>> ready_ MR_GUARDED_BY(mutex_);
};

std::vector<std::string> check(std::span<const PropertyText> values) {
  const std::string_view operation = textOf(values, kTransform.info.name);
  const std::string_view text = textOf(values, kSpecification.info.name);
  if (operation == kSort) return {};
  if (text.empty()) return {"Jolt Specification is needed, unless Jolt Transform is sort"};
  if (text.find("${") != std::string_view::npos || text.find("#{") != std::string_view::npos)
    return {};
  if (const auto made = makeTransform(operation, text); !made.ok()) return {made.error().message};
  return {};
}

}  // namespace

MR_PROCESSOR(jolt_transform_json){.type = "JoltTransformJSON",
                                  .summary = "Transforms JSON as a Jolt specification says.",
                                  .tags = kTags,
                                  .properties = kProperties,
                                  .relationships = kRelationships,
                                  .writesAttributes = kWrites,
                                  .batching = true,
                                  .validate = check,
                                  .make = make<JoltTransformJson>};

}  // namespace millrace::processors
