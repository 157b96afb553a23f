// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"
#include "processors/control/log_level.h"

#include <fmt/format.h>

#include <array>

namespace millrace::processors {
namespace {

constexpr std::array<std::string_view, 1> kLevelAliases{"log-level"};
constexpr std::array<std::string_view, 1> kPrefixAliases{"log-prefix"};
constexpr std::array<std::string_view, 1> kMessageAliases{"log-message"};
constexpr Property<std::string> kLevel{{.name = "Log Level",
                                        .description = "trace, debug, info, warn or error.",
                                        .defaultValue = "info",
                                        .required = true,
                                        .scope = ExpressionScope::kFlowFile,
                                        .aliases = kLevelAliases}};
constexpr Property<std::string> kPrefix{{.name = "Log Prefix",
                                         .description = "Text that stands before each message.",
                                         .scope = ExpressionScope::kFlowFile,
                                         .aliases = kPrefixAliases}};
constexpr Property<std::string> kMessage{{.name = "Log Message",
                                          .description = "The message.",
                                          .scope = ExpressionScope::kFlowFile,
                                          .aliases = kMessageAliases}};
constexpr std::array kProperties{&kLevel.info, &kPrefix.info, &kMessage.info};

constexpr Relationship kSuccess{"success", "Every FlowFile, once its message is logged."};
constexpr std::array kRelationships{&kSuccess};
constexpr std::array<std::string_view, 3> kTags{"log", "message", "debug"};

class LogMessage final : public Processor {
 public:
  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    const std::string level = MR_TRY(context.evaluate(kLevel, *file));
    const std::string prefix = MR_TRY(context.evaluate(kPrefix, *file));
    const std::string message = MR_TRY(context.evaluate(kMessage, *file));
    context.log(bulletinLevel(level),
                prefix.empty() ? message : fmt::format("{}{}", prefix, message),
                file->value("uuid"));
    session.transfer(*file, kSuccess);
    return Done{};
  }
};

}  // namespace

MR_PROCESSOR(log_message){
    .type = "LogMessage",
    .summary = "Writes a message to the log for each FlowFile.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .batching = true,
    .make = make<LogMessage>,
};

}  // namespace millrace::processors
