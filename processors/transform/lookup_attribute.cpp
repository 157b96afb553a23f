// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/controller_service.h"
#include "engine/processor/processor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace millrace::processors {
namespace {

constexpr std::array<std::string_view, 1> kServiceAliases{"lookup-service"};
constexpr std::array<std::string_view, 1> kEmptyAliases{"include-empty-values"};

constexpr Property<ServiceName> kService{{.name = "Lookup Service",
                                          .description = "The service that knows the values.",
                                          .required = true,
                                          .aliases = kServiceAliases,
                                          .serviceType = LookupService::kType}};
constexpr Property<bool> kIncludeEmpty{
    {.name = "Include Empty Values",
     .description = "Whether a key without a value sets its attribute too: to 'null' where the key "
                    "is unknown, to an empty text where the value is blank. The FlowFile then "
                    "counts as matched.",
     .defaultValue = "true",
     .required = true,
     .aliases = kEmptyAliases}};
constexpr std::array kProperties{&kService.info, &kIncludeEmpty.info};

constexpr Relationship kMatched{"matched", "FlowFiles of which at least one attribute was set."};
constexpr Relationship kUnmatched{"unmatched", "FlowFiles of which no attribute was set."};
constexpr Relationship kFailure{"failure", "FlowFiles for which the service failed."};
constexpr std::array kRelationships{&kMatched, &kUnmatched, &kFailure};
constexpr std::array<std::string_view, 4> kTags{"lookup", "enrich", "attributes", "service"};
constexpr std::array kWrites{
    AttributeInfo{"<property>", "The value that was found for the property's key."}};

constexpr std::size_t kBatch = 50;

bool isBlank(std::string_view text) { return text.find_first_not_of(" \t\r\n\f\v") == text.npos; }

class LookupAttribute final : public Processor {
 public:
  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    auto* service = dynamic_cast<LookupService*>(context.service(kService));
    if (service == nullptr) {
      return Error::user(
          "property 'Lookup Service' names no service that looks up texts; choose "
          "another one");
    }
    for (std::size_t taken = 0; taken < kBatch; ++taken) {
      SessionFlowFile* file = session.get();
      if (file == nullptr) break;
      MR_TRY(lookUp(context, session, *file, *service));
    }
    return Done{};
  }

 private:
  static Result<> lookUp(ProcessContext& context, ProcessSession& session, SessionFlowFile& file,
                         LookupService& service) {
    const bool includeEmpty = context.get(kIncludeEmpty);
    std::vector<std::pair<std::string_view, std::string>> found;
    std::string key;
    for (const ConfiguredProperty& property : context.dynamicProperties()) {
      MR_TRY(context.evaluateText(property, &file, key));
      auto value = service.lookup(key);
      if (!value.ok()) {
        context.log(BulletinLevel::kError,
                    fmt::format("looking up '{}' failed: {}", key, value.error().message));
        session.transfer(file, kFailure);
        return Done{};
      }
      if (*value && !isBlank(**value)) {
        found.emplace_back(property.name(), std::move(**value));
      } else if (includeEmpty) {
        found.emplace_back(property.name(), *value ? "" : "null");
      }
    }
    const std::vector<Attributes::Pair> pairs(found.begin(), found.end());
    if (!pairs.empty()) session.putAttributes(file, pairs);
    session.transfer(file, pairs.empty() ? kUnmatched : kMatched);
    return Done{};
  }
};

std::vector<std::string> validate(std::span<const PropertyText> values) {
  const bool any = std::any_of(values.begin(), values.end(), [](const PropertyText& value) {
    return value.first != kService.info.name && value.first != kIncludeEmpty.info.name;
  });
  if (any) return {};
  return {"Add a property: its name is the attribute to set, its value the key to look up"};
}

}  // namespace

MR_PROCESSOR(lookup_attribute){
    .type = "LookupAttribute",
    .summary = "Sets attributes to values that a lookup service finds for keys.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .dynamic = DynamicProperties::kAttributes,
    .dynamicDescription = "The key whose value the attribute of this name gets.",
    .dynamicScope = ExpressionScope::kFlowFile,
    .writesAttributes = kWrites,
    .batching = true,
    .validate = validate,
    .make = make<LookupAttribute>};

}  // namespace millrace::processors
