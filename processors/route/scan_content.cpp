// SPDX-License-Identifier: Apache-2.0
#include "engine/base/big_endian.h"
#include "engine/processor/processor.h"
#include "processors/files/watched_file.h"
#include "processors/text/term_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

namespace millrace::processors {
namespace {

constexpr std::string_view kText = "text";
constexpr std::string_view kBinary = "binary";
constexpr std::array kEncodings{
    AllowedValue{kText, "One term a line, in UTF-8; empty lines are left out."},
    AllowedValue{kBinary, "Before each term its length, as four bytes, the greatest first."},
};

constexpr Property<std::string> kFile{
    {.name = "Dictionary File",
     .description = "A file with the terms; it is read again when it changes.",
     .required = true}};
constexpr Property<std::string> kEncoding{{.name = "Dictionary Encoding",
                                           .description = "How the terms are written.",
                                           .defaultValue = kText,
                                           .required = true,
                                           .allowed = kEncodings}};
constexpr std::array kProperties{&kFile.info, &kEncoding.info};

constexpr Relationship kMatched{"matched", "FlowFiles whose content has a term."};
constexpr Relationship kUnmatched{"unmatched", "All others."};
constexpr std::array kRelationships{&kMatched, &kUnmatched};
constexpr std::array kWrites{
    AttributeInfo{"matching.term", "The term that was found first, on matched FlowFiles."}};
constexpr std::array<std::string_view, 4> kTags{"scan", "content", "search", "dictionary"};

constexpr Nanos kLookEvery = kMinute;

Result<TermSearch> fromText(std::string_view text) {
  std::vector<std::string> terms;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    terms.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return TermSearch(std::move(terms));
}

Result<TermSearch> fromBinary(std::string_view bytes) {
  std::vector<std::string> terms;
  while (!bytes.empty()) {
    std::uint32_t length = 0;
    if (bytes.size() >= sizeof length) length = readBig<std::uint32_t>(asBytes(bytes).data());
    if (bytes.size() < sizeof length || bytes.size() - sizeof length < length) {
      return Error::user(
          fmt::format("the dictionary ends within its term {}: each needs its length, as four "
                      "bytes, and so many bytes",
                      terms.size() + 1));
    }
    terms.emplace_back(bytes.substr(sizeof length, length));
    bytes.remove_prefix(sizeof length + length);
  }
  return TermSearch(std::move(terms));
}

class ScanContent final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    const bool binary = context.get(kEncoding) == kBinary;
    terms_.watch(std::string(context.get(kFile)), kLookEvery, [binary](const std::string& bytes) {
      return binary ? fromBinary(bytes) : fromText(bytes);
    });
    return Done{};
  }

  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    const auto terms = MR_TRY(terms_.current(context.files(), context.clock()));
    const auto reader = MR_TRY(session.read(*file));
    TermSearch::Scan scan(*terms);
    std::optional<std::string_view> found;
    while (!found) {
      const ByteView part = MR_TRY(reader->next());
      if (part.empty()) break;
      found = scan.next(part);
    }
    if (found) session.putAttribute(*file, "matching.term", *found);
    session.report(ProvenanceType::kRoute, *file);
    session.transfer(*file, found ? kMatched : kUnmatched);
    return Done{};
  }

 private:
  WatchedFile<TermSearch> terms_;  // guards itself
};

}  // namespace

MR_PROCESSOR(scan_content){
    .type = "ScanContent",
    .summary = "Looks for the terms of a dictionary in content, all of them in one pass.",
    .tags = kTags,
    .properties = kProperties,
    .relationships = kRelationships,
    .writesAttributes = kWrites,
    .batching = true,
    .make = make<ScanContent>};

}  // namespace millrace::processors
