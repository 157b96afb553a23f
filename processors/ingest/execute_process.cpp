// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"
#include "processors/processes/child_output.h"

#include <fmt/format.h>

#include <array>

namespace millrace::processors {
namespace {

constexpr std::array<std::string_view, 1> kMimeAliases{"Output MIME type"};
constexpr Property<std::string> kCommand{
    {.name = "Command",
     .description = "The program to run: a path, or a name that is looked up in PATH.",
     .required = true,
     .scope = ExpressionScope::kEnvironment}};
constexpr Property<std::string> kArguments{
    {.name = "Command Arguments",
     .description = "Its arguments, with Argument Delimiter between; double quotes keep one "
                    "together. No shell sees them.",
     .scope = ExpressionScope::kEnvironment}};
constexpr Property<Duration> kBatch{
    {.name = "Batch Duration",
     .description =
         "For programs that run for long: the output of each such span becomes a "
         "FlowFile of whole lines. Without it, or with 0 sec, all output up to the end is one."}};
constexpr Property<bool> kRedirect{
    {.name = "Redirect Error Stream",
     .description = "Whether error output is output too. Otherwise it goes to the log.",
     .defaultValue = "false",
     .required = true}};
constexpr Property<std::string> kFolder{{.name = "Working Directory",
                                         .description = "The folder to run in.",
                                         .scope = ExpressionScope::kEnvironment}};
constexpr Property<std::string> kDelimiter{{.name = "Argument Delimiter",
                                            .description = "The one character between arguments.",
                                            .defaultValue = " ",
                                            .required = true}};
constexpr Property<std::string> kMimeType{{.name = "MIME Type",
                                           .description = "Value of the attribute mime.type.",
                                           .aliases = kMimeAliases}};
constexpr std::array kProperties{&kCommand.info, &kArguments.info, &kBatch.info,   &kRedirect.info,
                                 &kFolder.info,  &kDelimiter.info, &kMimeType.info};

constexpr Relationship kSuccess{"success", "The output of the program, unless it is empty."};
constexpr std::array kRelationships{&kSuccess};
constexpr std::array kWrites{AttributeInfo{"command", "The program."},
                             AttributeInfo{"command.arguments", "Its arguments, as configured."},
                             AttributeInfo{"mime.type", "MIME Type, when it is set."}};
constexpr std::array<std::string_view, 4> kTags{"command", "process", "program", "source"};

/// One run of the program: gathers its output and cuts it into FlowFiles.
class Run {
 public:
  Run(ProcessContext& context, ProcessSession& session) : context_(context), session_(session) {}

  Result<> go() {
    request_.command = MR_TRY(context_.evaluate(kCommand));
    arguments_ = MR_TRY(context_.evaluate(kArguments));
    request_.arguments = splitArguments(arguments_, context_.get(kDelimiter).front());
    request_.workingDirectory = MR_TRY(context_.evaluate(kFolder));
    request_.mergeErrorStream = context_.get(kRedirect);
    for (const ConfiguredProperty& variable : context_.dynamicProperties()) {
      std::string value;
      MR_TRY(context_.evaluateText(variable, nullptr, value));
      request_.environment.emplace_back(variable.name(), std::move(value));
    }
    batch_ = context_.has(kBatch) ? context_.get(kBatch) : 0;
    if (batch_ > 0) batch_ = std::max<Nanos>(batch_, kMillisecond);
    const auto child = MR_TRY(context_.processes().start(request_));
    batchEnds_ = context_.clock().monotonic() + batch_;
    const int code = MR_TRY(driveChild(*child, nullptr,
                                       {.output = [this](ByteView bytes) { return take(bytes); },
                                        .error = [this](ByteView bytes) { return report(bytes); },
                                        .tick = [this, &child]() -> Result<> {
                                          if (context_.isStopping()) child->kill();
                                          return cutWhenDue();
                                        }}));
    MR_TRY(write(asBytes(line_)));
    line_.clear();
    MR_TRY(cut());
    if (code != 0 && !context_.isStopping()) {
      context_.log(BulletinLevel::kWarn,
                   fmt::format("{} ended with exit code {}", request_.command, code));
    }
    return Done{};
  }

 private:
  Result<> take(ByteView bytes) {
    if (batch_ == 0) return write(bytes);
    // Keep the last, unfinished line for the next FlowFile.
    const std::string_view text = asText(bytes);
    const std::size_t end = text.rfind('\n');
    if (end == std::string_view::npos) {
      line_ += text;
      return Done{};
    }
    MR_TRY(write(asBytes(line_)));
    MR_TRY(write(asBytes(text.substr(0, end + 1))));
    line_ = text.substr(end + 1);
    return Done{};
  }

  Result<> write(ByteView bytes) {
    if (bytes.empty()) return Done{};
    if (file_ == nullptr) {
      file_ = &session_.create();
      writer_ = MR_TRY(session_.write(*file_));
    }
    return writer_->write(bytes);
  }

  Result<> report(ByteView bytes) {
    std::string_view text = asText(bytes);
    while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
    context_.log(BulletinLevel::kWarn, fmt::format("{}: {}", request_.command, text));
    return Done{};
  }

  Result<> cutWhenDue() {
    if (batch_ == 0 || context_.clock().monotonic() < batchEnds_) return Done{};
    batchEnds_ = context_.clock().monotonic() + batch_;
    if (file_ == nullptr) return Done{};
    MR_TRY(cut());
    return session_.commit();
  }

  /// Ends the FlowFile that is being written, if any.
  Result<> cut() {
    if (file_ == nullptr) return Done{};
    MR_TRY(writer_->finish());
    writer_.reset();
    std::vector<Attributes::Pair> attributes{{"command", request_.command},
                                             {"command.arguments", arguments_}};
    if (context_.has(kMimeType)) attributes.emplace_back("mime.type", context_.get(kMimeType));
    session_.putAttributes(*file_, attributes);
    session_.transfer(*file_, kSuccess);
    file_ = nullptr;
    return Done{};
  }

  ProcessContext& context_;
  ProcessSession& session_;
  ProcessRequest request_;
  std::string arguments_;
  Nanos batch_ = 0;
  Nanos batchEnds_ = 0;
  SessionFlowFile* file_ = nullptr;
  std::unique_ptr<ContentWriter> writer_;
  std::string line_;
};

class ExecuteProcess final : public Processor {
 public:
  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    return Run(context, session).go();
  }
};

std::vector<std::string> check(std::span<const PropertyText> values) {
  if (textOf(values, kDelimiter.info.name).size() != 1)
    return {"Argument Delimiter must be one character"};
  return {};
}

}  // namespace

MR_PROCESSOR(execute_process){
    .type = "ExecuteProcess",
    .summary = "Runs a program and hands on what it writes.",
    .tags = kTags,
    .input = InputRequirement::kForbidden,
    .properties = kProperties,
    .relationships = kRelationships,
    .dynamic = DynamicProperties::kOther,
    .dynamicDescription = "Sets the environment variable of the property's name.",
    .dynamicScope = ExpressionScope::kEnvironment,
    .writesAttributes = kWrites,
    .blocking = true,
    .endless = true,
    .effect = OutsideEffect::kRepeatable,
    .validate = check,
    .make = make<ExecuteProcess>,
};

}  // namespace millrace::processors
