// SPDX-License-Identifier: Apache-2.0
#include "host/remote_access/http_paths.h"

#include "processors/http/url.h"

#include <fmt/format.h>

#include <charconv>
#include <vector>

namespace millrace::host {
namespace {

using processors::percentDecoded;
using site_to_site::Direction;
using site_to_site::PortInfo;

std::vector<std::string> partsOf(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::size_t end = std::min(path.find('/'), path.size());
    parts.push_back(percentDecoded(path.substr(0, end)));
    path.remove_prefix(end);
  }
  return parts;
}

void readQuery(std::string_view query, HttpPath& into) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view name = pair.substr(0, equals);
    const std::string_view value = pair.substr(std::min(equals + 1, pair.size()));
    if (name == "checksum") into.checksum = percentDecoded(value, true);
    if (name != "responseCode") continue;
    std::uint32_t code = 0;
    const char* const last = value.data() + value.size();
    const auto read = std::from_chars(value.data(), last, code);
    if (read.ec == std::errc() && read.ptr == last) into.responseCode = code;
  }
}

std::string quoted(std::string_view text) {
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      json += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      json += c;
    }
  }
  return json + '"';
}

std::string portsJson(const std::vector<PortInfo>& ports, Direction direction) {
  std::string json;
  for (const PortInfo& port : ports) {
    if (port.direction != direction) continue;
    json += fmt::format("{}{{\"id\":{},\"name\":{},\"comments\":{},\"state\":\"{}\"}}",
                        json.empty() ? "" : ",", quoted(port.id), quoted(port.name),
                        quoted(port.comment), port.running ? "RUNNING" : "STOPPED");
  }
  return json;
}

}  // namespace

HttpPath HttpPath::of(std::string_view target) {
  HttpPath path;
  const auto parts = partsOf(processors::pathOf(target));
  if (parts.size() < 2 || parts[0] != "nifi-api") return path;
  if (parts[1] == "site-to-site") {
    if (parts.size() == 2) path.what = What::kSite;
    if (parts.size() == 3 && parts[2] == "peers") path.what = What::kPeers;
    return path;
  }
  const bool takes = parts.size() > 2 && parts[2] == "input-ports";
  if (parts[1] != "data-transfer" || parts.size() < 5 || parts[4] != "transactions" ||
      (!takes && parts[2] != "output-ports"))
    return path;
  path.direction = takes ? Direction::kIncoming : Direction::kOutgoing;
  path.port = parts[3];
  if (parts.size() > 5) path.transaction = parts[5];
  if (parts.size() == 5) path.what = What::kTransactions;
  if (parts.size() == 6) path.what = What::kTransaction;
  if (parts.size() == 7 && parts[6] == "flow-files") path.what = What::kFlowFiles;
  if (const auto query = processors::queryOf(target)) readQuery(*query, path);
  return path;
}

std::string siteJson(site_to_site::Ports& ports, const HttpPlace& place) {
  const auto all = ports.list();
  return fmt::format(
      "{{\"controller\":{{\"id\":\"millrace\",\"name\":\"Millrace\","
      "\"remoteSiteListeningPort\":{0},\"remoteSiteHttpListeningPort\":{0},"
      "\"siteToSiteSecure\":{1},\"inputPorts\":[{2}],\"outputPorts\":[{3}]}}}}",
      place.port, place.secure, portsJson(all, Direction::kIncoming),
      portsJson(all, Direction::kOutgoing));
}

std::string peersJson(site_to_site::Ports& ports, const HttpPlace& place) {
  return fmt::format(
      "{{\"peers\":[{{\"hostname\":{},\"port\":{},\"secure\":{},\"flowFileCount\":{}}}]}}",
      quoted(place.address), place.port, place.secure, ports.load());
}

std::string resultJson(site_to_site::ResponseCode code, std::uint64_t flowFiles,
                       std::string_view message) {
  return fmt::format("{{\"flowFileSent\":{},\"responseCode\":{},\"message\":{}}}", flowFiles,
                     static_cast<int>(code), quoted(message));
}

}  // namespace millrace::host
