// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/date_pattern.h"
#include "engine/expression/regex.h"
#include "engine/processor/processor.h"
#include "processors/formats/archive_reader.h"
#include "processors/formats/flowfile_v3.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace millrace::processors {
namespace {

constexpr std::string_view kByMimeType = "use mime.type attribute";
constexpr std::string_view kAnyBytes = "application/octet-stream";

enum class Packaging : std::uint8_t { kTar, kZip, kV3, kV2 };
struct PackagingName {
  std::string_view name;
  Packaging packaging;
};
constexpr std::array kNames{PackagingName{"tar", Packaging::kTar},
                            PackagingName{"zip", Packaging::kZip},
                            PackagingName{"flowfile-stream-v3", Packaging::kV3},
                            PackagingName{"flowfile-stream-v2", Packaging::kV2}};
constexpr std::array kMimeTypes{PackagingName{"application/tar", Packaging::kTar},
                                PackagingName{"application/x-tar", Packaging::kTar},
                                PackagingName{"application/zip", Packaging::kZip},
                                PackagingName{"application/flowfile-v3", Packaging::kV3},
                                PackagingName{"application/flowfile-v2", Packaging::kV2}};

constexpr std::array kFormats{
    AllowedValue{kByMimeType, "By the attribute mime.type; another type passes as it is."},
    AllowedValue{"tar", "A tar file of any dialect."}, AllowedValue{"zip", "A zip file."},
    AllowedValue{"flowfile-stream-v3", "FlowFile packages, application/flowfile-v3."},
    AllowedValue{"flowfile-stream-v2", "FlowFile packages, application/flowfile-v2."}};
constexpr std::array<std::string_view, 2> kMayBeZip{kByMimeType, "zip"};

constexpr Property<std::string> kPackaging{{.name = "Packaging Format",
                                            .description = "The format of the content.",
                                            .defaultValue = kByMimeType,
                                            .required = true,
                                            .allowed = kFormats}};
constexpr Property<CharsetName> kCharset{
    {.name = "Filename Character Set",
     .description = "The character set of names in a zip that does not say it.",
     .defaultValue = "UTF-8",
     .dependsOn = "Packaging Format",
     .dependsOnValues = kMayBeZip}};
constexpr Property<RegexText> kFilter{
    {.name = "File Filter",
     .description = "Only entries of a tar or zip are unpacked in whose name this is found.",
     .defaultValue = ".*",
     .required = true}};
constexpr Property<std::string> kPassword{
    {.name = "Password", .description = "Opens an encrypted zip.", .sensitive = true}};
constexpr std::array kProperties{&kPackaging.info, &kCharset.info, &kFilter.info, &kPassword.info};

constexpr Relationship kSuccess{"success", "What was unpacked."};
constexpr Relationship kOriginal{"original", "The FlowFile that was unpacked."};
constexpr Relationship kFailure{"failure", "The FlowFile could not be unpacked."};
constexpr std::array kRelationships{&kSuccess, &kOriginal, &kFailure};

std::optional<Packaging> find(std::span<const PackagingName> table, std::string_view name) {
  for (const PackagingName& row : table) {
    const bool same =
        row.name.size() == name.size() &&
        std::equal(name.begin(), name.end(), row.name.begin(),
                   [](unsigned char a, unsigned char b) { return std::tolower(a) == b; });
    if (same) return row.packaging;
  }
  return std::nullopt;
}

std::string permissionText(std::uint32_t mode) {
  constexpr std::string_view kLetters = "rwxrwxrwx";
  std::string text(kLetters);
  for (std::size_t i = 0; i < kLetters.size(); ++i) {
    if ((mode & (0400U >> i)) == 0) text[i] = '-';
  }
  return text;
}

struct NameParts {
  std::string folder;  // without a slash at its end; empty where there is none
  std::string file;
};
/// As java.io.File reads a path: several slashes are one.
NameParts split(std::string_view name) {
  std::string clean;
  for (const char c : name) {
    if (c == '/' && clean.ends_with('/')) continue;
    clean.push_back(c);
  }
  const std::size_t slash = clean.rfind('/');
  if (slash == std::string::npos) return {{}, clean};
  return {slash == 0 ? std::string("/") : clean.substr(0, slash), clean.substr(slash + 1)};
}

class UnpackContent final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    packaging_ = find(kNames, context.get(kPackaging));
    filter_.emplace(
        MR_TRY(expression::Regex::compile(context.get(kFilter), expression::Regex::Use::kFind)));
    password_ = context.get(kPassword);
    const std::string_view charset = context.get(kCharset);
    charset_ = charset == "UTF-8" ? std::string() : std::string(charset);
    timePattern_ = MR_TRY(expression::DatePattern::compile("yyyy-MM-dd'T'HH:mm:ssZ"));
    zone_ = expression::TimeZone::ofProcess();
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    auto packaging = packaging_;
    if (!packaging) {
      const auto type = file->attribute("mime.type");
      if (!type) return refuse(context, session, *file, "it has no attribute mime.type");
      packaging = find(kMimeTypes, *type);
      if (!packaging) {
        session.transfer(*file, kSuccess);
        return Done{};
      }
    }
    std::vector<SessionFlowFile*> parts;
    const std::string identifier = context.randomUuid();
    const auto unpacked = *packaging == Packaging::kTar || *packaging == Packaging::kZip
                              ? unpackArchive(session, *file, *packaging, identifier, parts)
                              : unpackPackages(session, *file, *packaging, parts);
    if (!unpacked.ok() && unpacked.error().fault != Fault::kUser) return unpacked.error();
    if (!unpacked.ok() || parts.empty()) {
      for (SessionFlowFile* part : parts) session.remove(*part);
      return refuse(context, session, *file,
                    unpacked.ok() ? std::string_view("it has no entries to unpack")
                                  : unpacked.error().message);
    }
    const bool isArchive = *packaging == Packaging::kTar || *packaging == Packaging::kZip;
    finish(session, *file, parts, isArchive);
    return Done{};
  }

 private:
  static Result<> refuse(ProcessContext& context, ProcessSession& session, SessionFlowFile& file,
                         std::string_view why) {
    context.log(BulletinLevel::kError,
                fmt::format("{} cannot be unpacked: {}", file.value("filename"), why));
    session.transfer(file, kFailure);
    return Done{};
  }

  static void finish(ProcessSession& session, SessionFlowFile& file,
                     std::span<SessionFlowFile* const> parts, bool isArchive) {
    const std::string count = fmt::format("{}", parts.size());
    std::string name(file.value("filename"));
    for (const std::string_view end : {".tar", ".zip", ".pkg"}) {
      if (!name.ends_with(end)) continue;
      name.resize(name.size() - end.size());
      break;
    }
    const std::string identifier(parts.front()->value("fragment.identifier"));
    for (SessionFlowFile* part : parts) {
      if (isArchive) {
        const std::array<Attributes::Pair, 2> pairs{
            {{"fragment.count", count}, {"segment.original.filename", name}}};
        session.putAttributes(*part, pairs);
      }
      session.transfer(*part, kSuccess);
    }
    if (!identifier.empty()) session.putAttribute(file, "fragment.identifier", identifier);
    session.putAttribute(file, "fragment.count", count);
    session.transfer(file, kOriginal);
  }

  Result<> unpackArchive(ProcessSession& session, const SessionFlowFile& file, Packaging packaging,
                         const std::string& identifier,
                         std::vector<SessionFlowFile*>& parts) const {
    const bool isTar = packaging == Packaging::kTar;
    auto source = MR_TRY(session.read(file));
    auto archive = MR_TRY(
        ArchiveReader::open(isTar ? ArchiveReader::Format::kTar : ArchiveReader::Format::kZip,
                            charset_, password_, *source));
    expression::Workspace work(zone_);
    while (const auto member = MR_TRY(archive->next())) {
      if (member->isDirectory || !filter_->matches(member->name, work)) continue;
      SessionFlowFile& part = session.create(file);
      parts.push_back(&part);
      describe(session, part, *member, isTar, identifier, parts.size());
      auto writer = MR_TRY(session.write(part));
      while (true) {
        const ByteView bytes = MR_TRY(archive->content());
        if (bytes.empty()) break;
        MR_TRY(writer->write(bytes));
      }
      MR_TRY(writer->finish());
    }
    return Done{};
  }

  void describe(ProcessSession& session, SessionFlowFile& part, const ArchiveMember& member,
                bool isTar, const std::string& identifier, std::size_t index) const {
    NameParts name = split(member.name);
    if (name.folder.empty()) {
      name.folder = "/";
    } else if (isTar && name.folder != "/") {
      name.folder.push_back('/');
    }
    const std::string place = fmt::format("{}", index);
    std::vector<Attributes::Pair> pairs{{"filename", name.file},
                                        {"path", name.folder},
                                        {"mime.type", kAnyBytes},
                                        {"fragment.identifier", identifier},
                                        {"fragment.index", place}};
    const std::string permissions = permissionText(member.permissions);
    std::string time;
    if (isTar) {
      time = timePattern_->format(expression::Instant::ofMillis(member.modified), zone_);
      pairs.emplace_back("file.permissions", permissions);
      pairs.emplace_back("file.owner", member.owner);
      pairs.emplace_back("file.group", member.group);
      pairs.emplace_back("file.lastModifiedTime", time);
      pairs.emplace_back("file.creationTime", time);
    } else if (!member.isEncrypted) {
      pairs.emplace_back("file.encryptionMethod", "NONE");
    }
    session.putAttributes(part, pairs);
  }

  static Result<> unpackPackages(ProcessSession& session, const SessionFlowFile& file,
                                 Packaging packaging, std::vector<SessionFlowFile*>& parts) {
    auto source = MR_TRY(session.read(file));
    PackageReader packages(*source,
                           packaging == Packaging::kV3 ? PackageVersion::kV3 : PackageVersion::kV2);
    while (const auto header = MR_TRY(packages.next())) {
      SessionFlowFile& part = session.create(file);
      parts.push_back(&part);
      bool hasType = false;
      for (const auto& [key, value] : header->attributes) {
        if (key == "uuid") continue;  // two FlowFiles of one uuid would be no help to anybody
        session.putAttribute(part, key, value);
        hasType = hasType || key == "mime.type";
      }
      if (!hasType) session.putAttribute(part, "mime.type", kAnyBytes);
      auto writer = MR_TRY(session.write(part));
      while (true) {
        const ByteView bytes = MR_TRY(packages.content());
        if (bytes.empty()) break;
        MR_TRY(writer->write(bytes));
      }
      MR_TRY(writer->finish());
    }
    return Done{};
  }

  // Constant between two calls of onScheduled().
  std::optional<Packaging> packaging_;  // none: by mime.type
  std::optional<expression::Regex> filter_;
  std::optional<expression::DatePattern> timePattern_;
  expression::TimeZone zone_;
  std::string password_;
  std::string charset_;
};

constexpr std::array<std::string_view, 6> kTags{"unpack", "un-merge", "tar",
                                                "zip",    "archive",  "flowfile-stream-v3"};
constexpr std::array kReads{
    AttributeInfo{"mime.type", "The format, with Packaging Format use mime.type attribute."}};
constexpr std::array kWrites{
    AttributeInfo{"mime.type", "application/octet-stream, unless a FlowFile package says another."},
    AttributeInfo{"filename", "The name of the entry."},
    AttributeInfo{"path", "The folder of the entry, / where it has none."},
    AttributeInfo{"fragment.identifier", "The same new uuid on all entries and on the original."},
    AttributeInfo{"fragment.index", "The place of the entry of a tar or zip, from 1."},
    AttributeInfo{"fragment.count", "How many were unpacked; on the original too."},
    AttributeInfo{"segment.original.filename",
                  "The filename of the original without .tar, .zip or .pkg."},
    AttributeInfo{"file.lastModifiedTime", "The time of a tar entry."},
    AttributeInfo{"file.creationTime", "The same time."},
    AttributeInfo{"file.owner", "The owner of a tar entry."},
    AttributeInfo{"file.group", "The group of a tar entry."},
    AttributeInfo{"file.permissions", "The permissions of a tar entry, as rw-r--r--."},
    AttributeInfo{"file.encryptionMethod", "NONE, on an entry of a zip that is not encrypted."}};

}  // namespace

MR_PROCESSOR(unpack_content){
    .type = "UnpackContent",
    .summary = "Unpacks a tar, a zip or FlowFile packages into one FlowFile for each entry.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .readsAttributes = kReads,
    .writesAttributes = kWrites,
    .batching = true,
    .make = make<UnpackContent>};

}  // namespace millrace::processors
