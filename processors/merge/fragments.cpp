// SPDX-License-Identifier: Apache-2.0
#include "processors/merge/fragments.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

namespace millrace::processors {

namespace {

bool isDigits(std::optional<std::string_view> text) {
  return text && !text->empty() && text->find_first_not_of("0123456789") == std::string_view::npos;
}

/// Digits without the zeros in front, so that length and then text decide the order.
std::string_view significant(std::string_view digits) {
  const std::size_t from = digits.find_first_not_of('0');
  return from == std::string_view::npos ? std::string_view("0") : digits.substr(from);
}

bool isLess(std::string_view a, std::string_view b) {
  a = significant(a);
  b = significant(b);
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

}  // namespace

std::optional<std::string> findFragmentProblem(std::span<SessionFlowFile* const> files) {
  std::optional<std::string_view> count;
  for (const SessionFlowFile* file : files) {
    const std::string_view name = file->value("filename");
    if (!isDigits(file->attribute("fragment.index"))) {
      return fmt::format("{} has no whole number in fragment.index", name);
    }
    const auto own = file->attribute("fragment.count");
    if (!own) continue;
    if (!isDigits(own)) return fmt::format("{} has no whole number in fragment.count", name);
    if (!count) count = own;
    if (*count != *own) {
      return fmt::format("{} has {} in fragment.count and another fragment has {}", name, *own,
                         *count);
    }
  }
  if (!count) return "none of the fragments has fragment.count";
  if (significant(*count) != fmt::format("{}", files.size())) {
    return fmt::format("fragment.count is {} but there are {} fragments", *count, files.size());
  }
  return std::nullopt;
}

void sortFragments(std::vector<SessionFlowFile*>& files) {
  std::stable_sort(files.begin(), files.end(), [](const auto* a, const auto* b) {
    return isLess(a->value("fragment.index"), b->value("fragment.index"));
  });
}

std::vector<Attributes::Pair> uniqueAttributes(std::span<SessionFlowFile* const> files) {
  std::vector<Attributes::Pair> pairs;
  std::unordered_map<std::string_view, std::size_t> places;
  std::vector<bool> differs;
  for (const SessionFlowFile* file : files) {
    file->forEachAttribute([&](std::string_view key, std::string_view value) {
      const auto [place, isNew] = places.try_emplace(key, pairs.size());
      if (isNew) {
        pairs.emplace_back(key, value);
        differs.push_back(key == "uuid");
      } else if (pairs[place->second].second != value) {
        differs[place->second] = true;
      }
    });
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (!differs[i]) pairs[kept++] = pairs[i];
  }
  pairs.resize(kept);
  return pairs;
}

}  // namespace millrace::processors
