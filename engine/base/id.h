// SPDX-License-Identifier: Apache-2.0
#pragma once
// Id<Tag>: a number with a name, so that a queue and a component cannot be mixed up.
// Conversion is explicit both ways.

#include <cstdint>
#include <functional>  // and with it <compare>, which Qt 6.4's moc cannot read when it comes first

namespace millrace {

template <typename Tag, typename Number = std::uint64_t>
class Id {
 public:
  constexpr Id() = default;
  constexpr explicit Id(Number number) : number_(number) {}
  constexpr Number raw() const { return number_; }
  constexpr auto operator<=>(const Id&) const = default;

 private:
  Number number_ = 0;
};

}  // namespace millrace

template <typename Tag, typename Number>
struct std::hash<millrace::Id<Tag, Number>> {
  std::size_t operator()(const millrace::Id<Tag, Number>& id) const noexcept {
    return std::hash<Number>{}(id.raw());
  }
};
