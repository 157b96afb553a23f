// SPDX-License-Identifier: Apache-2.0
#include "server/logging/log_line.h"

#include "engine/flow/paths.h"
#include "server/flow_store/flow_json.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <ctime>
#include <vector>

namespace millrace::server {
namespace {

/// ISO 8601, UTC, with milliseconds.
std::string timeText(Millis at) {
  constexpr Millis kSecondMillis = 1000;
  Millis seconds = at / kSecondMillis;
  Millis millis = at % kSecondMillis;
  if (millis < 0) {
    millis += kSecondMillis;
    --seconds;
  }
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(static_cast<std::time_t>(seconds)),
                     millis);
}

/// As one entry: what follows a line break is indented, and no other control character is left.
void appendPlain(std::string& into, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      into += "\n\t";
    } else if (c == '\t' || (byte >= 0x20 && byte != 0x7f)) {
      into += c;
    } else {
      fmt::format_to(std::back_inserter(into), "\\x{:02x}", byte);
    }
  }
}

std::string plainText(const LogLine& line) {
  std::string name(nameOf(line.level));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return static_cast<char>(c - 'a' + 'A'); });
  std::string text = fmt::format("{} {:<5} ", timeText(line.at), name);
  appendPlain(text, line.path.empty() ? line.area : line.path);
  if (!line.type.empty() && line.component != 0)
    fmt::format_to(std::back_inserter(text), " ({} {})", line.type,
                   idText(flow::ElementId(line.component)));
  else if (!line.type.empty())
    fmt::format_to(std::back_inserter(text), " ({})", line.type);
  text += ": ";
  appendPlain(text, line.message);
  if (!line.flowFile.empty()) {
    text += " [";
    appendPlain(text, line.flowFile);
    text += ']';
  }
  text += '\n';
  return text;
}

std::string objectText(const LogLine& line) {
  Json json;
  json["time"] = timeText(line.at);
  json["level"] = nameOf(line.level);
  json["area"] = line.area;
  if (line.component != 0) json["component"] = idText(flow::ElementId(line.component));
  if (!line.path.empty()) {
    const auto [group, name] = groupAndName(line.path);
    json["name"] = name;
    json["group"] = group;
  }
  if (!line.type.empty()) json["type"] = line.type;
  json["message"] = line.message;
  if (!line.flowFile.empty()) json["flowFile"] = line.flowFile;
  return jsonText(json) + "\n";
}

}  // namespace

std::pair<std::string, std::string> groupAndName(const std::string& path) {
  std::vector<std::string> names = flow::splitPath(path);
  std::string name = names.empty() ? std::string() : std::move(names.back());
  std::string group;
  for (std::size_t i = 0; i + 1 < names.size(); ++i) group = flow::joinPath(group, names[i]);
  return {std::move(group), std::move(name)};
}

std::string lineText(const LogLine& line, LogFormat format) {
  return format == LogFormat::kJson ? objectText(line) : plainText(line);
}

}  // namespace millrace::server
