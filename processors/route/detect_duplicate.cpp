// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/processor.h"
#include "processors/cache/cached_service.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace millrace::processors {
namespace {

constexpr Property<std::string> kEntry{
    {.name = "Cache Entry Identifier",
     .description = "What two FlowFiles must have in common to be duplicates.",
     .defaultValue = "${hash.value}",
     .required = true,
     .scope = ExpressionScope::kFlowFile}};
constexpr Property<std::string> kDescription{
    {.name = "FlowFile Description",
     .description = "Remembered with the first one, and handed to its duplicates.",
     .defaultValue = "",
     .scope = ExpressionScope::kFlowFile}};
constexpr Property<Duration> kAgeOff{
    {.name = "Age Off Duration",
     .description = "How long a FlowFile is remembered; without it, as long as the cache keeps it.",
     .atLeast = 0}};
constexpr Property<bool> kRemember{
    {.name = "Cache The Entry Identifier",
     .description =
         "Whether a FlowFile that was not seen before is remembered; otherwise the cache "
         "is only looked at.",
     .defaultValue = "true",
     .required = true}};
constexpr std::array kProperties{&kEntry.info, &kDescription.info, &kAgeOff.info, &kMapCache.info,
                                 &kRemember.info};

constexpr Relationship kDuplicate{"duplicate", "FlowFiles that were seen before."};
constexpr Relationship kFresh{"non-duplicate", "FlowFiles that were not seen before."};
constexpr Relationship kFailure{"failure", "FlowFiles without an identifier."};
constexpr std::array kRelationships{&kDuplicate, &kFresh, &kFailure};
constexpr std::array kWrites{AttributeInfo{"original.flowfile.description",
                                           "The description of the first one, on duplicates."}};
constexpr std::array<std::string_view, 4> kTags{"duplicate", "dedupe", "cache", "hash"};
constexpr std::size_t kBatch = 100;

/// What is remembered: "MILLIS UUID DESCRIPTION". By the uuid a FlowFile knows itself again, whose
/// first visit was rolled back or lost with the process.
struct Remembered {
  Millis at = 0;
  std::string uuid;
  std::string description;

  std::string text() const { return fmt::format("{} {} {}", at, uuid, description); }
  static Remembered from(std::string_view text) {
    Remembered remembered;
    const char* const end = text.data() + text.size();
    const char* const rest = std::from_chars(text.data(), end, remembered.at).ptr;
    text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
    if (text.starts_with(' ')) text.remove_prefix(1);
    const std::size_t space = text.find(' ');
    remembered.uuid = text.substr(0, space);
    if (space != std::string_view::npos) remembered.description = text.substr(space + 1);
    return remembered;
  }
};

class DetectDuplicate final : public Processor {
 public:
  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    MapCache* const cache = MR_TRY(mapCacheOf(context));
    for (std::size_t taken = 0; taken < kBatch; ++taken) {
      SessionFlowFile* file = session.get();
      if (file == nullptr) break;
      MR_TRY(route(context, session, *file, *cache));
    }
    return Done{};
  }

 private:
  static Result<> route(ProcessContext& context, ProcessSession& session, SessionFlowFile& file,
                        MapCache& cache) {
    const std::string key = MR_TRY(context.evaluate(kEntry, file));
    if (isBlank(key)) {
      context.log(BulletinLevel::kError, "a FlowFile has no Cache Entry Identifier");
      session.penalize(file);
      session.transfer(file, kFailure);
      return Done{};
    }
    Remembered self;
    self.at = context.clock().wall();
    self.uuid = file.value("uuid");
    self.description = MR_TRY(context.evaluate(kDescription, file));
    const bool remember = context.get(kRemember);
    std::optional<Remembered> first;
    MR_TRY(cache.update(key, [&](const std::optional<std::string>& present) {
      std::optional<std::string> after = present;
      if (present) first = Remembered::from(*present);
      if (first && context.has(kAgeOff) &&
          self.at >= first->at + context.get(kAgeOff) / kMillisecond) {
        first.reset();
        after.reset();
      }
      if (first && first->uuid == self.uuid) first.reset();
      if (!after && remember) after = self.text();
      return after;
    }));
    if (!first) {
      session.transfer(file, kFresh);
      return Done{};
    }
    session.putAttribute(file, "original.flowfile.description", first->description);
    session.report(ProvenanceType::kRoute, file, {}, "Duplicate of: " + first->description);
    session.transfer(file, kDuplicate);
    return Done{};
  }
};

}  // namespace

MR_PROCESSOR(detect_duplicate){
    .type = "DetectDuplicate",
    .summary =
        "Tells FlowFiles that were seen before from those that were not, by an identifier "
        "that a map cache remembers.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .writesAttributes = kWrites,
    .batching = true,
    .make = make<DetectDuplicate>,
};

}  // namespace millrace::processors
