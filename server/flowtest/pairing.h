// SPDX-License-Identifier: Apache-2.0
#pragma once
// Pairs of what was expected and what came. Threads: pure functions.

#include <cstddef>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace millrace::flowtest {

/// Places in the two lists; one is absent where the other has nobody left.
using Pairs = std::vector<std::pair<std::optional<std::size_t>, std::optional<std::size_t>>>;

/// The first with the first, and so on.
Pairs inOrder(std::size_t expected, std::size_t actual);

using Fits = std::function<bool(std::size_t expected, std::size_t actual)>;

/// As many pairs that fit as there can be without changing an order; between them, what is left
/// over is paired in order. Lists that are too long for that are paired in order altogether.
Pairs align(std::size_t expected, std::size_t actual, const Fits& fits);

/// As many pairs that fit as there can be; what is left over is paired in order.
Pairs pairUp(std::size_t expected, std::size_t actual, const Fits& fits);

}  // namespace millrace::flowtest
