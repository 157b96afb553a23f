// SPDX-License-Identifier: Apache-2.0
#include "server/provenance_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <charconv>
#include <chrono>
#include <ctime>

namespace millrace::server {
namespace {

using Json = nlohmann::json;

/// Takes a number of exactly that many digits.
bool take(std::string_view& text, std::size_t digits, int& into) {
  if (text.size() < digits) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, into);
  if (error != std::errc() || end != text.data() + digits) return false;
  text.remove_prefix(digits);
  return true;
}
bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

bool isKept(const Content& content) {
  if (content.kind != Content::Kind::kInline) return true;
  const std::uint64_t there = content.buffer == nullptr ? 0 : content.buffer->bytes().size();
  return content.length <= there && content.offset <= there - content.length;
}

Json contentJson(const Content& content) {
  Json json{{"size", content.length}};
  if (content.kind == Content::Kind::kStored) {
    json["segment"] = content.claim.segment;
    json["offset"] = content.claim.offset + content.offset;
  }
  return json;
}

std::string contentText(const Content& content) {
  if (content.length == 0) return "empty";
  if (content.kind == Content::Kind::kStored) {
    return fmt::format("{} bytes, segment {} at {}", content.length, content.claim.segment,
                       content.claim.offset + content.offset);
  }
  return fmt::format("{} bytes{}", content.length, isKept(content) ? "" : ", not kept");
}

}  // namespace

std::string timeText(Millis time) {
  const std::chrono::sys_time<std::chrono::milliseconds> point{std::chrono::milliseconds(time)};
  const auto day = std::chrono::floor<std::chrono::days>(point);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(point - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

Result<Millis> parseTime(std::string_view text) {
  const auto refused = [whole = text] {
    return Error::user(fmt::format(
        "'{}' is no time; write 2026-11-22, 2026-11-22T16:05 or 2026-11-22T16:05:30.250 (UTC)",
        whole));
  };
  Millis millis = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), millis);
  if (error == std::errc() && end == text.data() + text.size() && !text.empty()) return millis;
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, fraction = 0;
  if (!take(text, 4, year) || !take(text, '-') || !take(text, 2, month) || !take(text, '-') ||
      !take(text, 2, day))
    return refused();
  if (take(text, 'T') || take(text, ' ')) {
    if (!take(text, 2, hour) || !take(text, ':') || !take(text, 2, minute)) return refused();
    if (take(text, ':') && !take(text, 2, second)) return refused();
    if (take(text, '.') && !take(text, 3, fraction)) return refused();
    take(text, 'Z');
  }
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!text.empty() || !date.ok() || hour > 23 || minute > 59 || second > 60) return refused();
  const Millis days = std::chrono::sys_days(date).time_since_epoch().count();
  return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + fraction;
}

std::string lineOf(const ProvenanceEvent& event, const host::FlowNames& names) {
  std::string line = fmt::format("{:<12} {}  {:<19}  {}  {}", event.id.text(), timeText(event.time),
                                 nameOf(event.type), event.uuid, names.nameOf(event.component));
  if (const auto filename = event.attribute("filename"); filename && *filename != event.uuid)
    line += fmt::format("  {}", *filename);
  if (!event.relationship.empty()) line += fmt::format("  [{}]", event.relationship);
  if (!event.transitUri.empty()) line += fmt::format("  {}", event.transitUri);
  return line;
}

std::string pageOf(const ProvenanceEvent& event, const host::FlowNames& names) {
  std::string page;
  const auto row = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) page += fmt::format("{:<14} {}\n", name, value);
  };
  row("event", event.id.text());
  row("type", nameOf(event.type));
  row("time", timeText(event.time));
  row("component", names.nameOf(event.component));
  row("component type", names.typeOf(event.component));
  row("flowfile", event.uuid);
  row("entered", timeText(event.entryDate));
  row("lineage since", timeText(event.lineageStart));
  if (event.sourceQueue != ConnectionId(0)) row("from queue", names.nameOf(event.sourceQueue));
  row("relationship", event.relationship);
  row("transit uri", event.transitUri);
  row("details", event.details);
  for (const std::string& parent : event.parents) row("parent", parent);
  for (const std::string& child : event.children) row("child", child);
  row("content before", contentText(event.before));
  row("content after", contentText(event.after));
  page += "attributes\n";
  for (const auto& [name, value] : event.attributes)
    page += fmt::format("  {} = {}\n", name, value);
  if (!event.changes.empty()) page += "changed\n";
  for (const auto& [name, value] : event.changes) {
    page += value ? fmt::format("  {} = {}\n", name, *value) : fmt::format("  {} removed\n", name);
  }
  return page;
}

std::string jsonOf(const ProvenanceEvent& event, const host::FlowNames& names) {
  Json json{{"id", event.id.text()},
            {"type", nameOf(event.type)},
            {"time", timeText(event.time)},
            {"component", names.nameOf(event.component)},
            {"componentType", names.typeOf(event.component)},
            {"componentId", fmt::format("{:x}", event.component.raw())},
            {"flowRevision", event.flowRevision},
            {"uuid", event.uuid},
            {"entryDate", timeText(event.entryDate)},
            {"lineageStart", timeText(event.lineageStart)},
            {"relationship", event.relationship},
            {"transitUri", event.transitUri},
            {"details", event.details},
            {"parents", event.parents},
            {"children", event.children},
            {"contentBefore", contentJson(event.before)},
            {"contentAfter", contentJson(event.after)}};
  if (event.sourceQueue != ConnectionId(0)) json["queue"] = names.nameOf(event.sourceQueue);
  json["attributes"] = Json::object();
  for (const auto& [name, value] : event.attributes) json["attributes"][name] = value;
  json["changes"] = Json::object();
  for (const auto& [name, value] : event.changes)
    json["changes"][name] = value ? Json(*value) : Json(nullptr);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace millrace::server
