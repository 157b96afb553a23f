// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"
#include "processors/control/log_level.h"
#include "processors/files/file_selection.h"
#include "processors/files/placed_file.h"

#include <fmt/format.h>

#include <array>

namespace millrace::processors {
namespace {

constexpr std::string_view kNone = "None";
constexpr std::string_view kMove = "Move File";
constexpr std::string_view kDelete = "Delete File";
constexpr std::array kCompletions{
    AllowedValue{kNone, "The file stays as it is."},
    AllowedValue{kMove, "The file is moved to Move Destination Directory."},
    AllowedValue{kDelete, "The file is deleted."},
};
constexpr std::string_view kRename = "Rename";
constexpr std::string_view kReplace = "Replace File";
constexpr std::string_view kKeep = "Keep Existing";
constexpr std::string_view kFail = "Fail";
constexpr std::array kConflicts{
    AllowedValue{kRename, "The moved file gets a unique part in its name."},
    AllowedValue{kReplace, "The moved file replaces the one that is there."},
    AllowedValue{kKeep, "The file that is there stays; the fetched one is deleted."},
    AllowedValue{kFail, "The FlowFile goes to failure and the file stays where it is."},
};
constexpr std::array<std::string_view, 1> kNotFoundAliases{"Log level when file not found"};
constexpr std::array<std::string_view, 1> kDeniedAliases{"Log level when permission denied"};
constexpr std::array kLevels{
    AllowedValue{"TRACE", "The same as DEBUG."},
    AllowedValue{"DEBUG", "For those who look for a fault."},
    AllowedValue{"INFO", "For the record."},
    AllowedValue{"WARN", "Something to look at; a bulletin by default."},
    AllowedValue{"ERROR", "Something is wrong; a bulletin by default."},
    AllowedValue{"FATAL", "The same as ERROR."},
    AllowedValue{"NONE", "Nothing is logged."},
};
constexpr std::array<std::string_view, 1> kIfMove{kMove};

constexpr Property<std::string> kFile{{.name = "File to Fetch",
                                       .description = "The path of the file.",
                                       .defaultValue = "${absolute.path}/${filename}",
                                       .required = true,
                                       .scope = ExpressionScope::kFlowFile}};
constexpr Property<std::string> kCompletion{
    {.name = "Completion Strategy",
     .description = "What becomes of the file once the FlowFile is safe on disk.",
     .defaultValue = kNone,
     .required = true,
     .allowed = kCompletions}};
constexpr Property<std::string> kDestination{
    {.name = "Move Destination Directory",
     .description = "The folder to move the file to; it is created.",
     .scope = ExpressionScope::kFlowFile,
     .dependsOn = "Completion Strategy",
     .dependsOnValues = kIfMove}};
constexpr Property<std::string> kConflict{
    {.name = "Move Conflict Strategy",
     .description = "What to do when that folder has a file of this name.",
     .defaultValue = kRename,
     .required = true,
     .allowed = kConflicts,
     .dependsOn = "Completion Strategy",
     .dependsOnValues = kIfMove}};
constexpr Property<std::string> kNotFoundLevel{
    {.name = "File not Found Log Level",
     .description = "At which level a missing file is logged.",
     .defaultValue = "ERROR",
     .required = true,
     .allowed = kLevels,
     .aliases = kNotFoundAliases}};
constexpr Property<std::string> kDeniedLevel{
    {.name = "Permission Denied Log Level",
     .description = "At which level a file that must not be read is logged.",
     .defaultValue = "ERROR",
     .required = true,
     .allowed = kLevels,
     .aliases = kDeniedAliases}};
constexpr std::array kProperties{&kFile.info,     &kCompletion.info,    &kDestination.info,
                                 &kConflict.info, &kNotFoundLevel.info, &kDeniedLevel.info};

constexpr Relationship kSuccess{"success", "FlowFiles that have the content of their file."};
constexpr Relationship kNotFound{"not.found", "FlowFiles whose file does not exist, penalized."};
constexpr Relationship kDenied{"permission.denied",
                               "FlowFiles whose file must not be read, penalized."};
constexpr Relationship kFailure{"failure", "FlowFiles whose file could not be fetched or moved."};
constexpr std::array kRelationships{&kSuccess, &kNotFound, &kDenied, &kFailure};
constexpr std::array kReads{AttributeInfo{"absolute.path", "The folder of the file, by default."},
                            AttributeInfo{"filename", "The name of the file, by default."}};
constexpr std::array<std::string_view, 4> kTags{"local", "files", "fetch", "ingest"};

class FetchFile final : public Processor {
 public:
  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    const std::string path = MR_TRY(context.evaluate(kFile, *file));
    FileSystem& files = context.files();
    if (!files.exists(path)) {
      context.log(bulletinLevel(context.get(kNotFoundLevel)),
                  fmt::format("{} does not exist: check File to Fetch", path));
      return refuse(session, *file, kNotFound);
    }
    const FileInfo info = MR_TRY(files.info(path));
    if (info.kind != FileKind::kFile) {
      context.log(BulletinLevel::kError, fmt::format("{} is not a file", path));
      return refuse(session, *file, kFailure);
    }
    auto source = files.open(path, OpenMode::kRead);
    if (!source.ok()) {
      if (source.error().retry) return std::move(source).error();
      context.log(bulletinLevel(context.get(kDeniedLevel)), source.error().message);
      return refuse(session, *file, kDenied);
    }
    const std::string_view completion = context.get(kCompletion);
    std::string target;
    if (completion == kMove) {
      const std::string folder = MR_TRY(context.evaluate(kDestination, *file));
      target = joinPath(folder, fileName(path));
      if (context.get(kConflict) == kFail && files.exists(target)) {
        context.log(BulletinLevel::kError,
                    fmt::format("{} exists already, so {} was not fetched", target, path));
        session.transfer(*file, kFailure);
        return Done{};
      }
    }
    MR_TRY(fetch(session, *file, path, info, **source, completion));
    session.report(ProvenanceType::kFetch, *file, "file:" + path);
    if (completion == kDelete) session.onDurable(removal(context, path, info));
    if (completion == kMove) MR_TRY(move(context, session, path, target, info));
    session.transfer(*file, kSuccess);
    return Done{};
  }

 private:
  static Result<> refuse(ProcessSession& session, SessionFlowFile& file,
                         const Relationship& relationship) {
    session.penalize(file);
    session.transfer(file, relationship);
    return Done{};
  }

  /// A file that is deleted is adopted; one that stays may be changed by others and is copied.
  static Result<> fetch(ProcessSession& session, SessionFlowFile& file, const std::string& path,
                        const FileInfo& info, File& source, std::string_view completion) {
    if (completion == kDelete)
      return session.importFile(file, path, info.inode, info.size, info.modified);
    auto writer = MR_TRY(session.write(file));
    std::vector<std::byte> buffer(64 * 1024);
    std::uint64_t at = 0;
    while (const std::size_t got = MR_TRY(source.readAt(at, buffer))) {
      MR_TRY(writer->write(std::span(buffer).first(got)));
      at += got;
    }
    return writer->finish();
  }

  static Effect removal(const ProcessContext& context, const std::string& path,
                        const FileInfo& info) {
    return Effect{.kind = Effect::Kind::kDeleteFile,
                  .component = context.componentId().raw(),
                  .path = path,
                  .target = {},
                  .inode = info.inode,
                  .size = info.size,
                  .modified = info.modified};
  }

  /// Orders the move. Between file systems nothing can be renamed: the file is copied now, and
  /// deleted when the commit is durable.
  static Result<> move(ProcessContext& context, ProcessSession& session, const std::string& path,
                       std::string target, const FileInfo& info) {
    FileSystem& files = context.files();
    if (files.exists(target)) {
      const std::string_view conflict = context.get(kConflict);
      if (conflict == kKeep) {
        session.onDurable(removal(context, path, info));
        return Done{};
      }
      if (conflict == kRename) target = uniqueName(target, context.randomUuid());
    }
    std::string folder = parentPath(target);
    if (!files.exists(folder)) {
      MR_TRY(files.createDirectories(folder));
      MR_TRY(files.syncDirectory(parentPath(folder)));
    }
    Effect effect = removal(context, path, info);
    if (MR_TRY(files.info(folder)).device == info.device) {
      effect.kind = Effect::Kind::kMoveFile;
      effect.target = std::move(target);
    } else {
      MR_TRY(copy(files, path, target));
    }
    session.onDurable(std::move(effect));
    return Done{};
  }

  static Result<> copy(FileSystem& files, const std::string& path, const std::string& target) {
    auto source = MR_TRY(files.open(path, OpenMode::kRead));
    auto placed = MR_TRY(PlacedFile::begin(files, target, "moving", MR_TRY(source->size())));
    std::vector<std::byte> buffer(64 * 1024);
    std::uint64_t at = 0;
    while (const std::size_t got = MR_TRY(source->readAt(at, buffer))) {
      MR_TRY(placed.write(std::span(buffer).first(got)));
      at += got;
    }
    MR_TRY(placed.sync());
    MR_TRY(placed.place());
    return files.syncDirectory(parentPath(target));
  }

  /// `a.txt` becomes `a.UUID.txt`.
  static std::string uniqueName(const std::string& path, std::string_view uuid) {
    const std::string_view name = fileName(path);
    const std::size_t dot = name.rfind('.');
    const std::string unique =
        dot == std::string_view::npos
            ? fmt::format("{}.{}", name, uuid)
            : fmt::format("{}.{}{}", name.substr(0, dot), uuid, name.substr(dot));
    return joinPath(parentPath(path), unique);
  }
};

std::vector<std::string> check(std::span<const PropertyText> values) {
  if (textOf(values, kCompletion.info.name) == kMove &&
      textOf(values, kDestination.info.name).empty())
    return {"The completion strategy Move File needs a Move Destination Directory"};
  return {};
}

}  // namespace

MR_PROCESSOR(fetch_file){
    .type = "FetchFile",
    .summary =
        "Replaces the content of each FlowFile by that of a file that its attributes name, "
        "which may then be deleted or moved.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .readsAttributes = kReads,
    .batching = true,
    .effect = OutsideEffect::kRepeatable,  // makes the folder to move to; moves when durable
    .validate = check,
    .make = make<FetchFile>,
};

}  // namespace millrace::processors
