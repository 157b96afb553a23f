// SPDX-License-Identifier: Apache-2.0
#include "server/rest/history_keeper.h"

#include "server/rest/json_body.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <optional>

namespace millrace::server {
namespace {

using repo::HistoryKind;
using repo::HistorySample;
using repo::HistoryStep;
using repo::HistoryValues;

constexpr Millis kMinuteMillis = kMinute / kMillisecond;
constexpr Millis kSecondMillis = kSecond / kMillisecond;
constexpr std::size_t kMostRows = 10'000;

constexpr std::array<const char*, 8> kSums{"in",   "out",     "bytesIn", "bytesOut",
                                           "read", "written", "tasks",   "busyNanos"};
constexpr std::array<const char*, 4> kLevels{"count", "bytes", "mostCount", "mostBytes"};

std::int64_t whole(std::uint64_t number) { return static_cast<std::int64_t>(number); }

HistoryValues totalsOf(const engine::ComponentSnapshot& each) {
  return {
      whole(each.in),        whole(each.out),          whole(each.inBytes),  whole(each.outBytes),
      whole(each.bytesRead), whole(each.bytesWritten), whole(each.triggers), each.busy};
}

std::optional<HistoryStep> stepOf(std::string_view text) {
  if (text == "1s") return HistoryStep::kSecond;
  if (text == "1m") return HistoryStep::kMinute;
  if (text == "5m") return HistoryStep::kFiveMinutes;
  return std::nullopt;
}

HttpResponse show(HistoryKeeper& keeper, const RoutedRequest& request) {
  const auto id = idOf(request.parameter("id"));
  if (!id) return HttpResponse::error(400, "the address must hold an id");
  const std::string* const given = request.target.field("step");
  const std::string name = given == nullptr ? "1m" : *given;
  const auto step = stepOf(name);
  if (!step) return HttpResponse::error(400, "'step' must be 1s, 1m or 5m");
  const auto now = static_cast<std::uint64_t>(keeper.clock().wall());
  const auto to = numberField(request, "to", now, INT64_MAX);
  if (!to.ok()) return HttpResponse::error(400, to.error().message);
  const auto kept = static_cast<std::uint64_t>(keptFor(*step));
  const auto from = numberField(request, "from", now > kept ? now - kept : 0, INT64_MAX);
  if (!from.ok()) return HttpResponse::error(400, from.error().message);
  const auto rows = keeper.history().rows(id->raw(), *step, static_cast<Millis>(*from),
                                          static_cast<Millis>(*to), kMostRows);
  if (!rows.ok()) return HttpResponse::error(503, rows.error().message);
  const bool levels = !rows->empty() && rows->back().kind == HistoryKind::kLevels;
  Json answer;
  answer["step"] = name;
  answer["fields"] = Json::array();
  if (levels) {
    for (const char* field : kLevels) answer["fields"].push_back(field);
  } else {
    for (const char* field : kSums) answer["fields"].push_back(field);
  }
  const std::size_t width = answer["fields"].size();
  answer["rows"] = Json::array();
  for (const repo::HistoryRow& row : *rows) {
    Json line = Json::array({row.at});
    for (std::size_t i = 0; i < width; ++i) line.push_back(row.values[i]);
    answer["rows"].push_back(std::move(line));
  }
  return jsonResponse(answer);
}

}  // namespace

HistoryKeeper::~HistoryKeeper() { stop(); }

void HistoryKeeper::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
}

void HistoryKeeper::stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    wake_.notifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void HistoryKeeper::loop(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto looked = look();
    if (!looked.ok() && !failed_) {
      controller_.bulletins().raise(BulletinLevel::kWarn, ComponentId(), "",
                                    looked.error().message);
    }
    failed_ = !looked.ok();
    MutexLock lock(mutex_);
    if (stopping_) return;
    wake_.waitFor(mutex_, std::chrono::nanoseconds(kSecond));
    if (stopping_) return;
  }
}

Result<> HistoryKeeper::look() {
  const Millis now = clock_.wall();
  if (now / kSecondMillis == second_) return Done{};  // one call a second
  second_ = now / kSecondMillis;
  const bool turned = now / kMinuteMillis != minute_;
  minute_ = now / kMinuteMillis;
  const std::uint64_t changes = controller_.changes();
  if (changes == changes_ && !turned) return Done{};
  changes_ = changes;
  std::vector<HistorySample> samples;
  addComponents(samples);
  // Each minute tells all levels, so that it has a mean of what did not change, too.
  addConnections(samples, turned);
  if (samples.empty() && !turned) return Done{};
  return history_->add(now, samples);
}

void HistoryKeeper::addComponents(std::vector<HistorySample>& samples) {
  std::map<ComponentId, HistoryValues> seen;
  HistorySample all{ComponentId().raw(), HistoryKind::kSums, {}};  // the flow's own group
  for (const auto& component : controller_.components()) {
    const HistoryValues now = totalsOf(component);
    const auto before = totals_.find(component.id);
    HistorySample sample{component.id.raw(), HistoryKind::kSums, now};
    bool worked = false;
    for (std::size_t i = 0; i < now.size(); ++i) {
      // One that was made anew counts from its own beginning.
      if (before != totals_.end() && now[i] >= before->second[i])
        sample.values[i] = now[i] - before->second[i];
      worked = worked || sample.values[i] != 0;
    }
    for (std::size_t i = 0; i < all.values.size(); ++i) all.values[i] += sample.values[i];
    if (worked) samples.push_back(sample);
    seen.emplace(component.id, now);
  }
  totals_ = std::move(seen);
  if (!samples.empty()) samples.push_back(all);
}

void HistoryKeeper::addConnections(std::vector<HistorySample>& samples, bool all) {
  for (const auto& connection : controller_.connections()) {
    const std::pair now{whole(connection.queue.count), whole(connection.queue.bytes)};
    auto& before = levels_[connection.id];
    const bool told = now == before && !(all && now.first > 0);
    before = now;
    if (told) continue;
    samples.push_back({connection.id.raw(), HistoryKind::kLevels,
                       HistoryValues{now.first, now.second, now.first, now.second}});
  }
}

void addHistoryRoute(Router& router, HistoryKeeper& keeper) {
  router.add(HttpMethod::kGet, "/api/v1/history/{id}",
             [&keeper](const RoutedRequest& request) { return show(keeper, request); });
}

}  // namespace millrace::server
