// SPDX-License-Identifier: Apache-2.0
// The operations that change a value in its place: default, remove and cardinality.
#include "processors/jolt/jolt_path.h"
#include "processors/jolt/jolt_transform.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace millrace::processors {
namespace {

JoltValue* itemOf(JoltValue& container, const std::string& key) {
  if (container.isObject()) return container.find(key);
  const auto index = indexOf(key);
  return container.isArray() && index && *index < container.size() ? &container.items()[*index]
                                                                   : nullptr;
}

std::vector<std::string> keysOf(const JoltValue& container) {
  if (container.isObject()) return container.keys();
  std::vector<std::string> keys;
  for (std::size_t i = 0; container.isArray() && i < container.size(); ++i)
    keys.push_back(std::to_string(i));
  return keys;
}

// -- default

struct DefaultNode {
  std::vector<std::string> names;  // none: *
  bool several = false;            // a|b, which adds nothing that is missing
  bool isArray = false;            // key[]
  bool isLeaf = false;
  JoltValue value;
  std::vector<DefaultNode> children;
  std::size_t leastItems = 0;

  int rank() const { return names.empty() ? 2 : several ? 1 : 0; }
};

Result<DefaultNode> readDefault(std::string_view key, const JoltValue& value) {
  constexpr std::size_t kMostItems = 1'000'000;
  DefaultNode node;
  if (key.ends_with("[]")) {
    node.isArray = true;
    key.remove_suffix(2);
  }
  if (key != "*") {
    for (std::size_t start = 0; start <= key.size();) {
      const std::size_t end = std::min(key.find('|', start), key.size());
      node.names.emplace_back(key.substr(start, end - start));
      start = end + 1;
    }
    node.several = node.names.size() > 1;
  }
  node.isLeaf = !value.isObject();
  if (node.isLeaf) {
    node.value = value;
    return node;
  }
  for (std::size_t i = 0; i < value.size(); ++i) {
    node.children.push_back(MR_TRY(readDefault(value.keys()[i], value.items()[i])));
    if (!node.isArray) continue;
    for (const std::string& name : node.children.back().names) {
      const auto index = indexOf(name);
      if (!index || *index >= kMostItems)
        return Error::user(fmt::format("'{}' below '{}[]' is no index", name, key));
      if (!node.children.back().several) node.leastItems = std::max(node.leastItems, *index + 1);
    }
  }
  std::stable_sort(node.children.begin(), node.children.end(),
                   [](const DefaultNode& a, const DefaultNode& b) { return a.rank() < b.rank(); });
  return node;
}

void applyDefault(const DefaultNode& node, JoltValue& container);

void applyDefaults(const DefaultNode& node, JoltValue& container) {
  if (node.isArray && container.isArray() && container.size() < node.leastItems)
    container.items().resize(node.leastItems);
  for (const DefaultNode& child : node.children) applyDefault(child, container);
}

void applyDefault(const DefaultNode& node, JoltValue& container) {
  const auto apply = [&](JoltValue& place) {
    if (node.isLeaf) {
      if (place.isNull()) place = node.value;
      return;
    }
    if (place.isNull()) place = node.isArray ? JoltValue::array() : JoltValue::object();
    applyDefaults(node, place);
  };
  if (!container.isObject() && !container.isArray()) return;
  for (const std::string& key : node.names.empty() ? keysOf(container) : node.names) {
    JoltValue* present = itemOf(container, key);
    if (present == nullptr && !node.several && !node.names.empty() && container.isObject())
      present = &container.at(key);
    if (present != nullptr) apply(*present);
  }
}

class Default final : public JoltTransform {
 public:
  explicit Default(DefaultNode root) : root_(std::move(root)) {}
  Result<JoltValue> apply(JoltValue input) const override {
    if (input.isNull()) input = JoltValue::object();
    if (input.isArray()) {
      for (const DefaultNode& child : root_.children) {
        for (const std::string& name : child.names) {
          if (!indexOf(name)) {
            return Error::user(
                "the specification has keys, and the input is an array, which has "
                "none");
          }
        }
      }
    }
    applyDefaults(root_, input);
    return input;
  }

 private:
  const DefaultNode root_;
};

// -- remove and cardinality

struct Adjustment {
  enum class Do : std::uint8_t { kDescend, kRemove, kOne, kMany };
  JoltKey key;
  Do what = Do::kDescend;
  std::vector<Adjustment> children;
};

void applyRemoval(const Adjustment& node, JoltValue& container) {
  const JoltWay nowhere;
  std::set<std::string> removed;
  const std::vector<std::string> keys = keysOf(container);
  for (const Adjustment& child : node.children) {
    for (const std::string& key : keys) {
      if (!child.key.match(key, nowhere)) continue;
      if (child.what == Adjustment::Do::kRemove) {
        removed.insert(key);
      } else if (JoltValue* item = itemOf(container, key)) {
        applyRemoval(child, *item);
      }
    }
  }
  if (removed.empty()) return;
  if (container.isObject()) {
    for (const std::string& key : removed) container.erase(key);
    return;
  }
  std::vector<JoltValue> kept;
  for (std::size_t i = 0; i < container.size(); ++i) {
    if (!removed.contains(std::to_string(i))) kept.push_back(std::move(container.items()[i]));
  }
  container.items() = std::move(kept);
}

void adjustCount(Adjustment::Do what, JoltValue& value) {
  if (what == Adjustment::Do::kOne && value.isArray()) {
    JoltValue first = value.size() == 0 ? JoltValue() : std::move(value.items().front());
    value = std::move(first);
  } else if (what == Adjustment::Do::kMany && !value.isArray()) {
    JoltValue many = JoltValue::array();
    if (!value.isNull()) many.items().push_back(std::move(value));
    value = std::move(many);
  }
}

void applyCardinality(const Adjustment& node, JoltValue& value) {
  if (node.what != Adjustment::Do::kDescend) {
    adjustCount(node.what, value);
    return;
  }
  for (const Adjustment& child : node.children) {
    if (child.key.kind() == JoltKey::Kind::kHere) adjustCount(child.what, value);
  }
  const JoltWay nowhere;
  for (const std::string& key : keysOf(value)) {
    // A key that stands there as it is comes before all patterns.
    for (const Adjustment& child : node.children) {
      if (child.key.kind() == JoltKey::Kind::kHere || !child.key.match(key, nowhere)) continue;
      applyCardinality(child, *itemOf(value, key));
      break;
    }
  }
}

using Leaf = Result<Adjustment::Do> (*)(const JoltValue& value);

Result<Adjustment> readAdjustments(const JoltValue& specification, Leaf leaf) {
  Adjustment parent;
  for (std::size_t i = 0; i < specification.size(); ++i) {
    const JoltValue& value = specification.items()[i];
    for (JoltKey& key : MR_TRY(JoltKey::parse(specification.keys()[i]))) {
      const bool usable = key.kind() == JoltKey::Kind::kLiteral ||
                          key.kind() == JoltKey::Kind::kPattern ||
                          (key.kind() == JoltKey::Kind::kHere && !value.isObject());
      if (!usable)
        return Error::user(
            fmt::format("the key '{}' has no meaning here", specification.keys()[i]));
      Adjustment child;
      if (value.isObject()) {
        child = MR_TRY(readAdjustments(value, leaf));
      } else {
        child.what = MR_TRY(leaf(value));
      }
      child.key = std::move(key);
      parent.children.push_back(std::move(child));
    }
  }
  std::stable_sort(parent.children.begin(), parent.children.end(),
                   [](const Adjustment& a, const Adjustment& b) {
                     const auto rank = [](const Adjustment& one) {
                       return one.key.kind() == JoltKey::Kind::kPattern ? 1 : 0;
                     };
                     if (rank(a) != rank(b)) return rank(a) < rank(b);
                     return rank(a) == 1 && a.key.comesBefore(b.key);
                   });
  return parent;
}

class Adjust final : public JoltTransform {
 public:
  using Change = void (*)(const Adjustment& node, JoltValue& value);
  Adjust(Adjustment root, Change change) : root_(std::move(root)), change_(change) {}
  Result<JoltValue> apply(JoltValue input) const override {
    change_(root_, input);
    return input;
  }

 private:
  const Adjustment root_;
  const Change change_;
};

}  // namespace

Result<std::unique_ptr<JoltTransform>> makeJoltDefault(const JoltValue& specification) {
  return std::unique_ptr<JoltTransform>(
      std::make_unique<Default>(MR_TRY(readDefault("root", specification))));
}

Result<std::unique_ptr<JoltTransform>> makeJoltRemove(const JoltValue& specification) {
  const Leaf leaf = [](const JoltValue& value) -> Result<Adjustment::Do> {
    if (value.isString() && value.text().empty()) return Adjustment::Do::kRemove;
    return Error::user("what is removed has \"\" as its value, nothing else");
  };
  return std::unique_ptr<JoltTransform>(
      std::make_unique<Adjust>(MR_TRY(readAdjustments(specification, leaf)), applyRemoval));
}

Result<std::unique_ptr<JoltTransform>> makeJoltCardinality(const JoltValue& specification) {
  const Leaf leaf = [](const JoltValue& value) -> Result<Adjustment::Do> {
    if (value.isString() && value.text() == "ONE") return Adjustment::Do::kOne;
    if (value.isString() && value.text() == "MANY") return Adjustment::Do::kMany;
    return Error::user("a cardinality is \"ONE\" or \"MANY\"");
  };
  return std::unique_ptr<JoltTransform>(
      std::make_unique<Adjust>(MR_TRY(readAdjustments(specification, leaf)), applyCardinality));
}

}  // namespace millrace::processors
