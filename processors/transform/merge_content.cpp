// SPDX-License-Identifier: Apache-2.0
#include "engine/base/units.h"
#include "engine/expression/date_pattern.h"
#include "engine/processor/processor.h"
#include "processors/merge/bundle.h"
#include "processors/merge/flowfile_bins.h"
#include "processors/merge/fragments.h"
#include "processors/merge/merge_content_properties.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <deque>

namespace millrace::processors {
namespace {

using namespace merge_content;

constexpr std::size_t kTakenAtOnce = 1000;
constexpr std::uint64_t kMaxDelimiterBytes = 64ULL * 1024 * 1024;

BundleFormat formatOf(std::string_view name) {
  if (name == kTar) return BundleFormat::kTar;
  if (name == kZip) return BundleFormat::kZip;
  if (name == kPackageV3) return BundleFormat::kPackageV3;
  if (name == kPackageV2) return BundleFormat::kPackageV2;
  return BundleFormat::kConcatenation;
}

std::vector<std::string> validate(std::span<const PropertyText> values) {
  if (textOf(values, kStrategy.info.name) == kDefragment) return {};
  std::vector<std::string> problems;
  // A text that is no size or number is refused before, by its own property.
  const auto least = parseDataSize(textOf(values, kMinSize.info.name));
  const auto most = parseDataSize(textOf(values, kMaxSize.info.name));
  if (least.ok() && most.ok() && *most < *least) {
    problems.push_back(
        fmt::format("{} is below {}: raise it", kMaxSize.info.name, kMinSize.info.name));
  }
  const auto entries = [&](const PropertyInfo& info) {
    const std::string_view text = textOf(values, info.name);
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
  };
  if (entries(kMaxEntries.info) < entries(kMinEntries.info)) {
    problems.push_back(
        fmt::format("{} is below {}: raise it", kMaxEntries.info.name, kMinEntries.info.name));
  }
  return problems;
}

class MergeContent final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    tarTime_ = MR_TRY(expression::DatePattern::compile("yyyy-MM-dd'T'HH:mm:ss[.SSS]X"));
    defragments_ = context.get(kStrategy) == kDefragment;
    format_ = formatOf(context.get(kFormat));
    keepsUnique_ = context.get(kAttributes) == kUnique;
    const std::string_view delimiters = context.get(kDelimiters);
    delimits_ = format_ == BundleFormat::kConcatenation && delimiters != kNoDelimiters;
    delimiterFiles_ = delimiters == "Filename";
    level_ = context.get(kLevel).front() - '0';
    keepsPath_ = context.get(kKeepPath);
    maxBins_ = static_cast<std::size_t>(context.get(kMaxBins));
    terminates_ = !defragments_ && context.has(kTermination);
    BinLimits limits;
    limits.defragments = defragments_;
    if (context.has(kMaxAge)) limits.maxAge = context.get(kMaxAge);
    if (!defragments_) {
      limits.minBytes = context.get(kMinSize);
      if (context.has(kMaxSize)) limits.maxBytes = context.get(kMaxSize);
      limits.minEntries = static_cast<std::uint64_t>(context.get(kMinEntries));
      limits.maxEntries = static_cast<std::uint64_t>(context.get(kMaxEntries));
    }
    const std::string_view place = context.get(kPlace);
    if (place == "First in New Bin") limits.terminatorPlace = TerminatorPlace::kFirstInNewBin;
    if (place == "Isolated") limits.terminatorPlace = TerminatorPlace::kIsolated;
    bins_.configure(limits);
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    Binned binned;
    if (bins_.count() + ready_.size() <= maxBins_) binned = MR_TRY(fillBins(context, session));
    if (context.isStopping()) return Done{};
    const bool moved = collectReady(context, binned);
    const bool merged = !ready_.empty();
    while (!ready_.empty() && !context.isStopping()) {
      const std::unique_ptr<Bin> bin = std::move(ready_.front());
      ready_.pop_front();
      MR_TRY(empty(context, session, *bin));
      MR_TRY(session.commit());
    }
    if (binned.count == 0 && !moved && !merged) context.yield();
    return Done{};
  }

  void onStopped(ProcessContext&) override {
    ready_.clear();
    bins_.clear();
  }

 private:
  struct Binned {
    std::size_t count = 0;
    bool needsBin = false;  // some FlowFile found no place
  };

  Result<Binned> fillBins(ProcessContext& context, ProcessSession& session) {
    Binned binned;
    while (bins_.count() <= maxBins_ && !context.isStopping()) {
      const auto files = session.get(kTakenAtOnce);
      if (files.empty()) break;
      const Nanos now = context.clock().monotonic();
      for (SessionFlowFile* file : files) {
        auto attribute = context.evaluate(kCorrelation, *file);
        Result<bool> ends = false;
        if (terminates_) ends = context.evaluateBoolean(context.property(kTermination.info), file);
        if (!attribute.ok() || !ends.ok()) {
          context.log(
              BulletinLevel::kError,
              fmt::format("{}: the FlowFile's bin is not known: {}", file->value("filename"),
                          attribute.ok() ? ends.error().message : attribute.error().message));
          session.transfer(*file, kFailure);
          continue;
        }
        ++binned.count;
        std::optional<std::string_view> group;
        if (!defragments_ && !attribute->empty()) group = file->attribute(*attribute);
        if (defragments_) group = file->attribute("fragment.identifier");
        if (bins_.offer(group, *file, *ends, session, now)) continue;
        binned.needsBin = true;
        auto alone = std::make_unique<Bin>(BinLimits{}, now);
        alone->add(session.hold(*file));
        ready_.push_back(std::move(alone));
      }
    }
    return binned;
  }

  /// Moves bins whose time has come to the ready ones.
  bool collectReady(ProcessContext& context, const Binned& binned) {
    auto ready = bins_.removeReady(binned.count == 0, context.clock().monotonic());
    const bool any = !ready.empty();
    for (auto& bin : ready) ready_.push_back(std::move(bin));
    if (any) return true;
    const std::size_t count = bins_.count();
    if (count < maxBins_ || (count == maxBins_ && !binned.needsBin)) return false;
    auto oldest = bins_.removeOldest();
    oldest->reason = BinReason::kTooManyBins;
    ready_.push_back(std::move(oldest));
    return true;
  }

  /// Merges the FlowFiles of a bin, or routes them to failure.
  Result<> empty(ProcessContext& context, ProcessSession& session, Bin& bin) {
    std::vector<SessionFlowFile*> files;
    for (auto& held : bin.takeFiles()) files.push_back(&session.take(std::move(held)));
    if (files.empty()) return Done{};
    if (defragments_) {
      if (const auto problem = findFragmentProblem(files)) {
        return refuse(context, session, files, *problem);
      }
      sortFragments(files);
    }
    const auto options = bundleOptions(context, *files.front());
    if (!options.ok()) return refuse(context, session, files, options.error().message);
    const std::vector<const SessionFlowFile*> parents(files.begin(), files.end());
    SessionFlowFile& merged = session.create(parents);
    const auto bundled = writeBundle(session, merged, files, *options);
    if (!bundled.ok()) {
      if (bundled.error().fault != Fault::kUser) return bundled.error();
      session.remove(merged);
      return refuse(context, session, files, bundled.error().message);
    }
    describe(context, session, merged, files, bin, *bundled);
    const std::string uuid(merged.value("uuid"));
    session.transfer(merged, kMerged);
    for (SessionFlowFile* file : bundled->leftOut) {
      session.transfer(session.clone(*file), kFailure);
    }
    for (SessionFlowFile* file : files) {
      session.putAttribute(*file, "merge.uuid", uuid);
      session.transfer(*file, kOriginal);
    }
    return Done{};
  }

  static Result<> refuse(ProcessContext& context, ProcessSession& session,
                         std::span<SessionFlowFile* const> files, std::string_view why) {
    context.log(BulletinLevel::kError,
                fmt::format("{} FlowFiles cannot be merged: {}", files.size(), why));
    for (SessionFlowFile* file : files) session.transfer(*file, kFailure);
    return Done{};
  }

  void describe(ProcessContext& context, ProcessSession& session, SessionFlowFile& merged,
                std::span<SessionFlowFile* const> files, const Bin& bin, const Bundled& bundled) {
    std::string name;
    if (files.size() == 1) {
      name = files.front()->value("filename");
    } else if (const auto whole = files.front()->attribute("segment.original.filename")) {
      name = *whole;
    } else {
      name = fmt::format("{}", context.clock().monotonic());
    }
    name += extensionOf(format_);
    if (keepsUnique_) session.putAttributes(merged, uniqueAttributes(files));
    const std::string count = fmt::format("{}", files.size());
    const std::string age = fmt::format("{}", bin.age(context.clock().monotonic()) / 1'000'000);
    const std::array<Attributes::Pair, 5> pairs{{{"mime.type", bundled.mimeType},
                                                 {"filename", name},
                                                 {"merge.count", count},
                                                 {"merge.bin.age", age},
                                                 {"merge.reason", nameOf(bin.reason)}}};
    session.putAttributes(merged, pairs);
  }

  Result<BundleOptions> bundleOptions(ProcessContext& context, const SessionFlowFile& first) {
    BundleOptions options;
    options.format = format_;
    options.level = level_;
    options.keepsPath = keepsPath_;
    options.now = context.clock().wall();
    if (delimits_) {
      options.header = MR_TRY(delimiter(context, kHeader, first));
      options.footer = MR_TRY(delimiter(context, kFooter, first));
      options.demarcator = MR_TRY(delimiter(context, kDemarcator, first));
    }
    options.modified = [&context,
                        this](const SessionFlowFile& file) -> Result<std::optional<Millis>> {
      const auto moment = tarTime_->parse(MR_TRY(context.evaluate(kTarTime, file)), {});
      return moment.ok() ? std::optional(moment->millis()) : std::nullopt;
    };
    return options;
  }

  Result<std::string> delimiter(ProcessContext& context, const Property<std::string>& property,
                                const SessionFlowFile& first) {
    if (!context.has(property)) return std::string();
    std::string value = MR_TRY(context.evaluate(property, first));
    if (!delimiterFiles_ || value.empty()) return value;
    return context.files().readAll(value, kMaxDelimiterBytes);
  }

  // The descriptor says serial: no two triggers meet here.
  FlowFileBins bins_;
  std::deque<std::unique_ptr<Bin>> ready_;
  std::optional<expression::DatePattern> tarTime_;
  BundleFormat format_ = BundleFormat::kConcatenation;
  std::size_t maxBins_ = 5;
  int level_ = 1;
  bool defragments_ = false;
  bool keepsUnique_ = false;
  bool delimits_ = false;
  bool delimiterFiles_ = false;
  bool keepsPath_ = false;
  bool terminates_ = false;
};

constexpr std::array<std::string_view, 6> kTags{"merge", "concatenation", "archive",
                                                "tar",   "zip",           "defragment"};
constexpr std::array kReads{
    AttributeInfo{"fragment.identifier", "Joins what belongs together, with Defragment."},
    AttributeInfo{"fragment.index", "The place of a fragment, with Defragment."},
    AttributeInfo{"fragment.count", "How many fragments there are, with Defragment."},
    AttributeInfo{"segment.original.filename", "Names the merged FlowFile."},
    AttributeInfo{"tar.permissions", "Three octal digits: the mode of a tar entry."}};
constexpr std::array kWrites{
    AttributeInfo{"filename",
                  "The name of a single FlowFile or segment.original.filename, else a "
                  "number, with the ending of the format."},
    AttributeInfo{"mime.type", "By format; of a concatenation the type that all have."},
    AttributeInfo{"merge.count", "How many FlowFiles were merged."},
    AttributeInfo{"merge.bin.age", "The age of the bin in milliseconds."},
    AttributeInfo{"merge.reason", "Why the bin was merged."},
    AttributeInfo{"merge.uuid", "On the originals: the uuid of the merged FlowFile."}};

}  // namespace

MR_PROCESSOR(merge_content){
    .type = "MergeContent",
    .summary =
        "Merges FlowFiles into one: as many as fit into a bin, or the fragments of what "
        "was split.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .readsAttributes = kReads,
    .writesAttributes = kWrites,
    .serial = true,
    .triggerWhenEmpty = true,
    .validate = validate,
    .make = make<MergeContent>};

}  // namespace millrace::processors
