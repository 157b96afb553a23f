// SPDX-License-Identifier: Apache-2.0
#include "engine/ports/provenance_event.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace millrace {
namespace {

constexpr std::array<std::string_view, 17> kNames{
    "CREATE", "RECEIVE", "FETCH", "SEND", "UPLOAD", "REMOTE_INVOCATION", "DOWNLOAD",
    "DROP",   "EXPIRE",  "FORK",  "JOIN", "CLONE",  "CONTENT_MODIFIED",  "ATTRIBUTES_MODIFIED",
    "ROUTE",  "ADDINFO", "REPLAY"};

template <typename Number>
bool readNumber(std::string_view text, Number& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

}  // namespace

std::string ProvenanceEventId::text() const { return fmt::format("{}.{}", lsn.raw(), index); }

std::optional<ProvenanceEventId> ProvenanceEventId::parse(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  std::uint64_t lsn = 0;
  ProvenanceEventId id;
  if (!readNumber(text.substr(0, dot), lsn) || !readNumber(text.substr(dot + 1), id.index))
    return std::nullopt;
  id.lsn = Lsn(lsn);
  return id;
}

std::string_view nameOf(FactKind type) { return kNames[static_cast<std::size_t>(type) - 1]; }

std::optional<FactKind> factKindOf(std::string_view name) {
  const auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; };
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    const bool same = std::equal(name.begin(), name.end(), kNames[i].begin(), kNames[i].end(),
                                 [&](char a, char b) { return upper(a) == b; });
    if (same) return static_cast<FactKind>(i + 1);
  }
  return std::nullopt;
}

std::optional<std::string_view> ProvenanceEvent::attribute(std::string_view name) const {
  for (const auto& [changed, value] : changes) {
    if (changed != name) continue;
    return value ? std::optional<std::string_view>(*value) : std::nullopt;
  }
  for (const auto& [known, value] : attributes) {
    if (known == name) return value;
  }
  return std::nullopt;
}

}  // namespace millrace
