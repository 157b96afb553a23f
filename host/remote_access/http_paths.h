// SPDX-License-Identifier: Apache-2.0
#pragma once
// HttpPath: what a request of site-to-site over HTTP is about, by its path and query, and the JSON
// of its answers (engine/site_to_site/FORMAT.md, "Over HTTP"). Threads: pure functions.

#include "engine/site_to_site/ports.h"
#include "processors/http/http_message.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::host {

struct HttpPath {
  enum class What : std::uint8_t {
    kNothing,
    kSite,
    kPeers,
    kTransactions,
    kTransaction,
    kFlowFiles
  };
  What what = What::kNothing;
  site_to_site::Direction direction = site_to_site::Direction::kIncoming;
  std::string port;
  std::string transaction;
  std::optional<std::uint32_t> responseCode;  ///< of the query
  std::string checksum;                       ///< of the query

  static HttpPath of(std::string_view target);
};

/// Where the program is reached.
struct HttpPlace {
  std::string address;
  std::uint16_t port = 0;
  bool secure = false;
};

std::string siteJson(site_to_site::Ports& ports, const HttpPlace& place);
std::string peersJson(site_to_site::Ports& ports, const HttpPlace& place);
std::string resultJson(site_to_site::ResponseCode code, std::uint64_t flowFiles,
                       std::string_view message);

}  // namespace millrace::host
