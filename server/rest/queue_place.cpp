// SPDX-License-Identifier: Apache-2.0
#include "server/rest/queue_place.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <vector>

namespace millrace::server {
namespace {

constexpr std::string_view kPriority = "priority";  // the attribute that prioritizers look at

template <typename Number>
std::optional<Number> numberOf(std::string_view text, int base = 10) {
  Number value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  if (text.empty() || stop != end || error != std::errc()) return std::nullopt;
  return value;
}

std::string hexOf(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

std::optional<std::string> bytesOf(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const auto value = numberOf<std::uint8_t>(hex.substr(i, 2), 16);
    if (!value) return std::nullopt;
    bytes.push_back(static_cast<char>(*value));
  }
  return bytes;
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t dot = text.find('.');
    parts.push_back(text.substr(0, dot));
    if (dot == std::string_view::npos) return parts;
    text.remove_prefix(dot + 1);
  }
}

}  // namespace

QueuePlace QueuePlace::of(const FlowFile& file, std::uint64_t position) {
  QueuePlace place;
  place.position = position;
  place.seen.key = file.key;
  place.seen.entryDate = file.entryDate;
  if (const auto priority = file.attributes.find(kPriority))
    place.seen.attributes = Attributes().with(kPriority, *priority);
  return place;
}

std::string QueuePlace::text() const {
  std::string text = fmt::format("{}.{}.{}.{}", position, seen.key.lsn.raw(), seen.key.index,
                                 static_cast<std::uint64_t>(seen.entryDate));
  if (const auto priority = seen.attributes.find(kPriority)) text += '.' + hexOf(*priority);
  return text;
}

Result<QueuePlace> QueuePlace::parse(std::string_view text) {
  const Error wrong = Error::user("this is no place in a queue; take 'next' or 'place' of a list");
  const auto parts = split(text);
  constexpr std::size_t kNumbers = 4;
  if (parts.size() != kNumbers && parts.size() != kNumbers + 1) return wrong;
  const auto position = numberOf<std::uint64_t>(parts[0]);
  const auto lsn = numberOf<std::uint64_t>(parts[1]);
  const auto index = numberOf<std::uint32_t>(parts[2]);
  const auto entryDate = numberOf<std::uint64_t>(parts[3]);
  if (!position || !lsn || !index || !entryDate) return wrong;
  QueuePlace place;
  place.position = *position;
  place.seen.key = {Lsn(*lsn), *index};
  place.seen.entryDate = static_cast<Millis>(*entryDate);
  if (parts.size() == kNumbers) return place;
  const auto priority = bytesOf(parts[kNumbers]);
  if (!priority) return wrong;
  place.seen.attributes = Attributes().with(kPriority, *priority);
  return place;
}

}  // namespace millrace::server
