// SPDX-License-Identifier: Apache-2.0
#pragma once
// HttpRequest and HttpResponse: what a handler gets and gives, free of sockets and of the library
// that speaks the protocol (RFC 9110, 9112). Threads: plain values.

#include "engine/base/result.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::server {

enum class HttpMethod : std::uint8_t { kGet, kPost, kPut, kDelete, kOther };

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  HttpMethod method = HttpMethod::kGet;
  std::string target;  ///< as sent: path and query, percent-encoded
  HttpHeaders headers;
  std::string body;

  /// The first header of that name in whatever case; null when there is none.
  const std::string* header(std::string_view name) const;
};

/// The way to a client that gets a body piece by piece for as long as it stays.
/// Promise: never blocks; what a slow client has not taken is bounded. Threads: any.
class StreamWriter {
 public:
  virtual ~StreamWriter() = default;
  /// False when the client is gone or too far behind; then it is cut off and nothing more is sent.
  virtual bool write(std::string piece) = 0;
  virtual void close() = 0;
};

struct HttpResponse {
  int status = 200;
  HttpHeaders headers;
  std::string body;
  /// Instead of a body: asked for the next piece whenever the last one is on its way, until
  /// `length` bytes came and then an empty one. An Error, or an end before that, breaks the
  /// connection off, so that the client knows. Called by one thread at a time.
  std::function<Result<std::string>()> pull;
  std::uint64_t length = 0;
  /// Instead of a body: called once with the way to the client.
  std::function<void(std::shared_ptr<StreamWriter>)> push;

  static HttpResponse json(std::string text, int code = 200);
  static HttpResponse text(std::string text, std::string type, int code = 200);
  /// {"error": message} and whatever `more` holds, a JSON object's inside or nothing.
  static HttpResponse error(int code, std::string_view message, std::string_view more = {});

  const std::string* header(std::string_view name) const;
};

bool sameIgnoringCase(std::string_view a, std::string_view b);

}  // namespace millrace::server
