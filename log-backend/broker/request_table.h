// SPDX-License-Identifier: Apache-2.0
#pragma once
// The table of what a broker serves: ApiVersions answers from it, and what is not in it is not
// served. Threads: constant.

#include "log-backend/broker/desk.h"

namespace millrace::log {

struct Served {
  wire::Api api;  ///< with the versions that are implemented
  void (*begin)(Desk& desk, const ExchangePointer& exchange);
};

/// By key.
std::span<const Served> servedRequests();

/// Begins a request. One that is malformed, unknown, or of a version that is not served closes the
/// connection, as clients expect (ApiVersions alone tells what it knows).
void beginRequest(Desk& desk, const ExchangePointer& exchange);

}  // namespace millrace::log
