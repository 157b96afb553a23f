// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/java_pattern.h"

#include <cctype>
#include <utility>

namespace millrace::expression {

namespace {

/// Java's names of classes, for use inside brackets.
constexpr std::pair<std::string_view, std::string_view> kClasses[] = {
    {"Lower", "[:lower:]"},       {"Upper", "[:upper:]"},
    {"Alpha", "[:alpha:]"},       {"Digit", "[:digit:]"},
    {"Alnum", "[:alnum:]"},       {"Punct", "[:punct:]"},
    {"Graph", "[:graph:]"},       {"Print", "[:print:]"},
    {"Blank", "[:blank:]"},       {"Cntrl", "[:cntrl:]"},
    {"XDigit", "[:xdigit:]"},     {"Space", "[:space:]"},
    {"ASCII", "\\x00-\\x7F"},     {"IsAlphabetic", "\\p{L}\\p{Nl}"},
    {"IsLetter", "\\p{L}"},       {"IsDigit", "\\p{Nd}"},
    {"IsUppercase", "\\p{Lu}"},   {"IsLowercase", "\\p{Ll}"},
    {"IsPunctuation", "\\p{P}"},  {"IsWhite_Space", "\\s\\p{Z}"},
    {"javaLowerCase", "\\p{Ll}"}, {"javaUpperCase", "\\p{Lu}"},
};

class Translation {
 public:
  explicit Translation(std::string_view pattern) : in_(pattern) {}

  Result<std::string> run() {
    while (at_ < in_.size()) {
      const char c = in_[at_];
      if (c == '\\') {
        MR_TRY(escape());
      } else if (c == '[') {
        MR_TRY(openBracket());
      } else if (c == ']' && inClass_) {
        inClass_ = false;
        out_ += in_[at_++];
      } else if (c == '&' && inClass_ && in_.substr(at_, 2) == "&&") {
        return Error::user(
            "class intersection (&&) is not supported; use a lookahead: (?![x])[a-z]");
      } else {
        out_ += in_[at_++];
      }
    }
    return std::move(out_);
  }

 private:
  Result<Done> openBracket() {
    if (inClass_) {
      return Error::user(
          "a class inside a class ([a[b]]) is not supported; write \\[ for a bracket "
          "or put all into one class");
    }
    inClass_ = true;
    out_ += in_[at_++];
    if (at_ < in_.size() && in_[at_] == '^') out_ += in_[at_++];
    return Done{};
  }

  Result<Done> escape() {
    const std::string_view rest = in_.substr(at_);
    if (rest.size() < 2) return Error::user("the pattern ends with a single backslash");
    const char c = rest[1];
    if (c == 'Q') {
      const std::size_t end = rest.find("\\E", 2);
      const std::string_view quoted = rest.substr(2, end == rest.npos ? rest.npos : end - 2);
      for (const char q : quoted) {
        if (std::isalnum(static_cast<unsigned char>(q)) == 0 &&
            static_cast<unsigned char>(q) < 128) {
          out_ += '\\';
        }
        out_ += q;
      }
      at_ += end == rest.npos ? rest.size() : end + 2;
      return Done{};
    }
    if (c == 'u' && rest.size() >= 6) {
      out_ += "\\x{";
      out_ += rest.substr(2, 4);
      out_ += '}';
      at_ += 6;
      return Done{};
    }
    if ((c == 'p' || c == 'P') && rest.size() > 3 && rest[2] == '{') {
      const std::size_t end = rest.find('}');
      if (end == rest.npos) return Error::user("\\p{ is never closed");
      property(rest.substr(3, end - 3), c == 'P');
      at_ += end + 1;
      return Done{};
    }
    // Java lets a quantifier follow an assertion.
    const bool assertion =
        !inClass_ && std::string_view("bBAzZG").find(c) != std::string_view::npos;
    const bool repeated = rest.size() > 2 && std::string_view("?*+{").find(rest[2]) != rest.npos;
    const bool wrap = assertion && repeated;
    if (wrap) out_ += "(?:";
    out_ += rest.substr(0, 2);
    if (wrap) out_ += ')';
    at_ += 2;
    return Done{};
  }

  void property(std::string_view name, bool negated) {
    for (const auto& [java, ours] : kClasses) {
      if (java != name) continue;
      if (inClass_ && !negated) {
        out_ += ours;
      } else if (!inClass_) {
        out_ += negated ? "[^" : "[";
        out_ += ours;
        out_ += ']';
      } else if (ours.starts_with("[:")) {
        out_ += "[:^";
        out_ += ours.substr(2);
      } else {
        out_ += "\\P{";
        out_ += name;
        out_ += '}';
      }
      return;
    }
    out_ += negated ? "\\P{" : "\\p{";
    out_ += name.starts_with("Is") ? name.substr(2) : name;
    out_ += '}';
  }

  std::string_view in_;
  std::size_t at_ = 0;
  std::string out_;
  bool inClass_ = false;
};

}  // namespace

Result<std::string> fromJavaPattern(std::string_view pattern) { return Translation(pattern).run(); }

}  // namespace millrace::expression
