// SPDX-License-Identifier: Apache-2.0
#include "engine/base/mutex.h"
#include "engine/processor/processor.h"
#include "processors/files/file_selection.h"
#include "processors/files/taken_files.h"

#include <fmt/format.h>

#include <array>
#include <deque>
#include <functional>

namespace millrace::processors {
namespace {

constexpr Property<std::string> kDirectory{{.name = "Input Directory",
                                            .description = "The folder to take files from.",
                                            .required = true,
                                            .scope = ExpressionScope::kEnvironment}};
constexpr Property<RegexText> kFileFilter{
    {.name = "File Filter",
     .description = "Only files whose whole name matches are taken.",
     .defaultValue = R"([^\.].*)",
     .required = true}};
constexpr Property<RegexText> kPathFilter{
    {.name = "Path Filter",
     .description = "With Recurse Subdirectories, only folders whose path below Input Directory "
                    "matches as a whole are looked into."}};
constexpr Property<std::int64_t> kBatchSize{
    {.name = "Batch Size",
     .description = "At most this many files are taken each time the processor runs.",
     .defaultValue = "10",
     .required = true,
     .atLeast = 1,
     .atMost = 100'000}};
constexpr Property<bool> kKeepSource{
    {.name = "Keep Source File",
     .description = "Whether the file stays where it is. It is then taken again at every polling "
                    "interval, and its content is copied instead of adopted.",
     .defaultValue = "false",
     .required = true}};
constexpr Property<bool> kRecurse{{.name = "Recurse Subdirectories",
                                   .description = "Whether folders below are looked into.",
                                   .defaultValue = "true",
                                   .required = true}};
constexpr Property<Duration> kPolling{
    {.name = "Polling Interval",
     .description = "How long to wait between two looks at the folder.",
     .defaultValue = "30 sec",
     .required = true,
     .atLeast = 0}};
constexpr Property<bool> kIgnoreHidden{
    {.name = "Ignore Hidden Files",
     .description = "Whether names that begin with a dot are left alone.",
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
     .description = "Files last changed longer ago than this are left alone.",
     .atLeast = 0}};
constexpr Property<DataSize> kMinSize{{.name = "Minimum File Size",
                                       .description = "Smaller files are left alone.",
                                       .defaultValue = "0 B",
                                       .required = true}};
constexpr Property<DataSize> kMaxSize{
    {.name = "Maximum File Size", .description = "Larger files are left alone."}};
constexpr std::array kProperties{&kDirectory.info, &kFileFilter.info,   &kPathFilter.info,
                                 &kBatchSize.info, &kKeepSource.info,   &kRecurse.info,
                                 &kPolling.info,   &kIgnoreHidden.info, &kMinAge.info,
                                 &kMaxAge.info,    &kMinSize.info,      &kMaxSize.info};

constexpr Relationship kSuccess{"success", "Every file that was taken."};
constexpr std::array kRelationships{&kSuccess};

constexpr std::array kWrites{
    AttributeInfo{"filename", "The name of the file."},
    AttributeInfo{"path", "Its folder, relative to Input Directory: ./ at the top."},
    AttributeInfo{"absolute.path", "Its folder, with a slash at the end."},
    AttributeInfo{"file.creationTime", "The time of its last change."},
    AttributeInfo{"file.lastModifiedTime", "The time of its last change."},
    AttributeInfo{"file.lastAccessTime", "The time of its last reading."},
    AttributeInfo{"file.owner", "The name of its owner."},
    AttributeInfo{"file.group", "The name of its group."},
    AttributeInfo{"file.permissions", "Its permissions, such as rw-r--r--."}};
constexpr std::array<std::string_view, 5> kTags{"local", "files", "folder", "ingest", "source"};

class GetFile final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    FileSelection selection;
    selection.directory = MR_TRY(context.evaluate(kDirectory));
    while (selection.directory.size() > 1 && selection.directory.back() == '/')
      selection.directory.pop_back();
    using expression::Regex;
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
    keep_ = context.get(kKeepSource);
    const MutexLock lock(mutex_);
    waiting_.clear();
    nextLook_ = 0;
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    for (Next& file : MR_TRY(next(context))) MR_TRY(takeIn(context, session, file));
    return Done{};
  }

 private:
  struct Next {
    FoundFile file;
    std::function<void()> claim;  ///< gives the file back when it dies uncalled
  };

  /// The next files to take; looks at the folder when its time has come.
  Result<std::vector<Next>> next(ProcessContext& context) {
    constexpr std::size_t kFew = 100;
    const MutexLock lock(mutex_);
    const Nanos now = context.clock().monotonic();
    if (waiting_.size() < kFew && now >= nextLook_) {
      auto listing = MR_TRY(selection_.select(context.files(), context.clock().wall()));
      taken_->removeFrom(listing);
      waiting_.assign(std::make_move_iterator(listing.begin()),
                      std::make_move_iterator(listing.end()));
      nextLook_ = now + context.get(kPolling);
    }
    std::vector<Next> batch;
    const auto most = static_cast<std::size_t>(context.get(kBatchSize));
    while (!waiting_.empty() && batch.size() < most) {
      auto claim = taken_->take(waiting_.front());
      if (claim) batch.push_back({std::move(waiting_.front()), std::move(claim)});
      waiting_.pop_front();
    }
    if (batch.empty()) context.yield(std::max(nextLook_ - now, kMillisecond));
    return batch;
  }

  Result<> takeIn(ProcessContext& context, ProcessSession& session, Next& next) {
    const FoundFile& found = next.file;
    const auto described = context.files().describe(found.path);
    if (!described.ok() || described->inode != found.info.inode ||
        described->size != found.info.size || described->modified != found.info.modified) {
      return Done{};  // gone, or still being written: the next look decides
    }
    const FileInfo& info = *described;
    SessionFlowFile& file = session.create();
    if (auto read = readIn(context, session, file, found.path, info); !read.ok()) {
      session.remove(file);
      if (context.files().open(found.path, OpenMode::kRead).ok()) return std::move(read).error();
      context.log(BulletinLevel::kWarn,
                  fmt::format("{} was left alone: {}", found.path, read.error().message));
      return Done{};
    }
    const std::string folder = folderWithSlash(found.path);
    std::vector<Attributes::Pair> attributes{
        {"filename", found.name}, {"path", found.relativeFolder}, {"absolute.path", folder}};
    const auto facts = fileAttributes(info, zone_);
    for (const auto& [name, value] : facts) attributes.emplace_back(name, value);
    session.putAttributes(file, attributes);
    session.report(ProvenanceType::kReceive, file, "file:" + found.path);
    if (!keep_) {
      session.onDurable(std::move(next.claim));
      session.onDurable(Effect{.kind = Effect::Kind::kDeleteFile,
                               .component = context.componentId().raw(),
                               .path = found.path,
                               .target = {},
                               .inode = info.inode,
                               .size = info.size,
                               .modified = info.modified});
    }
    session.transfer(file, kSuccess);
    return Done{};
  }

  /// A file that will be deleted is adopted; one that stays may be changed by others and is copied.
  Result<> readIn(ProcessContext& context, ProcessSession& session, SessionFlowFile& file,
                  const std::string& path, const FileInfo& info) const {
    if (!keep_) return session.importFile(file, path, info.inode, info.size, info.modified);
    auto source = MR_TRY(context.files().open(path, OpenMode::kRead));
    auto writer = MR_TRY(session.write(file));
    std::vector<std::byte> buffer(64 * 1024);
    std::uint64_t at = 0;
    while (const std::size_t got = MR_TRY(source->readAt(at, buffer))) {
      MR_TRY(writer->write(std::span(buffer).first(got)));
      at += got;
    }
    return writer->finish();
  }

  // Set when scheduled, constant while triggers run.
  FileSelection selection_;
  bool keep_ = false;
  expression::TimeZone zone_ = expression::TimeZone::ofProcess();

  // Shared with the claims in sessions, which may outlive the processor.
  std::shared_ptr<TakenFiles> taken_ = std::make_shared<TakenFiles>();
  Mutex mutex_;
  std::deque<FoundFile> waiting_ MR_GUARDED_BY(mutex_);
  Nanos nextLook_ MR_GUARDED_BY(mutex_) = 0;  // monotonic
};

}  // namespace

MR_PROCESSOR(get_file){
    .type = "GetFile",
    .summary =
        "Takes files out of a folder: each becomes a FlowFile and is deleted once that "
        "FlowFile is safe on disk.",
    .tags = kTags,
    .input = InputRequirement::kForbidden,
    .properties = kProperties,
    .relationships = kRelationships,
    .writesAttributes = kWrites,
    .batching = true,
    .make = make<GetFile>,
};

}  // namespace millrace::processors
