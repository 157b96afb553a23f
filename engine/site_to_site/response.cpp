// SPDX-License-Identifier: Apache-2.0
#include "engine/site_to_site/response.h"

#include <fmt/format.h>

namespace millrace::site_to_site {

bool carriesText(ResponseCode code) {
  switch (code) {
    case ResponseCode::kConfirm:
    case ResponseCode::kCancel:
    case ResponseCode::kPortNotInValidState:
    case ResponseCode::kUnknownProperty:
    case ResponseCode::kIllegalValue:
    case ResponseCode::kMissingProperty:
    case ResponseCode::kUnauthorized:
    case ResponseCode::kAbort:
      return true;
    default:
      return false;
  }
}

std::string meaningOf(const Response& response) {
  const auto said = [&](std::string_view what) {
    return response.text.empty() ? std::string(what) : fmt::format("{}: {}", what, response.text);
  };
  switch (response.code) {
    case ResponseCode::kUnknownPort:
      return "it has no such port";
    case ResponseCode::kPortNotInValidState:
      return said("its port does not run");
    case ResponseCode::kPortFull:
      return "its port takes nothing now";
    case ResponseCode::kUnknownProperty:
    case ResponseCode::kIllegalValue:
    case ResponseCode::kMissingProperty:
      return said("it does not accept the settings");
    case ResponseCode::kUnauthorized:
      return said("it does not let us");
    case ResponseCode::kCancel:
      return said("it gave the transaction up");
    case ResponseCode::kBadChecksum:
      return "what arrived was not what was sent";
    case ResponseCode::kAbort:
      return said("it broke off");
    default:
      return said(fmt::format("it answered with code {}", static_cast<int>(response.code)));
  }
}

}  // namespace millrace::site_to_site
