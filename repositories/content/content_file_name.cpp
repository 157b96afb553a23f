// SPDX-License-Identifier: Apache-2.0
#include "repositories/content/content_file_name.h"

#include <fmt/format.h>

#include <charconv>

namespace millrace::repo {
namespace {

constexpr std::string_view kOwn = ".content";
constexpr std::string_view kAdopted = ".adopted";
constexpr std::size_t kDigits = 20;

}  // namespace

std::string ContentFileName::text() const {
  return fmt::format("{:020}{}", number, kind == ContentSegment::Kind::kOwn ? kOwn : kAdopted);
}

std::optional<ContentFileName> ContentFileName::parse(std::string_view name) {
  if (name.size() != kDigits + kOwn.size()) return std::nullopt;
  const bool own = name.ends_with(kOwn);
  if (!own && !name.ends_with(kAdopted)) return std::nullopt;
  std::uint64_t number = 0;
  const char* const end = name.data() + kDigits;
  const auto [stopped, code] = std::from_chars(name.data(), end, number);
  if (code != std::errc{} || stopped != end) return std::nullopt;
  return ContentFileName{number, own ? ContentSegment::Kind::kOwn : ContentSegment::Kind::kAdopted};
}

}  // namespace millrace::repo
