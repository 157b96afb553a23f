// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/date_pattern.h"
#include "engine/processor/processor.h"
#include "processors/files/appended_file.h"
#include "processors/files/file_mode.h"
#include "processors/files/file_selection.h"
#include "processors/files/placed_file.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <set>

namespace millrace::processors {
namespace {

constexpr std::string_view kFail = "fail";
constexpr std::string_view kIgnore = "ignore";
constexpr std::string_view kReplace = "replace";
constexpr std::string_view kAppend = "append";
constexpr std::array kStrategies{
    AllowedValue{kFail, "The FlowFile is penalized and goes to failure."},
    AllowedValue{kIgnore, "The file stays as it is; the FlowFile goes to success."},
    AllowedValue{kReplace, "The file is replaced in one step."},
    AllowedValue{kAppend,
                 "The content is appended to the file, whether it exists or not. Each "
                 "FlowFile is in it once, even after a crash."},
};

constexpr Property<std::string> kDirectory{{.name = "Directory",
                                            .description = "The folder to write to.",
                                            .required = true,
                                            .scope = ExpressionScope::kFlowFile}};
constexpr Property<std::string> kStrategy{
    {.name = "Conflict Resolution Strategy",
     .description = "What to do when a file of that name is there already.",
     .defaultValue = kFail,
     .required = true,
     .allowed = kStrategies}};
constexpr Property<bool> kCreate{
    {.name = "Create Missing Directories",
     .description = "Whether a missing folder is created. Otherwise the FlowFile goes to failure.",
     .defaultValue = "true",
     .required = true}};
constexpr Property<std::int64_t> kMaxFiles{
    {.name = "Maximum File Count",
     .description = "How many files the folder may have; a FlowFile that would be one more goes to "
                    "failure.",
     .atLeast = 1}};
constexpr Property<std::string> kModified{
    {.name = "Last Modified Time",
     .description = "The time to give the file, as yyyy-MM-dd'T'HH:mm:ssZ. One that cannot be read "
                    "is a warning.",
     .scope = ExpressionScope::kFlowFile}};
constexpr Property<std::string> kPermissions{
    {.name = "Permissions",
     .description = "The permissions to give the file, as rw-r----- or 640. Others are a warning.",
     .scope = ExpressionScope::kFlowFile}};
constexpr Property<std::string> kOwner{
    {.name = "Owner",
     .description = "The user to give the file to, which needs the right to do so.",
     .scope = ExpressionScope::kFlowFile}};
constexpr Property<std::string> kGroup{{.name = "Group",
                                        .description = "The group to give the file to.",
                                        .scope = ExpressionScope::kFlowFile}};
constexpr std::array kProperties{&kDirectory.info, &kStrategy.info, &kCreate.info,
                                 &kMaxFiles.info,  &kModified.info, &kPermissions.info,
                                 &kOwner.info,     &kGroup.info};

constexpr Relationship kSuccess{"success", "FlowFiles whose file is safe on disk."};
constexpr Relationship kFailure{"failure", "FlowFiles that could not be written, penalized."};
constexpr std::array kRelationships{&kSuccess, &kFailure};

constexpr std::array kReads{
    AttributeInfo{"filename", "The name of the file; it may name a folder below Directory."}};
constexpr std::array<std::string_view, 5> kTags{"local", "files", "put", "write", "deliver"};

class PutFile final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    strategy_ = context.get(kStrategy);
    appended_->forget();
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    if (strategy_ == kAppend) return appendMany(context, session);
    constexpr std::size_t kMost = 100;
    std::vector<SessionFlowFile*> written;
    std::set<std::string> folders;
    for (SessionFlowFile* file : session.get(kMost)) {
      auto path = put(context, session, *file);
      if (!path.ok()) {
        fail(context, session, *file, path.error());
        continue;
      }
      if (!path->empty()) {
        folders.insert(parentPath(*path));
        session.report(ProvenanceType::kSend, *file, "file:" + *path);
      }
      written.push_back(file);
    }
    // One sync makes all names of a folder safe.
    for (const std::string& folder : folders) MR_TRY(context.files().syncDirectory(folder));
    for (SessionFlowFile* file : written) session.transfer(*file, kSuccess);
    return Done{};
  }

 private:
  static void fail(ProcessContext& context, ProcessSession& session, SessionFlowFile& file,
                   const Error& error) {
    context.log(BulletinLevel::kError,
                fmt::format("{} was not written: {}", file.value("filename"), error.message));
    session.penalize(file);
    session.transfer(file, kFailure);
  }

  /// Where the FlowFile is to go; its folder exists.
  /// `seen`: a folder that was there a moment ago.
  static Result<std::string> target(ProcessContext& context, const SessionFlowFile& file,
                                    std::string& seen) {
    const std::string directory = MR_TRY(context.evaluate(kDirectory, file));
    if (directory.empty()) return Error::user("Directory is empty for this FlowFile");
    std::string path = MR_TRY(pathWithin(directory, file.value("filename")));
    std::string folder = parentPath(path);
    if (folder == seen) return path;
    if (context.files().exists(folder)) {
      seen = std::move(folder);
      return path;
    }
    if (!context.get(kCreate)) {
      return Error::user(fmt::format(
          "the folder {} does not exist: create it or set Create Missing Directories", folder));
    }
    MR_TRY(createFolder(context.files(), folder));
    return path;
  }

  /// Creates a folder so that it is still there after a crash.
  static Result<> createFolder(FileSystem& files, const std::string& folder) {
    std::vector<std::string> parents;
    for (std::string parent = parentPath(folder);; parent = parentPath(parent)) {
      parents.push_back(parent);
      if (files.exists(parent) || parent == "." || parent == "/") break;
    }
    MR_TRY(files.createDirectories(folder));
    for (const std::string& parent : parents) MR_TRY(files.syncDirectory(parent));
    return Done{};
  }

  /// Writes one file; gives its path, or nothing when there was nothing to write.
  Result<std::string> put(ProcessContext& context, ProcessSession& session,
                          SessionFlowFile& file) const {
    FileSystem& files = context.files();
    std::string seen;
    std::string path = MR_TRY(target(context, file, seen));
    const bool exists = files.exists(path);
    if (context.has(kMaxFiles) && !exists) MR_TRY(checkCount(context, parentPath(path)));
    if (exists && strategy_ == kIgnore) return std::string();
    if (exists && strategy_ == kFail) return conflict(path);
    PlacedFile placed = MR_TRY(PlacedFile::begin(files, path, file.value("uuid"), file.size()));
    auto reader = MR_TRY(session.read(file));
    while (true) {
      const ByteView part = MR_TRY(reader->next());
      if (part.empty()) break;
      MR_TRY(placed.write(part));
    }
    decorate(context, file, placed.temporary());
    MR_TRY(placed.sync());
    if (strategy_ == kReplace) {
      MR_TRY(placed.place());
    } else if (!MR_TRY(placed.placeNew())) {
      if (strategy_ == kFail) return conflict(path);
      return std::string();
    }
    return path;
  }

  static Error conflict(const std::string& path) {
    return Error::user(fmt::format(
        "{} exists already: remove it or choose another Conflict Resolution Strategy", path));
  }

  static Result<> checkCount(ProcessContext& context, const std::string& folder) {
    std::int64_t count = 0;
    for (const DirectoryEntry& entry : MR_TRY(context.files().list(folder))) {
      if (entry.kind == FileKind::kFile && !entry.name.starts_with('.')) ++count;
    }
    if (count < context.get(kMaxFiles)) return Done{};
    return Error::user(
        fmt::format("the folder {} has {} files already, as many as Maximum File "
                    "Count allows",
                    folder, count));
  }

  /// Owner, group, permissions and time: what cannot be set is a warning, as the content counts.
  static void decorate(ProcessContext& context, const SessionFlowFile& file,
                       const std::string& path) {
    const auto attempt = [&](const Property<std::string>& property, auto&& set) {
      if (!context.has(property)) return;
      const auto value = context.evaluate(property, file);
      Result<> done = value.ok() ? Result<>(Done{}) : Result<>(value.error());
      if (value.ok() && !value->empty()) done = set(*value);
      if (done.ok()) return;
      context.log(BulletinLevel::kWarn, fmt::format("{} of {} was not set: {}", property.info.name,
                                                    file.value("filename"), done.error().message));
    };
    FileSystem& files = context.files();
    attempt(kOwner, [&](const std::string& owner) { return files.setOwner(path, owner, {}); });
    attempt(kGroup, [&](const std::string& group) { return files.setOwner(path, {}, group); });
    attempt(kPermissions, [&](const std::string& text) -> Result<> {
      return files.setPermissions(path, MR_TRY(parseFileMode(text)));
    });
    attempt(kModified, [&](const std::string& text) -> Result<> {
      const auto pattern = MR_TRY(expression::DatePattern::compile("yyyy-MM-dd'T'HH:mm:ssZ"));
      const auto moment = MR_TRY(pattern.parse(text, expression::TimeZone::ofProcess()));
      return files.setModified(path, moment.millis() * kMillisecond);
    });
  }

  static Result<> createEmpty(ProcessContext& context, const SessionFlowFile& file,
                              const std::string& path) {
    (void)MR_TRY(context.files().open(path, OpenMode::kCreate));
    MR_TRY(context.files().syncDirectory(parentPath(path)));
    decorate(context, file, path);
    return Done{};
  }

  Result<> appendMany(ProcessContext& context, ProcessSession& session) {
    constexpr std::size_t kMost = 10'000;
    constexpr Nanos kShortWhile = 2 * kMillisecond;  // about one group commit
    if (!appended_->ready()) {
      context.yield(kShortWhile);
      return Done{};
    }
    std::string seen;  // most go to one folder, and asking costs as much as writing a line
    std::map<std::string, std::vector<SessionFlowFile*>> byPath;
    for (SessionFlowFile* file : session.get(kMost)) {
      auto path = target(context, *file, seen);
      if (path.ok() && context.has(kMaxFiles) && !context.files().exists(*path)) {
        if (auto room = checkCount(context, parentPath(*path)); !room.ok())
          path = std::move(room).error();
      }
      if (path.ok()) {
        byPath[std::move(*path)].push_back(file);
      } else {
        fail(context, session, *file, path.error());
      }
    }
    for (const auto& [path, inputs] : byPath) {
      if (!context.files().exists(path)) MR_TRY(createEmpty(context, *inputs.front(), path));
      // An Error undoes the trigger; the state still names the old length, so nothing is doubled.
      const auto outcome = MR_TRY(appended_->append(context.files(), session, path, inputs));
      if (outcome == AppendedFiles::Outcome::kHandedBack) {
        context.yield(kShortWhile);
        continue;
      }
      for (SessionFlowFile* file : inputs) {
        session.report(ProvenanceType::kSend, *file, "file:" + path);
        session.transfer(*file, kSuccess);
      }
    }
    return Done{};
  }

  std::string strategy_;  // set when scheduled
  // Shared with the leases in sessions, which may outlive the processor.
  std::shared_ptr<AppendedFiles> appended_ = std::make_shared<AppendedFiles>();
};

}  // namespace

MR_PROCESSOR(put_file){
    .type = "PutFile",
    .summary =
        "Writes the content of each FlowFile to a file, which appears under its name only "
        "when it is complete and safe on disk.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .readsAttributes = kReads,
    .batching = true,
    .effect = OutsideEffect::kOutside,
    .make = make<PutFile>,
};

}  // namespace millrace::processors
