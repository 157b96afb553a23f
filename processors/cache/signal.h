// SPDX-License-Identifier: Apache-2.0
#pragma once
// Signal: what Notify leaves in a map cache under an identifier, and Wait consumes: counters by
// name, attributes to hand on, and how many FlowFiles may go that have not gone yet. The rules are
// those of NiFi's Wait and Notify. Encoding: see encode(). Threads: a plain value.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::processors {

struct Signal {
  std::map<std::string, std::int64_t> counts;
  std::map<std::string, std::string> attributes;
  std::int64_t releasable = 0;

  std::int64_t total() const;
  /// Of one counter; of all together where the name is empty.
  std::int64_t count(const std::string& counter) const;
  /// Adds to a counter; 0 sets it back to 0.
  void notify(const std::string& counter, std::int64_t delta);
  /// How many of `candidates` may go: every `target` that were counted become `each` that may go,
  /// as far as that is needed. `target` and `each` are at least 1.
  std::size_t release(const std::string& counter, std::int64_t target, std::int64_t each,
                      std::size_t candidates);
  /// Nothing is left of it.
  bool isSpent() const { return total() == 0 && releasable == 0; }

  /// signal = "S1" svarint(releasable) varint(n) n × (text svarint) varint(m) m × (text text), the
  /// numbers and texts as engine/base/bytes.h writes them.
  std::string encode() const;
  static std::optional<Signal> decode(std::string_view text);

  bool operator==(const Signal&) const = default;
};

}  // namespace millrace::processors
