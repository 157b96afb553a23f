// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"
#include "processors/processes/child_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

namespace millrace::processors {
namespace {

constexpr std::string_view kFromProperty = "Command Arguments Property";
constexpr std::string_view kFromDynamic = "Dynamic Property Arguments";
constexpr std::array kStrategies{
    AllowedValue{kFromProperty, "Command Arguments holds them all."},
    AllowedValue{kFromDynamic,
                 "The properties command.argument.1, command.argument.2 and so on "
                 "hold one each."},
};
constexpr std::array<std::string_view, 1> kStrategyAliases{"argumentsStrategy"};
constexpr std::array<std::string_view, 1> kIfProperty{kFromProperty};

constexpr Property<std::string> kFolder{{.name = "Working Directory",
                                         .description = "The folder to run in; it is created.",
                                         .scope = ExpressionScope::kFlowFile}};
constexpr Property<std::string> kCommand{
    {.name = "Command Path",
     .description = "The program to run: a path, or a name that is looked up in PATH.",
     .required = true,
     .scope = ExpressionScope::kFlowFile}};
constexpr Property<std::string> kStrategy{{.name = "Command Arguments Strategy",
                                           .description = "Where the arguments stand.",
                                           .defaultValue = kFromProperty,
                                           .required = true,
                                           .allowed = kStrategies,
                                           .aliases = kStrategyAliases}};
constexpr Property<std::string> kArguments{
    {.name = "Command Arguments",
     .description = "The arguments, with Argument Delimiter between; double quotes keep one "
                    "together. No shell sees them.",
     .scope = ExpressionScope::kFlowFile,
     .dependsOn = "Command Arguments Strategy",
     .dependsOnValues = kIfProperty}};
constexpr Property<std::string> kDelimiter{{.name = "Argument Delimiter",
                                            .description = "The one character between arguments.",
                                            .defaultValue = ";",
                                            .required = true,
                                            .dependsOn = "Command Arguments Strategy",
                                            .dependsOnValues = kIfProperty}};
constexpr Property<bool> kIgnoreInput{
    {.name = "Ignore STDIN",
     .description = "Whether the program is given no input. Otherwise it reads the content.",
     .defaultValue = "false",
     .required = true}};
constexpr Property<std::string> kToAttribute{
    {.name = "Output Destination Attribute",
     .description = "Puts the output into this attribute of the FlowFile, instead of the content "
                    "of another one."}};
constexpr Property<std::int64_t> kMaxLength{
    {.name = "Max Attribute Length",
     .description = "At most this many bytes of output are put into the attribute.",
     .defaultValue = "256",
     .atLeast = 1,
     .atMost = 1 << 20}};
constexpr Property<std::string> kMimeType{
    {.name = "Output MIME Type", .description = "Value of the attribute mime.type of the output."}};
constexpr std::array kProperties{&kFolder.info,      &kCommand.info,   &kStrategy.info,
                                 &kArguments.info,   &kDelimiter.info, &kIgnoreInput.info,
                                 &kToAttribute.info, &kMaxLength.info, &kMimeType.info};

constexpr Relationship kOriginal{"original", "The FlowFiles that came in."};
constexpr Relationship kOutput{"output stream", "The output of programs that ended with 0."};
constexpr Relationship kNonzero{"nonzero status",
                                "The output of programs that ended otherwise, penalized."};
constexpr std::array kRelationships{&kOriginal, &kOutput, &kNonzero};
constexpr std::array kWrites{
    AttributeInfo{"execution.command", "The program."},
    AttributeInfo{"execution.command.args", "Its arguments, with semicolons between."},
    AttributeInfo{"execution.status", "Its exit code; 128 and the signal when it was killed."},
    AttributeInfo{"execution.error", "The start of its error output."},
    AttributeInfo{"mime.type", "Output MIME Type, when it is set."}};
constexpr std::array<std::string_view, 5> kTags{"command", "process", "program", "pipe", "stream"};

constexpr std::string_view kArgumentPrefix = "command.argument.";
constexpr std::size_t kMostError = 4000;

std::optional<int> argumentNumber(std::string_view name) {
  if (!name.starts_with(kArgumentPrefix)) return std::nullopt;
  name.remove_prefix(kArgumentPrefix.size());
  int number = 0;
  const auto [end, code] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (code != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  return number;
}

/// The start of a text, up to a number of bytes, and never half a character of UTF-8.
class Excerpt {
 public:
  explicit Excerpt(std::size_t most) : most_(most) {}
  void add(ByteView bytes) {
    const std::string_view more = asText(bytes).substr(0, most_ + 1 - text_.size());
    text_ += more;
  }
  std::string take() {
    if (text_.size() <= most_) return std::move(text_);
    std::size_t length = most_;
    while (length > 0 && (static_cast<unsigned char>(text_[length]) & 0xc0U) == 0x80U) --length;
    text_.resize(length);
    return std::move(text_);
  }

 private:
  std::size_t most_;
  std::string text_;  // one byte more than the most, to know that there was more
};

std::string joined(const std::vector<std::string>& arguments) {
  return fmt::format("{}", fmt::join(arguments, ";"));
}

class ExecuteStreamCommand final : public Processor {
 public:
  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* input = session.get();
    if (input == nullptr) return Done{};
    const ProcessRequest request = MR_TRY(requestFor(context, *input));
    if (!request.workingDirectory.empty() && !context.files().exists(request.workingDirectory))
      MR_TRY(context.files().createDirectories(request.workingDirectory));
    const auto child = MR_TRY(context.processes().start(request));
    std::unique_ptr<ContentReader> reader;
    if (!context.get(kIgnoreInput)) reader = MR_TRY(session.read(*input));
    return context.has(kToAttribute)
               ? intoAttribute(context, session, *input, request, *child, std::move(reader))
               : intoContent(context, session, *input, request, *child, std::move(reader));
  }

 private:
  static Result<ProcessRequest> requestFor(ProcessContext& context, const SessionFlowFile& file) {
    ProcessRequest request;
    request.command = MR_TRY(context.evaluate(kCommand, file));
    request.workingDirectory = MR_TRY(context.evaluate(kFolder, file));
    const bool dynamicArguments = context.get(kStrategy) == kFromDynamic;
    std::map<int, std::string> numbered;
    for (const ConfiguredProperty& property : context.dynamicProperties()) {
      std::string value;
      MR_TRY(context.evaluateText(property, &file, value));
      const auto number = argumentNumber(property.name());
      if (number && dynamicArguments) {
        numbered[*number] = std::move(value);
      } else {
        request.environment.emplace_back(property.name(), std::move(value));
      }
    }
    if (dynamicArguments) {
      for (auto& [number, value] : numbered) request.arguments.push_back(std::move(value));
    } else {
      const std::string text = MR_TRY(context.evaluate(kArguments, file));
      request.arguments = splitArguments(text, context.get(kDelimiter).front());
    }
    return request;
  }

  static void putFacts(ProcessContext& context, ProcessSession& session, SessionFlowFile& file,
                       const ProcessRequest& request, int code, std::string_view error) {
    const std::string arguments = joined(request.arguments);
    const std::string status = std::to_string(code);
    std::vector<Attributes::Pair> facts{{"execution.command", request.command},
                                        {"execution.command.args", arguments},
                                        {"execution.status", status},
                                        {"execution.error", error}};
    if (context.has(kMimeType)) facts.emplace_back("mime.type", context.get(kMimeType));
    session.putAttributes(file, facts);
    if (code != 0) {
      context.log(BulletinLevel::kError,
                  fmt::format("{} ended with exit code {}: {}", request.command, code, error));
    }
  }

  static Result<> intoContent(ProcessContext& context, ProcessSession& session,
                              SessionFlowFile& input, const ProcessRequest& request,
                              ChildProcess& child, std::unique_ptr<ContentReader> reader) {
    SessionFlowFile& output = session.create(input);
    auto writer = MR_TRY(session.write(output));
    Excerpt error(kMostError);
    const int code =
        MR_TRY(driveChild(child, reader.get(),
                          {.output = [&](ByteView bytes) { return writer->write(bytes); },
                           .error = [&](ByteView bytes) -> Result<> {
                             error.add(bytes);
                             return Done{};
                           },
                           .tick = {}}));
    MR_TRY(writer->finish());
    writer.reset();
    reader.reset();
    putFacts(context, session, output, request, code, error.take());
    if (code != 0) session.penalize(output);
    session.transfer(output, code == 0 ? kOutput : kNonzero);
    session.transfer(input, kOriginal);
    return Done{};
  }

  static Result<> intoAttribute(ProcessContext& context, ProcessSession& session,
                                SessionFlowFile& input, const ProcessRequest& request,
                                ChildProcess& child, std::unique_ptr<ContentReader> reader) {
    const auto most = static_cast<std::size_t>(context.get(kMaxLength));
    Excerpt text(most);
    Excerpt error(kMostError);
    const int code = MR_TRY(driveChild(child, reader.get(),
                                       {.output = [&](ByteView bytes) -> Result<> {
                                          text.add(bytes);
                                          return Done{};
                                        },
                                        .error = [&](ByteView bytes) -> Result<> {
                                          error.add(bytes);
                                          return Done{};
                                        },
                                        .tick = {}}));
    reader.reset();
    putFacts(context, session, input, request, code, error.take());
    session.putAttribute(input, context.get(kToAttribute), text.take());
    session.transfer(input, kOriginal);
    return Done{};
  }
};

std::vector<std::string> relationships(std::span<const PropertyText> values) {
  if (!textOf(values, kToAttribute.info.name).empty()) return {"original"};
  return {"original", "output stream", "nonzero status"};
}

std::vector<std::string> check(std::span<const PropertyText> values) {
  if (textOf(values, kDelimiter.info.name).size() != 1)
    return {"Argument Delimiter must be one character"};
  return {};
}

}  // namespace

MR_PROCESSOR(execute_stream_command){
    .type = "ExecuteStreamCommand",
    .summary = "Pipes the content of each FlowFile through a program and hands on what it writes.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .dynamic = DynamicProperties::kOther,
    .dynamicDescription =
        "Sets the environment variable of the property's name, or, by the name "
        "command.argument.N, an argument.",
    .dynamicScope = ExpressionScope::kFlowFile,
    .writesAttributes = kWrites,
    .blocking = true,
    .effect = OutsideEffect::kOutside,
    .relationshipsOf = relationships,
    .validate = check,
    .make = make<ExecuteStreamCommand>,
};

}  // namespace millrace::processors
