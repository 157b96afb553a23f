// SPDX-License-Identifier: Apache-2.0
#include "log-backend/partition/leader_epochs.h"

#include <fmt/format.h>

#include <charconv>

namespace millrace::log {
namespace {

/// Takes the number at the front of `text` and the one character behind it.
template <typename Number>
bool takeNumber(std::string_view& text, Number& number, char behind) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.empty() || text.front() != behind) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

Result<LeaderEpochs> LeaderEpochs::decode(std::string_view text) {
  const Error damage = Error::environment(
      "leader-epoch-checkpoint is damaged, remove it to have it made anew from the log", false);
  int version = -1;
  std::size_t count = 0;
  if (!takeNumber(text, version, '\n') || version != 0 || !takeNumber(text, count, '\n'))
    return damage;
  LeaderEpochs epochs;
  for (std::size_t i = 0; i < count; ++i) {
    EpochStart next;
    if (!takeNumber(text, next.epoch, ' ') || !takeNumber(text, next.start, '\n')) return damage;
    epochs.starts_.push_back(next);
  }
  if (!text.empty()) return damage;
  return epochs;
}

std::string LeaderEpochs::encode() const {
  std::string text = fmt::format("0\n{}\n", starts_.size());
  for (const EpochStart& each : starts_) text += fmt::format("{} {}\n", each.epoch, each.start);
  return text;
}

bool LeaderEpochs::note(std::int32_t epoch, Offset start) {
  if (epoch <= latest()) return false;
  starts_.push_back({epoch, start});
  return true;
}

void LeaderEpochs::cutFrom(Offset end) {
  while (!starts_.empty() && starts_.back().start >= end) starts_.pop_back();
}

void LeaderEpochs::cutBelow(Offset start) {
  while (starts_.size() > 1 && starts_[1].start <= start) starts_.erase(starts_.begin());
  if (!starts_.empty() && starts_.front().start < start) starts_.front().start = start;
}

EpochStart LeaderEpochs::endOf(std::int32_t epoch, Offset logEnd) const {
  EpochStart answer{-1, kNoOffset};
  if (epoch >= 0 && !starts_.empty() && epoch < starts_.front().epoch)
    return {epoch, starts_.front().start};
  for (std::size_t i = 0; i < starts_.size() && starts_[i].epoch <= epoch; ++i)
    answer = {starts_[i].epoch, i + 1 < starts_.size() ? starts_[i + 1].start : logEnd};
  return answer;
}

}  // namespace millrace::log
