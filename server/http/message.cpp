// SPDX-License-Identifier: Apache-2.0
#include "server/http/message.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace millrace::server {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

const std::string* find(const HttpHeaders& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (sameIgnoringCase(key, name)) return &value;
  }
  return nullptr;
}

}  // namespace

bool sameIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

const std::string* HttpRequest::header(std::string_view name) const { return find(headers, name); }
const std::string* HttpResponse::header(std::string_view name) const { return find(headers, name); }

HttpResponse HttpResponse::json(std::string text, int code) {
  return HttpResponse::text(std::move(text), "application/json", code);
}

HttpResponse HttpResponse::text(std::string text, std::string type, int code) {
  HttpResponse response;
  response.status = code;
  response.headers.emplace_back("Content-Type", std::move(type));
  response.body = std::move(text);
  return response;
}

HttpResponse HttpResponse::error(int code, std::string_view message, std::string_view more) {
  std::string text = "{\"error\":";
  text += nlohmann::json(message).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (!more.empty()) (text += ',') += more;
  return json(text + "}", code);
}

}  // namespace millrace::server
