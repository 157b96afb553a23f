// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/finding.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <numeric>

namespace millrace::flow {
namespace {

// Beyond this a typing error is not what happened, and the quadratic distance is not worth having.
constexpr std::size_t kLongestCompared = 120;

std::string folded(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == ' ' || c == '-' || c == '_') continue;
    result.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  }
  return result;
}

std::size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

std::string oneLine(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    result.push_back(control ? ' ' : c);
  }
  return result;
}

}  // namespace

std::string describe(const Finding& finding, std::string_view file) {
  std::string text(file);
  if (finding.at.known()) text += fmt::format(":{}:{}", finding.at.line, finding.at.column);
  if (!text.empty()) text += ": ";
  text += finding.severity == Severity::kError ? "error: " : "warning: ";
  if (!finding.component.empty()) text += finding.component + ": ";
  if (!finding.property.empty()) text += "'" + finding.property + "': ";
  text += finding.message;
  if (!finding.advice.empty()) text += "; " + finding.advice;
  return oneLine(text);
}

bool hasError(const Findings& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& f) { return f.severity == Severity::kError; });
}

void sortByPosition(Findings& findings) {
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    if (a.at.line != b.at.line) return a.at.line < b.at.line;
    if (a.at.column != b.at.column) return a.at.column < b.at.column;
    return a.severity < b.severity;
  });
}

std::string didYouMean(std::string_view text, const std::vector<std::string>& candidates) {
  const std::string wanted = folded(text.substr(0, kLongestCompared));
  if (wanted.empty()) return {};
  std::size_t bestDistance = std::max<std::size_t>(1, wanted.size() / 3) + 1;
  const std::string* best = nullptr;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kLongestCompared) continue;
    const std::string other = folded(candidate);
    const std::size_t gap =
        other.size() > wanted.size() ? other.size() - wanted.size() : wanted.size() - other.size();
    if (gap >= bestDistance) continue;
    const std::size_t distance = editDistance(wanted, other);
    if (distance < bestDistance) {
      bestDistance = distance;
      best = &candidate;
    }
  }
  return best == nullptr ? std::string{} : fmt::format("did you mean '{}'", *best);
}

}  // namespace millrace::flow
