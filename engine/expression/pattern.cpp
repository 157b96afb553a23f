// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/pattern.h"

#include "engine/expression/java_pattern.h"

#include <fmt/format.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>

namespace millrace::expression {

namespace {

constexpr std::uint32_t kMatchLimit = 10'000'000;
constexpr std::uint32_t kDepthLimit = 1'000'000;
constexpr std::uint32_t kHeapLimitKiB = 32 * 1024;

std::string messageOf(int code) {
  PCRE2_UCHAR buffer[160] = {};
  pcre2_get_error_message(code, buffer, sizeof buffer);
  return reinterpret_cast<const char*>(buffer);
}

struct FreeCompileContext {
  void operator()(pcre2_compile_context* context) const { pcre2_compile_context_free(context); }
};
struct FreeCode {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
struct FreeMatchContext {
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};
struct FreeMatchData {
  void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
};

/// Moves the flags at the head of the pattern, `(?is)`, into `flags`. Java's d and U are no flags
/// of PCRE2, and u is always on there.
std::string_view withoutLeadingFlags(std::string_view pattern, PatternFlags& flags) {
  while (pattern.starts_with("(?")) {
    const std::size_t end = pattern.find(')');
    if (end == pattern.npos || end == 2) break;
    const std::string_view letters = pattern.substr(2, end - 2);
    if (letters.find_first_not_of("idmsuxU") != letters.npos) break;
    for (const char letter : letters) {
      if (letter == 'i') flags.caseInsensitive = true;
      if (letter == 'd') flags.unixLines = true;
      if (letter == 'm') flags.multiline = true;
      if (letter == 's') flags.dotAll = true;
      if (letter == 'x') flags.comments = true;
      if (letter == 'U') flags.unicodeClasses = true;
    }
    pattern.remove_prefix(end + 1);
  }
  return pattern;
}

std::uint32_t optionsOf(const PatternFlags& flags, Pattern::Use use) {
  std::uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF;
  if (use == Pattern::Use::kWhole) options |= PCRE2_ANCHORED | PCRE2_ENDANCHORED;
  if (flags.caseInsensitive) options |= PCRE2_CASELESS;
  if (flags.literal) return options | PCRE2_LITERAL;
  options |= PCRE2_NEVER_BACKSLASH_C;
  if (flags.comments) options |= PCRE2_EXTENDED_MORE;
  if (flags.dotAll) options |= PCRE2_DOTALL;
  if (flags.multiline) options |= PCRE2_MULTILINE;
  if (flags.unicodeClasses) options |= PCRE2_UCP;
  return options;
}

std::vector<std::pair<std::string, std::size_t>> namesOf(const pcre2_code* code) {
  std::uint32_t count = 0;
  std::uint32_t entry = 0;
  PCRE2_SPTR table = nullptr;
  pcre2_pattern_info(code, PCRE2_INFO_NAMECOUNT, &count);
  pcre2_pattern_info(code, PCRE2_INFO_NAMEENTRYSIZE, &entry);
  pcre2_pattern_info(code, PCRE2_INFO_NAMETABLE, &table);
  std::vector<std::pair<std::string, std::size_t>> names;
  for (std::uint32_t i = 0; i < count; ++i, table += entry) {
    names.emplace_back(reinterpret_cast<const char*>(table + 2),
                       static_cast<std::size_t>(table[0]) << 8 | table[1]);
  }
  std::sort(names.begin(), names.end(),
            [](const auto& a, const auto& b) { return a.second < b.second; });
  return names;
}

bool isDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

struct Pattern::Code {
  std::unique_ptr<pcre2_code, FreeCode> code;
  std::unique_ptr<pcre2_match_context, FreeMatchContext> limits;
  std::size_t groups = 0;
  std::vector<std::pair<std::string, std::size_t>> names;
};

Pattern::Pattern(std::unique_ptr<const Code> code) : code_(std::move(code)) {}
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;
Pattern::~Pattern() = default;

Result<Pattern> Pattern::compile(std::string_view javaPattern, Use use, PatternFlags flags) {
  std::string pattern(javaPattern);
  if (!flags.literal) {
    pattern = MR_TRY(fromJavaPattern(withoutLeadingFlags(javaPattern, flags)));
  }
  const std::unique_ptr<pcre2_compile_context, FreeCompileContext> lines(
      pcre2_compile_context_create(nullptr));
  auto code = std::make_unique<Code>();
  code->limits.reset(pcre2_match_context_create(nullptr));
  if (lines == nullptr || code->limits == nullptr) {
    return Error::environment("no memory for a regular expression");
  }
  pcre2_set_newline(lines.get(), flags.unixLines ? PCRE2_NEWLINE_LF : PCRE2_NEWLINE_ANY);
  int error = 0;
  PCRE2_SIZE place = 0;
  code->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.c_str()), pattern.size(),
                                 optionsOf(flags, use), &error, &place, lines.get()));
  if (code->code == nullptr) {
    return Error::user(fmt::format("'{}' is no regular expression: {} (near character {})",
                                   javaPattern, messageOf(error), place));
  }
  pcre2_jit_compile(code->code.get(), PCRE2_JIT_COMPLETE);  // without it matching is only slower
  pcre2_set_match_limit(code->limits.get(), kMatchLimit);
  pcre2_set_depth_limit(code->limits.get(), kDepthLimit);
  pcre2_set_heap_limit(code->limits.get(), kHeapLimitKiB);
  std::uint32_t groups = 0;
  pcre2_pattern_info(code->code.get(), PCRE2_INFO_CAPTURECOUNT, &groups);
  code->groups = groups;
  code->names = namesOf(code->code.get());
  return Pattern(std::move(code));
}

std::size_t Pattern::groupCount() const { return code_->groups; }

const std::vector<std::pair<std::string, std::size_t>>& Pattern::names() const {
  return code_->names;
}

std::string Pattern::quote(std::string_view text) {
  std::string quoted = "\\Q";
  for (std::size_t from = 0;;) {
    const std::size_t end = text.find("\\E", from);
    if (end == text.npos) {
      quoted += text.substr(from);
      return quoted + "\\E";
    }
    quoted += text.substr(from, end - from);
    quoted += "\\E\\\\E\\Q";
    from = end + 2;
  }
}

struct Matcher::Data {
  std::unique_ptr<pcre2_match_data, FreeMatchData> data;
  const PCRE2_SIZE* places = nullptr;
};

Matcher::Matcher(const Pattern& pattern) : pattern_(pattern), data_(std::make_unique<Data>()) {
  data_->data.reset(pcre2_match_data_create_from_pattern(pattern.code_->code.get(), nullptr));
  if (data_->data == nullptr) throw std::bad_alloc();
  data_->places = pcre2_get_ovector_pointer(data_->data.get());
}

Matcher::~Matcher() = default;

Result<bool> Matcher::find(std::string_view text, std::size_t from) {
  text_ = text.data() == nullptr ? std::string_view("") : text;
  groups_ = 0;
  if (from > text_.size()) return false;
  const auto* subject = reinterpret_cast<PCRE2_SPTR>(text_.data());
  const Pattern::Code& code = *pattern_.code_;
  int result = pcre2_match(code.code.get(), subject, text_.size(), from, 0, data_->data.get(),
                           code.limits.get());
  if (result == PCRE2_ERROR_JIT_STACKLIMIT) {
    result = pcre2_match(code.code.get(), subject, text_.size(), from, PCRE2_NO_JIT,
                         data_->data.get(), code.limits.get());
  }
  if (result > 0) {
    groups_ = result;
    return true;
  }
  if (result == PCRE2_ERROR_NOMATCH) return false;
  return Error::user(
      fmt::format("a regular expression gave up ({}); simplify the pattern or shorten the text",
                  messageOf(result)));
}

Result<bool> Matcher::findNext() {
  if (groups_ == 0) return false;
  std::size_t from = end();
  if (begin() == end()) {
    ++from;
    while (from < text_.size() && (static_cast<unsigned char>(text_[from]) & 0xC0U) == 0x80U) {
      ++from;
    }
  }
  return find(text_, from);
}

std::size_t Matcher::begin() const { return data_->places[0]; }
std::size_t Matcher::end() const { return data_->places[1]; }

std::optional<std::string_view> Matcher::group(std::size_t index) const {
  if (groups_ <= 0 || index >= static_cast<std::size_t>(groups_)) return std::nullopt;
  const std::size_t first = data_->places[2 * index];
  if (first == PCRE2_UNSET) return std::nullopt;
  return text_.substr(first, data_->places[2 * index + 1] - first);
}

Result<> Matcher::expand(std::string_view replacement, std::string& into) const {
  for (std::size_t i = 0; i < replacement.size();) {
    const char c = replacement[i];
    if (c != '\\' && c != '$') {
      const std::size_t end = std::min(replacement.find_first_of("\\$", i), replacement.size());
      into += replacement.substr(i, end - i);
      i = end;
      continue;
    }
    if (++i == replacement.size()) {
      return Error::user(
          fmt::format("the replacement '{}' ends with '{}'; write \\{} for it", replacement, c, c));
    }
    if (c == '\\') {
      into += replacement[i++];
      continue;
    }
    if (replacement[i] == '{') {
      const std::size_t close = std::min(replacement.find('}', i), replacement.size());
      const std::string_view name = replacement.substr(i + 1, close - i - 1);
      const auto& names = pattern_.names();
      const auto found = std::find_if(names.begin(), names.end(),
                                      [&](const auto& entry) { return entry.first == name; });
      if (close == replacement.size() || found == names.end()) {
        return Error::user(
            fmt::format("the pattern has no group of the name in '{}'", replacement));
      }
      into += group(found->second).value_or(std::string_view{});
      i = close + 1;
      continue;
    }
    if (!isDigit(replacement[i])) {
      return Error::user(
          fmt::format("'$' in the replacement '{}' is followed by no group; write "
                      "\\$ for the character",
                      replacement));
    }
    auto number = static_cast<std::size_t>(replacement[i++] - '0');
    if (number > pattern_.groupCount()) {
      return Error::user(fmt::format("the pattern has no group {}", number));
    }
    for (; i < replacement.size() && isDigit(replacement[i]); ++i) {
      const std::size_t longer = number * 10 + static_cast<std::size_t>(replacement[i] - '0');
      if (longer > pattern_.groupCount()) break;
      number = longer;
    }
    into += group(number).value_or(std::string_view{});
  }
  return Done{};
}

}  // namespace millrace::expression
