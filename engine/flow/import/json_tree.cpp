// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/import/json_tree.h"

#include "engine/flow/source_text.h"

#include <fmt/format.h>

#include <unordered_set>

namespace millrace::flow {
namespace {

void appendUtf8(std::string& text, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6);
    put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  }
}

bool isHighHalf(std::uint32_t code) { return code >= 0xd800 && code < 0xdc00; }
bool isLowHalf(std::uint32_t code) { return code >= 0xdc00 && code < 0xe000; }
bool isDigit(char c) { return c >= '0' && c <= '9'; }

// Once something is wrong, `failed_` is set and every step returns at once.
class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {
    if (text_.starts_with("\xef\xbb\xbf")) at_ = counted_ = 3;
  }

  YamlTree read() {
    YamlTree tree;
    YamlNode root = value(0);
    skipBlanks();
    if (!failed_ && at_ < text_.size()) fail("something stands behind the end of the JSON value");
    tree.findings = std::move(findings_);
    if (!failed_) tree.root = std::move(root);
    return tree;
  }

 private:
  SourcePosition position() {
    // Characters are counted on from where the last position was asked for.
    for (; counted_ < at_; ++counted_) {
      if ((static_cast<unsigned char>(text_[counted_]) & 0xc0) != 0x80) ++column_;
      if (text_[counted_] == '\n') {
        ++line_;
        column_ = 1;
      }
    }
    return {line_, column_};
  }

  void fail(std::string message, std::string advice = "correct the JSON") {
    if (failed_) return;
    failed_ = true;
    findings_.push_back(
        {Severity::kError, position(), {}, {}, std::move(message), std::move(advice)});
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skipBlanks() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r'))
      ++at_;
  }
  bool take(char wanted) {
    skipBlanks();
    if (peek() != wanted || at_ >= text_.size()) return false;
    ++at_;
    return true;
  }

  YamlNode value(std::size_t depth) {
    skipBlanks();
    YamlNode node;
    if (failed_) return node;
    node.at = position();
    node.begin = at_;
    if (depth > kMaxYamlDepth)
      fail("values are nested too deeply", fmt::format("at most {} levels", kMaxYamlDepth));
    else if (++nodes_ > kMaxYamlNodes)
      fail("the file has too many values", fmt::format("at most {}", kMaxYamlNodes));
    else if (at_ >= text_.size())
      fail("the file ends where a value is expected");
    else if (peek() == '{')
      object(node, depth);
    else if (peek() == '[')
      array(node, depth);
    else if (peek() == '"')
      scalar(node, string());
    else
      word(node);
    node.end = at_;
    return node;
  }

  static void scalar(YamlNode& node, std::string text) {
    node.kind = YamlNode::Kind::kScalar;
    node.text = std::move(text);
  }

  void object(YamlNode& node, std::size_t depth) {
    node.kind = YamlNode::Kind::kMap;
    node.flowStyle = true;
    std::unordered_set<std::string> seen;
    ++at_;
    if (take('}')) return;
    while (!failed_) {
      skipBlanks();
      YamlEntry entry;
      entry.key.at = position();
      entry.key.begin = at_;
      if (peek() != '"') return fail("a key in quotes is expected here");
      scalar(entry.key, string());
      entry.key.end = at_;
      if (failed_) return;
      if (!seen.insert(entry.key.text).second)
        return fail(fmt::format("the key '{}' stands in this object twice", entry.key.text),
                    "remove one of them");
      if (!take(':')) return fail(fmt::format("a ':' is missing behind '{}'", entry.key.text));
      entry.value = value(depth + 1);
      node.entries.push_back(std::move(entry));
      if (take('}')) return;
      if (!failed_ && !take(',')) return fail("',' or '}' is expected here");
    }
  }

  void array(YamlNode& node, std::size_t depth) {
    node.kind = YamlNode::Kind::kSequence;
    node.flowStyle = true;
    ++at_;
    if (take(']')) return;
    while (!failed_) {
      node.items.push_back(value(depth + 1));
      if (take(']')) return;
      if (!failed_ && !take(',')) return fail("',' or ']' is expected here");
    }
  }

  std::string string() {
    std::string result;
    ++at_;
    while (true) {
      if (at_ >= text_.size()) {
        fail("the file ends inside a text");
        return result;
      }
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return result;
      }
      if (static_cast<unsigned char>(c) < 0x20) {
        fail("a line break or control character stands inside a text",
             "write it as \\n or \\u00XX");
        return result;
      }
      ++at_;
      if (c == '\\')
        escape(result);
      else
        result.push_back(c);
      if (failed_) return result;
    }
  }

  void escape(std::string& into) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const char c = peek();
    if (const std::size_t found = kLetters.find(c); found != std::string_view::npos) {
      ++at_;
      into.push_back(kMeanings[found]);
      return;
    }
    if (c != 'u') return fail("there is no such escape");
    ++at_;
    std::uint32_t code = fourDigits();
    if (isHighHalf(code) && text_.substr(at_).starts_with("\\u")) {
      at_ += 2;
      const std::uint32_t low = fourDigits();
      if (!isLowHalf(low)) return fail("half a character stands here (\\uD800 to \\uDFFF)");
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else if (isHighHalf(code) || isLowHalf(code)) {
      return fail("half a character stands here (\\uD800 to \\uDFFF)");
    }
    if (!failed_) appendUtf8(into, code);
  }

  std::uint32_t fourDigits() {
    std::uint32_t code = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = peek();
      const char lower = static_cast<char>(c | 0x20);
      if (isDigit(c)) {
        code = code * 16 + static_cast<std::uint32_t>(c - '0');
      } else if (lower >= 'a' && lower <= 'f') {
        code = code * 16 + static_cast<std::uint32_t>(lower - 'a' + 10);
      } else {
        fail("\\u needs four hexadecimal digits");
        return 0;
      }
    }
    return code;
  }

  void digits() {
    if (!isDigit(peek())) fail("this is no JSON value");
    while (isDigit(peek())) ++at_;
  }

  void word(YamlNode& node) {
    const std::size_t begin = at_;
    for (const std::string_view known : {"true", "false", "null"}) {
      if (!text_.substr(at_).starts_with(known)) continue;
      at_ += known.size();
      if (known != "null") scalar(node, std::string(known));
      return;
    }
    if (peek() == '-') ++at_;
    if (peek() == '0')
      ++at_;
    else
      digits();
    if (peek() == '.') {
      ++at_;
      digits();
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      digits();
    }
    scalar(node, std::string(text_.substr(begin, at_ - begin)));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t counted_ = 0;
  int line_ = 1;
  int column_ = 1;
  std::size_t nodes_ = 0;
  bool failed_ = false;
  Findings findings_;
};

}  // namespace

YamlTree parseJson(std::string_view text) {
  if (std::optional<Finding> refused = refusedBytes(SourceText(text))) {
    YamlTree tree;
    tree.findings.push_back(std::move(*refused));
    return tree;
  }
  return JsonReader(text).read();
}

}  // namespace millrace::flow
