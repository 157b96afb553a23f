// SPDX-License-Identifier: Apache-2.0
#include "server/rest/fill_forecast.h"

#include <algorithm>

namespace millrace::server {

std::optional<Nanos> timeUntil(std::span<const FillSample> samples, std::uint64_t limit) {
  constexpr std::size_t kFewest = 3;
  constexpr double kLeastFit = 0.9;
  constexpr Nanos kFarthest = 365 * 24 * 60 * kMinute;  // what is later is no news
  if (limit == 0 || samples.empty()) return std::nullopt;
  if (samples.back().value >= limit) return 0;
  if (samples.size() < kFewest) return std::nullopt;
  const auto count = static_cast<double>(samples.size());
  const auto timeOf = [&](const FillSample& each) {
    return static_cast<double>(each.at - samples.front().at) / static_cast<double>(kSecond);
  };
  double meanTime = 0;
  double meanValue = 0;
  for (const FillSample& each : samples) {
    meanTime += timeOf(each) / count;
    meanValue += static_cast<double>(each.value) / count;
  }
  double times = 0;
  double values = 0;
  double both = 0;
  for (const FillSample& each : samples) {
    const double time = timeOf(each) - meanTime;
    const double value = static_cast<double>(each.value) - meanValue;
    times += time * time;
    values += value * value;
    both += time * value;
  }
  if (times <= 0 || values <= 0 || both <= 0) return std::nullopt;
  if (both * both / (times * values) < kLeastFit) return std::nullopt;
  const double perSecond = both / times;
  const double left = static_cast<double>(limit - samples.back().value) / perSecond;
  if (left >= static_cast<double>(kFarthest / kSecond)) return std::nullopt;
  return static_cast<Nanos>(left * static_cast<double>(kSecond));
}

}  // namespace millrace::server
