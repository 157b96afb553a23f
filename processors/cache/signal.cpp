// SPDX-License-Identifier: Apache-2.0
#include "processors/cache/signal.h"

#include "engine/base/bytes.h"

#include <algorithm>
#include <limits>

namespace millrace::processors {
namespace {

constexpr std::string_view kMagic = "S1";
/// Holds, as a negative number, what was consumed of the sum of all counters.
const std::string kConsumed = "consumed";

std::int64_t sum(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if (!__builtin_add_overflow(a, b, &result)) return result;
  return a < 0 ? std::numeric_limits<std::int64_t>::min()
               : std::numeric_limits<std::int64_t>::max();
}

std::int64_t product(std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if (!__builtin_mul_overflow(a, b, &result)) return result;
  return (a < 0) == (b < 0) ? std::numeric_limits<std::int64_t>::max()
                            : std::numeric_limits<std::int64_t>::min();
}

}  // namespace

std::int64_t Signal::total() const {
  std::int64_t total = 0;
  for (const auto& [name, count] : counts) total = sum(total, count);
  return total;
}

std::int64_t Signal::count(const std::string& counter) const {
  if (counter.empty()) return total();
  const auto found = counts.find(counter);
  return found == counts.end() ? 0 : found->second;
}

void Signal::notify(const std::string& counter, std::int64_t delta) {
  std::int64_t& count = counts[counter];
  count = delta == 0 ? 0 : sum(count, delta);
}

std::size_t Signal::release(const std::string& counter, std::int64_t target, std::int64_t each,
                            std::size_t candidates) {
  const auto wanted = static_cast<std::int64_t>(candidates);
  if (releasable < wanted) {
    const std::int64_t counted = count(counter);
    const std::int64_t left = counted % target;
    releasable = sum(releasable, product(counted / target, each));
    if (counter.empty()) {
      counts[kConsumed] = sum(counts[kConsumed], left - counted);
    } else {
      counts[counter] = left;
    }
  }
  const std::int64_t released = std::clamp<std::int64_t>(releasable, 0, wanted);
  releasable -= released;
  return static_cast<std::size_t>(released);
}

std::string Signal::encode() const {
  ByteWriter writer;
  writer.raw(asBytes(kMagic));
  writer.svarint(releasable);
  writer.varint(counts.size());
  for (const auto& [name, count] : counts) {
    writer.text(name);
    writer.svarint(count);
  }
  writer.varint(attributes.size());
  for (const auto& [name, value] : attributes) {
    writer.text(name);
    writer.text(value);
  }
  return std::string(asText(writer.view()));
}

std::optional<Signal> Signal::decode(std::string_view text) {
  if (!text.starts_with(kMagic)) return std::nullopt;
  ByteReader reader(asBytes(text.substr(kMagic.size())));
  Signal signal;
  signal.releasable = reader.svarint();
  for (std::uint64_t left = reader.varint(); left > 0 && !reader.failed(); --left) {
    std::string name(reader.text());
    signal.counts[std::move(name)] = reader.svarint();
  }
  for (std::uint64_t left = reader.varint(); left > 0 && !reader.failed(); --left) {
    std::string name(reader.text());
    signal.attributes[std::move(name)] = std::string(reader.text());
  }
  if (reader.failed() || reader.remaining() != 0) return std::nullopt;
  return signal;
}

}  // namespace millrace::processors
