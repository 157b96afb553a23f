// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"
#include "processors/codec/codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace millrace::processors {
namespace {

constexpr std::string_view kByMimeType = "use mime.type attribute";
constexpr std::string_view kCompress = "compress";
constexpr std::string_view kDecompress = "decompress";

struct FormatFacts {
  std::string_view name;
  CodecFormat format;
  std::string_view extension;
  std::string_view mimeType;  // set when compressing
};
// deflate has gzip's type: flows written for NiFi rely on it.
constexpr std::array kFormatFacts{
    FormatFacts{"gzip", CodecFormat::kGzip, ".gz", "application/gzip"},
    FormatFacts{"deflate", CodecFormat::kDeflate, ".zlib", "application/gzip"},
    FormatFacts{"bzip2", CodecFormat::kBzip2, ".bz2", "application/x-bzip2"},
    FormatFacts{"xz-lzma2", CodecFormat::kXz, ".xz", "application/x-xz"},
    FormatFacts{"lzma", CodecFormat::kLzma, ".lzma", "application/x-lzma"},
    FormatFacts{"snappy", CodecFormat::kSnappy, ".snappy", "application/x-snappy"},
    FormatFacts{"snappy framed", CodecFormat::kSnappyFramed, ".sz", "application/x-snappy-framed"},
    FormatFacts{"lz4-framed", CodecFormat::kLz4Framed, ".lz4", "application/x-lz4-framed"},
    FormatFacts{"zstd", CodecFormat::kZstd, ".zst", "application/zstd"},
};

struct MimeType {
  std::string_view type;
  CodecFormat format;
};
constexpr std::array kMimeTypes{
    MimeType{"application/gzip", CodecFormat::kGzip},
    MimeType{"application/x-gzip", CodecFormat::kGzip},
    MimeType{"application/deflate", CodecFormat::kDeflate},
    MimeType{"application/x-deflate", CodecFormat::kDeflate},
    MimeType{"application/bzip2", CodecFormat::kBzip2},
    MimeType{"application/x-bzip2", CodecFormat::kBzip2},
    MimeType{"application/x-lzma", CodecFormat::kLzma},
    MimeType{"application/x-snappy", CodecFormat::kSnappy},
    MimeType{"application/x-snappy-framed", CodecFormat::kSnappyFramed},
    MimeType{"application/x-lz4-framed", CodecFormat::kLz4Framed},
    MimeType{"application/zstd", CodecFormat::kZstd},
};

constexpr std::array kModes{AllowedValue{kCompress, "Plain content becomes compressed."},
                            AllowedValue{kDecompress, "Compressed content becomes plain."}};
constexpr std::array kFormats{
    AllowedValue{kByMimeType, "By the attribute mime.type; another type passes as it is."},
    AllowedValue{"gzip", "RFC 1952."},
    AllowedValue{"deflate", "RFC 1950, as zlib writes it."},
    AllowedValue{"bzip2", "bzip2 with blocks of 900 kB."},
    AllowedValue{"xz-lzma2", "xz with LZMA2."},
    AllowedValue{"lzma", "The older .lzma format."},
    AllowedValue{"snappy", "The stream of snappy-java."},
    AllowedValue{"snappy framed", "Snappy's own framing."},
    AllowedValue{"lz4-framed", "LZ4 frames."},
    AllowedValue{"zstd", "Zstandard frames."}};
constexpr std::array kLevels{AllowedValue{"0", "Least; gzip and deflate only store."},
                             AllowedValue{"1", "Fast."},
                             AllowedValue{"2", "Close to least."},
                             AllowedValue{"3", "Less than middling."},
                             AllowedValue{"4", "A little less than middling."},
                             AllowedValue{"5", "Middling."},
                             AllowedValue{"6", "What most programs do unasked."},
                             AllowedValue{"7", "More than middling."},
                             AllowedValue{"8", "Close to most."},
                             AllowedValue{"9", "Most; xz then takes 700 MB of memory."}};
constexpr std::array kOnlyCompress{kCompress};

constexpr Property<std::string> kMode{{.name = "Mode",
                                       .description = "Which way to go.",
                                       .defaultValue = kCompress,
                                       .required = true,
                                       .allowed = kModes}};
constexpr Property<std::string> kFormat{{.name = "Compression Format",
                                         .description = "The format of the compressed content.",
                                         .defaultValue = kByMimeType,
                                         .required = true,
                                         .allowed = kFormats}};
constexpr Property<std::string> kLevel{
    {.name = "Compression Level",
     .description = "How hard gzip, deflate, xz-lzma2 and zstd compress; zstd takes it twice. The "
                    "others have one strength.",
     .defaultValue = "1",
     .required = true,
     .allowed = kLevels,
     .dependsOn = "Mode",
     .dependsOnValues = kOnlyCompress}};
constexpr Property<bool> kUpdateName{
    {.name = "Update Filename",
     .description = "Whether the filename gets the format's ending, or loses it.",
     .defaultValue = "false",
     .required = true}};
constexpr std::array kProperties{&kMode.info, &kFormat.info, &kLevel.info, &kUpdateName.info};

constexpr Relationship kSuccess{"success",
                                "The content was converted, or its type says that it need not be."};
constexpr Relationship kFailure{"failure",
                                "The content is damaged, or its type is needed and not known."};
constexpr std::array kRelationships{&kSuccess, &kFailure};

bool endsWithIgnoringCase(std::string_view text, std::string_view end) {
  if (text.size() < end.size()) return false;
  text.remove_prefix(text.size() - end.size());
  return std::equal(text.begin(), text.end(), end.begin(),
                    [](unsigned char a, unsigned char b) { return std::tolower(a) == b; });
}

class CompressContent final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    compresses_ = context.get(kMode) == kCompress;
    level_ = context.get(kLevel).front() - '0';
    updatesName_ = context.get(kUpdateName);
    const auto* chosen =
        std::find_if(kFormatFacts.begin(), kFormatFacts.end(),
                     [&](const FormatFacts& facts) { return facts.name == context.get(kFormat); });
    chosen_ = chosen == kFormatFacts.end() ? nullptr : chosen;
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    const FormatFacts* facts = chosen_;
    if (facts == nullptr) {
      const auto type = file->attribute("mime.type");
      if (!type) return refuse(context, session, *file, "it has no attribute mime.type");
      facts = factsOf(*type);
      if (facts == nullptr) {
        session.transfer(*file, kSuccess);
        return Done{};
      }
    }
    const auto converted = convert(session, *file, facts->format);
    if (!converted.ok()) {
      if (converted.error().fault != Fault::kUser) return converted.error();
      return refuse(context, session, *file, converted.error().message);
    }
    describe(session, *file, *facts);
    session.transfer(*file, kSuccess);
    return Done{};
  }

 private:
  static const FormatFacts* factsOf(std::string_view type) {
    for (const MimeType& known : kMimeTypes) {
      if (known.type != type) continue;
      for (const FormatFacts& facts : kFormatFacts) {
        if (facts.format == known.format) return &facts;
      }
    }
    return nullptr;
  }

  static Result<> refuse(ProcessContext& context, ProcessSession& session, SessionFlowFile& file,
                         std::string_view why) {
    context.log(BulletinLevel::kError, fmt::format("{}: {}", file.value("filename"), why));
    session.transfer(file, kFailure);
    return Done{};
  }

  Result<> convert(ProcessSession& session, SessionFlowFile& file, CodecFormat format) {
    auto codec = MR_TRY(compresses_ ? makeCompressor(format, level_) : makeDecompressor(format));
    auto reader = MR_TRY(session.read(file));
    auto writer = MR_TRY(session.write(file));
    while (true) {
      const ByteView bytes = MR_TRY(reader->next());
      if (bytes.empty()) break;
      MR_TRY(codec->push(bytes, *writer));
    }
    MR_TRY(codec->finish(*writer));
    reader.reset();
    return writer->finish();
  }

  void describe(ProcessSession& session, SessionFlowFile& file, const FormatFacts& facts) const {
    if (compresses_) {
      session.putAttribute(file, "mime.type", facts.mimeType);
    } else {
      session.removeAttribute(file, "mime.type");
    }
    if (!updatesName_) return;
    const std::string_view name = file.value("filename");
    if (compresses_) {
      session.putAttribute(file, "filename", fmt::format("{}{}", name, facts.extension));
    } else if (endsWithIgnoringCase(name, facts.extension)) {
      const std::string shorter(name.substr(0, name.size() - facts.extension.size()));
      session.putAttribute(file, "filename", shorter);
    }
  }

  // Constant between two calls of onScheduled().
  const FormatFacts* chosen_ = nullptr;  // null: by mime.type; points into kFormatFacts
  int level_ = 1;
  bool compresses_ = true;
  bool updatesName_ = false;
};

constexpr std::array<std::string_view, 10> kTags{
    "compress", "decompress", "gzip", "bzip2", "xz", "lzma", "zstd", "lz4", "snappy", "deflate"};
constexpr std::array kReads{
    AttributeInfo{"mime.type", "The format, with Compression Format use mime.type attribute."}};
constexpr std::array kWrites{
    AttributeInfo{"mime.type", "The type of the format; removed when decompressing."},
    AttributeInfo{"filename", "With or without the format's ending, with Update Filename."}};

}  // namespace

MR_PROCESSOR(compress_content){.type = "CompressContent",
                               .summary = "Compresses or decompresses content.",
                               .tags = kTags,
                               .properties = kProperties,
                               .relationships = kRelationships,
                               .readsAttributes = kReads,
                               .writesAttributes = kWrites,
                               .batching = true,
                               .make = make<CompressContent>};

}  // namespace millrace::processors
