// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"
#include "processors/files/file_selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

namespace millrace::processors {
namespace {

constexpr std::string_view kTimestamps = "timestamps";
constexpr std::string_view kEntities = "entities";
constexpr std::string_view kNoTracking = "none";
constexpr std::array<std::string_view, 1> kTimestampsAliases{"Tracking Timestamps"};
constexpr std::array<std::string_view, 1> kEntitiesAliases{"Tracking Entities"};
constexpr std::array<std::string_view, 1> kNoTrackingAliases{"No Tracking"};
constexpr std::array kStrategies{
    AllowedValue{kTimestamps,
                 "Files changed after the newest one listed so far. Costs little "
                 "state; a file that is moved in with an older time is missed.",
                 kTimestampsAliases},
    AllowedValue{kEntities,
                 "Files that are new, newer or of another size than when they were "
                 "listed. Each file of the tracking window is remembered.",
                 kEntitiesAliases},
    AllowedValue{kNoTracking, "All files, each time.", kNoTrackingAliases},
};
constexpr std::string_view kAll = "all";
constexpr std::array<std::string_view, 1> kWindowAliases{"Tracking Time Window"};
constexpr std::array<std::string_view, 1> kAllAliases{"All Available"};
constexpr std::array kTargets{
    AllowedValue{"window", "Only files changed within the window.", kWindowAliases},
    AllowedValue{kAll, "All files, whatever their age.", kAllAliases},
};
constexpr std::array<std::string_view, 1> kStrategyAliases{"listing-strategy"};
constexpr std::array<std::string_view, 1> kWindowNameAliases{"et-time-window"};
constexpr std::array<std::string_view, 1> kTargetAliases{"et-initial-listing-target"};
constexpr std::array<std::string_view, 1> kIfEntities{kEntities};

constexpr Property<std::string> kDirectory{{.name = "Input Directory",
                                            .description = "The folder to list.",
                                            .required = true,
                                            .scope = ExpressionScope::kEnvironment}};
constexpr Property<std::string> kStrategy{{.name = "Listing Strategy",
                                           .description = "Which files are listed again.",
                                           .defaultValue = kTimestamps,
                                           .required = true,
                                           .allowed = kStrategies,
                                           .aliases = kStrategyAliases}};
constexpr Property<bool> kRecurse{{.name = "Recurse Subdirectories",
                                   .description = "Whether folders below are listed too.",
                                   .defaultValue = "true",
                                   .required = true}};
constexpr Property<RegexText> kFileFilter{
    {.name = "File Filter",
     .description = "Only files whose whole name matches are listed.",
     .defaultValue = R"([^\.].*)",
     .required = true}};
constexpr Property<RegexText> kPathFilter{
    {.name = "Path Filter",
     .description = "With Recurse Subdirectories, only folders whose path below Input Directory "
                    "matches as a whole are listed."}};
constexpr Property<bool> kAttributes{
    {.name = "Include File Attributes",
     .description = "Whether times, owner, group and permissions become attributes.",
     .defaultValue = "true",
     .required = true}};
constexpr Property<Duration> kMinAge{
    {.name = "Minimum File Age",
     .description = "Files changed more recently than this are left for later.",
     .defaultValue = "0 sec",
     .required = true,
     .atLeast = 0}};
constexpr Property<Duration> kMaxAge{
    {.name = "Maximum File Age",
     .description = "Files last changed longer ago than this are left out.",
     .atLeast = 0}};
constexpr Property<DataSize> kMinSize{{.name = "Minimum File Size",
                                       .description = "Smaller files are left out.",
                                       .defaultValue = "0 B",
                                       .required = true}};
constexpr Property<DataSize> kMaxSize{
    {.name = "Maximum File Size", .description = "Larger files are left out."}};
constexpr Property<bool> kIgnoreHidden{
    {.name = "Ignore Hidden Files",
     .description = "Whether names that begin with a dot are left out.",
     .defaultValue = "true",
     .required = true}};
constexpr Property<Duration> kWindow{
    {.name = "Entity Tracking Time Window",
     .description = "Files last changed longer ago than this are forgotten and not listed.",
     .defaultValue = "3 hours",
     .scope = ExpressionScope::kEnvironment,
     .aliases = kWindowNameAliases,
     .dependsOn = "Listing Strategy",
     .dependsOnValues = kIfEntities,
     .atLeast = 0}};
constexpr Property<std::string> kTarget{{.name = "Entity Tracking Initial Listing Target",
                                         .description = "What the first listing contains.",
                                         .defaultValue = kAll,
                                         .allowed = kTargets,
                                         .aliases = kTargetAliases,
                                         .dependsOn = "Listing Strategy",
                                         .dependsOnValues = kIfEntities}};
constexpr std::array kProperties{
    &kDirectory.info,    &kStrategy.info, &kRecurse.info, &kFileFilter.info, &kPathFilter.info,
    &kAttributes.info,   &kMinAge.info,   &kMaxAge.info,  &kMinSize.info,    &kMaxSize.info,
    &kIgnoreHidden.info, &kWindow.info,   &kTarget.info};

constexpr Relationship kSuccess{"success", "One FlowFile without content for each file listed."};
constexpr std::array kRelationships{&kSuccess};
constexpr std::array kWrites{
    AttributeInfo{"filename", "The name of the file."},
    AttributeInfo{"path", "Its folder, relative to Input Directory: ./ at the top."},
    AttributeInfo{"absolute.path", "Its folder, with a slash at the end."},
    AttributeInfo{"file.size", "Its size in bytes."},
    AttributeInfo{"file.creationTime", "The time of its last change."},
    AttributeInfo{"file.lastModifiedTime", "The time of its last change."},
    AttributeInfo{"file.lastAccessTime", "The time of its last reading."},
    AttributeInfo{"file.owner", "The name of its owner."},
    AttributeInfo{"file.group", "The name of its group."},
    AttributeInfo{"file.permissions", "Its permissions, such as rw-r--r--."}};
constexpr std::array<std::string_view, 5> kTags{"local", "files", "list", "folder", "source"};

constexpr std::string_view kScopeKey = "listing.of";
constexpr std::string_view kTimeKey = "listing.timestamp";
constexpr std::string_view kListedPrefix = "listed.";  // files that have exactly that time
constexpr std::string_view kEntityPrefix = "entity.";

class ListFile final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    using expression::Regex;
    FileSelection selection;
    selection.directory = MR_TRY(context.evaluate(kDirectory));
    while (selection.directory.size() > 1 && selection.directory.back() == '/')
      selection.directory.pop_back();
    selection.name = MR_TRY(Regex::compile(context.get(kFileFilter), Regex::Use::kFull));
    if (context.has(kPathFilter))
      selection.path = MR_TRY(Regex::compile(context.get(kPathFilter), Regex::Use::kFull));
    selection.recurse = context.get(kRecurse);
    selection.ignoreHidden = context.get(kIgnoreHidden);
    selection.minAge = context.get(kMinAge);
    if (context.has(kMaxAge)) selection.maxAge = context.get(kMaxAge);
    selection.minSize = context.get(kMinSize);
    if (context.has(kMaxSize)) selection.maxSize = context.get(kMaxSize);
    selection_ = std::move(selection);
    strategy_ = context.get(kStrategy);
    window_ = strategy_ == kEntities ? MR_TRY(context.evaluate(kWindow)) : 0;
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    const Millis now = context.clock().wall();
    const auto found = MR_TRY(selection_.select(context.files(), now));
    forgetOtherScope(context, session);
    const std::vector<const FoundFile*> chosen = strategy_ == kTimestamps ? byTime(session, found)
                                                 : strategy_ == kEntities
                                                     ? byEntity(context, session, found, now)
                                                     : everything(found);
    for (const FoundFile* file : chosen) announce(context, session, *file);
    if (chosen.empty()) context.yield();
    return Done{};
  }

 private:
  using Chosen = std::vector<const FoundFile*>;

  static Chosen everything(const std::vector<FoundFile>& found) {
    Chosen chosen;
    for (const FoundFile& file : found) chosen.push_back(&file);
    return chosen;
  }

  /// What was listed says nothing about another folder or other filters: begin anew.
  void forgetOtherScope(ProcessContext& context, ProcessSession& session) const {
    const std::string scope = fmt::format(
        "{}|{}|{}|{}|{}", strategy_, selection_.directory, context.get(kFileFilter),
        context.has(kPathFilter) ? context.get(kPathFilter) : "", context.get(kRecurse));
    const auto known = session.state().find(kScopeKey);
    if (known && *known == scope) return;
    std::vector<std::string> keys;
    for (const auto& [key, value] : session.state().entries) keys.push_back(key);
    for (const std::string& key : keys) session.removeState(key);
    session.putState(kScopeKey, scope);
  }

  static Nanos number(std::optional<std::string_view> text, Nanos standard) {
    Nanos value = standard;
    if (text) std::from_chars(text->data(), text->data() + text->size(), value);
    return value;
  }

  static Chosen byTime(ProcessSession& session, const std::vector<FoundFile>& found) {
    const Nanos since = number(session.state().find(kTimeKey), INT64_MIN);
    Nanos newest = since;
    Chosen chosen;
    for (const FoundFile& file : found) {
      if (file.info.modified < since) continue;
      if (file.info.modified == since &&
          session.state().find(std::string(kListedPrefix) + file.path))
        continue;
      chosen.push_back(&file);
      newest = std::max(newest, file.info.modified);
    }
    std::stable_sort(chosen.begin(), chosen.end(), [](const auto* a, const auto* b) {
      return a->info.modified < b->info.modified;
    });
    if (chosen.empty()) return chosen;
    if (newest > since) {
      std::vector<std::string> old;
      for (const auto& [key, value] : session.state().entries)
        if (key.starts_with(kListedPrefix)) old.push_back(key);
      for (const std::string& key : old) session.removeState(key);
      session.putState(kTimeKey, std::to_string(newest));
    }
    for (const FoundFile* file : chosen) {
      if (file->info.modified == newest)
        session.putState(std::string(kListedPrefix) + file->path, "");
    }
    return chosen;
  }

  Chosen byEntity(ProcessContext& context, ProcessSession& session,
                  const std::vector<FoundFile>& found, Millis now) const {
    const Nanos oldest = now * kMillisecond - window_;
    std::map<std::string, std::string, std::less<>> known;
    for (const auto& [key, value] : session.state().entries) {
      if (key.starts_with(kEntityPrefix)) known.emplace(key.substr(kEntityPrefix.size()), value);
    }
    const bool first = !session.state().find(kTimeKey);
    const bool unbounded = first && context.get(kTarget) == kAll;
    Chosen chosen;
    for (const FoundFile& file : found) {
      if (file.info.modified < oldest && !unbounded) continue;
      const std::string version = fmt::format("{} {}", file.info.modified, file.info.size);
      const auto before = known.find(file.path);
      const bool isNew = before == known.end() ||
                         number(std::string_view(before->second), 0) < file.info.modified ||
                         !before->second.ends_with(fmt::format(" {}", file.info.size));
      if (!isNew) continue;
      chosen.push_back(&file);
      if (file.info.modified >= oldest)
        session.putState(std::string(kEntityPrefix) + file.path, version);
    }
    for (const auto& [path, version] : known) {
      if (number(std::string_view(version), 0) < oldest)
        session.removeState(std::string(kEntityPrefix) + path);
    }
    if (first) session.putState(kTimeKey, std::to_string(now * kMillisecond));
    return chosen;
  }

  void announce(ProcessContext& context, ProcessSession& session, const FoundFile& found) const {
    SessionFlowFile& file = session.create();
    const std::string folder = folderWithSlash(found.path);
    std::vector<Attributes::Pair> attributes{
        {"filename", found.name}, {"path", found.relativeFolder}, {"absolute.path", folder}};
    std::vector<std::pair<std::string, std::string>> facts;
    if (context.get(kAttributes)) {
      const auto described = context.files().describe(found.path);
      facts = fileAttributes(described.ok() ? *described : found.info, zone_);
      facts.emplace_back("file.size", std::to_string(found.info.size));
    }
    for (const auto& [name, value] : facts) attributes.emplace_back(name, value);
    session.putAttributes(file, attributes);
    session.transfer(file, kSuccess);
  }

  // One task only: nothing needs a lock.
  FileSelection selection_;
  std::string strategy_;
  Nanos window_ = 0;
  expression::TimeZone zone_ = expression::TimeZone::ofProcess();
};

}  // namespace

MR_PROCESSOR(list_file){
    .type = "ListFile",
    .summary =
        "Lists the files of a folder: a FlowFile without content for each new one, for "
        "FetchFile to fill.",
    .tags = kTags,
    .input = InputRequirement::kForbidden,
    .properties = kProperties,
    .relationships = kRelationships,
    .writesAttributes = kWrites,
    .serial = true,
    .defaultSchedule = "1 min",
    .make = make<ListFile>,
};

}  // namespace millrace::processors
