// SPDX-License-Identifier: Apache-2.0
#include "log-backend/security/quota_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace millrace::log {
namespace {

constexpr std::size_t kMostMeters = 10'000;
constexpr Nanos kForgetAfter = 60 * kMinute;

std::string textOf(const QuotaEntity::Part& part) {
  if (!part.given) return "-";
  return part.name ? "=" + escapedField(*part.name) : "*";
}

std::optional<QuotaEntity::Part> partOf(std::string_view text) {
  if (text == "-") return QuotaEntity::Part{};
  if (text == "*") return QuotaEntity::Part{true, std::nullopt};
  if (!text.starts_with('=')) return std::nullopt;
  auto name = unescapedField(text.substr(1));
  if (!name) return std::nullopt;
  return QuotaEntity::Part{true, *std::move(name)};
}

std::string textOf(const std::optional<double>& rate) {
  return rate ? fmt::format("{}", *rate) : "-";
}

/// Outer nothing: it is no rate.
std::optional<std::optional<double>> rateOf(std::string_view text) {
  if (text == "-") return std::optional<double>();
  double rate = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), rate);
  if (code != std::errc() || end != text.data() + text.size() || !std::isfinite(rate) || rate <= 0)
    return std::nullopt;
  return std::optional<double>(rate);
}

std::optional<std::pair<QuotaEntity, QuotaLimits>> quotaOf(std::string_view line) {
  std::array<std::string_view, 4> fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::size_t end = line.find('\t');
    if ((end == std::string_view::npos) != (i + 1 == fields.size())) return std::nullopt;
    fields[i] = line.substr(0, end);
    if (end != std::string_view::npos) line.remove_prefix(end + 1);
  }
  auto user = partOf(fields[0]);
  auto clientId = partOf(fields[1]);
  const auto producer = rateOf(fields[2]);
  const auto consumer = rateOf(fields[3]);
  if (!user || !clientId || !producer || !consumer || !(user->given || clientId->given))
    return std::nullopt;
  return std::pair(QuotaEntity{*std::move(user), *std::move(clientId)},
                   QuotaLimits{*producer, *consumer});
}

}  // namespace

Result<std::unique_ptr<QuotaList>> QuotaList::open(FileSystem& files, const std::string& data) {
  std::unique_ptr<QuotaList> list(new QuotaList(files, pathIn(data)));
  MutexLock lock(list->mutex_);
  list->quotas_ =
      std::make_shared<const Quotas>(MR_TRY(list->quotasOf(MR_TRY(list->file_.read()))));
  return list;
}

Result<QuotaList::Quotas> QuotaList::quotasOf(std::string_view text) const {
  Quotas quotas;
  for (int number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    auto quota = quotaOf(line);
    if (!quota || !quotas.insert(*std::move(quota)).second) {
      return Error::user(fmt::format(
          "{}:{}: this is no quota; correct it, or remove the line and set the quota again",
          file_.path(), number));
    }
  }
  return quotas;
}

std::shared_ptr<const QuotaList::Quotas> QuotaList::quotas() const {
  MutexLock lock(mutex_);
  return quotas_;
}

Result<> QuotaList::refresh() {
  MutexLock lock(mutex_);
  if (!file_.isChanged()) return Done{};
  quotas_ = std::make_shared<const Quotas>(MR_TRY(quotasOf(MR_TRY(file_.read()))));
  return Done{};
}

Result<> QuotaList::change(const Quotas& changed) {
  MutexLock lock(mutex_);
  Quotas now;
  MR_TRY(file_.update([&](const std::string& text) -> Result<std::string> {
    now = MR_TRY(quotasOf(text));
    for (const auto& [entity, limits] : changed) {
      if (limits.isEmpty()) {
        now.erase(entity);
      } else {
        now[entity] = limits;
      }
    }
    std::string fresh;
    for (const auto& [entity, limits] : now) {
      fresh += fmt::format("{}\t{}\t{}\t{}\n", textOf(entity.user), textOf(entity.clientId),
                           textOf(limits.producer), textOf(limits.consumer));
    }
    return fresh;
  }));
  quotas_ = std::make_shared<const Quotas>(std::move(now));
  return Done{};
}

std::optional<QuotaList::Applying> QuotaList::applying(Direction direction, std::string_view user,
                                                       std::string_view clientId) const {
  if (quotas_->empty()) return std::nullopt;
  const QuotaEntity::Part none;
  const QuotaEntity::Part all{true, std::nullopt};
  const QuotaEntity::Part thisUser{true, std::string(user)};
  const QuotaEntity::Part thisClient{true, std::string(clientId)};
  // KIP-55: the first that is set counts.
  const std::array<QuotaEntity, 8> order{{{thisUser, thisClient},
                                          {thisUser, all},
                                          {thisUser, none},
                                          {all, thisClient},
                                          {all, all},
                                          {all, none},
                                          {none, thisClient},
                                          {none, all}}};
  const bool publishes = direction == Direction::kPublish;
  for (const QuotaEntity& entity : order) {
    const auto found = quotas_->find(entity);
    if (found == quotas_->end()) continue;
    const auto& limit = publishes ? found->second.producer : found->second.consumer;
    if (!limit) continue;
    std::string bucket(publishes ? "p" : "c");
    if (entity.user.given) bucket += fmt::format("\tu={}", user);
    if (entity.clientId.given) bucket += fmt::format("\tc={}", clientId);
    return Applying{std::move(bucket), *limit};
  }
  return std::nullopt;
}

Nanos QuotaList::charge(Direction direction, std::string_view user, std::string_view clientId,
                        double bytes, Nanos now) {
  MutexLock lock(mutex_);
  const auto quota = applying(direction, user, clientId);
  if (!quota) return 0;
  if (meters_.size() >= kMostMeters) {
    std::erase_if(meters_,
                  [now](const auto& each) { return now - each.second.lastUsed() > kForgetAfter; });
  }
  QuotaMeter& meter = meters_[quota->bucket];
  if (bytes > 0) meter.add(bytes, now);
  return meter.waitFor(quota->limit, now);
}

std::optional<double> QuotaList::mostAtOnce(Direction direction, std::string_view user,
                                            std::string_view clientId) const {
  MutexLock lock(mutex_);
  const auto quota = applying(direction, user, clientId);
  if (!quota) return std::nullopt;
  return quota->limit * static_cast<double>(QuotaMeter::kSamples - 1);
}

}  // namespace millrace::log
