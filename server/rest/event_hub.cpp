// SPDX-License-Identifier: Apache-2.0
#include "server/rest/event_hub.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <charconv>
#include <map>
#include <utility>

namespace millrace::server {
namespace {

constexpr std::size_t kKeptEvents = 5000;
constexpr std::size_t kKeptBytes = std::size_t{8} << 20;
constexpr Nanos kHeartbeat = 10 * kSecond;

std::string eventText(std::string_view type, const std::string& data, const std::string& id) {
  return fmt::format("{}{}{}event: {}\ndata: {}\n\n", id.empty() ? "" : "id: ", id,
                     id.empty() ? "" : "\n", type, data);
}

std::string_view levelText(BulletinLevel level) {
  switch (level) {
    case BulletinLevel::kDebug:
      return "debug";
    case BulletinLevel::kInfo:
      return "info";
    case BulletinLevel::kWarn:
      return "warn";
    default:
      return "error";
  }
}

}  // namespace

std::string bulletinJson(const engine::Bulletin& bulletin) {
  Json json;
  json["id"] = bulletin.id;
  json["at"] = bulletin.time;
  json["level"] = levelText(bulletin.level);
  json["component"] = bulletin.component.raw() == 0
                          ? Json()
                          : Json(idText(flow::ElementId(bulletin.component.raw())));
  json["name"] = bulletin.componentName;
  json["message"] = bulletin.message;
  return jsonText(json);
}

EventHub::EventHub(StatusBook& status, const Clock& clock, std::string epoch)
    : status_(status), clock_(clock), epoch_(std::move(epoch)) {}

EventHub::~EventHub() { stop(); }

void EventHub::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
}

void EventHub::stop() {
  std::vector<Subscriber> all;
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    all.swap(subscribers_);
  }
  {
    MutexLock lock(inboxMutex_);
    wake_.notifyAll();
  }
  for (const Subscriber& subscriber : all) subscriber.writer->close();
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
  }
}

void EventHub::loop(const std::stop_token& stop) {
  Nanos ticked = 0;
  while (!stop.stop_requested()) {
    status_.mark();
    if (clock_.monotonic() - ticked >= kSecond) {
      ticked = clock_.monotonic();
      tick();
    }
    {
      MutexLock lock(mutex_);
      deliver();
      if (stopping_) return;
    }
    MutexLock lock(inboxMutex_);
    if (!inbox_.empty()) continue;
    wake_.waitFor(inboxMutex_, std::chrono::nanoseconds(wanted_ ? kSecond : StatusMarks::kApart));
  }
}

void EventHub::post(std::string_view type, std::string data) {
  MutexLock lock(inboxMutex_);
  inbox_.emplace_back(type, std::move(data));
  wake_.notifyAll();
}

/// What was posted, in its order.
void EventHub::deliver() {
  std::vector<std::pair<std::string, std::string>> posted;
  {
    MutexLock lock(inboxMutex_);
    posted.swap(inbox_);
    wanted_ = !subscribers_.empty();
  }
  for (const auto& [type, data] : posted) publish(type, data);
}

void EventHub::publish(std::string_view type, const std::string& data) {
  ++last_;
  std::string text = eventText(type, data, fmt::format("{}-{}", epoch_, last_));
  std::erase_if(subscribers_, [&](Subscriber& each) { return !each.writer->write(text); });
  keptBytes_ += text.size();
  kept_.push_back({last_, std::move(text)});
  while (kept_.size() > kKeptEvents || keptBytes_ > kKeptBytes) {
    keptBytes_ -= kept_.front().text.size();
    kept_.pop_front();
  }
}

void EventHub::flowChanged(const ChangeRecord& record) { post("flow", recordJson(record)); }

void EventHub::bulletinRaised(const engine::Bulletin& bulletin) {
  post("bulletin", bulletinJson(bulletin));
}

void EventHub::subscribe(std::shared_ptr<StreamWriter> writer, const std::string& lastId,
                         std::string group) {
  const StatusReport report = status_.fresh(group);
  const std::string status = eventText("status", report.json, "");
  std::shared_ptr<StreamWriter> refused;
  {
    MutexLock lock(mutex_);
    deliver();
    std::string missed;
    std::uint64_t seen = last_;
    if (!lastId.empty()) {
      const std::size_t dash = lastId.rfind('-');
      const char* const end = lastId.data() + lastId.size();
      const bool ours = dash != std::string::npos && lastId.substr(0, dash) == epoch_ &&
                        std::from_chars(lastId.data() + dash + 1, end, seen).ptr == end;
      const std::uint64_t oldest = kept_.empty() ? last_ + 1 : kept_.front().number;
      if (!ours || seen > last_ || seen + 1 < oldest)
        missed = eventText("reset", "{}", fmt::format("{}-{}", epoch_, last_));
      else
        for (const Event& event : kept_) missed += event.number > seen ? event.text : std::string();
    } else {
      missed = fmt::format("id: {}-{}\n\n", epoch_, last_);
    }
    if (stopping_) {
      refused = writer;
    } else if (writer->write(missed + status)) {
      subscribers_.push_back({std::move(writer), std::move(group), report.version});
      deliver();  // from now on somebody follows
    }
  }
  if (refused != nullptr) refused->close();
}

std::size_t EventHub::subscribers() const {
  MutexLock lock(mutex_);
  return subscribers_.size();
}

void EventHub::tick() {
  {
    MutexLock lock(mutex_);
    if (subscribers_.empty()) return;
  }
  status_.look();
  MutexLock lock(mutex_);
  const bool beat = clock_.monotonic() - heartbeat_ >= kHeartbeat;
  if (beat) heartbeat_ = clock_.monotonic();
  struct News {
    std::uint64_t version = 0;
    std::string text;  // empty: nothing changed
  };
  // By the group that is watched, and what is known of it already.
  std::map<std::pair<std::string, std::uint64_t>, News> all;
  std::erase_if(subscribers_, [&](Subscriber& each) {
    const auto [found, isNew] = all.try_emplace({each.group, each.told});
    News& news = found->second;
    if (isNew) {
      const StatusReport report = status_.report(each.group, each.told);
      news.version = report.version;
      if (!report.isEmpty) news.text = eventText("status", report.json, "");
    }
    each.told = news.version;
    return !news.text.empty() && !each.writer->write(news.text);
  });
  if (beat)
    std::erase_if(subscribers_, [](Subscriber& each) { return !each.writer->write(": beat\n\n"); });
}

}  // namespace millrace::server
