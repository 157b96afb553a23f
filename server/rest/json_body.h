// SPDX-License-Identifier: Apache-2.0
#pragma once
// What resources share in reading requests and writing answers. Threads: pure functions.

#include "server/flow_store/edited_flow.h"
#include "server/http/router.h"

#include <nlohmann/json_fwd.hpp>

#include <string_view>

namespace millrace::server {

/// A request's body as JSON; the Error names line and column of what is no JSON, or nested too
/// deeply.
Result<Json> parseBody(std::string_view body);

HttpResponse jsonResponse(const Json& json, int status = 200);
/// What became of a change, as an answer.
HttpResponse answerTo(const ChangeOutcome& outcome);

/// A whole number of the query; `otherwise` where it is absent; an Error when it is none or above
/// `most`.
Result<std::uint64_t> numberField(const RoutedRequest& request, std::string_view name,
                                  std::uint64_t otherwise, std::uint64_t most);

/// A member that is a text; empty where it is absent.
std::string textMember(const Json& json, const char* key);

}  // namespace millrace::server
