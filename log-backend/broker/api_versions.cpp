// SPDX-License-Identifier: Apache-2.0
// ApiVersions: what is served, from the table itself.
#include "log-backend/broker/request_table.h"
#include "log-backend/broker/requests.h"

#include <algorithm>

namespace millrace::log {
namespace {

using wire::ApiVersionsRequest;
using wire::ApiVersionsResponse;

bool isWord(char each) {
  return (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') ||
         (each >= '0' && each <= '9');
}

/// Letters and digits, with '-' and '.' between them.
bool isSoftwareName(const std::string& text) {
  return !text.empty() && isWord(text.front()) && isWord(text.back()) &&
         std::all_of(text.begin(), text.end(),
                     [](char each) { return isWord(each) || each == '-' || each == '.'; });
}

}  // namespace

void apiVersions(Desk&, const ExchangePointer& exchange) {
  ApiVersionsResponse response;
  if (exchange->api() == nullptr) {
    // A version of the future: told in the oldest form, which every client reads.
    response.errorCode = wireCode(ErrorCode::kUnsupportedVersion);
    const wire::Api& own = ApiVersionsRequest::kApi;
    response.apiKeys.push_back({own.key, own.least, own.most});
    exchange->answerAs(response, 0);
    return;
  }
  auto request = wire::decodeBody<ApiVersionsRequest>(exchange->body(), exchange->version());
  if (!request.ok()) {
    exchange->closeConnection(request.error().message);
    return;
  }
  if (exchange->version() >= 3 && !(isSoftwareName(request->clientSoftwareName) &&
                                    isSoftwareName(request->clientSoftwareVersion))) {
    response.errorCode = wireCode(ErrorCode::kInvalidRequest);
    exchange->answer(response);
    return;
  }
  for (const Served& each : servedRequests())
    response.apiKeys.push_back({each.api.key, each.api.least, each.api.most});
  exchange->answer(response);
}

}  // namespace millrace::log
