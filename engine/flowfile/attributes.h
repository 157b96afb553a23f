// SPDX-License-Identifier: Apache-2.0
#pragma once
// Attributes: an immutable set of key-value texts, shared by every FlowFile that carries the same
// one. A changed set is a small block of what differs over a shared base, so that setting one
// attribute of fifty costs one.
//
// Ownership: a handle counts one reference to its block (intrusive, atomic). Threads: a block never
// changes; a handle is a plain value. Views returned live as long as any handle to the set does.

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {

class Attributes {
 public:
  using Pair = std::pair<std::string_view, std::string_view>;
  struct Change {
    std::string_view key;
    std::optional<std::string_view> value;  ///< none: the key was removed
  };

  Attributes() = default;
  /// Keys must differ from each other.
  explicit Attributes(std::span<const Pair> pairs);
  Attributes(const Attributes& other) : block_(other.block_) { retain(); }
  Attributes(Attributes&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Attributes& operator=(Attributes other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Attributes() { release(); }

  std::optional<std::string_view> find(std::string_view key) const;
  /// The set with some pairs added or replaced and some keys removed.
  Attributes with(std::span<const Pair> changed,
                  std::span<const std::string_view> removed = {}) const;
  Attributes with(std::string_view key, std::string_view value) const {
    const Pair pair{key, value};
    return with(std::span(&pair, 1));
  }
  Attributes without(std::string_view key) const { return with({}, std::span(&key, 1)); }

  /// Calls visit(key, value) once for each attribute, in order of first setting.
  template <typename Visit>
  void forEach(Visit&& visit) const {
    for (const Pair& pair : pairs()) visit(pair.first, pair.second);
  }
  /// In order of first setting.
  std::vector<Pair> pairs() const;
  /// Appends pairs() to a vector whose memory the caller uses again: the way of hot paths.
  void appendTo(std::vector<Pair>& into) const;
  std::size_t count() const;
  bool empty() const { return block_ == nullptr || count() == 0; }
  /// Bytes in memory, shared ones included.
  std::size_t bytes() const;
  /// Of bytes(), what is not shared with `other` as whole blocks.
  std::size_t bytesBeyond(const Attributes& other) const;
  /// Visits what differs from `base` when this set was made from it by changes: set(key, value),
  /// removed(key). A key may come more than once; the first visit of a key counts. False, and no
  /// visit, when it was not made from it.
  template <typename Set, typename Removed>
  bool forEachChangeSince(const Attributes& base, Set&& set, Removed&& removed) const {
    if (!derivesFrom(base)) return false;
    visitChanges(base, [&](std::string_view key, const std::string_view* value) {
      if (value != nullptr) {
        set(key, *value);
      } else {
        removed(key);
      }
    });
    return true;
  }
  /// Appends each key that differs from `base` once, with its newest value, when this set was made
  /// from it by changes. False, and nothing appended, when it was not.
  bool appendChangesSince(const Attributes& base, std::vector<Change>& into) const;
  bool derivesFrom(const Attributes& base) const;
  /// True when both are the same block; equal sets may still differ in this.
  bool sameBlock(const Attributes& other) const { return block_ == other.block_; }
  bool operator==(const Attributes& other) const;

 private:
  struct Block;
  explicit Attributes(Block* block) : block_(block) {}
  using VisitChange = std::function<void(std::string_view key, const std::string_view* value)>;
  void visitChanges(const Attributes& base, const VisitChange& visit) const;
  void retain() const;
  void release();
  static Block* build(const Attributes& base, std::span<const Pair> set,
                      std::span<const std::string_view> removed);

  Block* block_ = nullptr;
};

}  // namespace millrace
