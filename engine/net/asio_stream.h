// SPDX-License-Identifier: Apache-2.0
#pragma once
// The client's side of AsioNetwork. Each stream has an io_context of its own, which the calling
// thread runs for as long as a call may take: a time limit without a thread. Private to this
// folder.

#include "engine/net/network.h"

#include <memory>

namespace millrace::net {

Result<std::unique_ptr<Stream>> connectStream(const Endpoint& to, Nanos atMost);

}  // namespace millrace::net
