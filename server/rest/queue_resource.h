// SPDX-License-Identifier: Apache-2.0
#pragma once
// /api/v1/connections/{id}: what waits in a connection: listed without stopping it, looked at,
// downloaded, dropped. Ownership: the parts outlive the router. Threads: any.

#include "engine/control/flow_controller.h"
#include "engine/session/store.h"
#include "server/http/router.h"

namespace millrace::server {

struct QueueParts {
  engine::FlowController& controller;
  engine::Store& store;
};

void addQueueRoutes(Router& router, QueueParts parts);

/// The part of a content that a Range header asks for (RFC 9110, section 14): one range of bytes.
struct ByteRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;  ///< one past the last
};
/// Nothing for a header that asks for what is not there; a header of another kind asks for all.
std::optional<ByteRange> rangeOf(std::string_view header, std::uint64_t length);

}  // namespace millrace::server
