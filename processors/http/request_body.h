// SPDX-License-Identifier: Apache-2.0
#pragma once
// The body of a request to a server: the content of a FlowFile as it is or compressed, alone or as
// a part of a form (RFC 7578). Threads: those of the caller.

#include "engine/processor/process_session.h"
#include "processors/http/http_client.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace millrace::processors {

struct RequestBody {
  /// Opens the content; without it there is none. May be called more than once.
  std::function<Result<std::unique_ptr<ContentReader>>()> content = {};
  std::uint64_t contentSize = 0;
  std::string contentType;
  bool gzip = false;
  bool chunked = false;
  /// Without a name and fields there is no form.
  std::vector<std::pair<std::string, std::string>> formFields = {};
  std::string formName = {};  ///< of the content
  std::optional<std::string> formFileName = std::nullopt;
  std::string boundary = {};  ///< fresh chance
};

/// Gives a request its body, and the fields that go with it. The body must outlive the sending.
void useBody(HttpRequest& request, const RequestBody& body);

}  // namespace millrace::processors
