// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/regex.h"

#include "engine/expression/java_pattern.h"

#include <fmt/format.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <cstring>
#include <utility>

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

void* allocateFromScratch(PCRE2_SIZE size, void* scratch) {
  return static_cast<Scratch*>(scratch)->allocate(size);
}
void leaveToScratch(void*, void*) {}

/// A growing text in the scratch of an evaluation.
class Output {
 public:
  explicit Output(Scratch& scratch) : scratch_(scratch) {}
  void add(std::string_view text) {
    if (text.empty()) return;
    if (size_ + text.size() > capacity_) {
      capacity_ = (size_ + text.size()) * 2;
      char* bigger = scratch_.allocate(capacity_);
      if (size_ > 0) std::memcpy(bigger, data_, size_);
      data_ = bigger;
    }
    std::memcpy(data_ + size_, text.data(), text.size());
    size_ += text.size();
  }
  std::string_view text() const { return {data_, size_}; }

 private:
  Scratch& scratch_;
  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

struct FreeCompileContext {
  void operator()(pcre2_compile_context* context) const { pcre2_compile_context_free(context); }
};
struct FreeCode {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};
struct FreeMatchContext {
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};

}  // namespace

struct Regex::Code {
  std::unique_ptr<pcre2_code, FreeCode> code;
  std::unique_ptr<pcre2_match_context, FreeMatchContext> limits;
};

namespace {

/// One run of a pattern over a text; its memory is the evaluation's scratch.
class Matching {
 public:
  Matching(const pcre2_code* code, pcre2_match_context* limits, std::string_view text,
           Workspace& work)
      : code_(code), limits_(limits), text_(text), work_(work) {
    pcre2_general_context* general =
        pcre2_general_context_create(allocateFromScratch, leaveToScratch, &work.scratch);
    data_ = pcre2_match_data_create_from_pattern(code, general);
  }

  bool from(std::size_t at, std::uint32_t options) {
    const auto* subject = reinterpret_cast<PCRE2_SPTR>(text_.data() == nullptr ? "" : text_.data());
    int code = pcre2_match(code_, subject, text_.size(), at, options, data_, limits_);
    if (code == PCRE2_ERROR_JIT_STACKLIMIT) {
      code = pcre2_match(code_, subject, text_.size(), at, options | PCRE2_NO_JIT, data_, limits_);
    }
    groups_ = code;
    if (code > 0) return true;
    if (code != PCRE2_ERROR_NOMATCH) {
      work_.fail(
          fmt::format("a regular expression gave up ({}); simplify the pattern or shorten "
                      "the text",
                      messageOf(code)));
    }
    return false;
  }

  std::size_t begin() const { return pcre2_get_ovector_pointer(data_)[0]; }
  std::size_t end() const { return pcre2_get_ovector_pointer(data_)[1]; }
  std::string_view group(std::size_t index) const {
    if (static_cast<int>(index) >= groups_) return {};
    const PCRE2_SIZE* places = pcre2_get_ovector_pointer(data_);
    if (places[2 * index] == PCRE2_UNSET) return {};
    return text_.substr(places[2 * index], places[2 * index + 1] - places[2 * index]);
  }

 private:
  const pcre2_code* code_;
  pcre2_match_context* limits_;
  std::string_view text_;
  Workspace& work_;
  pcre2_match_data* data_;
  int groups_ = 0;
};

std::size_t groupCount(const pcre2_code* code) {
  std::uint32_t count = 0;
  pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &count);
  return count;
}

/// The place after an empty match: one character on.
std::size_t nextCharacter(std::string_view text, std::size_t at) {
  ++at;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) ++at;
  return at;
}

/// Writes a Java replacement for one match; false when it refers to no group.
bool expand(const pcre2_code* code, const Matching& match, std::string_view replacement,
            Output& out, Workspace& work) {
  const std::size_t groups = groupCount(code);
  for (std::size_t i = 0; i < replacement.size();) {
    const char c = replacement[i];
    if (c != '\\' && c != '$') {
      const std::size_t end = std::min(replacement.find_first_of("\\$", i), replacement.size());
      out.add(replacement.substr(i, end - i));
      i = end;
      continue;
    }
    if (++i == replacement.size()) {
      work.fail(fmt::format("the replacement '{}' ends with '{}'; write \\{} for the character",
                            replacement, c, c));
      return false;
    }
    if (c == '\\') {
      out.add(replacement.substr(i++, 1));
      continue;
    }
    if (replacement[i] == '{') {
      const std::size_t close = replacement.find('}', i);
      const std::string name(
          replacement.substr(i + 1, close == replacement.npos ? close : close - i - 1));
      const int number =
          close == replacement.npos
              ? -1
              : pcre2_substring_number_from_name(code, reinterpret_cast<PCRE2_SPTR>(name.c_str()));
      if (number < 0) {
        work.fail(
            fmt::format("the replacement refers to no group of the pattern: '{}'", replacement));
        return false;
      }
      out.add(match.group(static_cast<std::size_t>(number)));
      i = close + 1;
      continue;
    }
    if (replacement[i] < '0' || replacement[i] > '9') {
      work.fail(fmt::format("'$' in the replacement '{}' is followed by no group; write \\$",
                            replacement));
      return false;
    }
    std::size_t group = static_cast<std::size_t>(replacement[i++] - '0');
    if (group > groups) {
      work.fail(fmt::format("the pattern has no group {}", group));
      return false;
    }
    while (i < replacement.size() && replacement[i] >= '0' && replacement[i] <= '9') {
      const std::size_t longer = group * 10 + static_cast<std::size_t>(replacement[i] - '0');
      if (longer > groups) break;
      group = longer;
      ++i;
    }
    out.add(match.group(group));
  }
  return true;
}

}  // namespace

Regex::Regex(std::unique_ptr<const Code> code) : code_(std::move(code)) {}
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;
Regex::~Regex() = default;

Result<Regex> Regex::compile(std::string_view javaPattern, Use use) {
  const std::string pattern = MR_TRY(fromJavaPattern(javaPattern));
  std::uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C;
  if (use == Use::kFull) options |= PCRE2_ANCHORED | PCRE2_ENDANCHORED;
  int error = 0;
  PCRE2_SIZE place = 0;
  const std::unique_ptr<pcre2_compile_context, FreeCompileContext> lines(
      pcre2_compile_context_create(nullptr));
  if (lines == nullptr) return Error::environment("no memory for a regular expression");
  pcre2_set_newline(lines.get(), PCRE2_NEWLINE_ANY);  // as Java: `.` stops at any line terminator
  auto code = std::make_unique<Code>();
  code->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.c_str()), pattern.size(),
                                 options, &error, &place, lines.get()));
  if (code->code == nullptr) {
    return Error::user(fmt::format("'{}' is no regular expression: {} (near character {})",
                                   javaPattern, messageOf(error), place));
  }
  pcre2_jit_compile(code->code.get(), PCRE2_JIT_COMPLETE);  // without it matching is only slower
  code->limits.reset(pcre2_match_context_create(nullptr));
  if (code->limits == nullptr) return Error::environment("no memory for a regular expression");
  pcre2_set_match_limit(code->limits.get(), kMatchLimit);
  pcre2_set_depth_limit(code->limits.get(), kDepthLimit);
  pcre2_set_heap_limit(code->limits.get(), kHeapLimitKiB);
  return Regex(std::move(code));
}

bool Regex::matches(std::string_view text, Workspace& work) const {
  return Matching(code_->code.get(), code_->limits.get(), text, work).from(0, 0);
}

std::string_view Regex::replace(std::string_view text, std::string_view replacement, Times times,
                                Workspace& work) const {
  Matching match(code_->code.get(), code_->limits.get(), text, work);
  Output out(work.scratch);
  std::size_t kept = 0;
  std::size_t at = 0;
  bool any = false;
  while (at <= text.size() && match.from(at, 0)) {
    any = true;
    out.add(text.substr(kept, match.begin() - kept));
    if (!expand(code_->code.get(), match, replacement, out, work)) return {};
    kept = match.end();
    at = match.end() > match.begin() ? match.end() : nextCharacter(text, match.end());
    if (times == Times::kFirst) break;
  }
  if (!any) return text;
  out.add(text.substr(std::min(kept, text.size())));
  return out.text();
}

std::vector<std::string_view> Regex::split(std::string_view text, Workspace& work) const {
  std::vector<std::string_view> parts;
  Matching match(code_->code.get(), code_->limits.get(), text, work);
  std::size_t from = 0;
  std::size_t at = 0;
  while (at < text.size() && match.from(at, 0)) {
    const bool empty = match.end() == match.begin();
    // Java makes no empty part of an empty match at the very beginning.
    if (match.begin() < text.size() && !(empty && match.begin() == 0)) {
      parts.push_back(text.substr(from, match.begin() - from));
      from = match.end();
    } else if (!empty) {
      parts.push_back(text.substr(from, match.begin() - from));
      from = match.end();
    }
    at = empty ? nextCharacter(text, match.end()) : match.end();
  }
  if (parts.empty()) return {text};
  parts.push_back(text.substr(from));
  while (!parts.empty() && parts.back().empty()) parts.pop_back();
  return parts;
}

}  // namespace millrace::expression
