// SPDX-License-Identifier: Apache-2.0
#include "server/rest/log_json.h"

#include "engine/expression/escapes.h"
#include "engine/expression/utf16.h"

#include <nlohmann/json.hpp>

namespace millrace::server {
namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr char32_t kDelete = 0x7F;
constexpr char32_t kFirstPrintable = 0x20;

/// UTF-8 without control characters other than those of lines and columns.
bool isReadable(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t before = at;
    const char32_t point = expression::readUtf8(text, at);
    if (point == kReplacement && at == before + 1) return false;  // no UTF-8
    if (point == kDelete) return false;
    if (point < kFirstPrintable && point != '\t' && point != '\n' && point != '\r') return false;
  }
  return true;
}

/// Without the beginning of a character whose end was cut off.
std::string_view withoutHalf(std::string_view text) {
  constexpr std::size_t kLongest = 4;
  for (std::size_t back = 1; back < kLongest && back <= text.size(); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xC0U) == 0x80U) continue;  // goes on
    const std::size_t length = byte >= 0xF0U ? 4 : byte >= 0xE0U ? 3 : byte >= 0xC0U ? 2 : 1;
    return length > back ? text.substr(0, text.size() - back) : text;
  }
  return text;
}

std::string_view nameOf(log::Codec codec) {
  switch (codec) {
    case log::Codec::kNone:
      return "none";
    case log::Codec::kGzip:
      return "gzip";
    case log::Codec::kSnappy:
      return "snappy";
    case log::Codec::kLz4:
      return "lz4";
    case log::Codec::kZstd:
      return "zstd";
  }
  return "unknown";
}

Json optionalBytes(const std::optional<log::ShownBytes>& bytes) {
  return bytes.has_value() ? bytesJson(*bytes) : Json();
}

Json recordJson(const log::ShownRecord& record) {
  Json json;
  json["offset"] = record.offset;
  json["timestamp"] = record.timestamp < 0 ? Json() : Json(record.timestamp);
  json["timestampType"] = record.appendTime ? "LogAppendTime" : "CreateTime";
  json["codec"] = nameOf(record.codec);
  json["batchBytes"] = record.batchBytes;
  if (!record.unreadable.empty()) {
    json["unreadable"] = record.unreadable;
    json["behind"] = record.unreadableEnd;
    return json;
  }
  json["transactional"] = record.transactional;
  json["key"] = optionalBytes(record.key);
  json["value"] = optionalBytes(record.value);
  json["headers"] = Json::array();
  for (const log::ShownHeader& header : record.headers) {
    Json each;
    each["name"] = header.name;
    each["value"] = optionalBytes(header.value);
    json["headers"].push_back(std::move(each));
  }
  return json;
}

}  // namespace

Json bytesJson(const log::ShownBytes& bytes) {
  const bool cut = bytes.bytes.size() < bytes.size;
  const std::string_view text = cut ? withoutHalf(bytes.bytes) : std::string_view(bytes.bytes);
  Json json;
  if (isReadable(text)) {
    json["text"] = text;
  } else {
    json["base64"] = expression::base64Encode(bytes.bytes);
  }
  json["size"] = bytes.size;
  if (cut) json["cut"] = true;
  return json;
}

Json topicJson(const log::TopicFigures& topic) {
  Json json;
  json["topic"] = topic.entry.name;
  json["id"] = topic.entry.id.text();
  json["internal"] = topic.internal;
  log::Offset records = 0;
  std::uint64_t bytes = 0;
  Json partitions = Json::array();
  for (const log::PartitionFigures& each : topic.partitions) {
    records += each.bounds.highWatermark - each.bounds.logStart;
    bytes += each.bytes;
    Json partition;
    partition["partition"] = each.number;
    partition["startOffset"] = each.bounds.logStart;
    partition["endOffset"] = each.bounds.highWatermark;
    partition["bytes"] = each.bytes;
    partitions.push_back(std::move(partition));
  }
  json["records"] = records;
  json["bytes"] = bytes;
  json["partitions"] = std::move(partitions);
  json["configs"] = Json::object();
  for (const auto& [name, value] : topic.entry.config.overrides()) json["configs"][name] = value;
  return json;
}

Json wholeTopicJson(const log::TopicFigures& topic) {
  Json json = topicJson(topic);
  for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
    const log::PartitionFigures& figures = topic.partitions[i];
    Json& partition = json["partitions"][i];
    partition["lastStableOffset"] = figures.bounds.lastStable;
    partition["logEndOffset"] = figures.bounds.logEnd;
    partition["leaderEpoch"] = figures.bounds.leaderEpoch;
    partition["segments"] = figures.segments;
  }
  json["settings"] = Json::object();
  for (const auto& [name, value] : log::LogOverview::settingsInForce(topic.entry))
    json["settings"][name] = value;
  return json;
}

Json recordPageJson(const log::RecordPage& page) {
  Json json;
  json["startOffset"] = page.logStart;
  json["endOffset"] = page.end;
  json["from"] = page.from;
  json["next"] = page.next;
  json["atStart"] = page.from <= page.logStart;
  json["atEnd"] = page.next >= page.end;
  json["records"] = Json::array();
  for (const log::ShownRecord& record : page.records) json["records"].push_back(recordJson(record));
  return json;
}

Json groupJson(const log::GroupFigures& group) {
  Json json;
  json["group"] = group.name;
  json["state"] = group.state;
  json["protocolType"] = group.protocolType;
  json["protocol"] = group.protocol;
  json["memberCount"] = group.members.size();
  json["lag"] = group.lag();
  return json;
}

Json wholeGroupJson(const log::GroupFigures& group) {
  Json json = groupJson(group);
  json["members"] = Json::array();
  for (const log::GroupMemberFigures& member : group.members) {
    Json each;
    each["member"] = member.id;
    each["instance"] = member.instance ? Json(*member.instance) : Json();
    each["client"] = member.client;
    each["host"] = member.host;
    each["assignment"] = Json();
    if (member.partitions) {
      each["assignment"] = Json::array();
      for (const auto& [topic, partition] : *member.partitions) {
        Json place;
        place["topic"] = topic;
        place["partition"] = partition;
        each["assignment"].push_back(std::move(place));
      }
    }
    json["members"].push_back(std::move(each));
  }
  json["partitions"] = Json::array();
  for (const log::GroupPlaceFigures& place : group.places) {
    Json each;
    each["topic"] = place.topic;
    each["partition"] = place.partition;
    each["offset"] = place.committed ? Json(*place.committed) : Json();
    each["endOffset"] = place.end ? Json(*place.end) : Json();
    const auto lag = place.lag();
    each["lag"] = lag ? Json(*lag) : Json();
    each["metadata"] = place.metadata;
    each["member"] = place.member.empty() ? Json() : Json(place.member);
    json["partitions"].push_back(std::move(each));
  }
  return json;
}

}  // namespace millrace::server
