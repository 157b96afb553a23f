// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"
#include "processors/text/charset.h"

#include <array>
#include <optional>
#include <string>

namespace millrace::processors {
namespace {

constexpr std::array<std::string_view, 1> kLinesAliases{"text-line-count"};
constexpr std::array<std::string_view, 1> kNonEmptyAliases{"text-line-nonempty-count"};
constexpr std::array<std::string_view, 1> kWordsAliases{"text-word-count"};
constexpr std::array<std::string_view, 1> kCharactersAliases{"text-character-count"};
constexpr std::array<std::string_view, 1> kSymbolsAliases{"split-words-on-symbols"};
constexpr std::array<std::string_view, 1> kCharsetAliases{"character-encoding"};
constexpr std::array<std::string_view, 2> kImmediateAliases{"ajust-immediately",
                                                            "adjust-immediately"};

constexpr Property<bool> kLines{{.name = "Count Lines",
                                 .description = "Whether lines are counted.",
                                 .defaultValue = "true",
                                 .required = true,
                                 .aliases = kLinesAliases}};
constexpr Property<bool> kNonEmpty{
    {.name = "Count Non-Empty Lines",
     .description = "Whether lines that have more than blanks are counted.",
     .defaultValue = "false",
     .required = true,
     .aliases = kNonEmptyAliases}};
constexpr Property<bool> kWords{{.name = "Count Words",
                                 .description = "Whether words are counted.",
                                 .defaultValue = "false",
                                 .required = true,
                                 .aliases = kWordsAliases}};
constexpr Property<bool> kCharacters{
    {.name = "Count Characters",
     .description = "Whether characters are counted, ends of lines left out; those beyond U+FFFF "
                    "count as two, as in Java.",
     .defaultValue = "false",
     .required = true,
     .aliases = kCharactersAliases}};
constexpr Property<bool> kSymbols{{.name = "Split Words on Symbols",
                                   .description = "Whether a word ends at '.', '-' and '_', too.",
                                   .defaultValue = "false",
                                   .required = true,
                                   .aliases = kSymbolsAliases}};
constexpr Property<CharsetName> kCharset{{.name = "Character Encoding",
                                          .description = "The encoding of the text.",
                                          .defaultValue = "UTF-8",
                                          .required = true,
                                          .aliases = kCharsetAliases}};
constexpr Property<bool> kImmediate{
    {.name = "Call Immediate Adjustment",
     .description = "Whether the counters move at once, even if the commit fails afterwards.",
     .defaultValue = "false",
     .required = true,
     .aliases = kImmediateAliases}};
constexpr std::array kProperties{&kLines.info,      &kNonEmpty.info, &kWords.info,
                                 &kCharacters.info, &kSymbols.info,  &kCharset.info,
                                 &kImmediate.info};

constexpr Relationship kSuccess{"success", "FlowFiles with their counts."};
constexpr Relationship kFailure{"failure", "Nothing goes here: every content can be counted."};
constexpr std::array kRelationships{&kSuccess, &kFailure};
constexpr std::array kWrites{
    AttributeInfo{"text.line.count", "Lines, if they are counted."},
    AttributeInfo{"text.line.nonempty.count", "Lines with more than blanks, if counted."},
    AttributeInfo{"text.word.count", "Words, if they are counted."},
    AttributeInfo{"text.character.count", "Characters, if they are counted."}};
constexpr std::array<std::string_view, 5> kTags{"count", "text", "line", "word", "character"};

/// What a text has, counted as it comes. It is UTF-8; a line ends at \n, \r\n or \r.
class TextCount {
 public:
  explicit TextCount(bool splitsOnSymbols) : splitsOnSymbols_(splitsOnSymbols) {}

  void add(std::string_view text) {
    for (const char character : text) add(static_cast<unsigned char>(character));
  }
  void finish() {
    if (inLine_) endLine();
  }

  std::int64_t lines = 0;
  std::int64_t nonEmptyLines = 0;
  std::int64_t words = 0;
  std::int64_t characters = 0;  // UTF-16 units

 private:
  void add(unsigned char byte) {
    if (byte == '\n' && afterReturn_) {
      afterReturn_ = false;
      return;
    }
    afterReturn_ = byte == '\r';
    if (byte == '\n' || byte == '\r') {
      endLine();
      return;
    }
    inLine_ = true;
    if ((byte & 0xC0U) != 0x80U) characters += byte >= 0xF0 ? 2 : 1;
    if (byte > ' ') lineHasText_ = true;
    if (separates(byte)) {
      endWord();
    } else if (byte > ' ') {
      inWord_ = true;
    }
  }

  bool separates(unsigned char byte) const {
    if (byte == ' ' || (byte >= '\t' && byte <= '\r')) return true;
    return splitsOnSymbols_ && (byte == '.' || byte == '-' || byte == '_');
  }
  void endWord() {
    words += inWord_ ? 1 : 0;
    inWord_ = false;
  }
  void endLine() {
    endWord();
    ++lines;
    nonEmptyLines += lineHasText_ ? 1 : 0;
    lineHasText_ = false;
    inLine_ = false;
  }

  const bool splitsOnSymbols_;
  bool afterReturn_ = false;
  bool inLine_ = false;
  bool lineHasText_ = false;
  bool inWord_ = false;
};

class CountText final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    charset_ = MR_TRY(Charset::find(context.get(kCharset)));
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    TextCount count(context.get(kSymbols));
    const auto reader = MR_TRY(session.read(*file));
    std::unique_ptr<DecodedContent> decoded;
    if (!charset_.isPlain()) decoded = MR_TRY(DecodedContent::make(*reader, charset_));
    ContentReader& text = decoded ? *decoded : *reader;
    for (;;) {
      const ByteView part = MR_TRY(text.next());
      if (part.empty()) break;
      count.add(asText(part));
    }
    count.finish();
    const auto tell = [&](const Property<bool>& wanted, std::string_view attribute,
                          std::string_view counter, std::int64_t value) {
      if (!context.get(wanted)) return;
      session.putAttribute(*file, attribute, std::to_string(value));
      session.adjustCounter(counter, value, context.get(kImmediate));
    };
    tell(kLines, "text.line.count", "Lines Counted", count.lines);
    tell(kNonEmpty, "text.line.nonempty.count", "Lines (non-empty) Counted", count.nonEmptyLines);
    tell(kWords, "text.word.count", "Words Counted", count.words);
    tell(kCharacters, "text.character.count", "Characters Counted", count.characters);
    session.transfer(*file, kSuccess);
    return Done{};
  }

 private:
  Charset charset_;
};

}  // namespace

MR_PROCESSOR(count_text){
    .type = "CountText",
    .summary = "Counts the lines, words and characters of a text, into attributes and counters.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .writesAttributes = kWrites,
    .batching = true,
    .make = make<CountText>};

}  // namespace millrace::processors
