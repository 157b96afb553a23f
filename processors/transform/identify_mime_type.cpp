// SPDX-License-Identifier: Apache-2.0
#include "engine/base/mutex.h"
#include "engine/processor/processor.h"

#include <fmt/format.h>
#include <magic.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

namespace millrace::processors {
namespace {

constexpr std::array<std::string_view, 1> kFilenameAliases{"use-filename-in-detection"};

constexpr Property<bool> kUseFilename{
    {.name = "Use Filename In Detection",
     .description = "Whether the ending of the filename decides where the content says only that "
                    "it is text, an archive or nothing that is known.",
     .defaultValue = "true",
     .required = true,
     .aliases = kFilenameAliases}};
constexpr std::array kProperties{&kUseFilename.info};

constexpr Relationship kSuccess{"success", "FlowFiles with what their content seems to be."};
constexpr std::array kRelationships{&kSuccess};
constexpr std::array kReads{AttributeInfo{"filename", "Its ending, where it may decide."}};
constexpr std::array kWrites{
    AttributeInfo{"mime.type", "The type, application/octet-stream where it is not known."},
    AttributeInfo{"mime.extension", "The usual ending of such a file, with its dot, or nothing."},
    AttributeInfo{"mime.charset", "The encoding of a text."}};
constexpr std::array<std::string_view, 4> kTags{"mime", "type", "detect", "file"};

constexpr std::string_view kUnknown = "application/octet-stream";
constexpr std::size_t kLookAt = 64 << 10;  // bytes from the start, as many as Tika looks at

struct Kind {
  std::string_view extension;
  std::string_view type;
};
/// The first row of a type has its usual ending.
constexpr std::array kKinds{
    Kind{".txt", "text/plain"},
    Kind{".csv", "text/csv"},
    Kind{".tsv", "text/tab-separated-values"},
    Kind{".json", "application/json"},
    Kind{".jsonl", "application/jsonl"},
    Kind{".ndjson", "application/x-ndjson"},
    Kind{".xml", "application/xml"},
    Kind{".xml", "text/xml"},
    Kind{".xsl", "application/xslt+xml"},
    Kind{".xsd", "application/xml"},
    Kind{".html", "text/html"},
    Kind{".htm", "text/html"},
    Kind{".xhtml", "application/xhtml+xml"},
    Kind{".css", "text/css"},
    Kind{".js", "application/javascript"},
    Kind{".md", "text/x-web-markdown"},
    Kind{".yaml", "text/x-yaml"},
    Kind{".yml", "text/x-yaml"},
    Kind{".log", "text/x-log"},
    Kind{".ini", "text/x-ini"},
    Kind{".sql", "text/x-sql"},
    Kind{".py", "text/x-python"},
    Kind{".py", "text/x-script.python"},
    Kind{".sh", "application/x-sh"},
    Kind{".sh", "text/x-shellscript"},
    Kind{".java", "text/x-java-source"},
    Kind{".c", "text/x-c"},
    Kind{".cpp", "text/x-c++src"},
    Kind{".ics", "text/calendar"},
    Kind{".eml", "message/rfc822"},
    Kind{".svg", "image/svg+xml"},
    Kind{".png", "image/png"},
    Kind{".jpg", "image/jpeg"},
    Kind{".jpeg", "image/jpeg"},
    Kind{".gif", "image/gif"},
    Kind{".bmp", "image/bmp"},
    Kind{".tiff", "image/tiff"},
    Kind{".webp", "image/webp"},
    Kind{".pdf", "application/pdf"},
    Kind{".ps", "application/postscript"},
    Kind{".rtf", "application/rtf"},
    Kind{".rtf", "text/rtf"},
    Kind{".doc", "application/msword"},
    Kind{".xls", "application/vnd.ms-excel"},
    Kind{".ppt", "application/vnd.ms-powerpoint"},
    Kind{".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    Kind{".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    Kind{".pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    Kind{".odt", "application/vnd.oasis.opendocument.text"},
    Kind{".ods", "application/vnd.oasis.opendocument.spreadsheet"},
    Kind{".epub", "application/epub+zip"},
    Kind{".zip", "application/zip"},
    Kind{".jar", "application/java-archive"},
    Kind{".gz", "application/gzip"},
    Kind{".tgz", "application/gzip"},
    Kind{".bz2", "application/x-bzip2"},
    Kind{".xz", "application/x-xz"},
    Kind{".zst", "application/zstd"},
    Kind{".7z", "application/x-7z-compressed"},
    Kind{".rar", "application/x-rar-compressed"},
    Kind{".tar", "application/x-tar"},
    Kind{".avro", "application/x-avro"},
    Kind{".parquet", "application/x-parquet"},
    Kind{".sqlite", "application/x-sqlite3"},
    Kind{".flowfilev3", "application/flowfile-v3"},
    Kind{".mp3", "audio/mpeg"},
    Kind{".wav", "audio/x-wav"},
    Kind{".mp4", "video/mp4"},
    Kind{".avi", "video/x-msvideo"},
    Kind{".wasm", "application/wasm"},
};

/// Names that the detection has for what NiFi calls otherwise.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kOtherNames{{
    {"inode/x-empty", kUnknown},
    {"application/x-empty", kUnknown},
    {"application/x-gzip", "application/gzip"},
    {"application/x-rar", "application/x-rar-compressed"},
    {"application/vnd.sqlite3", "application/x-sqlite3"},
    {"application/x-zstd", "application/zstd"},
    {"text/xml", "application/xml"},
}};

std::string_view extensionOf(std::string_view type) {
  const auto* found = std::find_if(kKinds.begin(), kKinds.end(),
                                   [&](const Kind& kind) { return kind.type == type; });
  return found == kKinds.end() ? std::string_view() : found->extension;
}

std::string_view typeByName(std::string_view filename) {
  const std::size_t dot = filename.rfind('.');
  if (dot == std::string_view::npos) return {};
  std::string ending(filename.substr(dot));
  for (char& c : ending) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const auto* found = std::find_if(kKinds.begin(), kKinds.end(),
                                   [&](const Kind& kind) { return kind.extension == ending; });
  return found == kKinds.end() ? std::string_view() : found->type;
}

/// Whether the content says so little that a name may say more.
bool isVague(std::string_view type) {
  return type == "text/plain" || type == kUnknown || type == "application/zip" ||
         type == "application/xml";
}

struct CloseMagic {
  void operator()(magic_set* cookie) const { magic_close(cookie); }
};
using Magic = std::unique_ptr<magic_set, CloseMagic>;

class IdentifyMimeType final : public Processor {
 public:
  Result<> onScheduled(ProcessContext&) override {
    giveBack(MR_TRY(borrow()));
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    std::string head;
    const auto reader = MR_TRY(session.read(*file));
    while (head.size() < kLookAt) {
      const ByteView part = MR_TRY(reader->next(kLookAt - head.size()));
      if (part.empty()) break;
      head += asText(part);
    }
    Magic magic = MR_TRY(borrow());
    const char* said = magic_buffer(magic.get(), head.data(), head.size());
    const std::string found = said == nullptr ? std::string(kUnknown) : said;
    giveBack(std::move(magic));
    describe(context, session, *file, found);
    session.transfer(*file, kSuccess);
    return Done{};
  }

 private:
  /// `found` is such as "text/plain; charset=utf-8".
  static void describe(ProcessContext& context, ProcessSession& session, SessionFlowFile& file,
                       std::string_view found) {
    std::string_view type = found.substr(0, found.find(';'));
    for (const auto& [theirs, ours] : kOtherNames) {
      if (type == theirs) type = ours;
    }
    const std::size_t at = found.find("charset=");
    std::string_view charset;
    if (at != std::string_view::npos) charset = found.substr(at + 8);
    const bool hasCharset = !charset.empty() && charset != "binary" && charset != "unknown-8bit";
    if (context.get(kUseFilename) && isVague(type)) {
      const std::string_view named = typeByName(file.value("filename"));
      // A name cannot make a text of bytes that are none, nor the other way round.
      const bool namedArchive = named.find("zip") != std::string_view::npos ||
                                named.find("vnd.") != std::string_view::npos ||
                                named == "application/java-archive";
      const bool fits = type == "application/zip" ? namedArchive
                        : type == kUnknown        ? true
                                                  : !namedArchive;
      if (!named.empty() && fits) type = named;
    }
    session.putAttribute(file, "mime.type", type);
    session.putAttribute(file, "mime.extension", extensionOf(type));
    if (hasCharset) {
      std::string upper(charset);
      for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      session.putAttribute(file, "mime.charset", upper);
    }
  }

  Result<Magic> borrow() {
    {
      MutexLock lock(mutex_);
      if (!idle_.empty()) {
        Magic magic = std::move(idle_.back());
        idle_.pop_back();
        return magic;
      }
    }
    Magic magic(magic_open(MAGIC_MIME));
    if (magic == nullptr || magic_load(magic.get(), nullptr) != 0) {
      const char* why = magic == nullptr ? nullptr : magic_error(magic.get());
      return Error::environment(
          fmt::format("the descriptions of file types cannot be loaded: {}; install libmagic-mgc",
                      why == nullptr ? "out of memory" : why));
    }
    return magic;
  }
  void giveBack(Magic magic) {
    MutexLock lock(mutex_);
    idle_.push_back(std::move(magic));
  }

  Mutex mutex_;
  std::vector<Magic> idle_ MR_GUARDED_BY(mutex_);  // each for one task at a time
};

}  // namespace

MR_PROCESSOR(identify_mime_type){
    .type = "IdentifyMimeType",
    .summary = "Finds out what a content is, by its first bytes and its name.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .readsAttributes = kReads,
    .writesAttributes = kWrites,
    .batching = true,
    .make = make<IdentifyMimeType>};

}  // namespace millrace::processors
