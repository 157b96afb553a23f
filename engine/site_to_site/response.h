// SPDX-License-Identifier: Apache-2.0
#pragma once
// Response codes of site-to-site (FORMAT.md): one byte, and a text with some of them. Threads: pure
// functions.

#include <cstdint>
#include <string>

namespace millrace::site_to_site {

enum class ResponseCode : std::uint8_t {
  kPropertiesOk = 1,
  kContinue = 10,
  kFinish = 11,
  kConfirm = 12,
  kFinished = 13,
  kFinishedButFull = 14,
  kCancel = 15,
  kBadChecksum = 19,
  kMoreData = 20,
  kNoMoreData = 21,
  kUnknownPort = 200,
  kPortNotInValidState = 201,
  kPortFull = 202,
  kUnknownProperty = 230,
  kIllegalValue = 231,
  kMissingProperty = 232,
  kUnauthorized = 240,
  kAbort = 250,
  kUnrecognised = 254,
  kEndOfStream = 255,
};

/// Whether a text follows the code.
bool carriesText(ResponseCode code);

struct Response {
  ResponseCode code = ResponseCode::kAbort;
  std::string text;
};

/// What a response that was not hoped for means, for people.
std::string meaningOf(const Response& response);

}  // namespace millrace::site_to_site
