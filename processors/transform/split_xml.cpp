// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"
#include "processors/xml/xml_document.h"

#include <fmt/format.h>

#include <array>
#include <vector>

namespace millrace::processors {
namespace {

constexpr Property<std::int64_t> kDepth{
    {.name = "Split Depth",
     .description = "How far below the root the elements are that become splits; 1: its children.",
     .defaultValue = "1",
     .required = true,
     .atLeast = 1,
     .atMost = XmlDocument::kMaxDepth}};
constexpr std::array kProperties{&kDepth.info};

constexpr Relationship kOriginal{"original", "The FlowFile that was split."};
constexpr Relationship kSplit{"split", "One document for each element at the depth."};
constexpr Relationship kFailure{"failure", "FlowFiles whose content is no XML."};
constexpr std::array kRelationships{&kOriginal, &kSplit, &kFailure};
constexpr std::array kWrites{
    AttributeInfo{"fragment.identifier", "The same new uuid on all splits and on the original."},
    AttributeInfo{"fragment.index", "The place of the split, from 0."},
    AttributeInfo{"fragment.count", "How many splits there are; on the original too."},
    AttributeInfo{"segment.original.filename", "The filename of the original."}};
constexpr std::array<std::string_view, 2> kTags{"xml", "split"};

constexpr std::uint64_t kMostBytes = 1ULL << 30;

class SplitXml final : public Processor {
 public:
  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    if (file->size() > kMostBytes) {
      refuse(context, session, *file, "the content is too long for an XML document in memory");
      return Done{};
    }
    const auto document =
        XmlDocument::parse(MR_TRY(session.readAll(*file, kMostBytes)), DocumentType::kRefused);
    if (!document.ok()) {
      refuse(context, session, *file, document.error().message);
      return Done{};
    }
    std::vector<SessionFlowFile*> splits;
    Result<> written = Done{};
    document->forEachAtDepth(context.get(kDepth), [&](const std::string& xml) {
      if (!written.ok()) return;
      splits.push_back(&session.create(*file));
      written = session.writeAll(*splits.back(), xml);
    });
    if (!written.ok()) return written;
    const std::string identifier = context.randomUuid();
    const std::string count = std::to_string(splits.size());
    const std::string name(file->value("filename"));
    for (std::size_t index = 0; index < splits.size(); ++index) {
      const std::string place = std::to_string(index);
      const std::array<Attributes::Pair, 4> pairs{{{"fragment.identifier", identifier},
                                                   {"fragment.index", place},
                                                   {"fragment.count", count},
                                                   {"segment.original.filename", name}}};
      session.putAttributes(*splits[index], pairs);
      session.transfer(*splits[index], kSplit);
    }
    const std::array<Attributes::Pair, 2> pairs{
        {{"fragment.identifier", identifier}, {"fragment.count", count}}};
    session.putAttributes(*file, pairs);
    session.transfer(*file, kOriginal);
    return Done{};
  }

 private:
  static void refuse(ProcessContext& context, ProcessSession& session, SessionFlowFile& file,
                     std::string_view why) {
    context.log(BulletinLevel::kError, fmt::format("{}: {}", file.value("filename"), why));
    session.transfer(file, kFailure);
  }
};

}  // namespace

MR_PROCESSOR(split_xml){
    .type = "SplitXml",
    .summary = "Splits an XML document: each element at a depth becomes a document of its own.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .writesAttributes = kWrites,
    .batching = true,
    .make = make<SplitXml>};

}  // namespace millrace::processors
