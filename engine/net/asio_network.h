// SPDX-License-Identifier: Apache-2.0
#pragma once
// AsioNetwork: Network on the operating system's sockets. Servers share one thread, which starts
// with the first listener; clients use the threads that call them.
// Owner: the caller, who closes every listener before it goes.

#include "engine/net/network.h"

#include <memory>

namespace millrace::net {

std::unique_ptr<Network> makeAsioNetwork();

}  // namespace millrace::net
