// SPDX-License-Identifier: Apache-2.0
#pragma once
// Who made a request: the user that it was let in for, else who it says it is. Threads: pure
// functions.

#include "server/http/router.h"

#include <string>

namespace millrace::server {

/// The server's own header: Access sets it, and takes away one that a client sent.
constexpr const char* kUserHeader = "Millrace-User";

inline std::string whoOf(const RoutedRequest& request, std::string said) {
  const std::string* user = request.http.header(kUserHeader);
  return user == nullptr ? std::move(said) : *user;
}

}  // namespace millrace::server
