// SPDX-License-Identifier: Apache-2.0
#include "processors/jolt/jolt_path.h"
#include "processors/jolt/jolt_transform.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace millrace::processors {
namespace {

/// One key of the specification, with what is below it or where its value goes.
struct Node {
  JoltKey key;
  bool isLeaf = false;
  std::vector<JoltPath> targets;
  std::vector<Node> special;
  std::vector<Node> literals;
  std::map<std::string, std::size_t, std::less<>> places;  // of literals, by key
  std::vector<Node> patterns;
};

Result<> readTarget(const JoltValue& target, std::vector<JoltPath>& into) {
  if (target.isNull()) return Done{};
  if (!target.isString())
    return Error::user("where a value is shifted to must be a text, or an array of texts");
  const std::string& text = target.text();
  if (text.find_first_of("*$") != std::string::npos && text.find('\\') == std::string::npos)
    return Error::user(fmt::format("'{}' may have neither * nor $ on the right side", text));
  into.push_back(MR_TRY(JoltPath::parse(text)));
  return Done{};
}

Result<> readChildren(const JoltValue& specification, Node& parent) {
  for (std::size_t i = 0; i < specification.size(); ++i) {
    const JoltValue& value = specification.items()[i];
    for (JoltKey& key : MR_TRY(JoltKey::parse(specification.keys()[i]))) {
      Node node;
      node.isLeaf = !value.isObject();
      if (value.isObject()) {
        MR_TRY(readChildren(value, node));
      } else if (value.isArray()) {
        for (const JoltValue& target : value.items()) MR_TRY(readTarget(target, node.targets));
      } else {
        MR_TRY(readTarget(value, node.targets));
      }
      const JoltKey::Kind kind = key.kind();
      node.key = std::move(key);
      if (node.key.isSpecial()) {
        if (!node.isLeaf && kind != JoltKey::Kind::kLookup) {
          return Error::user(
              fmt::format("'{}' cannot have keys below it", specification.keys()[i]));
        }
        parent.special.push_back(std::move(node));
      } else if (kind == JoltKey::Kind::kLiteral) {
        parent.places.insert_or_assign(node.key.literal(), parent.literals.size());
        parent.literals.push_back(std::move(node));
      } else {
        parent.patterns.push_back(std::move(node));
      }
    }
  }
  std::stable_sort(parent.patterns.begin(), parent.patterns.end(),
                   [](const Node& a, const Node& b) { return a.key.comesBefore(b.key); });
  return Done{};
}

class Shift final : public JoltTransform {
 public:
  explicit Shift(Node root) : root_(std::move(root)) {}

  Result<JoltValue> apply(JoltValue input) const override {
    Run run;
    run.way.push_back({&input, {{"root"}}});
    for (const Node& special : root_.special) run.visit(special, "root", &input);
    run.descend(root_, &input);
    return run.output ? std::move(*run.output) : JoltValue();
  }

 private:
  struct Run {
    std::optional<JoltValue> output;
    JoltWay way;

    /// Whether the key was matched, so that no other pattern is tried on it.
    bool visit(const Node& node, std::string_view key, const JoltValue* input) {
      auto match = node.key.match(key, way);
      if (!match) return false;
      if (node.key.kind() == JoltKey::Kind::kLookup) {
        input = node.key.lookup().read(way);
        if (input == nullptr) return false;
      }
      if (node.isLeaf) return write(node, std::move(*match), input);
      way.push_back({input, std::move(*match)});
      for (const Node& special : node.special) visit(special, key, input);
      descend(node, input);
      way.pop_back();
      ++way.back().match.matches;
      return true;
    }

    bool write(const Node& node, JoltMatch match, const JoltValue* input) {
      const JoltKey::Kind kind = node.key.kind();
      JoltValue value;
      if (kind == JoltKey::Kind::kKey || kind == JoltKey::Kind::kText) {
        value = JoltValue::string(match.groups.front());
      } else if (input != nullptr) {
        value = *input;
      }
      way.push_back({input, std::move(match)});
      for (const JoltPath& target : node.targets) target.write(output, way, value);
      way.pop_back();
      if (node.key.isSpecial()) return false;
      ++way.back().match.matches;
      return true;
    }

    void descend(const Node& node, const JoltValue* input) {
      if (input == nullptr || input->isNull()) return;
      if (!input->isObject() && !input->isArray()) {
        // A scalar is looked at as if it were a key.
        visitKey(node, input->text(), nullptr);
        return;
      }
      if (node.patterns.empty()) {  // in the order of the specification
        for (const Node& child : node.literals) {
          const JoltValue* value = valueOf(*input, child.key.literal());
          if (value != nullptr) visit(child, child.key.literal(), value);
        }
        return;
      }
      for (std::size_t i = 0; i < input->size(); ++i)
        visitKey(node, input->isObject() ? input->keys()[i] : std::to_string(i),
                 &input->items()[i]);
    }

    void visitKey(const Node& node, const std::string& key, const JoltValue* value) {
      const auto literal = node.places.find(key);
      if (literal != node.places.end()) {
        visit(node.literals[literal->second], key, value);
        return;
      }
      for (const Node& pattern : node.patterns) {
        if (visit(pattern, key, value)) return;
      }
    }

    static const JoltValue* valueOf(const JoltValue& container, const std::string& key) {
      if (container.isObject()) return container.find(key);
      const auto index = indexOf(key);
      return index && *index < container.size() ? &container.items()[*index] : nullptr;
    }
  };

  const Node root_;
};

}  // namespace

Result<std::unique_ptr<JoltTransform>> makeJoltShift(const JoltValue& specification) {
  Node root;
  MR_TRY(readChildren(specification, root));
  return std::unique_ptr<JoltTransform>(std::make_unique<Shift>(std::move(root)));
}

}  // namespace millrace::processors
