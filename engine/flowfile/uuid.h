// SPDX-License-Identifier: Apache-2.0
#pragma once
// Uuid: 128 bits, printed as 8-4-4-4-12. A FlowFile's uuid is a reversible mix of the store id and
// the FlowFile's id, marked as version 4, so that it costs nothing until somebody asks for it.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace {

class Uuid {
 public:
  static constexpr std::size_t kTextLength = 36;

  Uuid() = default;
  Uuid(std::uint64_t high, std::uint64_t low) : high_(high), low_(low) {}
  /// The uuid of FlowFile `id` of store `store`.
  static Uuid ofFlowFile(std::uint64_t store, std::uint64_t id);
  static std::optional<Uuid> parse(std::string_view text);

  /// The FlowFile id, when this is a uuid that ofFlowFile() made for that store.
  std::optional<std::uint64_t> flowFileId(std::uint64_t store) const;
  /// Writes kTextLength characters.
  void print(char* into) const;
  std::string text() const;
  std::uint64_t high() const { return high_; }
  std::uint64_t low() const { return low_; }
  bool operator==(const Uuid&) const = default;

 private:
  std::uint64_t high_ = 0;
  std::uint64_t low_ = 0;
};

}  // namespace millrace
