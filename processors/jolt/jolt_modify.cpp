// SPDX-License-Identifier: Apache-2.0
#include "processors/jolt/jolt_functions.h"
#include "processors/jolt/jolt_path.h"
#include "processors/jolt/jolt_transform.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace millrace::processors {
namespace {

/// A value of the right side: a literal, a value of the input, or what a function makes of others.
struct Term {
  JoltValue literal;
  std::optional<JoltPath> lookup;
  std::optional<JoltTemplate> references;
  JoltFunction function = nullptr;
  std::vector<Term> arguments;  // none: the function gets the value that is there
};

struct Node {
  JoltKey key;
  bool isIndex = false;      // [0]
  bool onlyPresent = false;  // a ? behind the key
  JoltModify when = JoltModify::kOverwrite;
  bool isLeaf = false;
  std::vector<Term> terms;  // the first one that has a value counts
  std::vector<Node> literals;
  std::vector<Node> patterns;
};

constexpr int kMaxNesting = 50;

/// The arguments between the parentheses of a call.
Result<std::vector<std::string_view>> cut(std::string_view text) {
  std::vector<std::string_view> parts;
  int open = 0;
  bool quoted = false;
  std::size_t start = 0;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    const char c = at < text.size() ? text[at] : ',';
    if (c == '\\' && at + 1 < text.size()) {
      ++at;
      continue;
    }
    if (c == '\'') quoted = !quoted;
    if (!quoted && c == '(') ++open;
    if (!quoted && c == ')') --open;
    if (at < text.size() && (quoted || open > 0 || c != ',')) continue;
    parts.push_back(text.substr(start, at - start));
    start = at + 1;
  }
  if (quoted || open != 0)
    return Error::user(fmt::format("'{}' has a quote or parenthesis without an end", text));
  return parts;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

Result<Term> readTerm(std::string_view text, int nesting);

Result<Term> readCall(std::string_view text, int nesting) {
  Term term;
  const std::size_t open = text.find('(');
  const std::string_view name = text.substr(0, open);
  term.function = joltFunction(name);
  if (term.function == nullptr) return Error::user(fmt::format("there is no function '{}'", name));
  if (open == std::string_view::npos) return term;
  if (!text.ends_with(')') || nesting > kMaxNesting)
    return Error::user(fmt::format("'{}' is no call of a function", text));
  const std::string_view inside = text.substr(open + 1, text.size() - open - 2);
  if (trimmed(inside).empty()) return term;
  for (const std::string_view argument : MR_TRY(cut(inside)))
    term.arguments.push_back(MR_TRY(readTerm(trimmed(argument), nesting + 1)));
  return term;
}

Result<Term> readTerm(std::string_view text, int nesting) {
  Term term;
  if (text.starts_with('=')) return readCall(text.substr(1), nesting);
  if (text.starts_with('@')) {
    term.lookup = MR_TRY(JoltPath::parseLookup(text));
  } else if (text.starts_with('&')) {
    JoltTemplate references;
    JoltKey key = std::move(MR_TRY(JoltKey::parse(text)).front());
    references = key.computed();
    term.references = std::move(references);
  } else if (nesting > 0 && text.size() >= 2 && text.front() == '\'' && text.back() == '\'') {
    std::string plain;
    for (std::size_t i = 1; i + 1 < text.size(); ++i) {
      if (text[i] == '\\' && i + 2 < text.size()) ++i;
      plain += text[i];
    }
    term.literal = JoltValue::string(std::move(plain));
  } else if (nesting > 0) {
    // A number, true, false or null; any other word is a text.
    const auto parsed = JoltValue::parse(asBytes(text), 1000);
    const bool scalar = parsed.ok() && !parsed->isArray() && !parsed->isObject();
    term.literal = scalar && !parsed->isString() ? *parsed : JoltValue::string(std::string(text));
  } else {
    term.literal = JoltValue::string(std::string(text));
  }
  return term;
}

Result<Term> readTerm(const JoltValue& value) {
  if (value.isString()) return readTerm(value.text(), 0);
  Term term;
  term.literal = value;
  return term;
}

Result<> readChildren(const JoltValue& specification, JoltModify when, Node& parent) {
  for (std::size_t i = 0; i < specification.size(); ++i) {
    std::string_view text = specification.keys()[i];
    const JoltValue& value = specification.items()[i];
    Node shape;
    shape.when = when;
    if (text.size() > 1 && std::string_view("+~_").find(text.front()) != std::string_view::npos) {
      shape.when = text.front() == '+'   ? JoltModify::kOverwrite
                   : text.front() == '~' ? JoltModify::kDefault
                                         : JoltModify::kDefine;
      text.remove_prefix(1);
    }
    if (text.size() > 1 && text.ends_with('?')) {
      shape.onlyPresent = true;
      text.remove_suffix(1);
    }
    if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
      shape.isIndex = true;
      text = text.substr(1, text.size() - 2);
      if (text != "*" && !indexOf(text))
        return Error::user(fmt::format("'[{}]' is no index", text));
    }
    for (JoltKey& key : MR_TRY(JoltKey::parse(text))) {
      if (key.isSpecial())
        return Error::user(fmt::format("the key '{}' has no meaning here", text));
      Node node = shape;
      node.isLeaf = !value.isObject();
      if (value.isObject()) {
        MR_TRY(readChildren(value, when, node));
      } else if (value.isArray()) {
        for (const JoltValue& item : value.items()) node.terms.push_back(MR_TRY(readTerm(item)));
      } else {
        node.terms.push_back(MR_TRY(readTerm(value)));
      }
      const bool literal = key.kind() == JoltKey::Kind::kLiteral;
      node.key = std::move(key);
      (literal ? parent.literals : parent.patterns).push_back(std::move(node));
    }
  }
  std::stable_sort(parent.patterns.begin(), parent.patterns.end(),
                   [](const Node& a, const Node& b) { return a.key.comesBefore(b.key); });
  return Done{};
}

class Modify final : public JoltTransform {
 public:
  explicit Modify(Node root) : root_(std::move(root)) {}

  Result<JoltValue> apply(JoltValue input) const override {
    JoltWay way{{&input, {{"root"}}}};
    modify(root_, input, way);
    return input;
  }

 private:
  static constexpr std::size_t kMostItems = 1'000'000;

  static void modify(const Node& node, JoltValue& container, JoltWay& way) {
    const bool forArrays = std::any_of(node.literals.begin(), node.literals.end(),
                                       [](const Node& child) { return child.isIndex; });
    if (container.isArray()) {
      if (!node.literals.empty() && !forArrays) return;  // keys, which an array has not
    } else if (!container.isObject() || forArrays) {
      return;
    }
    std::set<std::string, std::less<>> taken;
    for (const Node& child : node.literals) {
      taken.insert(child.key.literal());
      modifyAt(child, child.key.literal(), {{child.key.literal()}}, container, way);
    }
    const std::size_t count = container.size();
    for (std::size_t i = 0; i < count && i < container.size(); ++i) {
      const std::string key = container.isObject() ? container.keys()[i] : std::to_string(i);
      if (taken.contains(key)) continue;
      for (const Node& child : node.patterns) {
        auto match = child.key.match(key, way);
        if (!match) continue;
        modifyAt(child, key, std::move(*match), container, way);
        break;
      }
    }
  }

  static JoltValue* find(JoltValue& container, const std::string& key) {
    if (container.isObject()) return container.find(key);
    const auto index = indexOf(key);
    return index && *index < container.size() ? &container.items()[*index] : nullptr;
  }
  static JoltValue* make(JoltValue& container, const std::string& key) {
    if (container.isObject()) return &container.at(key);
    const auto index = indexOf(key);
    if (!index || *index >= kMostItems) return nullptr;
    if (container.size() <= *index) container.items().resize(*index + 1);
    return &container.items()[*index];
  }

  static bool applies(JoltModify when, const JoltValue* present) {
    return when == JoltModify::kOverwrite || present == nullptr ||
           (when == JoltModify::kDefault && present->isNull());
  }

  static void modifyAt(const Node& node, const std::string& key, JoltMatch match,
                       JoltValue& container, JoltWay& way) {
    JoltValue* present = find(container, key);
    if (node.onlyPresent && present == nullptr) return;
    if (!node.isLeaf) {
      if (present == nullptr || present->isNull()) {
        if (node.literals.empty() || !applies(node.when, present)) return;
        present = make(container, key);
        if (present == nullptr) return;
        *present = node.literals.front().isIndex ? JoltValue::array() : JoltValue::object();
      }
      way.push_back({present, std::move(match)});
      modify(node, *present, way);
      way.pop_back();
      return;
    }
    if (!applies(node.when, present)) return;
    way.push_back({present, std::move(match)});
    std::optional<JoltValue> value;
    for (const Term& term : node.terms) {
      value = evaluate(term, present, way);
      if (value) break;
    }
    way.pop_back();
    if (!value) return;
    if (JoltValue* place = make(container, key)) *place = std::move(*value);
  }

  static std::optional<JoltValue> evaluate(const Term& term, const JoltValue* present,
                                           const JoltWay& way) {
    if (term.lookup) {
      const JoltValue* found = term.lookup->read(way);
      return found == nullptr ? std::nullopt : std::optional(*found);
    }
    if (term.references) {
      auto text = term.references->evaluate(way);
      if (!text) return std::nullopt;
      return JoltValue::string(std::move(*text));
    }
    if (term.function == nullptr) return term.literal;
    std::vector<JoltValue> arguments;
    if (term.arguments.empty()) {
      if (present == nullptr) return std::nullopt;
      arguments.push_back(*present);
    }
    for (const Term& argument : term.arguments)
      arguments.push_back(evaluate(argument, present, way).value_or(JoltValue()));
    return term.function(arguments);
  }

  const Node root_;
};

}  // namespace

Result<std::unique_ptr<JoltTransform>> makeJoltModify(const JoltValue& specification,
                                                      JoltModify when) {
  Node root;
  MR_TRY(readChildren(specification, when, root));
  return std::unique_ptr<JoltTransform>(std::make_unique<Modify>(std::move(root)));
}

}  // namespace millrace::processors
