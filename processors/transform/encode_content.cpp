// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"
#include "processors/text/base_encoding.h"

#include <fmt/format.h>

#include <array>

namespace millrace::processors {
namespace {

constexpr std::string_view kEncode = "Encode";
constexpr std::string_view kDecode = "Decode";
constexpr std::array kModes{AllowedValue{kEncode, "Bytes become text."},
                            AllowedValue{kDecode, "Text becomes the bytes it stands for."}};
constexpr std::string_view kBase64 = "base64";
constexpr std::string_view kBase32 = "base32";
constexpr std::string_view kHex = "hex";
constexpr std::array kEncodings{AllowedValue{kBase64, "Four characters for three bytes."},
                                AllowedValue{kBase32, "Eight characters for five bytes."},
                                AllowedValue{kHex, "Two digits for each byte."}};
constexpr std::string_view kSingle = "SINGLE_LINE";
constexpr std::string_view kMultiple = "MULTIPLE_LINES";
constexpr std::array kLineModes{AllowedValue{kSingle, "All in one line, which has no end."},
                                AllowedValue{kMultiple, "Lines of Encoded Line Length."}};
constexpr std::array kEncodeOnly{kEncode};
constexpr std::array kMultipleOnly{kMultiple};

constexpr Property<std::string> kMode{{.name = "Mode",
                                       .description = "Which way the content goes.",
                                       .defaultValue = kEncode,
                                       .required = true,
                                       .allowed = kModes}};
constexpr Property<std::string> kEncoding{{.name = "Encoding",
                                           .description = "How bytes are written as text.",
                                           .defaultValue = kBase64,
                                           .required = true,
                                           .allowed = kEncodings}};
constexpr Property<std::string> kLineMode{
    {.name = "Line Output Mode",
     .description = "Whether base64 and base32 are cut into lines.",
     .defaultValue = kSingle,
     .required = true,
     .allowed = kLineModes,
     .dependsOn = "Mode",
     .dependsOnValues = kEncodeOnly}};
constexpr Property<std::int64_t> kLineLength{
    {.name = "Encoded Line Length",
     .description = "The most characters of a line, which has whole groups of 4 in base64 and of 8 "
                    "in base32; fewer than one group: all in one line.",
     .defaultValue = "76",
     .required = true,
     .scope = ExpressionScope::kFlowFile,
     .dependsOn = "Line Output Mode",
     .dependsOnValues = kMultipleOnly,
     .atLeast = 1}};
constexpr std::array kProperties{&kMode.info, &kEncoding.info, &kLineMode.info, &kLineLength.info};

constexpr Relationship kSuccess{"success", "FlowFiles that were encoded or decoded."};
constexpr Relationship kFailure{"failure", "FlowFiles whose content is not of the encoding."};
constexpr std::array kRelationships{&kSuccess, &kFailure};
constexpr std::array<std::string_view, 5> kTags{"encode", "decode", "base64", "base32", "hex"};

class EncodeContent final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    const std::string_view encoding = context.get(kEncoding);
    base_ = encoding == kHex      ? Base::kHexadecimal
            : encoding == kBase32 ? Base::kBase32
                                  : Base::kBase64;
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    if (context.get(kMode) == kEncode) {
      const bool lines = context.get(kLineMode) == kMultiple;
      const std::int64_t length = lines ? MR_TRY(context.evaluate(kLineLength, *file)) : 0;
      BaseEncoder encoder(base_, static_cast<std::uint64_t>(length));
      MR_TRY(convert(
          session, *file,
          [&](ByteView part, std::string& into) -> Result<> {
            encoder.add(part, into);
            return Done{};
          },
          [&](std::string& into) -> Result<> {
            encoder.finish(into);
            return Done{};
          }));
      session.transfer(*file, kSuccess);
      return Done{};
    }
    BaseDecoder decoder(base_);
    const auto decoded = convert(
        session, *file, [&](ByteView part, std::string& into) { return decoder.add(part, into); },
        [&](std::string&) { return decoder.finish(); });
    if (!decoded.ok() && decoded.error().fault != Fault::kUser) return decoded;
    if (!decoded.ok()) {
      context.log(BulletinLevel::kError,
                  fmt::format("{}: {}", file->value("filename"), decoded.error().message));
    }
    session.transfer(*file, decoded.ok() ? kSuccess : kFailure);
    return Done{};
  }

 private:
  /// On an Error the content stays as it was.
  template <typename Add, typename Finish>
  static Result<> convert(ProcessSession& session, SessionFlowFile& file, Add add, Finish finish) {
    const auto reader = MR_TRY(session.read(file));
    const auto writer = MR_TRY(session.write(file));
    std::string converted;
    for (;;) {
      const ByteView part = MR_TRY(reader->next());
      if (part.empty()) break;
      converted.clear();
      MR_TRY(add(part, converted));
      MR_TRY(writer->write(std::string_view(converted)));
    }
    converted.clear();
    MR_TRY(finish(converted));
    MR_TRY(writer->write(std::string_view(converted)));
    return writer->finish();
  }

  Base base_ = Base::kBase64;
};

}  // namespace

MR_PROCESSOR(encode_content){
    .type = "EncodeContent",
    .summary = "Writes content as base64, base32 or hexadecimal text, or reads such text.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .batching = true,
    .make = make<EncodeContent>};

}  // namespace millrace::processors
