// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"

#include <array>
#include <string>

namespace millrace::processors {
namespace {

constexpr Property<std::int64_t> kCopies{
    {.name = "Number of Copies",
     .description = "How many copies are made of each FlowFile, beside itself.",
     .defaultValue = "100",
     .required = true,
     .scope = ExpressionScope::kFlowFile,
     .atLeast = 0,
     .atMost = 1'000'000}};
constexpr std::array kProperties{&kCopies.info};

constexpr Relationship kSuccess{"success", "The original and all its copies."};
constexpr std::array kRelationships{&kSuccess};
constexpr std::array kWrites{
    AttributeInfo{"copy.index", "0 on the original, 1 and up on the copies."}};
constexpr std::array<std::string_view, 4> kTags{"duplicate", "copy", "load", "test"};

class DuplicateFlowFile final : public Processor {
 public:
  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* original = session.get();
    if (original == nullptr) return Done{};
    const std::int64_t copies = MR_TRY(context.evaluate(kCopies, *original));
    for (std::int64_t index = 1; index <= copies; ++index) {
      SessionFlowFile& copy = session.clone(*original);
      session.putAttribute(copy, "copy.index", std::to_string(index));
      session.transfer(copy, kSuccess);
    }
    session.putAttribute(*original, "copy.index", "0");
    session.transfer(*original, kSuccess);
    return Done{};
  }
};

}  // namespace

MR_PROCESSOR(duplicate_flow_file){
    .type = "DuplicateFlowFile",
    .summary = "Makes copies of each FlowFile that share its content, to put a flow under load.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .writesAttributes = kWrites,
    .batching = true,
    .make = make<DuplicateFlowFile>,
};

}  // namespace millrace::processors
