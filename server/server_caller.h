// SPDX-License-Identifier: Apache-2.0
#pragma once
// ServerCaller: asks a server that runs, for commands that look at it or change it. A server with
// users gets the token in the variable MILLRACE_TOKEN, or is shown the certificate in the file
// (PEM, with its key) that MILLRACE_CERTIFICATE names. Threads: any; each call blocks its own.

#include "server/http/http_client.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace millrace::server {

class ServerCaller {
 public:
  explicit ServerCaller(ServerAddress address) : address_(std::move(address)) {}

  /// The body of a good answer; what the server says against it is the Error.
  Result<std::string> call(HttpMethod method, const std::string& target, std::string body = {},
                           HttpHeaders headers = {}) const;
  /// The same, of an answer that is a JSON object.
  Result<nlohmann::ordered_json> json(HttpMethod method, const std::string& target,
                                      std::string body = {}) const;
  Result<nlohmann::ordered_json> get(const std::string& target) const;

 private:
  const ServerAddress address_;
};

/// As a part of an address.
std::string percentEncoded(std::string_view text);

}  // namespace millrace::server
