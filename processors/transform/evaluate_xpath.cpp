// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"
#include "processors/xml/xml_document.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

namespace millrace::processors {
namespace {

constexpr std::string_view kToContent = "flowfile-content";
constexpr std::string_view kToAttribute = "flowfile-attribute";
constexpr std::array kDestinations{
    AllowedValue{kToContent, "Replaces the content by the one value found."},
    AllowedValue{kToAttribute, "Sets one attribute for each expression; the content stays."}};
constexpr std::string_view kAutoDetect = "auto-detect";
constexpr std::string_view kNodeSet = "nodeset";
constexpr std::string_view kString = "string";
constexpr std::array kReturnTypes{
    AllowedValue{kAutoDetect, "nodeset to content, string to attributes."},
    AllowedValue{kNodeSet, "One node, as XML; none goes to unmatched, several go to failure."},
    AllowedValue{kString, "The value as text, which is empty where nothing is found."}};
constexpr std::array<std::string_view, 1> kDtdAliases{"Validate DTD"};

constexpr Property<std::string> kDestination{{.name = "Destination",
                                              .description = "Where the values found go.",
                                              .defaultValue = kToContent,
                                              .required = true,
                                              .allowed = kDestinations}};
constexpr Property<std::string> kReturnType{{.name = "Return Type",
                                             .description = "What an expression gives.",
                                             .defaultValue = kAutoDetect,
                                             .required = true,
                                             .allowed = kReturnTypes}};
constexpr Property<bool> kAllowDtd{
    {.name = "Allow DTD",
     .description = "Whether a content with a document type declaration is read; its entities are "
                    "not expanded.",
     .defaultValue = "false",
     .required = true,
     .aliases = kDtdAliases}};
constexpr std::array kProperties{&kDestination.info, &kReturnType.info, &kAllowDtd.info};

constexpr Relationship kMatched{"matched", "Every expression was evaluated."};
constexpr Relationship kUnmatched{"unmatched", "An expression found no node."};
constexpr Relationship kFailure{
    "failure", "The content is no XML, or an expression found several nodes or gives none."};
constexpr std::array kRelationships{&kMatched, &kUnmatched, &kFailure};
constexpr std::array kWrites{AttributeInfo{
    "<property>", "The value of that expression, with Destination flowfile-attribute."}};
constexpr std::array<std::string_view, 3> kTags{"xml", "evaluate", "XPath"};

constexpr std::uint64_t kMostBytes = 1ULL << 30;

class EvaluateXPath final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    toAttributes_ = context.get(kDestination) == kToAttribute;
    const std::string_view type = context.get(kReturnType);
    wantsNodes_ = type == kNodeSet || (type == kAutoDetect && !toAttributes_);
    paths_.clear();
    for (const ConfiguredProperty& property : context.dynamicProperties())
      paths_.push_back({property.name(), MR_TRY(XPath::compile(property.text()))});
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    if (file->size() > kMostBytes) {
      refuse(context, session, *file, "the content is too long for an XML document in memory");
      return Done{};
    }
    const auto document = XmlDocument::parse(
        MR_TRY(session.readAll(*file, kMostBytes)),
        context.get(kAllowDtd) ? DocumentType::kAllowed : DocumentType::kRefused);
    if (!document.ok()) {
      refuse(context, session, *file, document.error().message);
      return Done{};
    }
    std::vector<std::pair<std::string_view, std::string>> found;
    for (const NamedPath& path : paths_) {
      if (!wantsNodes_) {
        found.emplace_back(path.name, document->textOf(path.path));
        continue;
      }
      if (!path.path.givesNodes()) {
        refuse(context, session, *file,
               fmt::format("the expression of {} gives no nodes; set Return Type to string",
                           path.name));
        return Done{};
      }
      std::vector<std::string> nodes = document->nodesOf(path.path);
      if (nodes.empty()) {
        session.transfer(*file, kUnmatched);
        return Done{};
      }
      if (nodes.size() > 1) {
        refuse(
            context, session, *file,
            fmt::format("the expression of {} gives {} nodes, not one", path.name, nodes.size()));
        return Done{};
      }
      found.emplace_back(path.name, std::move(nodes.front()));
    }
    for (const auto& [name, value] : found) {
      if (toAttributes_) {
        session.putAttribute(*file, name, value);
      } else {
        MR_TRY(session.writeAll(*file, value));
      }
    }
    session.transfer(*file, found.empty() ? kUnmatched : kMatched);
    return Done{};
  }

 private:
  struct NamedPath {
    std::string name;
    XPath path;
  };

  static void refuse(ProcessContext& context, ProcessSession& session, SessionFlowFile& file,
                     std::string_view why) {
    context.log(BulletinLevel::kError, fmt::format("{}: {}", file.value("filename"), why));
    session.transfer(file, kFailure);
  }

  // Constant between two calls of onScheduled().
  std::vector<NamedPath> paths_;
  bool toAttributes_ = false;
  bool wantsNodes_ = false;
};

std::vector<std::string> check(std::span<const PropertyText> values) {
  std::vector<std::string> problems;
  const std::size_t paths = values.size() - std::min(values.size(), kProperties.size());
  for (std::size_t i = values.size() - paths; i < values.size(); ++i) {
    if (const auto path = XPath::compile(values[i].second); !path.ok())
      problems.push_back(fmt::format("{}: {}", values[i].first, path.error().message));
  }
  if (textOf(values, kDestination.info.name) == kToContent && paths != 1) {
    problems.push_back(fmt::format(
        "with Destination {} exactly one XPath must be given, as a property of any name, not {}",
        kToContent, paths));
  }
  return problems;
}

}  // namespace

MR_PROCESSOR(evaluate_xpath){
    .type = "EvaluateXPath",
    .summary =
        "Evaluates XPath expressions on an XML content and puts what they find into "
        "attributes, or one of them into the content.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .dynamic = DynamicProperties::kOther,
    .dynamicDescription =
        "An XPath 1.0 expression; its value goes to the attribute of the "
        "property's name, or to the content.",
    .writesAttributes = kWrites,
    .batching = true,
    .validate = check,
    .make = make<EvaluateXPath>};

}  // namespace millrace::processors
