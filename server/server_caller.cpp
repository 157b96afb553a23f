// SPDX-License-Identifier: Apache-2.0
#include "server/server_caller.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdlib>

namespace millrace::server {

using Json = nlohmann::ordered_json;

Result<std::string> ServerCaller::call(HttpMethod method, const std::string& target,
                                       std::string body, HttpHeaders headers) const {
  constexpr Nanos kPatience = 60 * kSecond;
  // Not an option: every process of the machine could read it there.
  if (const char* token = std::getenv("MILLRACE_TOKEN"); token != nullptr)
    headers.emplace_back("Authorization", fmt::format("Bearer {}", token));
  ServerAddress address = address_;
  if (const char* file = std::getenv("MILLRACE_CERTIFICATE"); file != nullptr)
    address.certificate = file;
  auto response =
      MR_TRY(callServer(address, {method, target, std::move(headers), std::move(body)}, kPatience));
  if (response.status < 300) return std::move(response.body);
  const Json said = Json::parse(response.body, nullptr, false);
  const std::string why = said.is_object() ? said.value("error", "") : std::string();
  return Error::user(why.empty() ? fmt::format("the server answered {}", response.status) : why);
}

Result<Json> ServerCaller::json(HttpMethod method, const std::string& target,
                                std::string body) const {
  Json json = Json::parse(MR_TRY(call(method, target, std::move(body))), nullptr, false);
  if (!json.is_object()) return Error::environment("the server's answer is no JSON object");
  return json;
}

Result<Json> ServerCaller::get(const std::string& target) const {
  return json(HttpMethod::kGet, target);
}

std::string percentEncoded(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.';
    result += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return result;
}

}  // namespace millrace::server
