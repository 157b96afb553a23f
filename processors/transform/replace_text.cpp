// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/pattern.h"
#include "engine/processor/processor.h"
#include "processors/text/charset.h"
#include "processors/text/line_reader.h"
#include "processors/text/replacement.h"

#include <fmt/format.h>

#include <array>

namespace millrace::processors {
namespace {

using expression::Matcher;
using expression::Pattern;

constexpr std::string_view kPrepend = "Prepend";
constexpr std::string_view kAppend = "Append";
constexpr std::string_view kSurround = "Surround";
constexpr std::string_view kRegex = "Regex Replace";
constexpr std::string_view kLiteral = "Literal Replace";
constexpr std::string_view kAlways = "Always Replace";
constexpr std::string_view kVariables = "Substitute Variables";
constexpr std::array kStrategies{
    AllowedValue{kPrepend, "Puts Replacement Value before the text."},
    AllowedValue{kAppend, "Puts Replacement Value behind the text, before the end of a line."},
    AllowedValue{kSurround, "Puts Text to Prepend before and Text to Append behind the text."},
    AllowedValue{kRegex, "Replaces each match of Search Value, a regular expression."},
    AllowedValue{kLiteral, "Replaces each occurrence of Search Value."},
    AllowedValue{kAlways, "Replaces the text, but for the end of a line."},
    AllowedValue{kVariables, "Replaces ${name} in the text by the attribute of that name."},
};
constexpr std::string_view kByLine = "Line-by-Line";
constexpr std::string_view kEntire = "Entire text";
constexpr std::array kModes{
    AllowedValue{kByLine, "Each line is a text of its own."},
    AllowedValue{kEntire, "The content is one text."},
};
constexpr std::array kLineModes{
    AllowedValue{"All", "Every line."},
    AllowedValue{"First-Line", "The first line only."},
    AllowedValue{"Last-Line", "The last line only."},
    AllowedValue{"Except-First-Line", "Every line but the first."},
    AllowedValue{"Except-Last-Line", "Every line but the last."},
};
constexpr std::array kSearching{kRegex, kLiteral};
constexpr std::array kReplacing{kRegex, kLiteral, kAlways, kPrepend, kAppend};
constexpr std::array kSurrounding{kSurround};
constexpr std::array<std::string_view, 1> kSearchAliases{"Regular Expression"};
constexpr std::string_view kAnything = "(?s)(^.*$)";

constexpr Property<std::string> kStrategy{{.name = "Replacement Strategy",
                                           .description = "What is done to the text.",
                                           .defaultValue = kRegex,
                                           .required = true,
                                           .allowed = kStrategies}};
constexpr Property<std::string> kSearch{
    {.name = "Search Value",
     .description = "What to search for. Values of expressions in a regular expression are taken "
                    "as they are.",
     .defaultValue = kAnything,
     .required = true,
     .scope = ExpressionScope::kFlowFile,
     .aliases = kSearchAliases,
     .dependsOn = "Replacement Strategy",
     .dependsOnValues = kSearching}};
constexpr Property<std::string> kReplacement{
    {.name = "Replacement Value",
     .description = "What to put in. For a regular expression $1 is what its first group captured, "
                    "${'$1'} the same in an expression.",
     .defaultValue = "$1",
     .scope = ExpressionScope::kFlowFile,
     .dependsOn = "Replacement Strategy",
     .dependsOnValues = kReplacing}};
constexpr Property<std::string> kBefore{{.name = "Text to Prepend",
                                         .description = "What to put before the text.",
                                         .scope = ExpressionScope::kFlowFile,
                                         .dependsOn = "Replacement Strategy",
                                         .dependsOnValues = kSurrounding}};
constexpr Property<std::string> kBehind{{.name = "Text to Append",
                                         .description = "What to put behind the text.",
                                         .scope = ExpressionScope::kFlowFile,
                                         .dependsOn = "Replacement Strategy",
                                         .dependsOnValues = kSurrounding}};
constexpr Property<CharsetName> kCharset{{.name = "Character Set",
                                          .description = "The encoding of the content.",
                                          .defaultValue = "UTF-8",
                                          .required = true}};
constexpr Property<DataSize> kMaxBuffer{
    {.name = "Maximum Buffer Size",
     .description = "The longest line, or content in one piece, that is searched. A FlowFile with "
                    "more goes to failure.",
     .defaultValue = "1 MB",
     .required = true}};
constexpr Property<std::string> kMode{{.name = "Evaluation Mode",
                                       .description = "What a text is: a line or the content.",
                                       .defaultValue = kByLine,
                                       .required = true,
                                       .allowed = kModes}};
constexpr Property<std::string> kLineMode{{.name = "Line-by-Line Evaluation Mode",
                                           .description = "Which lines are changed.",
                                           .defaultValue = "All",
                                           .allowed = kLineModes}};
constexpr std::array kProperties{&kStrategy.info,  &kSearch.info, &kReplacement.info,
                                 &kBefore.info,    &kBehind.info, &kCharset.info,
                                 &kMaxBuffer.info, &kMode.info,   &kLineMode.info};

constexpr Relationship kSuccess{"success", "FlowFiles whose text was read, changed or not."};
constexpr Relationship kFailure{"failure", "FlowFiles whose text could not be replaced."};
constexpr std::array kRelationships{&kSuccess, &kFailure};
constexpr std::array<std::string_view, 4> kTags{"text", "regex", "replace", "modification"};

enum class Strategy : std::uint8_t {
  kPrepended,
  kSurrounded,
  kMatched,
  kLiterally,
  kReplaced,
  kSubstituted
};

/// The change to one FlowFile's text.
class Change {
 public:
  Strategy strategy = Strategy::kReplaced;
  std::string search;
  std::string before;
  std::string behind;  ///< or the replacement
  const SessionFlowFile* file = nullptr;
  ProcessContext* context = nullptr;
  std::shared_ptr<const Pattern> pattern;
  std::optional<Matcher> matcher;
  std::string ready;  ///< the replacement as Matcher::expand reads it, where it is always the same

  /// Appends the changed text.
  Result<> apply(std::string_view text, std::string& into) {
    const std::string_view body = withoutTerminator(text);
    switch (strategy) {
      case Strategy::kPrepended:
        into += before;
        into += text;
        return Done{};
      case Strategy::kSurrounded:
        into += before;
        into += body;
        into += behind;
        into += text.substr(body.size());
        return Done{};
      case Strategy::kReplaced:
        into += behind;
        into += text.substr(body.size());
        return Done{};
      case Strategy::kLiterally:
        replaceLiterally(text, into);
        return Done{};
      case Strategy::kSubstituted:
        return substitute(text, *file, into);
      case Strategy::kMatched:
        return replaceMatches(text, into);
    }
    return Done{};
  }

 private:
  void replaceLiterally(std::string_view text, std::string& into) const {
    std::size_t from = 0;
    while (!search.empty()) {
      const std::size_t found = text.find(search, from);
      if (found == text.npos) break;
      into += text.substr(from, found - from);
      into += behind;
      from = found + search.size();
    }
    into += text.substr(from);
  }

  Result<> replaceMatches(std::string_view text, std::string& into) {
    std::size_t from = 0;
    for (bool hit = MR_TRY(matcher->find(text)); hit; hit = MR_TRY(matcher->findNext())) {
      into += text.substr(from, matcher->begin() - from);
      const ConfiguredProperty& property = context->property(kReplacement.info);
      if (property.isLiteral()) {
        MR_TRY(matcher->expand(ready, into));
      } else {
        const MatchAttributes attributes(*file, *matcher);
        std::string value;
        MR_TRY(context->evaluateDecorated(property, &attributes, appendWithoutReferences, value));
        MR_TRY(matcher->expand(toJavaReplacement(value, pattern->groupCount()), into));
      }
      from = matcher->end();
    }
    into += text.substr(from);
    return Done{};
  }
};

class ReplaceText final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    charset_ = MR_TRY(Charset::find(context.get(kCharset)));
    entire_ = context.get(kMode) == kEntire;
    lineMode_ = context.get(kLineMode);
    limit_ = context.get(kMaxBuffer);
    fixedPattern_.reset();
    const std::string_view strategy = context.get(kStrategy);
    if (strategy == kPrepend) strategy_ = Strategy::kPrepended;
    if (strategy == kAppend || strategy == kSurround) strategy_ = Strategy::kSurrounded;
    if (strategy == kLiteral) strategy_ = Strategy::kLiterally;
    if (strategy == kAlways) strategy_ = Strategy::kReplaced;
    if (strategy == kVariables) strategy_ = Strategy::kSubstituted;
    if (strategy == kRegex) {
      strategy_ = Strategy::kMatched;
      const ConfiguredProperty& search = context.property(kSearch.info);
      if (search.isLiteral()) {
        const bool erases = search.text() == kAnything && entire_ && !context.has(kReplacement);
        if (search.text() == ".*" || erases) strategy_ = Strategy::kReplaced;
        fixedPattern_ = std::make_shared<const Pattern>(
            MR_TRY(Pattern::compile(search.text(), Pattern::Use::kFind)));
      }
    }
    surrounds_ = strategy == kSurround;
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    const Result<> replaced = replace(context, session, *file);
    if (replaced.ok()) {
      session.transfer(*file, kSuccess);
      return Done{};
    }
    if (replaced.error().fault != Fault::kUser) return replaced.error();
    context.log(BulletinLevel::kWarn, fmt::format("{} goes to failure: {}", file->value("filename"),
                                                  replaced.error().message));
    session.transfer(*file, kFailure);
    return Done{};
  }

 private:
  bool searches() const {
    return strategy_ == Strategy::kMatched || strategy_ == Strategy::kLiterally ||
           strategy_ == Strategy::kSubstituted;
  }

  Result<> prepare(ProcessContext& context, const SessionFlowFile& file, Change& change) const {
    change.strategy = strategy_;
    change.file = &file;
    change.context = &context;
    if (strategy_ == Strategy::kSubstituted) return Done{};
    if (surrounds_) {
      MR_TRY(context.evaluateText(context.property(kBefore.info), &file, change.before));
      return context.evaluateText(context.property(kBehind.info), &file, change.behind);
    }
    if (strategy_ == Strategy::kLiterally) {
      MR_TRY(context.evaluateText(context.property(kSearch.info), &file, change.search));
    }
    const ConfiguredProperty& replacement = context.property(kReplacement.info);
    if (strategy_ != Strategy::kMatched) {
      return context.evaluateText(
          replacement, &file, strategy_ == Strategy::kPrepended ? change.before : change.behind);
    }
    change.pattern = fixedPattern_;
    if (change.pattern == nullptr) {
      MR_TRY(context.evaluateDecorated(context.property(kSearch.info), &file, appendQuoted,
                                       change.search));
      change.pattern = std::make_shared<const Pattern>(
          MR_TRY(Pattern::compile(change.search, Pattern::Use::kFind)));
    }
    change.matcher.emplace(*change.pattern);
    if (replacement.isLiteral()) {
      change.ready = toJavaReplacement(replacement.text(), change.pattern->groupCount());
    }
    return Done{};
  }

  Result<> replace(ProcessContext& context, ProcessSession& session, SessionFlowFile& file) const {
    if (entire_ && searches() && file.size() > limit_) {
      return Error::user(
          fmt::format("its {} bytes are more than Maximum Buffer Size allows", file.size()));
    }
    Change change;
    MR_TRY(prepare(context, file, change));
    const auto raw = MR_TRY(session.read(file));
    std::unique_ptr<ContentReader> decoded;
    if (!charset_.isPlain()) decoded = MR_TRY(DecodedContent::make(*raw, charset_));
    ContentReader& reader = decoded ? *decoded : *raw;
    const auto plain = MR_TRY(session.write(file));
    std::unique_ptr<ContentWriter> encoded;
    if (!charset_.isPlain()) encoded = MR_TRY(EncodedContent::make(*plain, charset_));
    ContentWriter& writer = encoded ? *encoded : *plain;
    if (entire_) {
      MR_TRY(replaceEntire(reader, writer, change));
    } else {
      MR_TRY(replaceLines(reader, writer, change));
    }
    return writer.finish();
  }

  Result<> replaceEntire(ContentReader& reader, ContentWriter& writer, Change& change) const {
    std::string text;
    if (strategy_ == Strategy::kReplaced) return writer.write(std::string_view(change.behind));
    if (!searches()) MR_TRY(writer.write(std::string_view(change.before)));
    while (true) {
      const ByteView part = MR_TRY(reader.next());
      if (part.empty()) break;
      if (searches()) {
        text += asText(part);
      } else {
        MR_TRY(writer.write(part));
      }
    }
    if (!searches()) return writer.write(std::string_view(change.behind));
    std::string changed;
    MR_TRY(change.apply(text, changed));
    return writer.write(std::string_view(changed));
  }

  Result<> replaceLines(ContentReader& reader, ContentWriter& writer, Change& change) const {
    LineReader lines(reader, limit_);
    const bool first = lineMode_ == "First-Line";
    const bool exceptFirst = lineMode_ == "Except-First-Line";
    const bool last = lineMode_ == "Last-Line";
    const bool exceptLast = lineMode_ == "Except-Last-Line";
    std::string changed;
    std::string line;
    bool isFirst = true;
    auto read = MR_TRY(lines.next());
    while (read) {
      line = *read;  // reading on may move it
      read = MR_TRY(lines.next());
      const bool isLast = !read;
      const bool applies = (!first || isFirst) && (!exceptFirst || !isFirst) && (!last || isLast) &&
                           (!exceptLast || !isLast);
      isFirst = false;
      if (!applies) {
        MR_TRY(writer.write(std::string_view(line)));
        continue;
      }
      changed.clear();
      MR_TRY(change.apply(line, changed));
      MR_TRY(writer.write(std::string_view(changed)));
    }
    return Done{};
  }

  Charset charset_;
  Strategy strategy_ = Strategy::kMatched;
  bool surrounds_ = false;
  bool entire_ = false;
  std::string lineMode_;
  std::uint64_t limit_ = 0;
  std::shared_ptr<const Pattern> fixedPattern_;  // where no expression is in it
};

std::vector<std::string> validate(std::span<const PropertyText> values) {
  const std::string_view strategy = textOf(values, kStrategy.info.name);
  const std::string_view search = textOf(values, kSearch.info.name);
  if (strategy == kLiteral && search.empty()) return {"property 'Search Value' must not be empty"};
  if (strategy != kRegex || search.find("${") != search.npos) return {};
  const auto pattern = Pattern::compile(search, Pattern::Use::kFind);
  if (pattern.ok()) return {};
  return {fmt::format("property 'Search Value': {}", pattern.error().message)};
}

}  // namespace

MR_PROCESSOR(replace_text){
    .type = "ReplaceText",
    .summary = "Replaces text in content, by regular expression, literally, or at its ends.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .batching = true,
    .validate = validate,
    .make = make<ReplaceText>};

}  // namespace millrace::processors
