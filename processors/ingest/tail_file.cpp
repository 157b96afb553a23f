// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"
#include "processors/files/file_selection.h"
#include "processors/files/tailed_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

namespace millrace::processors {
namespace {

constexpr std::string_view kSingle = "Single file";
constexpr std::string_view kMultiple = "Multiple files";
constexpr std::array kModes{
    AllowedValue{kSingle, "Files to Tail is the path of one file."},
    AllowedValue{kMultiple, "Files to Tail is a regular expression for files in Base Directory."},
};
constexpr std::string_view kAllTime = "Beginning of Time";
constexpr std::string_view kFileStart = "Beginning of File";
constexpr std::string_view kNow = "Current Time";
constexpr std::array kStarts{
    AllowedValue{kAllTime, "First the files that were rolled over, oldest first, then the file."},
    AllowedValue{kFileStart, "The whole file, but nothing that was rolled over before."},
    AllowedValue{kNow, "Only what is written from now on."},
};
constexpr std::array<std::string_view, 1> kModeAliases{"tail-mode"};
constexpr std::array<std::string_view, 2> kFilesAliases{"File to Tail", "File(s) to Tail"};
constexpr std::array<std::string_view, 2> kBaseAliases{"tail-base-directory", "Base directory"};
constexpr std::array<std::string_view, 2> kRecursiveAliases{"tailfile-recursive-lookup",
                                                            "Recursive lookup"};
constexpr std::array<std::string_view, 2> kLookupAliases{"tailfile-lookup-frequency",
                                                         "Lookup frequency"};
constexpr std::array<std::string_view, 2> kMaxAgeAliases{"tailfile-maximum-age", "Maximum age"};
constexpr std::array<std::string_view, 1> kRereadAliases{"reread-on-nul"};
constexpr std::array<std::string_view, 1> kIfMultiple{kMultiple};

constexpr Property<std::string> kMode{{.name = "Tailing Mode",
                                       .description = "Whether one file or many are followed.",
                                       .defaultValue = kSingle,
                                       .required = true,
                                       .allowed = kModes,
                                       .aliases = kModeAliases}};
constexpr Property<std::string> kFiles{
    {.name = "Files to Tail",
     .description = "The path of the file; in the mode Multiple files a regular expression that "
                    "the whole path below Base Directory must match.",
     .required = true,
     .scope = ExpressionScope::kEnvironment,
     .aliases = kFilesAliases}};
constexpr Property<std::string> kRolling{
    {.name = "Rolling Filename Pattern",
     .description = "How rolled-over files are called, with * and ?, in the folder of the file; "
                    "${filename} stands for its name without extension. Without it, what was "
                    "written between the last reading and a roll-over is not found."}};
constexpr Property<Duration> kAfterRollover{
    {.name = "Post-Rollover Tail Period",
     .description = "How long a rolled-over file must be unchanged before the new one is begun.",
     .defaultValue = "0 sec",
     .atLeast = 0}};
constexpr Property<std::string> kBase{{.name = "Base Directory",
                                       .description = "The folder in which files are looked for.",
                                       .scope = ExpressionScope::kEnvironment,
                                       .aliases = kBaseAliases,
                                       .dependsOn = "Tailing Mode",
                                       .dependsOnValues = kIfMultiple}};
constexpr Property<std::string> kStart{{.name = "Initial Start Position",
                                        .description = "Where to begin with a file seen first.",
                                        .defaultValue = kFileStart,
                                        .required = true,
                                        .allowed = kStarts}};
constexpr Property<bool> kRecursive{{.name = "Recursive Lookup",
                                     .description = "Whether folders below are looked into.",
                                     .defaultValue = "false",
                                     .aliases = kRecursiveAliases,
                                     .dependsOn = "Tailing Mode",
                                     .dependsOnValues = kIfMultiple}};
constexpr Property<Duration> kLookup{{.name = "Lookup Frequency",
                                      .description = "How often new files are looked for.",
                                      .defaultValue = "10 minutes",
                                      .aliases = kLookupAliases,
                                      .dependsOn = "Tailing Mode",
                                      .dependsOnValues = kIfMultiple,
                                      .atLeast = 0}};
constexpr Property<Duration> kMaxAge{
    {.name = "Maximum Age",
     .description = "Files last changed longer ago than this are not begun.",
     .defaultValue = "24 hours",
     .aliases = kMaxAgeAliases,
     .dependsOn = "Tailing Mode",
     .dependsOnValues = kIfMultiple,
     .atLeast = 0}};
constexpr Property<bool> kReread{
    {.name = "Reread on NUL Encountered",
     .description = "Whether a zero byte means that the bytes from there on are still to be "
                    "written, as on network file systems; they are read again later.",
     .defaultValue = "false",
     .aliases = kRereadAliases}};
constexpr Property<RegexText> kLineStart{
    {.name = "Line Start Pattern",
     .description = "Found in the first line of each message. Lines are then handed on only when "
                    "the next message has begun, so that a message is never split."}};
constexpr Property<DataSize> kMaxBuffer{
    {.name = "Max Buffer Size",
     .description = "A message that grows beyond this is handed on in parts.",
     .defaultValue = "64 KB",
     .dependsOn = "Line Start Pattern"}};
constexpr std::array kProperties{&kMode.info,          &kFiles.info,     &kRolling.info,
                                 &kAfterRollover.info, &kBase.info,      &kStart.info,
                                 &kRecursive.info,     &kLookup.info,    &kMaxAge.info,
                                 &kReread.info,        &kLineStart.info, &kMaxBuffer.info};

constexpr Relationship kSuccess{"success", "What was added to the files."};
constexpr std::array kRelationships{&kSuccess};
constexpr std::array kWrites{
    AttributeInfo{"filename",
                  "The file's name with the range of bytes before its extension; the "
                  "plain name of a whole rolled-over file."},
    AttributeInfo{"tailfile.original.path", "The path of the file that is followed."},
    AttributeInfo{"mime.type", "Always text/plain."}};
constexpr std::array<std::string_view, 5> kTags{"tail", "log", "file", "lines", "source"};

class TailFile final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    using expression::Regex;
    multiple_ = context.get(kMode) == kMultiple;
    const std::string files = MR_TRY(context.evaluate(kFiles));
    paths_.clear();
    nextLookup_ = 0;
    if (multiple_) {
      base_ = MR_TRY(context.evaluate(kBase));
      while (base_.size() > 1 && base_.back() == '/') base_.pop_back();
      wanted_ = MR_TRY(Regex::compile(files, Regex::Use::kFull));
    } else {
      paths_.push_back(files);
    }
    lineStart_.reset();
    if (context.has(kLineStart))
      lineStart_ = MR_TRY(Regex::compile(context.get(kLineStart), Regex::Use::kFind));
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    if (multiple_) MR_TRY(lookUp(context, session));
    made_ = 0;
    for (const std::string& path : paths_) MR_TRY(follow(context, session, path));
    if (made_ == 0) context.yield();
    return Done{};
  }

 private:
  static std::string stateKey(const std::string& path) { return "file." + path; }

  /// Files that match, and those whose rest may still be in a rolled-over file.
  Result<> lookUp(ProcessContext& context, ProcessSession& session) {
    const Nanos now = context.clock().monotonic();
    if (now < nextLookup_) return Done{};
    FileSelection selection;
    selection.directory = base_;
    selection.recurse = context.get(kRecursive);
    selection.ignoreHidden = false;
    selection.maxAge = context.get(kMaxAge);
    std::set<std::string> paths;
    const expression::TimeZone zone;
    for (const FoundFile& file :
         MR_TRY(selection.select(context.files(), context.clock().wall()))) {
      expression::Workspace work(zone);
      const std::string_view below =
          std::string_view(file.path).substr(base_.size() + (base_ == "/" ? 0 : 1));
      if (wanted_->matches(below, work)) paths.insert(file.path);
    }
    for (const auto& [key, value] : session.state().entries) {
      const auto at = TailPosition::parse(value);
      if (key.starts_with("file.") && at && at->inode != 0) paths.insert(key.substr(5));
    }
    paths_.assign(paths.begin(), paths.end());
    nextLookup_ = now + context.get(kLookup);
    return Done{};
  }

  Result<> follow(ProcessContext& context, ProcessSession& session, const std::string& path) {
    const std::string key = stateKey(path);
    const auto stored = session.state().find(key);
    const auto known = stored ? TailPosition::parse(*stored) : std::nullopt;
    TailPosition at = known.value_or(TailPosition{});
    const std::string before = known ? at.text() : std::string();
    const bool exists = context.files().exists(path);
    if (!known && context.get(kStart) == kNow) {
      if (exists) at = MR_TRY(endOf(context, path));
    } else {
      const bool fromRolled = !known && context.get(kStart) == kAllTime;
      const bool rolled =
          fromRolled || at.rolled || MR_TRY(wasRolledOver(context, path, exists, at));
      const bool done = !rolled || MR_TRY(readRolled(context, session, path, exists, at));
      if (done && exists) MR_TRY(readLines(context, session, path, path, at));
    }
    if (at.text() != before && (known || exists || made_ > 0 || context.get(kStart) == kNow))
      session.putState(key, at.text());
    return Done{};
  }

  static Result<TailPosition> endOf(ProcessContext& context, const std::string& path) {
    auto file = MR_TRY(context.files().open(path, OpenMode::kRead));
    const FileInfo info = MR_TRY(file->info());
    return TailPosition{info.size, info.inode, MR_TRY(checksumBefore(*file, info.size)),
                        info.modified, false};
  }

  static Result<bool> wasRolledOver(ProcessContext& context, const std::string& path, bool exists,
                                    const TailPosition& at) {
    if (at.inode == 0) return false;
    if (!exists) return true;
    const FileInfo info = MR_TRY(context.files().info(path));
    if (info.inode != at.inode || info.size < at.position) return true;
    if (info.size == at.position) return false;
    return !MR_TRY(isContinuation(context.files(), path, at));
  }

  struct Rolled {
    std::string path;
    FileInfo info;
  };

  /// Rolled-over files, oldest first.
  static Result<std::vector<Rolled>> rolledFiles(ProcessContext& context, const std::string& path) {
    std::vector<Rolled> found;
    if (!context.has(kRolling)) return found;
    const std::string_view name = fileName(path);
    std::string pattern(context.get(kRolling));
    constexpr std::string_view kPlaceholder = "${filename}";
    for (std::size_t i = 0; (i = pattern.find(kPlaceholder, i)) != std::string::npos;) {
      const std::string_view stem = name.substr(0, name.rfind('.'));
      pattern.replace(i, kPlaceholder.size(), stem);
      i += stem.size();
    }
    const std::string folder = parentPath(path);
    for (const DirectoryEntry& entry : MR_TRY(context.files().list(folder))) {
      if (entry.kind != FileKind::kFile || entry.name == name || !matchesGlob(pattern, entry.name))
        continue;
      std::string other = joinPath(folder, entry.name);
      auto info = context.files().info(other);
      if (info.ok()) found.push_back({std::move(other), std::move(*info)});
    }
    std::sort(found.begin(), found.end(), [](const Rolled& a, const Rolled& b) {
      return std::tie(a.info.modified, a.path) < std::tie(b.info.modified, b.path);
    });
    return found;
  }

  /// Reads what is left in rolled-over files. True when the file itself is next, from its start.
  Result<bool> readRolled(ProcessContext& context, ProcessSession& session, const std::string& path,
                          bool exists, TailPosition& at) {
    auto files = MR_TRY(rolledFiles(context, path));
    auto own = files.end();
    for (auto file = files.begin(); at.inode != 0 && file != files.end(); ++file) {
      const bool may = file->info.inode == at.inode || (own == files.end() && at.position > 0);
      if (!may) continue;
      const auto same = isContinuation(context.files(), file->path, at);
      if (same.ok() && *same) own = file;
      if (own == file && file->info.inode == at.inode) break;
    }
    if (own != files.end()) {
      const Nanos age = context.clock().wall() * kMillisecond - own->info.modified;
      if (age < context.get(kAfterRollover)) {
        MR_TRY(readLines(context, session, path, own->path, at));
        at.rolled = true;
        return false;
      }
      MR_TRY(readWhole(context, session, path, *own, at.position));
      files.erase(files.begin(), own + 1);
    } else if (!exists && at.inode != 0) {
      return false;  // between two names: wait until one of them is there
    } else {
      std::erase_if(files, [&](const Rolled& file) { return file.info.modified < at.timestamp; });
      if (at.inode != 0 && files.empty()) {
        context.log(BulletinLevel::kWarn,
                    fmt::format("{} was rolled over or cut, and nothing that Rolling Filename "
                                "Pattern names continues it: beginning at its start",
                                path));
      }
    }
    for (const Rolled& file : files) MR_TRY(readWhole(context, session, path, file, 0));
    at = TailPosition{};
    return true;
  }

  Result<> readWhole(ProcessContext& context, ProcessSession& session, const std::string& path,
                     const Rolled& rolled, std::uint64_t from) {
    auto file = MR_TRY(context.files().open(rolled.path, OpenMode::kRead));
    const std::uint64_t end = MR_TRY(file->size());
    if (from >= end) return Done{};
    return emit(session, *file, path, std::string(fileName(rolled.path)), from, end);
  }

  /// Reads complete lines from `source`, which is the file or what it was rolled over to.
  Result<> readLines(ProcessContext& context, ProcessSession& session, const std::string& path,
                     const std::string& source, TailPosition& at) {
    auto file = MR_TRY(context.files().open(source, OpenMode::kRead));
    const FileInfo info = MR_TRY(file->info());
    std::uint64_t end = info.size;
    if (end <= at.position) return Done{};
    if (context.get(kReread)) end = MR_TRY(firstZero(*file, at.position, end));
    end = MR_TRY(endOfLines(*file, at.position, end));
    if (lineStart_) {
      end = MR_TRY(endOfMessages(*file, at.position, end, *lineStart_, context.get(kMaxBuffer)));
    }
    if (end == at.position) return Done{};
    MR_TRY(emit(session, *file, path, rangedName(path, at.position, end), at.position, end));
    at = {end, info.inode, MR_TRY(checksumBefore(*file, end)), info.modified, at.rolled};
    return Done{};
  }

  /// `app.log` and a range: `app.0-120.log`.
  static std::string rangedName(const std::string& path, std::uint64_t from, std::uint64_t to) {
    const std::string_view name = fileName(path);
    const std::size_t dot = name.rfind('.');
    if (dot == std::string_view::npos) return fmt::format("{}.{}-{}", name, from, to);
    return fmt::format("{}.{}-{}{}", name.substr(0, dot), from, to, name.substr(dot));
  }

  Result<> emit(ProcessSession& session, File& file, const std::string& path,
                const std::string& name, std::uint64_t from, std::uint64_t to) {
    SessionFlowFile& made = session.create();
    {
      auto writer = MR_TRY(session.write(made));
      MR_TRY(copyRange(file, from, to, *writer));
      MR_TRY(writer->finish());
    }
    const std::array<Attributes::Pair, 3> attributes{
        {{"filename", name}, {"tailfile.original.path", path}, {"mime.type", "text/plain"}}};
    session.putAttributes(made, attributes);
    session.report(ProvenanceType::kReceive, made, "file:" + path,
                   fmt::format("bytes {} to {} of the file", from, to));
    session.transfer(made, kSuccess);
    ++made_;
    return Done{};
  }

  // One task only: nothing needs a lock.
  bool multiple_ = false;
  std::string base_;
  std::optional<expression::Regex> wanted_;
  std::optional<expression::Regex> lineStart_;
  std::vector<std::string> paths_;
  Nanos nextLookup_ = 0;  // monotonic
  std::size_t made_ = 0;  // FlowFiles of this trigger
};

std::vector<std::string> check(std::span<const PropertyText> values) {
  if (textOf(values, kMode.info.name) == kMultiple && textOf(values, kBase.info.name).empty())
    return {"The mode Multiple files needs a Base Directory"};
  return {};
}

}  // namespace

MR_PROCESSOR(tail_file){
    .type = "TailFile",
    .summary =
        "Follows files as they grow and hands on their new lines, across roll-overs and "
        "restarts, each line once.",
    .tags = kTags,
    .input = InputRequirement::kForbidden,
    .properties = kProperties,
    .relationships = kRelationships,
    .writesAttributes = kWrites,
    .serial = true,
    .validate = check,
    .make = make<TailFile>,
};

}  // namespace millrace::processors
