// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/yaml_tree.h"

#include "engine/flow/source_text.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <unordered_set>

namespace millrace::flow {
namespace {

// Ends the parse from inside a yaml-cpp callback; never leaves this file.
struct Refusal {
  Finding finding;
};

// In braces yaml-cpp ends a plain text at every '?', where YAML ends it only at '? '. A flow file
// has no use for the `? key` form, so the parser is shown this byte instead, which is in no UTF-8
// text and which no escape can name, and never learns of question marks.
constexpr char kQuestionMark = '\xff';

std::string hideQuestionMarks(std::string_view text) {
  std::string result(text);
  std::replace(result.begin(), result.end(), '?', kQuestionMark);
  return result;
}

std::string showQuestionMarks(std::string text) {
  std::replace(text.begin(), text.end(), kQuestionMark, '?');
  return text;
}

// Turns yaml-cpp's events into nodes with ranges.
class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const SourceText& source) : source_(source) {}

  std::optional<YamlNode> takeRoot() { return std::move(root_); }
  Findings takeFindings() { return std::move(findings_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode node = start(mark, "", anchor, YamlNode::Kind::kNull);
    if (!stack_.empty() && stack_.back().key) node.begin = afterColon(*stack_.back().key);
    node.end = node.begin;
    add(std::move(node));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuseAlias(offset(mark)); }
  void OnAnchor(const YAML::Mark& mark, const std::string&) override { refuseAlias(offset(mark)); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node = start(mark, tag, anchor, YamlNode::Kind::kScalar);
    node.text = showQuestionMarks(value);
    const std::string_view text = source_.text();
    const char first = node.begin < text.size() ? text[node.begin] : '\0';
    const bool inFlow = !stack_.empty() && stack_.back().node.flowStyle;
    if (first == '"' || first == '\'') {
      node.end = source_.quotedEnd(node.begin);
    } else if ((first == '|' || first == '>') && !inFlow) {
      node.end = source_.blockEnd(node.begin, indent());
    } else {
      node.end = source_.plainEnd(node.begin, node.text);
    }
    add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(start(mark, tag, anchor, YamlNode::Kind::kSequence), style, '[');
  }
  void OnSequenceEnd() override { close(']'); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open(start(mark, tag, anchor, YamlNode::Kind::kMap), style, '{');
  }
  void OnMapEnd() override { close('}'); }

  [[noreturn]] void refuse(std::size_t at, std::string message, std::string advice) const {
    throw Refusal{
        {Severity::kError, source_.position(at), {}, {}, std::move(message), std::move(advice)}};
  }

 private:
  struct Open {
    YamlNode node;
    std::optional<YamlNode> key;           // of a mapping, waiting for its value
    std::unordered_set<std::string> seen;  // keys of a mapping
  };

  std::size_t offset(const YAML::Mark& mark) const {
    return source_.offset(mark.line, mark.column);
  }
  int indent() const { return stack_.empty() ? -1 : stack_.back().node.at.column - 1; }
  std::size_t afterColon(const YamlNode& key) const {
    const std::size_t colon = source_.text().find_first_not_of(" \t", key.end);
    return colon == std::string_view::npos ? key.end : colon + 1;
  }
  [[noreturn]] void refuseAlias(std::size_t at) const {
    refuse(at, "anchors (&) and aliases (*) are not part of the flow format",
           "write the value out, or put the text in quotes");
  }

  YamlNode start(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                 YamlNode::Kind kind) {
    YamlNode node;
    node.kind = kind;
    node.begin = offset(mark);
    node.at = source_.position(node.begin);
    const bool marked = node.begin < source_.text().size() && source_.text()[node.begin] == '!' &&
                        kind != YamlNode::Kind::kNull;
    if (anchor != 0) refuseAlias(node.begin);
    if (marked || (!tag.empty() && tag != "?" && tag != "!"))
      refuse(node.begin, "tags (!) are not part of the flow format",
             "remove the tag, or put the text in quotes");
    if (++nodes_ > kMaxYamlNodes)
      refuse(node.begin, "the file has too many values",
             fmt::format("a flow file may have {}; split the flow", kMaxYamlNodes));
    return node;
  }

  void open(YamlNode node, YAML::EmitterStyle::value style, char bracket) {
    if (stack_.size() >= kMaxYamlDepth)
      refuse(node.begin, "values are nested too deeply",
             fmt::format("at most {} levels are allowed; flatten the groups", kMaxYamlDepth));
    node.flowStyle = style == YAML::EmitterStyle::Flow;
    node.end = node.begin + (node.flowStyle ? 1 : 0);
    const std::string_view text = source_.text();
    if (node.flowStyle && (node.begin >= text.size() || text[node.begin] != bracket))
      refuse(node.begin, "a mapping inside a list needs braces", "write {key: value}");
    stack_.push_back({std::move(node), std::nullopt, {}});
  }

  void close(char bracket) {
    Open done = std::move(stack_.back());
    stack_.pop_back();
    if (done.node.flowStyle) done.node.end = source_.bracketEnd(done.node.end, bracket);
    add(std::move(done.node));
  }

  void add(YamlNode node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = stack_.back();
    parent.node.end = std::max(parent.node.end, node.end);
    if (parent.node.isSequence()) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      checkKey(node);
      parent.key = std::move(node);
    } else {
      if (!parent.seen.insert(parent.key->text).second)
        findings_.push_back({Severity::kError,
                             parent.key->at,
                             {},
                             {},
                             fmt::format("the key '{}' stands here twice", parent.key->text),
                             "remove one of them"});
      else
        parent.node.entries.push_back({std::move(*parent.key), std::move(node)});
      parent.key.reset();
    }
  }

  void checkKey(const YamlNode& key) const {
    if (!key.isScalar())
      refuse(key.begin, "a key must be a plain or quoted text", "write key: value");
    const std::size_t colon = source_.text().find_first_not_of(" \t", key.end);
    if (colon == std::string_view::npos || source_.text()[colon] != ':')
      refuse(key.begin, fmt::format("the key '{}' has no ': value'", key.text), "write key: value");
    if (key.text == "<<")
      refuse(key.begin, "merge keys (<<) are not part of the flow format", "write the values out");
  }

  const SourceText& source_;
  std::vector<Open> stack_;
  std::optional<YamlNode> root_;
  Findings findings_;
  std::size_t nodes_ = 0;
};

}  // namespace

const YamlEntry* YamlNode::find(std::string_view key) const {
  for (const YamlEntry& entry : entries) {
    if (entry.key.text == key) return &entry;
  }
  return nullptr;
}

YamlTree parseYaml(std::string_view text) {
  YamlTree tree;
  const SourceText source(text);
  if (std::optional<Finding> refused = refusedBytes(source)) {
    tree.findings.push_back(std::move(*refused));
    return tree;
  }
  const auto failed = [&](SourcePosition at, std::string message) {
    tree.root.reset();
    tree.findings.push_back({Severity::kError, at, {}, {}, std::move(message), "correct the YAML"});
  };
  TreeBuilder builder(source);
  try {
    std::istringstream stream(hideQuestionMarks(text));
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    tree.root = builder.takeRoot();
    tree.findings = builder.takeFindings();
    TreeBuilder second(source);
    if (parser.HandleNextDocument(second)) {
      const std::optional<YamlNode> other = second.takeRoot();
      failed(other ? other->at : source.position(text.size()),
             "a flow file holds one YAML document, and here a second one begins");
    }
  } catch (const Refusal& refusal) {
    tree.root.reset();
    tree.findings.push_back(refusal.finding);
  } catch (const YAML::Exception& error) {
    failed(source.position(source.offset(error.mark.line, error.mark.column)), error.msg);
  } catch (const std::exception& error) {
    failed({1, 1}, fmt::format("this is no readable YAML ({})", error.what()));
  }
  return tree;
}

}  // namespace millrace::flow
