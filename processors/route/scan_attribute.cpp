// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/pattern.h"
#include "engine/processor/processor.h"
#include "processors/files/watched_file.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <string>
#include <unordered_set>

namespace millrace::processors {
namespace {

using expression::Matcher;
using expression::Pattern;

constexpr std::string_view kAny = "At Least 1 Must Match";
constexpr std::string_view kAll = "All Must Match";
constexpr std::array kCriteria{
    AllowedValue{kAny, "One of the attributes has a value of the dictionary."},
    AllowedValue{kAll, "Each of the attributes has a value of the dictionary."},
};

constexpr Property<std::string> kFile{
    {.name = "Dictionary File",
     .description = "A text file with one term a line; it is read again when it changes.",
     .required = true,
     .scope = ExpressionScope::kEnvironment}};
constexpr Property<RegexText> kAttributes{
    {.name = "Attribute Pattern",
     .description = "Attributes whose whole name matches are looked at.",
     .defaultValue = ".*",
     .required = true}};
constexpr Property<std::string> kCriterion{{.name = "Match Criteria",
                                            .description = "When a FlowFile matches.",
                                            .defaultValue = kAny,
                                            .required = true,
                                            .allowed = kCriteria}};
constexpr Property<RegexText> kFilter{
    {.name = "Dictionary Filter Pattern",
     .description = "Lines of the dictionary that do not match as a whole are left out; with one "
                    "capturing group, the term is what that captures.",
     .required = false}};
constexpr std::array kProperties{&kFile.info, &kAttributes.info, &kCriterion.info, &kFilter.info};

constexpr Relationship kMatched{"matched", "FlowFiles with values of the dictionary."};
constexpr Relationship kUnmatched{"unmatched", "All others."};
constexpr std::array kRelationships{&kMatched, &kUnmatched};
constexpr std::array<std::string_view, 4> kTags{"scan", "attributes", "search", "dictionary"};

constexpr Nanos kLookEvery = kSecond;

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};
using Terms = std::unordered_set<std::string, TextHash, std::equal_to<>>;

bool isBlank(std::string_view line) {
  return std::all_of(line.begin(), line.end(),
                     [](char c) { return static_cast<unsigned char>(c) <= ' '; });
}

Result<Terms> termsOf(std::string_view text, const Pattern* filter) {
  Terms terms;
  std::optional<Matcher> matcher;
  if (filter != nullptr) matcher.emplace(*filter);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (isBlank(line)) continue;
    if (!matcher) {
      terms.emplace(line);
    } else if (MR_TRY(matcher->find(line))) {
      const auto captured = matcher->groupCount() == 1 ? matcher->group(1) : line;
      if (captured) terms.emplace(*captured);
    }
  }
  return terms;
}

class ScanAttribute final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    names_.reset();
    if (context.get(kAttributes) != ".*")
      names_ = MR_TRY(Pattern::compile(context.get(kAttributes), Pattern::Use::kWhole));
    // Shared with the function below, which is a copy.
    std::shared_ptr<const Pattern> filter;
    if (context.has(kFilter)) {
      filter = std::make_shared<const Pattern>(
          MR_TRY(Pattern::compile(context.get(kFilter), Pattern::Use::kWhole)));
    }
    all_ = context.get(kCriterion) == kAll;
    terms_.watch(MR_TRY(context.evaluate(kFile)), kLookEvery,
                 [filter](const std::string& bytes) { return termsOf(bytes, filter.get()); });
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    const auto terms = MR_TRY(terms_.current(context.files(), context.clock()));
    const bool matched = MR_TRY(matches(*file, *terms));
    session.report(ProvenanceType::kRoute, *file);
    session.transfer(*file, matched ? kMatched : kUnmatched);
    return Done{};
  }

 private:
  Result<bool> matches(const SessionFlowFile& file, const Terms& terms) const {
    std::optional<Matcher> matcher;
    if (names_) matcher.emplace(*names_);
    bool any = false;
    bool all = true;
    std::optional<Error> failed;
    file.forEachAttribute([&](std::string_view name, std::string_view value) {
      if (matcher) {
        auto found = matcher->find(name);
        if (!found.ok()) failed = std::move(found).error();
        if (failed || !*found) return;
      }
      const bool known = terms.find(value) != terms.end();
      any = any || known;
      all = all && known;
    });
    if (failed) return std::move(*failed);
    return all_ ? all : any;
  }

  std::optional<Pattern> names_;
  bool all_ = false;
  WatchedFile<Terms> terms_;  // guards itself
};

}  // namespace

MR_PROCESSOR(scan_attribute){
    .type = "ScanAttribute",
    .summary = "Looks for the values of attributes in a dictionary of terms.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .batching = true,
    .make = make<ScanAttribute>};

}  // namespace millrace::processors
