// SPDX-License-Identifier: Apache-2.0
#include "server/flowtest/pairing.h"

#include <algorithm>
#include <cstdint>
#include <deque>

namespace millrace::flowtest {
namespace {
constexpr std::size_t kMostCells = 1'000'000;  // of the table of pairs
}

Pairs inOrder(std::size_t expected, std::size_t actual) {
  Pairs pairs(std::max(expected, actual));
  for (std::size_t i = 0; i < expected; ++i) pairs[i].first = i;
  for (std::size_t i = 0; i < actual; ++i) pairs[i].second = i;
  return pairs;
}

Pairs align(std::size_t expected, std::size_t actual, const Fits& fits) {
  if (expected * actual > kMostCells) return inOrder(expected, actual);
  std::vector<std::uint32_t> most((expected + 1) * (actual + 1));
  std::vector<bool> fit(expected * actual);
  const auto cell = [&](std::size_t i, std::size_t j) -> std::uint32_t& {
    return most[i * (actual + 1) + j];
  };
  for (std::size_t i = expected; i-- > 0;) {
    for (std::size_t j = actual; j-- > 0;) {
      fit[i * actual + j] = fits(i, j);
      cell(i, j) = std::max(cell(i + 1, j), cell(i, j + 1));
      if (fit[i * actual + j]) cell(i, j) = std::max(cell(i, j), cell(i + 1, j + 1) + 1);
    }
  }
  Pairs pairs;
  std::size_t firstWanted = 0;
  std::size_t firstLeft = 0;
  const auto close = [&](std::size_t i, std::size_t j) {
    for (const auto& [want, got] : inOrder(i - firstWanted, j - firstLeft))
      pairs.emplace_back(want ? std::optional(firstWanted + *want) : std::nullopt,
                         got ? std::optional(firstLeft + *got) : std::nullopt);
  };
  for (std::size_t i = 0, j = 0; i < expected && j < actual;) {
    if (fit[i * actual + j] && cell(i, j) == cell(i + 1, j + 1) + 1) {
      close(i, j);
      pairs.emplace_back(i++, j++);
      firstWanted = i;
      firstLeft = j;
    } else if (cell(i + 1, j) >= cell(i, j + 1)) {
      ++i;
    } else {
      ++j;
    }
  }
  close(expected, actual);
  return pairs;
}

Pairs pairUp(std::size_t expected, std::size_t actual, const Fits& fits) {
  std::vector<std::optional<std::size_t>> ofExpected(expected);
  std::vector<std::optional<std::size_t>> ofActual(actual);
  for (std::size_t start = 0; start < expected; ++start) {
    // Kuhn: a path on which pairs change partners until one that is free is reached.
    std::vector<std::optional<std::size_t>> cameFrom(actual);
    std::deque<std::size_t> waiting{start};
    std::optional<std::size_t> end;
    while (!waiting.empty() && !end) {
      const std::size_t want = waiting.front();
      waiting.pop_front();
      for (std::size_t got = 0; got < actual && !end; ++got) {
        if (cameFrom[got] || !fits(want, got)) continue;
        cameFrom[got] = want;
        if (ofActual[got])
          waiting.push_back(*ofActual[got]);
        else
          end = got;
      }
    }
    while (end) {
      const std::size_t want = *cameFrom[*end];
      const auto former = ofExpected[want];
      ofExpected[want] = *end;
      ofActual[*end] = want;
      end = want == start ? std::nullopt : former;
    }
  }
  Pairs pairs;
  std::vector<std::size_t> wanted;
  std::vector<std::size_t> left;
  for (std::size_t i = 0; i < expected; ++i) {
    if (ofExpected[i])
      pairs.emplace_back(i, ofExpected[i]);
    else
      wanted.push_back(i);
  }
  for (std::size_t i = 0; i < actual; ++i) {
    if (!ofActual[i]) left.push_back(i);
  }
  for (const auto& [want, got] : inOrder(wanted.size(), left.size()))
    pairs.emplace_back(want ? std::optional(wanted[*want]) : std::nullopt,
                       got ? std::optional(left[*got]) : std::nullopt);
  return pairs;
}

}  // namespace millrace::flowtest
