// SPDX-License-Identifier: Apache-2.0
#include "server/rest/log_resource.h"

#include "log-backend/browse/record_pages.h"
#include "server/rest/content_response.h"
#include "server/rest/json_body.h"
#include "server/rest/log_json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <charconv>
#include <limits>
#include <variant>

namespace millrace::server {
namespace {

using log::LogOverview;
using log::Offset;

constexpr std::uint64_t kMostRecords = 1'000;
constexpr std::uint64_t kMostShown = std::uint64_t{1} << 20;
constexpr auto kMostOffset = static_cast<std::uint64_t>(std::numeric_limits<Offset>::max());

HttpResponse noTopic(const std::string& name) {
  return HttpResponse::error(
      404, fmt::format("there is no topic '{}'; GET /api/v1/log/topics lists all", name));
}

HttpResponse topics(const LogOverview& log, const RoutedRequest& request) {
  const std::string* internal = request.target.field("internal");
  if (internal != nullptr && *internal != "true" && *internal != "false")
    return HttpResponse::error(400, "'internal' must be true or false");
  Json answer;
  answer["topics"] = Json::array();
  for (const log::TopicFigures& each : log.topics()) {
    if (each.internal && (internal == nullptr || *internal != "true")) continue;
    answer["topics"].push_back(topicJson(each));
  }
  return jsonResponse(answer);
}

HttpResponse topic(const LogOverview& log, const RoutedRequest& request) {
  const std::string& name = request.parameter("topic");
  const auto found = log.topic(name);
  return found ? jsonResponse(wholeTopicJson(*found)) : noTopic(name);
}

HttpResponse groups(const LogOverview& log, const RoutedRequest&) {
  Json answer;
  answer["groups"] = Json::array();
  for (const log::GroupFigures& each : log.groups()) answer["groups"].push_back(groupJson(each));
  return jsonResponse(answer);
}

HttpResponse group(const LogOverview& log, const RoutedRequest& request) {
  const std::string& name = request.parameter("group");
  const auto found = log.group(name);
  if (found) return jsonResponse(wholeGroupJson(*found));
  return HttpResponse::error(
      404, fmt::format("there is no group '{}'; GET /api/v1/log/groups lists all", name));
}

using PartitionPointer = std::shared_ptr<log::Partition>;

/// The partition of a topic, or the answer that there is none.
std::variant<PartitionPointer, HttpResponse> partitionOf(const LogOverview& log,
                                                         const std::string& topic,
                                                         std::uint64_t number) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max());
  PartitionPointer found =
      number > kMost ? nullptr : log.partition(topic, static_cast<std::int32_t>(number));
  if (found != nullptr) return found;
  const auto known = log.topic(topic);
  if (!known) return noTopic(topic);
  return HttpResponse::error(404, fmt::format("topic '{}' has the partitions 0 to {}", topic,
                                              known->partitions.size() - 1));
}

/// Where a page of records begins or ends.
struct Place {
  Offset offset = 0;
  bool before = false;
};

Result<Offset> offsetOf(const std::string& text, std::string_view name, const log::LogBounds& log) {
  if (text == "start") return log.logStart;
  if (text == "end") return log.lastStable;
  Offset value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || stop != end || error != std::errc() || value < 0)
    return Error::user(fmt::format("'{}' must be an offset, start or end", name));
  return value;
}

Result<Place> placeOf(const RoutedRequest& request, log::Partition& partition) {
  const std::string* from = request.target.field("offset");
  const std::string* before = request.target.field("before");
  const std::string* time = request.target.field("timestamp");
  if ((from != nullptr) + (before != nullptr) + (time != nullptr) > 1)
    return Error::user("only one of 'offset', 'before' and 'timestamp' says where to look");
  const log::LogBounds bounds = partition.bounds();
  if (before != nullptr) return Place{MR_TRY(offsetOf(*before, "before", bounds)), true};
  if (from != nullptr) return Place{MR_TRY(offsetOf(*from, "offset", bounds)), false};
  if (time == nullptr) return Place{bounds.logStart, false};
  const auto wanted = MR_TRY(numberField(request, "timestamp", 0, kMostOffset));
  const log::TimeAndOffset found =
      MR_TRY(partition.findTime(static_cast<Millis>(wanted), log::Isolation::kReadCommitted));
  return Place{found.offset < 0 ? bounds.lastStable : found.offset, false};
}

int statusOf(const Error& error) { return error.fault == Fault::kUser ? 400 : 503; }

HttpResponse records(const LogOverview& log, const RoutedRequest& request) {
  const auto number = numberField(request, "partition", 0, kMostOffset);
  if (!number.ok()) return HttpResponse::error(400, number.error().message);
  const auto limit = numberField(request, "limit", 100, kMostRecords);
  if (!limit.ok()) return HttpResponse::error(400, limit.error().message);
  const auto bytes = numberField(request, "bytes", 1024, kMostShown);
  if (!bytes.ok()) return HttpResponse::error(400, bytes.error().message);
  auto found = partitionOf(log, request.parameter("topic"), *number);
  if (auto* refusal = std::get_if<HttpResponse>(&found)) return std::move(*refusal);
  log::Partition& partition = *std::get<PartitionPointer>(found);
  const auto place = placeOf(request, partition);
  if (!place.ok()) return HttpResponse::error(statusOf(place.error()), place.error().message);
  log::PageLimits limits;
  limits.records = *limit;
  limits.shownBytes = *bytes;
  log::RecordFilter filter;
  if (const std::string* key = request.target.field("key")) filter.key = *key;
  if (const std::string* text = request.target.field("contains")) filter.contains = *text;
  const auto page = place->before ? log::recordsBefore(partition, place->offset, limits, filter)
                                  : log::recordsFrom(partition, place->offset, limits, filter);
  if (!page.ok()) return HttpResponse::error(503, page.error().message);
  return jsonResponse(recordPageJson(*page));
}

std::optional<std::uint64_t> numberOf(const std::string& text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || stop != end || error != std::errc() || value > kMostOffset)
    return std::nullopt;
  return value;
}

HttpResponse content(const LogOverview& log, const RoutedRequest& request) {
  const auto number = numberOf(request.parameter("partition"));
  const auto offset = numberOf(request.parameter("offset"));
  const std::string& part = request.parameter("part");
  if (!number || !offset || (part != "key" && part != "value"))
    return HttpResponse::error(400, "the address must be …/PARTITION/OFFSET/content/value or key");
  auto found = partitionOf(log, request.parameter("topic"), *number);
  if (auto* refusal = std::get_if<HttpResponse>(&found)) return std::move(*refusal);
  auto record = log::recordAt(*std::get<PartitionPointer>(found), static_cast<Offset>(*offset));
  if (!record.ok()) return HttpResponse::error(503, record.error().message);
  if (!record->has_value()) {
    return HttpResponse::error(
        404, fmt::format("a consumer finds no record with the offset {}: it was deleted, or is not "
                         "committed",
                         *offset));
  }
  if (!(*record)->unreadable.empty()) return HttpResponse::error(503, (*record)->unreadable);
  auto& bytes = part == "key" ? (*record)->key : (*record)->value;
  if (!bytes) return HttpResponse::error(404, fmt::format("this record has no {}", part));
  return bytesResponse(request.http, std::move(bytes->bytes));
}

}  // namespace

void addLogRoutes(Router& router, const log::LogOverview* log) {
  const auto add = [&](const char* pattern, auto handler) {
    router.add(HttpMethod::kGet, pattern, [log, handler](const RoutedRequest& request) {
      if (log == nullptr) return HttpResponse::error(404, "this server runs without a log");
      return handler(*log, request);
    });
  };
  add("/api/v1/log/topics", topics);
  add("/api/v1/log/topics/{topic}", topic);
  add("/api/v1/log/topics/{topic}/records", records);
  add("/api/v1/log/topics/{topic}/records/{partition}/{offset}/content/{part}", content);
  add("/api/v1/log/groups", groups);
  add("/api/v1/log/groups/{group}", group);
}

}  // namespace millrace::server
