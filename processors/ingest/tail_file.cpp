// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"
#include "processors/files/file_selection.h"
#include "processors/files/tail_file_properties.h"
#include "processors/files/tailed_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

namespace millrace::processors {
namespace {

using namespace tail;

constexpr Relationship kSuccess{"success", "What was added to the files."};
constexpr std::array kRelationships{&kSuccess};
constexpr std::array kWrites{
    AttributeInfo{"filename",
                  "The file's name with the range of bytes before its extension; the "
                  "plain name of a whole rolled-over file."},
    AttributeInfo{"tailfile.original.path", "The path of the file that is followed."},
    AttributeInfo{"mime.type", "Always text/plain."}};
constexpr std::array<std::string_view, 5> kTags{"tail", "log", "file", "lines", "source"};

/// The one character that a property names.
std::optional<char> delimiterOf(std::string_view text) {
  if (text.size() == 1) return text[0];
  if (text == "\\n") return '\n';
  if (text == "\\r") return '\r';
  if (text == "\\t") return '\t';
  if (text == "\\\\") return '\\';
  return std::nullopt;
}

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
    delimiter_.reset();
    if (context.get(kResult) == kPerPiece)
      delimiter_ = delimiterOf(context.get(kDelimiter)).value_or('\n');
    lineStart_.reset();
    if (context.has(kLineStart))
      lineStart_ = MR_TRY(Regex::compile(context.get(kLineStart), Regex::Use::kFind));
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    if (multiple_) MR_TRY(lookUp(context, session));
    made_ = 0;
    const auto most = static_cast<std::uint64_t>(context.get(kBatch));
    left_ = most == 0 ? UINT64_MAX : most;
    for (const std::string& path : paths_) {
      // Pieces of a long file are committed so many at a time.
      while (MR_TRY(follow(context, session, path)) && left_ > 0) MR_TRY(session.commit());
    }
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

  /// True when it stopped in the middle, for a commit.
  Result<bool> follow(ProcessContext& context, ProcessSession& session, const std::string& path) {
    stopped_ = false;
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
    return stopped_;
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
      if (!MR_TRY(readWhole(context, session, path, *own, at.position, at))) return false;
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
    for (const Rolled& file : files) {
      if (!MR_TRY(readWhole(context, session, path, file, 0, at))) return false;
    }
    at = TailPosition{};
    return true;
  }

  /// False when it stopped in the middle; `at` then says where.
  Result<bool> readWhole(ProcessContext& context, ProcessSession& session, const std::string& path,
                         const Rolled& rolled, std::uint64_t from, TailPosition& at) {
    auto file = MR_TRY(context.files().open(rolled.path, OpenMode::kRead));
    const std::uint64_t end = MR_TRY(file->size());
    if (from >= end) return true;
    if (!delimiter_) {
      MR_TRY(emit(session, *file, path, std::string(fileName(rolled.path)), from, end));
      return true;
    }
    const std::uint64_t to = MR_TRY(emitPieces(session, *file, path, rolled.path, from, end));
    if (to == end) return true;
    at = {to, rolled.info.inode, MR_TRY(checksumBefore(*file, to)), rolled.info.modified, true};
    return false;
  }

  /// Reads complete lines from `source`, which is the file or what it was rolled over to.
  Result<> readLines(ProcessContext& context, ProcessSession& session, const std::string& path,
                     const std::string& source, TailPosition& at) {
    auto file = MR_TRY(context.files().open(source, OpenMode::kRead));
    const FileInfo info = MR_TRY(file->info());
    std::uint64_t end = info.size;
    if (end <= at.position) return Done{};
    if (context.get(kReread)) end = MR_TRY(firstZero(*file, at.position, end));
    end = MR_TRY(delimiter_ ? endOfDelimited(*file, at.position, end, *delimiter_)
                            : endOfLines(*file, at.position, end));
    if (lineStart_) {
      end = MR_TRY(endOfMessages(*file, at.position, end, *lineStart_, context.get(kMaxBuffer)));
    }
    if (end == at.position) return Done{};
    if (delimiter_) {
      end = MR_TRY(emitPieces(session, *file, path, path, at.position, end));
    } else {
      MR_TRY(emit(session, *file, path, rangedName(path, at.position, end), at.position, end));
    }
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

  /// A FlowFile for each piece of [from, to), as many as one commit, or Batch Size, may have;
  /// returns the place that it came to.
  Result<std::uint64_t> emitPieces(ProcessSession& session, File& file, const std::string& path,
                                   const std::string& named, std::uint64_t from, std::uint64_t to) {
    constexpr std::uint64_t kMostOfOneCommit = 10'000;
    const std::uint64_t most = std::min(left_, kMostOfOneCommit);
    const std::size_t before = made_;
    const std::uint64_t end = MR_TRY(forEachDelimited(
        file, from, to, *delimiter_, most,
        [&](std::uint64_t begin, std::uint64_t after, std::string_view bytes) {
          return emit(session, file, path, rangedName(named, begin, after), begin, after, bytes);
        }));
    left_ -= made_ - before;
    stopped_ = end < to;
    return end;
  }

  /// `bytes`: what [from, to) holds, where it is known.
  Result<> emit(ProcessSession& session, File& file, const std::string& path,
                const std::string& name, std::uint64_t from, std::uint64_t to,
                std::string_view bytes = {}) {
    SessionFlowFile& made = session.create();
    {
      auto writer = MR_TRY(session.write(made));
      MR_TRY(bytes.empty() ? copyRange(file, from, to, *writer) : writer->write(bytes));
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
  Nanos nextLookup_ = 0;             // monotonic
  std::size_t made_ = 0;             // FlowFiles of this trigger
  std::optional<char> delimiter_;    // of pieces; none: all that was added is one FlowFile
  std::uint64_t left_ = UINT64_MAX;  // pieces that this trigger may still make
  bool stopped_ = false;             // there are more pieces
};

std::vector<std::string> check(std::span<const PropertyText> values) {
  if (textOf(values, kMode.info.name) == kMultiple && textOf(values, kBase.info.name).empty())
    return {"The mode Multiple files needs a Base Directory"};
  if (textOf(values, kResult.info.name) == kPerPiece) {
    const std::string_view delimiter = textOf(values, kDelimiter.info.name);
    if (!delimiter.empty() && !delimiterOf(delimiter))
      return {fmt::format("Input Delimiter '{}' is not one character, nor \\n, \\r, \\t or \\\\",
                          delimiter)};
    if (!textOf(values, kLineStart.info.name).empty())
      return {"Line Start Pattern needs the Result Mode 'Flow file per batch'"};
  }
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
