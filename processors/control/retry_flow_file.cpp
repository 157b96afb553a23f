// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace millrace::processors {
namespace {

constexpr std::array<std::string_view, 1> kAttributeAliases{"retry-attribute"};
constexpr std::array<std::string_view, 1> kMostAliases{"maximum-retries"};
constexpr std::array<std::string_view, 1> kPenalizeAliases{"penalize-retries"};
constexpr std::array<std::string_view, 1> kOverwriteAliases{"Fail on Non-numerical Overwrite"};
constexpr std::array<std::string_view, 1> kReuseAliases{"reuse-mode"};
constexpr std::string_view kFail = "fail";
constexpr std::string_view kWarn = "warn";
constexpr std::string_view kReset = "reset";
constexpr std::array kReuseModes{
    AllowedValue{kFail, "It goes to failure."},
    AllowedValue{kWarn, "The count goes on, with a warning."},
    AllowedValue{kReset, "The count begins anew."},
};

constexpr Property<std::string> kAttribute{{.name = "Retry Attribute",
                                            .description = "The attribute that counts.",
                                            .defaultValue = "flowfile.retries",
                                            .required = true,
                                            .scope = ExpressionScope::kEnvironment,
                                            .aliases = kAttributeAliases}};
constexpr Property<std::int64_t> kMost{{.name = "Maximum Retries",
                                        .description = "How often a FlowFile may come back.",
                                        .defaultValue = "3",
                                        .required = true,
                                        .scope = ExpressionScope::kFlowFile,
                                        .aliases = kMostAliases,
                                        .atLeast = 1}};
constexpr Property<bool> kPenalize{{.name = "Penalize Retries",
                                    .description = "Whether FlowFiles to retry are penalized.",
                                    .defaultValue = "true",
                                    .required = true,
                                    .aliases = kPenalizeAliases}};
constexpr Property<bool> kOverwrite{
    {.name = "Fail on Nonnumerical Overwrite",
     .description =
         "Whether a FlowFile whose attribute is no number goes to failure; otherwise the "
         "count begins anew.",
     .defaultValue = "false",
     .required = true,
     .aliases = kOverwriteAliases}};
constexpr Property<std::string> kReuse{
    {.name = "Reuse Mode",
     .description = "What becomes of a FlowFile that another RetryFlowFile counted with the same "
                    "attribute.",
     .defaultValue = kFail,
     .required = true,
     .allowed = kReuseModes,
     .aliases = kReuseAliases}};
constexpr std::array kProperties{&kAttribute.info, &kMost.info, &kPenalize.info, &kOverwrite.info,
                                 &kReuse.info};

constexpr Relationship kRetry{"retry", "FlowFiles that may be tried again."};
constexpr Relationship kExceeded{"retries_exceeded", "FlowFiles that came back too often."};
constexpr Relationship kFailure{
    "failure", "FlowFiles whose attribute or Maximum Retries makes no sense.", true};
constexpr std::array kRelationships{&kRetry, &kExceeded, &kFailure};
constexpr std::array kWrites{
    AttributeInfo{"<Retry Attribute>", "How often it has come back."},
    AttributeInfo{"<Retry Attribute>.uuid", "The component that counted."}};
constexpr std::array<std::string_view, 3> kTags{"retry", "loop", "count"};

std::optional<std::int64_t> wholeNumber(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

class RetryFlowFile final : public Processor {
 public:
  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    const std::string attribute = MR_TRY(context.evaluate(kAttribute));
    const auto most = context.evaluate(kMost, *file);
    const auto known = file->attribute(attribute);
    const auto counted = known ? wholeNumber(*known) : std::optional<std::int64_t>(0);
    if (!most.ok() || (!counted && context.get(kOverwrite))) {
      context.log(BulletinLevel::kError,
                  !most.ok() ? most.error().message
                             : fmt::format("the attribute '{}' is '{}', which is no number",
                                           attribute, *known));
      session.transfer(*file, kFailure);
      return Done{};
    }
    std::int64_t retries = counted.value_or(0) + 1;
    const std::string self = fmt::format("{:x}", context.componentId().raw());
    const std::string_view other = file->value(attribute + ".uuid");
    if (!other.empty() && other != self) {
      const std::string_view mode = context.get(kReuse);
      if (mode != kReset)
        context.log(mode == kFail ? BulletinLevel::kError : BulletinLevel::kWarn,
                    fmt::format("another RetryFlowFile counted with the attribute '{}'; choose "
                                "another Retry Attribute",
                                attribute));
      if (mode == kFail) {
        session.transfer(*file, kFailure);
        return Done{};
      }
      if (mode == kReset) retries = 1;
    }
    if (retries > *most) {
      MR_TRY(giveUp(context, session, *file));
      return Done{};
    }
    session.putAttribute(*file, attribute, std::to_string(retries));
    session.putAttribute(*file, attribute + ".uuid", self);
    if (context.get(kPenalize)) session.penalize(*file);
    session.transfer(*file, kRetry);
    return Done{};
  }

 private:
  static Result<> giveUp(ProcessContext& context, ProcessSession& session, SessionFlowFile& file) {
    std::vector<std::pair<std::string_view, std::string>> values;
    for (const ConfiguredProperty& property : context.dynamicProperties()) {
      std::string value;
      MR_TRY(context.evaluateText(property, &file, value));
      values.emplace_back(property.name(), std::move(value));
    }
    const std::vector<Attributes::Pair> pairs(values.begin(), values.end());
    if (!pairs.empty()) session.putAttributes(file, pairs);
    session.transfer(file, kExceeded);
    return Done{};
  }
};

}  // namespace

MR_PROCESSOR(retry_flow_file){
    .type = "RetryFlowFile",
    .summary =
        "Counts in an attribute how often a FlowFile comes by, and lets it through a number "
        "of times. The retry setting of a processor does the same with less.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .dynamic = DynamicProperties::kAttributes,
    .dynamicDescription = "The value that the attribute of this name gets at the end.",
    .dynamicScope = ExpressionScope::kFlowFile,
    .writesAttributes = kWrites,
    .batching = true,
    .make = make<RetryFlowFile>,
};

}  // namespace millrace::processors
