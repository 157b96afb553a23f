// SPDX-License-Identifier: Apache-2.0
#include "server/flowtest/verdict.h"

#include "server/flowtest/pairing.h"
#include "server/flowtest/text_difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace millrace::flowtest {
namespace {

using Lines = std::vector<std::string>;

constexpr std::size_t kMostComplaints = 5;  // about the FlowFiles of one output
constexpr std::size_t kMostBulletins = 10;
constexpr std::size_t kMostNumbers = 20;  // of FlowFiles in another order

std::string counted(std::uint64_t number, std::string_view thing) {
  return fmt::format("{} {}{}", number, thing, number == 1 ? "" : "s");
}

std::string_view nameOf(BulletinLevel level) {
  switch (level) {
    case BulletinLevel::kDebug:
      return "debug";
    case BulletinLevel::kInfo:
      return "info";
    case BulletinLevel::kWarn:
      return "warn";
    default:
      return "error";
  }
}

std::string shown(const engine::Bulletin& bulletin) {
  return fmt::format("{} {}: {}", nameOf(bulletin.level), bulletin.componentName,
                     shownLine(bulletin.message));
}

void append(Lines& to, const std::string& heading, Lines lines) {
  if (lines.empty()) return;
  if (lines.size() == 1 && !lines.front().starts_with("- ") && !lines.front().starts_with("+ ")) {
    to.push_back("  " + heading + ": " + lines.front());
    return;
  }
  // A matcher's first line may be a sentence that goes on behind the heading.
  auto first = lines.begin();
  const bool sentence = !first->starts_with("- ") && !first->starts_with("+ ") &&
                        !first->starts_with("  ") && !first->starts_with('(');
  to.push_back("  " + heading + (sentence ? " " + *first : ":"));
  for (auto line = first + (sentence ? 1 : 0); line != lines.end(); ++line)
    to.push_back("    " + *line);
}

Lines differences(const ExpectedFlowFile& expected, const FlowFileSeen& seen) {
  Lines lines;
  if (expected.content) append(lines, "content", expected.content->differences(seen.content));
  for (const auto& [name, matcher] : expected.attributes) {
    const auto found = seen.attributes.find(name);
    append(lines, fmt::format("attribute '{}'", name),
           matcher.differences(found == seen.attributes.end()
                                   ? std::nullopt
                                   : std::optional<std::string_view>(found->second)));
  }
  if (expected.penalized && *expected.penalized != seen.penalized)
    lines.emplace_back(seen.penalized ? "  it is penalized" : "  it is not penalized");
  return lines;
}

/// A FlowFile in a few lines: what it is about, not all of it.
Lines summary(const FlowFileSeen& seen) {
  Lines lines;
  std::string attributes;
  for (const auto& [name, value] : seen.attributes) {
    if (name == "uuid" || name == "path" || name == "filename") continue;
    attributes += fmt::format("{}{}={}", attributes.empty() ? "" : ", ", name, shownLine(value));
  }
  Lines content = shownLines(seen.content);
  constexpr std::size_t kMost = 6;
  for (std::size_t i = 0; i < std::min(content.size(), kMost); ++i)
    lines.push_back("+ " + content[i]);
  if (content.size() > kMost) lines.push_back(fmt::format("… {} bytes", seen.content.size()));
  if (!attributes.empty()) lines.push_back("attributes: " + attributes);
  return lines;
}

class Judge {
 public:
  Judge(const TestCase& test, const Outcome& outcome, FileSystem& files)
      : test_(test), outcome_(outcome), files_(files) {}

  Verdict judge() {
    for (const std::string& trouble : outcome_.troubles) complain(test_.at, {trouble});
    for (std::size_t i = 0; i < test_.outputs.size(); ++i)
      judgeOutput(test_.outputs[i], outcome_.outputs[i]);
    for (const ExpectedFile& file : test_.expectedFiles) judgeFile(file);
    for (const ExpectedCounter& counter : test_.counters) judgeCounter(counter);
    if (test_.bulletins) judgeBulletins(*test_.bulletins);
    if (!verdict_.passed()) tellWhatCame();
    return std::move(verdict_);
  }

 private:
  void complain(SourcePosition at, Lines lines) {
    verdict_.complaints.push_back({at, std::move(lines)});
  }

  void judgeOutput(const ExpectedOutput& expected, const std::vector<FlowFileSeen>& seen) {
    const std::string place = expected.place.text();
    if (expected.count && !expected.flowFiles && *expected.count != seen.size())
      complain(expected.at, {fmt::format("{}: expected {}, came {}", place,
                                         counted(*expected.count, "FlowFile"), seen.size())});
    std::size_t told = 0;
    if (expected.each) {
      for (std::size_t i = 0; i < seen.size() && told < kMostComplaints; ++i) {
        Lines lines = differences(*expected.each, seen[i]);
        if (lines.empty()) continue;
        ++told;
        lines.insert(lines.begin(), fmt::format("{}: FlowFile {} of {} is not as each should be",
                                                place, i + 1, seen.size()));
        complain(expected.each->at, std::move(lines));
      }
    }
    if (!expected.flowFiles) return;
    const std::vector<ExpectedFlowFile>& wanted = *expected.flowFiles;
    if (wanted.size() != seen.size())
      complain(expected.at, {fmt::format("{}: expected {}, came {}", place,
                                         counted(wanted.size(), "FlowFile"), seen.size())});
    if (seen.empty()) return;
    const auto fits = [&](std::size_t want, std::size_t got) {
      return differences(wanted[want], seen[got]).empty();
    };
    const Pairs pairs = expected.anyOrder ? pairUp(wanted.size(), seen.size(), fits)
                                          : align(wanted.size(), seen.size(), fits);
    if (!expected.anyOrder && wanted.size() == seen.size() && !allFit(pairs, fits)) {
      const Pairs others = pairUp(wanted.size(), seen.size(), fits);
      if (allFit(others, fits)) {
        complain(expected.at, otherOrder(place, others));
        return;
      }
    }
    judgePairs(place, expected, seen, pairs);
  }

  template <typename Fits>
  static bool allFit(const Pairs& pairs, const Fits& fits) {
    return std::all_of(pairs.begin(), pairs.end(), [&](const auto& pair) {
      return pair.first && pair.second && fits(*pair.first, *pair.second);
    });
  }

  static Lines otherOrder(const std::string& place, const Pairs& pairs) {
    std::map<std::size_t, std::size_t> byArrival;
    for (const auto& [want, got] : pairs) byArrival[*got] = *want + 1;
    std::string order;
    for (const auto& [got, want] : byArrival) {
      if (got == kMostNumbers) {
        order += ", …";
        break;
      }
      order += fmt::format("{}{}", order.empty() ? "" : ", ", want);
    }
    return {fmt::format("{}: the right FlowFiles came in another order", place),
            "  as listed they are 1 to " + std::to_string(pairs.size()) + ", they came as " + order,
            "  write 'order: any' where the order does not matter"};
  }

  void judgePairs(const std::string& place, const ExpectedOutput& expected,
                  const std::vector<FlowFileSeen>& seen, const Pairs& pairs) {
    const std::vector<ExpectedFlowFile>& wanted = *expected.flowFiles;
    std::size_t told = 0;
    for (const auto& [want, got] : pairs) {
      Lines lines;
      if (want && got) {
        lines = differences(wanted[*want], seen[*got]);
        if (lines.empty()) continue;
        lines.insert(lines.begin(), fmt::format("{}: FlowFile {} is not as expected", place,
                                                expected.anyOrder ? *want + 1 : *got + 1));
      } else if (want) {
        lines = {
            fmt::format("{}: FlowFile {} of {} did not come", place, *want + 1, wanted.size())};
      } else {
        lines = {fmt::format("{}: FlowFile {} was not expected:", place, *got + 1)};
        for (std::string& line : summary(seen[*got])) lines.push_back("    " + std::move(line));
      }
      if (told++ == kMostComplaints) {
        complain(expected.at, {fmt::format("{}: further FlowFiles are not as expected", place)});
        return;
      }
      complain(want ? wanted[*want].at : expected.at, std::move(lines));
    }
  }

  void judgeFile(const ExpectedFile& expected) {
    std::optional<std::string> content;
    if (files_.exists(expected.path)) {
      auto read = files_.readAll(expected.path);
      if (!read.ok()) {
        complain(expected.at, {read.error().message});
        return;
      }
      content = std::move(*read);
    }
    Lines lines;
    append(lines, "content",
           expected.content.differences(content ? std::optional<std::string_view>(*content)
                                                : std::nullopt));
    if (lines.empty()) return;
    lines.insert(lines.begin(), fmt::format("file '{}' is not as expected", expected.path));
    complain(expected.at, std::move(lines));
  }

  void judgeCounter(const ExpectedCounter& expected) {
    const auto found = outcome_.counters.find(expected.name);
    const std::int64_t value = found == outcome_.counters.end() ? 0 : found->second;
    if (value == expected.value) return;
    complain(expected.at, {fmt::format("counter '{}': expected {}, is {}", expected.name,
                                       expected.value, value)});
  }

  void judgeBulletins(const std::vector<ExpectedBulletin>& expected) {
    const auto& bulletins = outcome_.bulletins;
    const std::string prefix = test_.group.empty() ? "" : test_.group + "/";
    const auto fits = [&](std::size_t want, std::size_t got) {
      const ExpectedBulletin& wanted = expected[want];
      const engine::Bulletin& came = bulletins[got];
      if (wanted.component && prefix + *wanted.component != came.componentName) return false;
      if (wanted.level && *wanted.level != came.level) return false;
      return !wanted.message || wanted.message->accepts(came.message);
    };
    const Pairs pairs = pairUp(expected.size(), bulletins.size(), fits);
    std::size_t told = 0;
    for (const auto& [want, got] : pairs) {
      if (want && got && fits(*want, *got)) continue;
      if (want) {
        complain(expected[*want].at,
                 {fmt::format("bulletin {} of {} did not come", *want + 1, expected.size())});
      }
      if (got && told++ < kMostComplaints)
        complain(test_.at, {"a bulletin that was not expected: " + shown(bulletins[*got])});
    }
  }

  void tellWhatCame() {
    std::size_t width = 0;
    width = std::string_view("component").size();
    for (const auto& component : outcome_.components)
      width = std::max(width, component.path.size());
    Lines& lines = verdict_.whatCame;
    if (outcome_.components.empty()) {
      lines.emplace_back("no FlowFile went through any component");
    } else {
      lines.push_back(fmt::format("{:<{}}  {:>6} {:>6} {:>7} {:>6}", "component", width, "in",
                                  "out", "dropped", "errors"));
    }
    for (const auto& component : outcome_.components)
      lines.push_back(fmt::format("{:<{}}  {:>6} {:>6} {:>7} {:>6}", component.path, width,
                                  component.in, component.out, component.removed,
                                  component.failures));
    for (std::size_t i = 0; i < std::min(outcome_.bulletins.size(), kMostBulletins); ++i)
      lines.push_back("bulletin: " + shown(outcome_.bulletins[i]));
    if (outcome_.bulletins.size() > kMostBulletins)
      lines.push_back(
          fmt::format("and {} more bulletins", outcome_.bulletins.size() - kMostBulletins));
  }

  const TestCase& test_;
  const Outcome& outcome_;
  FileSystem& files_;
  Verdict verdict_;
};

}  // namespace

std::string Place::text() const {
  if (!from) return fmt::format("what reaches '{}'", path);
  return relationship.empty() ? fmt::format("what comes out of '{}'", path)
                              : fmt::format("'{}' of '{}'", relationship, path);
}

Verdict judge(const TestCase& test, const Outcome& outcome, FileSystem& files) {
  return Judge(test, outcome, files).judge();
}

}  // namespace millrace::flowtest
