// SPDX-License-Identifier: Apache-2.0
#include "engine/base/mutex.h"
#include "engine/processor/processor.h"

extern "C" {
#include <jq.h>
}

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace::processors {
namespace {

constexpr std::string_view kLines = "lines";
constexpr std::string_view kArray = "array";
constexpr std::array kOutputs{
    AllowedValue{kLines, "One result after the other, each in lines of its own."},
    AllowedValue{kArray, "One JSON array of all results."}};

constexpr Property<std::string> kFilter{
    {.name = "Filter",
     .description = "The jq program, which gets each JSON document of the content. It can neither "
                    "see the environment nor load modules.",
     .required = true}};
constexpr Property<std::string> kOutput{{.name = "Output",
                                         .description = "How several results are written.",
                                         .defaultValue = kLines,
                                         .required = true,
                                         .allowed = kOutputs}};
constexpr Property<bool> kRaw{
    {.name = "Raw Strings",
     .description = "Whether a result that is a string is written without quotes, in lines.",
     .defaultValue = "false",
     .required = true}};
constexpr Property<bool> kPretty{{.name = "Pretty Print",
                                  .description = "Whether results are indented.",
                                  .defaultValue = "false",
                                  .required = true}};
constexpr Property<bool> kSlurp{
    {.name = "Slurp",
     .description = "Whether the program gets all documents of the content at once, as one array "
                    "(jq -s).",
     .defaultValue = "false",
     .required = true}};
constexpr std::array kProperties{&kFilter.info, &kSlurp.info, &kOutput.info, &kRaw.info,
                                 &kPretty.info};

constexpr Relationship kSuccess{"success", "FlowFiles with the results as their content."};
constexpr Relationship kFailure{
    "failure", "What is no JSON, or made the program fail; the content is as it was."};
constexpr std::array kRelationships{&kSuccess, &kFailure};
constexpr std::array kWrites{
    AttributeInfo{"mime.type", "application/json, unless strings are written raw."}};
constexpr std::array<std::string_view, 3> kTags{"json", "jq", "transform"};

constexpr std::uint64_t kMostBytes = 1ULL << 30;

/// A value of jq's, which counts its references.
class Value {
 public:
  explicit Value(jv value) : value_(value) {}
  ~Value() { jv_free(value_); }
  Value(const Value&) = delete;
  Value& operator=(const Value&) = delete;
  bool isValid() const { return jv_is_valid(value_) != 0; }
  bool isString() const { return jv_get_kind(value_) == JV_KIND_STRING; }
  jv copy() const { return jv_copy(value_); }
  /// Of an array.
  void append(const Value& element) { value_ = jv_array_append(value_, element.copy()); }
  double number() const {
    return jv_get_kind(value_) == JV_KIND_NUMBER ? jv_number_value(value_) : 0;
  }
  std::string_view text() const {
    return {jv_string_value(value_),
            static_cast<std::size_t>(jv_string_length_bytes(jv_copy(value_)))};
  }
  /// What is wrong, if that is said: an invalid value without a message is an end.
  std::optional<std::string> problem() const {
    if (isValid() || jv_invalid_has_msg(jv_copy(value_)) == 0) return std::nullopt;
    const Value message(jv_invalid_get_msg(jv_copy(value_)));
    if (message.isString()) return std::string(message.text());
    const Value dumped(jv_dump_string(message.copy(), 0));
    return std::string(dumped.text());
  }

 private:
  jv value_;
};

struct EndParser {
  void operator()(jv_parser* parser) const { jv_parser_free(parser); }
};

/// A compiled program; one task at a time.
class Program {
 public:
  static Result<std::unique_ptr<Program>> compile(const std::string& text) {
    std::unique_ptr<Program> program(new Program());
    if (program->jq_ == nullptr) return Error::environment("there is no memory for a jq program");
    if (jq_compile(program->jq_, text.c_str()) == 0)
      return Error::user("Filter is no jq program: " + program->said_);
    return program;
  }
  ~Program() { jq_teardown(&jq_); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// Calls `take` with each result for one input.
  template <typename Take>
  Result<> run(const Value& input, Take take) {
    jq_start(jq_, input.copy(), 0);
    for (;;) {
      const Value result(jq_next(jq_));
      if (result.isValid()) {
        take(result);
        continue;
      }
      if (jq_halted(jq_) != 0) {
        const Value code(jq_get_exit_code(jq_));
        if (code.isValid() && code.number() != 0)
          return Error::user("the program ended with halt_error");
        return Done{};
      }
      if (const auto problem = result.problem()) return Error::user(*problem);
      return Done{};
    }
  }

 private:
  Program() : jq_(jq_init()) {
    if (jq_ != nullptr) jq_set_error_cb(jq_, &Program::note, this);
  }
  static void note(void* self, jv message) {
    const Value formatted(jq_format_error(message));
    if (!formatted.isString()) return;
    std::string& said = static_cast<Program*>(self)->said_;
    if (!said.empty()) said += "; ";
    const std::string_view text = formatted.text();
    said += text.substr(0, text.find('\n'));
  }

  jq_state* jq_;  // owned; of a library without destructors
  std::string said_;
};

/// Words that would reach out of the program, where they are no names of fields: programs that
/// have them are refused.
std::optional<std::string_view> forbiddenWord(std::string_view program) {
  constexpr std::array<std::string_view, 9> kWords{"env",     "$ENV",           "import",
                                                   "include", "modulemeta",     "input",
                                                   "inputs",  "input_filename", "get_search_list"};
  const auto isWord = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$';
  };
  for (std::size_t at = 0; at < program.size();) {
    if (program[at] == '#') {
      at = std::min(program.find('\n', at), program.size());
    } else if (program[at] == '"') {
      // A text is passed over, unless it has code in it.
      std::size_t end = at + 1;
      bool code = false;
      while (end < program.size() && program[end] != '"') {
        if (program[end] == '\\') code = code || program.substr(++end).starts_with('(');
        ++end;
      }
      at = code ? at + 1 : std::min(end + 1, program.size());
    } else if (isWord(program[at])) {
      std::size_t end = at;
      while (end < program.size() && isWord(program[end])) ++end;
      const std::string_view word = program.substr(at, end - at);
      const bool field = at > 0 && program[at - 1] == '.';
      const auto* found = std::find(kWords.begin(), kWords.end(), word);
      if (!field && found != kWords.end()) return *found;
      at = end;
    } else {
      ++at;
    }
  }
  return std::nullopt;
}

class TransformJq final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    filter_ = context.get(kFilter);
    MutexLock lock(mutex_);
    idle_.clear();
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    auto program = MR_TRY(borrow());
    std::string results;
    Result<> done = Error::user("the content is too long for JSON in memory");
    if (file->size() <= kMostBytes) {
      const ByteView content = MR_TRY(session.readAll(*file, kMostBytes));
      done = transform(context, *program, asText(content), results);
    }
    // After a failure too: each start of a program resets it, and compiling costs tens of
    // milliseconds.
    giveBack(std::move(program));
    if (!done.ok()) {
      context.log(BulletinLevel::kError,
                  fmt::format("{}: {}", file->value("filename"), done.error().message));
      session.transfer(*file, kFailure);
      return Done{};
    }
    MR_TRY(session.writeAll(*file, results));
    if (!context.get(kRaw)) session.putAttribute(*file, "mime.type", "application/json");
    session.transfer(*file, kSuccess);
    return Done{};
  }

 private:
  static Result<> transform(ProcessContext& context, Program& program, std::string_view text,
                            std::string& results) {
    const bool array = context.get(kOutput) == kArray;
    const bool raw = context.get(kRaw) && !array;
    const int flags = context.get(kPretty) ? JV_PRINT_PRETTY | JV_PRINT_INDENT_FLAGS(2) : 0;
    bool first = true;
    const auto take = [&](const Value& result) {
      if (array && !first) results += ',';
      first = false;
      if (raw && result.isString()) {
        results += result.text();
      } else {
        const Value dumped(jv_dump_string(result.copy(), flags));
        results += dumped.text();
      }
      if (!array) results += '\n';
    };
    if (array) results += '[';
    const std::unique_ptr<jv_parser, EndParser> parser(jv_parser_new(0));
    jv_parser_set_buf(parser.get(), text.data(), static_cast<int>(text.size()), 0);
    const bool slurp = context.get(kSlurp);
    Value all(slurp ? jv_array() : jv_null());
    for (;;) {
      const Value input(jv_parser_next(parser.get()));
      if (const auto problem = input.problem())
        return Error::user("the content is no JSON: " + *problem);
      if (!input.isValid()) break;
      if (slurp) {
        all.append(input);
      } else {
        MR_TRY(program.run(input, take));
      }
    }
    if (slurp) MR_TRY(program.run(all, take));
    if (array) results += ']';
    return Done{};
  }

  Result<std::unique_ptr<Program>> borrow() {
    {
      MutexLock lock(mutex_);
      if (!idle_.empty()) {
        auto program = std::move(idle_.back());
        idle_.pop_back();
        return program;
      }
    }
    return Program::compile(filter_);
  }
  void giveBack(std::unique_ptr<Program> program) {
    MutexLock lock(mutex_);
    idle_.push_back(std::move(program));
  }

  std::string filter_;
  Mutex mutex_;
  // Compiling takes milliseconds, so that programs wait for their next use.
  std::vector<std::unique_ptr<Program>> idle_ MR_GUARDED_BY(mutex_);
};

std::vector<std::string> check(std::span<const PropertyText> values) {
  const std::string text(textOf(values, kFilter.info.name));
  if (text.empty()) return {};
  if (const auto word = forbiddenWord(text)) {
    return {fmt::format("Filter must not use '{}': a program sees its input, nothing else", *word)};
  }
  if (const auto program = Program::compile(text); !program.ok()) return {program.error().message};
  return {};
}

}  // namespace

MR_PROCESSOR(transform_jq){.type = "TransformJQ",
                           .summary = "Runs a jq program on the JSON documents of a content.",
                           .tags = kTags,
                           .properties = kProperties,
                           .relationships = kRelationships,
                           .writesAttributes = kWrites,
                           .batching = true,
                           .validate = check,
                           .make = make<TransformJq>};

}  // namespace millrace::processors
