// SPDX-License-Identifier: Apache-2.0
#include "engine/flowfile/attributes.h"

#include "engine/base/assert.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <new>

namespace millrace {
namespace {
constexpr std::uint32_t kRemoved = 0xffffffffU;  // valueLength of a key taken out of the base
constexpr std::uint32_t kDeepest = 6;            // longer chains of deltas are flattened

struct Entry {
  std::uint32_t keyAt;
  std::uint32_t keyLength;
  std::uint32_t valueLength;  // the value follows the key
};
}  // namespace

/// One allocation: this header, the entries, the text.
struct Attributes::Block {
  std::atomic<std::uint32_t> references{1};
  std::uint32_t entries = 0;
  std::uint32_t depth = 0;  // blocks below this one
  std::uint32_t textBytes = 0;
  Attributes base;

  Entry* table() { return reinterpret_cast<Entry*>(this + 1); }
  const Entry* table() const { return reinterpret_cast<const Entry*>(this + 1); }
  char* text() { return reinterpret_cast<char*>(table() + entries); }
  const char* text() const { return reinterpret_cast<const char*>(table() + entries); }
  std::string_view key(const Entry& entry) const { return {text() + entry.keyAt, entry.keyLength}; }
  std::string_view value(const Entry& entry) const {
    return {text() + entry.keyAt + entry.keyLength, entry.valueLength};
  }
};

void Attributes::retain() const {
  if (block_ != nullptr) block_->references.fetch_add(1, std::memory_order_relaxed);
}

void Attributes::release() {
  if (block_ == nullptr || block_->references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  block_->~Block();
  std::free(block_);
}

Attributes::Block* Attributes::build(const Attributes& base, std::span<const Pair> set,
                                     std::span<const std::string_view> removed) {
  std::size_t text = 0;
  for (const Pair& pair : set) text += pair.first.size() + pair.second.size();
  for (const std::string_view key : removed) text += key.size();
  const std::size_t count = set.size() + removed.size();
  MR_ASSERT(text < kRemoved);
  void* room = std::malloc(sizeof(Block) + count * sizeof(Entry) + text);
  if (room == nullptr) throw std::bad_alloc();
  auto* block = new (room) Block;
  block->entries = static_cast<std::uint32_t>(count);
  block->textBytes = static_cast<std::uint32_t>(text);
  block->base = base;
  block->depth = base.block_ == nullptr ? 0 : base.block_->depth + 1;
  std::uint32_t at = 0;
  Entry* entry = block->table();
  const auto put = [&](std::string_view part) {
    part.copy(block->text() + at, part.size());
    at += static_cast<std::uint32_t>(part.size());
  };
  for (const Pair& pair : set) {
    *entry++ = {at, static_cast<std::uint32_t>(pair.first.size()),
                static_cast<std::uint32_t>(pair.second.size())};
    put(pair.first);
    put(pair.second);
  }
  for (const std::string_view key : removed) {
    *entry++ = {at, static_cast<std::uint32_t>(key.size()), kRemoved};
    put(key);
  }
  return block;
}

Attributes::Attributes(std::span<const Pair> pairs) {
  if (!pairs.empty()) block_ = build(Attributes(), pairs, {});
}

std::optional<std::string_view> Attributes::find(std::string_view key) const {
  for (const Block* block = block_; block != nullptr; block = block->base.block_) {
    const Entry* table = block->table();
    for (std::uint32_t i = 0; i < block->entries; ++i) {
      if (table[i].keyLength != key.size() || block->key(table[i]) != key) continue;
      if (table[i].valueLength == kRemoved) return std::nullopt;
      return block->value(table[i]);
    }
  }
  return std::nullopt;
}

Attributes Attributes::with(std::span<const Pair> changed,
                            std::span<const std::string_view> removed) const {
  if (changed.empty() && removed.empty()) return *this;
  std::vector<std::string_view> present;
  for (const std::string_view key : removed) {
    if (find(key).has_value()) present.push_back(key);
  }
  if (changed.empty() && present.empty()) return *this;
  const std::uint32_t depth = block_ == nullptr ? 0 : block_->depth + 1;
  if (depth <= kDeepest && block_ != nullptr) return Attributes(build(*this, changed, present));
  std::vector<Pair> all;
  for (const Pair& pair : pairs()) {
    if (std::find(present.begin(), present.end(), pair.first) == present.end()) all.push_back(pair);
  }
  for (const Pair& pair : changed) {
    const auto same =
        std::find_if(all.begin(), all.end(), [&](const Pair& p) { return p.first == pair.first; });
    if (same == all.end()) {
      all.push_back(pair);
    } else {
      same->second = pair.second;
    }
  }
  if (all.empty()) return {};
  return Attributes(build(Attributes(), all, {}));
}

std::vector<Attributes::Pair> Attributes::pairs() const {
  std::vector<Pair> result;
  appendTo(result);
  return result;
}

void Attributes::appendTo(std::vector<Pair>& into) const {
  std::array<const Block*, kDeepest + 1> chain;
  std::size_t blocks = 0;
  for (const Block* block = block_; block != nullptr; block = block->base.block_)
    chain[blocks++] = block;
  const auto first = static_cast<std::ptrdiff_t>(into.size());
  for (std::size_t at = blocks; at-- > 0;) {
    const Block& block = *chain[at];
    // The bottom block has distinct keys, so only the ones above need the search.
    const bool bottom = at + 1 == blocks;
    for (std::uint32_t i = 0; i < block.entries; ++i) {
      const Entry& entry = block.table()[i];
      const std::string_view key = block.key(entry);
      const auto same = bottom ? into.end()
                               : std::find_if(into.begin() + first, into.end(),
                                              [&](const Pair& p) { return p.first == key; });
      if (entry.valueLength == kRemoved) {
        if (same != into.end()) into.erase(same);
      } else if (same != into.end()) {
        same->second = block.value(entry);
      } else {
        into.emplace_back(key, block.value(entry));
      }
    }
  }
}

bool Attributes::appendChangesSince(const Attributes& base, std::vector<Change>& into) const {
  if (!derivesFrom(base)) return false;
  const auto first = static_cast<std::ptrdiff_t>(into.size());
  for (const Block* block = block_; block != base.block_; block = block->base.block_) {
    const auto newer = static_cast<std::ptrdiff_t>(into.size());
    for (std::uint32_t i = 0; i < block->entries; ++i) {
      const Entry& entry = block->table()[i];
      const std::string_view key = block->key(entry);
      // Keys of one block differ, so only those of newer blocks can hide this one.
      const auto end = into.begin() + newer;
      if (std::find_if(into.begin() + first, end, [&](const Change& c) { return c.key == key; }) !=
          end)
        continue;
      if (entry.valueLength == kRemoved) {
        into.push_back({key, std::nullopt});
      } else {
        into.push_back({key, block->value(entry)});
      }
    }
  }
  return true;
}

bool Attributes::derivesFrom(const Attributes& base) const {
  const Block* block = block_;
  while (block != nullptr && block != base.block_) block = block->base.block_;
  return block == base.block_;
}

void Attributes::visitChanges(const Attributes& base, const VisitChange& visit) const {
  for (const Block* block = block_; block != base.block_; block = block->base.block_) {
    for (std::uint32_t i = 0; i < block->entries; ++i) {
      const Entry& entry = block->table()[i];
      const std::string_view value =
          entry.valueLength == kRemoved ? std::string_view{} : block->value(entry);
      visit(block->key(entry), entry.valueLength == kRemoved ? nullptr : &value);
    }
  }
}

std::size_t Attributes::count() const {
  if (block_ == nullptr) return 0;
  if (block_->base.block_ == nullptr) return block_->entries;
  return pairs().size();
}

std::size_t Attributes::bytes() const {
  std::size_t total = 0;
  for (const Block* block = block_; block != nullptr; block = block->base.block_) {
    total += sizeof(Block) + block->entries * sizeof(Entry) + block->textBytes;
  }
  return total;
}

std::size_t Attributes::bytesBeyond(const Attributes& other) const {
  std::size_t total = 0;
  const Block* shared = other.block_;
  for (const Block* block = block_; block != nullptr; block = block->base.block_) {
    // Neighbours in a queue have mostly been through the same changes, so their chains match step
    // by step.
    if (block == shared) return total;
    total += sizeof(Block) + block->entries * sizeof(Entry) + block->textBytes;
    if (shared != nullptr) shared = shared->base.block_;
  }
  return total;
}

bool Attributes::operator==(const Attributes& other) const {
  if (block_ == other.block_) return true;
  const auto mine = pairs();
  if (mine.size() != other.count()) return false;
  return std::all_of(mine.begin(), mine.end(),
                     [&](const Pair& pair) { return other.find(pair.first) == pair.second; });
}

}  // namespace millrace
