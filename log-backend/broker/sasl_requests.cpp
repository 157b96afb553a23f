// SPDX-License-Identifier: Apache-2.0
// SaslHandshake, by which a client chooses a mechanism, and SaslAuthenticate, which carries it.
#include "log-backend/broker/requests.h"

namespace millrace::log {
namespace {

/// Says the same whatever was wrong.
constexpr std::string_view kRefusal = "the user or the password is wrong";

}  // namespace

void saslHandshake(Desk& desk, wire::SaslHandshakeRequest request,
                   const ExchangePointer& exchange) {
  wire::SaslHandshakeResponse response;
  ClientSession* session = exchange->session();
  if (!desk.sasl.required || session == nullptr || session->isAuthenticated()) {
    response.errorCode = wireCode(ErrorCode::kIllegalSaslState);
    exchange->answer(response);
    return;
  }
  response.mechanisms = SaslSession::mechanisms(desk.sasl);
  session->sasl.emplace(desk.sasl);
  if (!session->sasl->choose(request.mechanism)) {
    session->sasl.reset();
    response.errorCode = wireCode(ErrorCode::kUnsupportedSaslMechanism);
  } else {
    session->bareMessages = exchange->version() == 0;
  }
  exchange->answer(response);
}

void saslAuthenticate(Desk&, wire::SaslAuthenticateRequest request,
                      const ExchangePointer& exchange) {
  wire::SaslAuthenticateResponse response;
  ClientSession* session = exchange->session();
  if (session == nullptr || !session->sasl || session->isAuthenticated()) {
    response.errorCode = wireCode(ErrorCode::kIllegalSaslState);
    response.errorMessage = "SaslHandshake comes first, and once";
    exchange->answer(response);
    return;
  }
  auto answer = session->sasl->answer(asText(request.authBytes));
  std::string said;
  if (answer.ok()) {
    said = std::move(*answer);
    response.authBytes = asBytes(said);
  } else {
    session->refused = true;
    response.errorCode = wireCode(ErrorCode::kSaslAuthenticationFailed);
    response.errorMessage = kRefusal;
  }
  exchange->answer(response);
}

}  // namespace millrace::log
