// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"

#include <array>

namespace millrace::processors {
namespace {

constexpr std::array<std::string_view, 1> kNameAliases{"counter-name"};
constexpr std::array<std::string_view, 1> kDeltaAliases{"delta"};
constexpr Property<std::string> kName{{.name = "Counter Name",
                                       .description = "The counter to change.",
                                       .required = true,
                                       .scope = ExpressionScope::kFlowFile,
                                       .aliases = kNameAliases}};
constexpr Property<std::int64_t> kDelta{
    {.name = "Delta",
     .description = "What to add for each FlowFile; it may be negative.",
     .defaultValue = "1",
     .required = true,
     .scope = ExpressionScope::kFlowFile,
     .aliases = kDeltaAliases}};
constexpr std::array kProperties{&kName.info, &kDelta.info};

constexpr Relationship kSuccess{"success", "Every FlowFile, once it is counted."};
constexpr std::array kRelationships{&kSuccess};
constexpr std::array<std::string_view, 3> kTags{"counter", "count", "debug"};

class UpdateCounter final : public Processor {
 public:
  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    const std::string name = MR_TRY(context.evaluate(kName, *file));
    session.adjustCounter(name, MR_TRY(context.evaluate(kDelta, *file)));
    session.transfer(*file, kSuccess);
    return Done{};
  }
};

}  // namespace

MR_PROCESSOR(update_counter){
    .type = "UpdateCounter",
    .summary = "Adds a number to a named counter for each FlowFile.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .batching = true,
    .make = make<UpdateCounter>,
};

}  // namespace millrace::processors
