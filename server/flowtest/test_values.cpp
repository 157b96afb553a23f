// SPDX-License-Identifier: Apache-2.0
#include "server/flowtest/test_values.h"

#include "server/flowtest/test_keys.h"

#include <fmt/format.h>

#include <chrono>

namespace millrace::flowtest {
namespace {

using flow::YamlEntry;
using flow::YamlNode;

constexpr std::uint64_t kLargestFile = 256ULL << 20U;

/// The value of a base64 character; nothing for any other.
std::optional<unsigned> sextet(char character) {
  if (character >= 'A' && character <= 'Z') return character - 'A';
  if (character >= 'a' && character <= 'z') return character - 'a' + 26U;
  if (character >= '0' && character <= '9') return character - '0' + 52U;
  if (character == '+') return 62U;
  if (character == '/') return 63U;
  return std::nullopt;
}

/// Blanks and line breaks do not count.
std::optional<std::string> fromBase64(std::string_view text) {
  std::string bytes;
  unsigned gathered = 0;
  unsigned bits = 0;
  std::size_t characters = 0;
  std::size_t padding = 0;
  for (const char character : text) {
    if (character == ' ' || character == '\n' || character == '\r' || character == '\t') continue;
    ++characters;
    if (character == '=') {
      ++padding;
      continue;
    }
    const auto value = sextet(character);
    if (!value || padding > 0) return std::nullopt;
    gathered = gathered << 6U | *value;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(gathered >> bits & 0xffU);
    gathered &= (1U << bits) - 1;
  }
  if (characters % 4 != 0 || padding > 2) return std::nullopt;
  return bytes;
}

/// Reads numbers and marks of a moment from the left.
class MomentText {
 public:
  explicit MomentText(std::string_view text) : text_(text) {}
  std::optional<int> digits(std::size_t count) {
    if (text_.size() < count) return std::nullopt;
    int number = 0;
    for (const char character : text_.substr(0, count)) {
      if (character < '0' || character > '9') return std::nullopt;
      number = number * 10 + (character - '0');
    }
    text_.remove_prefix(count);
    return number;
  }
  bool mark(char character) {
    if (text_.empty() || text_.front() != character) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool atEnd() const { return text_.empty(); }

 private:
  std::string_view text_;
};

std::optional<Millis> momentOf(std::string_view text) {
  MomentText rest(text);
  const auto year = rest.digits(4);
  if (!year || !rest.mark('-')) return std::nullopt;
  const auto month = rest.digits(2);
  if (!month || !rest.mark('-')) return std::nullopt;
  const auto day = rest.digits(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  Millis moment = Millis{std::chrono::sys_days(date).time_since_epoch().count()} * 86'400'000;
  if (rest.atEnd()) return moment;
  if (!rest.mark('T') && !rest.mark(' ')) return std::nullopt;
  const auto hour = rest.digits(2);
  if (!hour || *hour > 23 || !rest.mark(':')) return std::nullopt;
  const auto minute = rest.digits(2);
  if (!minute || *minute > 59) return std::nullopt;
  moment += (Millis{*hour} * 60 + *minute) * 60'000;
  if (rest.mark(':')) {
    const auto second = rest.digits(2);
    if (!second || *second > 59) return std::nullopt;
    moment += Millis{*second} * 1000;
    if (rest.mark('.')) {
      const auto millis = rest.digits(3);
      if (!millis) return std::nullopt;
      moment += *millis;
    }
  }
  if (rest.atEnd() || (rest.mark('Z') && rest.atEnd())) return moment;
  const int sign = rest.mark('+') ? 1 : rest.mark('-') ? -1 : 0;
  if (sign == 0) return std::nullopt;
  const auto hours = rest.digits(2);
  if (!hours || *hours > 18 || !rest.mark(':')) return std::nullopt;
  const auto minutes = rest.digits(2);
  if (!minutes || *minutes > 59 || !rest.atEnd()) return std::nullopt;
  return moment - sign * (Millis{*hours} * 60 + *minutes) * 60'000;
}

}  // namespace

void TestValues::refuse(flow::SourcePosition at, std::string message, std::string advice) {
  findings_.push_back({flow::Severity::kError, at, {}, {}, std::move(message), std::move(advice)});
}

std::string TestValues::fileAt(const std::string& path) const {
  if (path.starts_with('/') || folder_.empty() || folder_ == ".") return path;
  return folder_ + "/" + path;
}

const std::string* TestValues::scalar(const YamlNode& node, const std::string& what) {
  if (node.isScalar()) return &node.text;
  if (node.isNull())
    refuse(node.at, fmt::format("{} has no value", what), "write one; '' is the empty text");
  else
    refuse(node.at, fmt::format("{} takes one text, not a list or a mapping", what),
           "write it in one line, or in quotes");
  return nullptr;
}

void TestValues::entries(const YamlNode* node, const std::string& what,
                         const std::function<void(const YamlEntry&)>& each) {
  if (node == nullptr) return;
  if (!node->isMap()) {
    refuse(node->at, fmt::format("{} takes a mapping", what), "write 'name: value' lines");
    return;
  }
  for (const YamlEntry& entry : node->entries) each(entry);
}

std::string TestValues::bytesOf(const YamlNode& node, std::string_view key,
                                const std::string& what) {
  const std::string* text = scalar(node, fmt::format("'{}' of {}", key, what));
  if (text == nullptr) return {};
  if (key == "file") {
    auto read = files_.readAll(fileAt(*text), kLargestFile);
    if (!read.ok()) {
      refuse(node.at, read.error().message, "name a file, seen from the test file's folder");
      return {};
    }
    return std::move(*read);
  }
  if (key == "base64") {
    auto bytes = fromBase64(*text);
    if (!bytes) refuse(node.at, "this is no base64", "encode the bytes with 'base64'");
    return bytes ? std::move(*bytes) : std::string();
  }
  return *text;
}

std::string TestValues::text(const YamlNode& node, const std::string& what) {
  if (!node.isMap()) {
    const std::string* text = scalar(node, what);
    return text == nullptr ? std::string() : *text;
  }
  const flow::YamlObject object(node, keysOf(TestObject::kText), {}, findings_);
  if (node.entries.size() != 1) {
    refuse(node.at, fmt::format("{} takes one of 'file' and 'base64'", what),
           "write one of them, or the text itself");
    return {};
  }
  return bytesOf(node.entries.front().value, node.entries.front().key.text, what);
}

std::optional<Matcher> TestValues::matcher(const YamlNode& node, const std::string& what,
                                           bool mayBeAbsent) {
  if (!node.isMap()) {
    const std::string* text = scalar(node, what);
    return text == nullptr ? std::nullopt : std::optional(Matcher::equals(*text));
  }
  const flow::YamlObject object(node, keysOf(TestObject::kMatcher), {}, findings_);
  if (node.entries.size() != 1) {
    refuse(node.at, fmt::format("{} is compared in one way", what),
           "write one of equals, file, base64, matches, contains, json" +
               std::string(mayBeAbsent ? ", absent" : ""));
    return std::nullopt;
  }
  const std::string& key = node.entries.front().key.text;
  const YamlNode& value = node.entries.front().value;
  const auto orFinding = [&](Result<Matcher> made) -> std::optional<Matcher> {
    if (made.ok()) return std::move(*made);
    refuse(value.at, fmt::format("'{}' of {}: {}", key, what, made.error().message), "correct it");
    return std::nullopt;
  };
  if (key == "absent") {
    const std::string* text = scalar(value, "'absent'");
    if (text == nullptr) return std::nullopt;
    if (mayBeAbsent && *text == "true") return Matcher::absent();
    refuse(value.at, fmt::format("'absent: {}' cannot be said of {}", *text, what),
           mayBeAbsent ? "write 'absent: true'" : "leave it out");
    return std::nullopt;
  }
  const std::size_t before = findings_.size();
  std::string text = bytesOf(value, key, what);
  if (findings_.size() != before) return std::nullopt;
  if (key == "matches") return orFinding(Matcher::matches(std::move(text)));
  if (key == "json") return orFinding(Matcher::json(text));
  if (key == "contains") return Matcher::contains(std::move(text));
  return Matcher::equals(std::move(text));
}

std::optional<Millis> TestValues::moment(const YamlNode& node) {
  const std::string* text = scalar(node, "'clock'");
  if (text == nullptr) return std::nullopt;
  const auto moment = momentOf(*text);
  if (!moment)
    refuse(node.at, fmt::format("'{}' is no moment", *text),
           "write one such as 2026-01-31T08:30:00Z");
  return moment;
}

}  // namespace millrace::flowtest
