// SPDX-License-Identifier: Apache-2.0
#pragma once
// Datagrams on Asio: ports that receive on the network's thread, and senders that use the thread
// that calls them. Private to this folder.

#include "engine/net/network.h"

#include <asio/io_context.hpp>

#include <memory>

namespace millrace::net {

/// The port is open on return; `io` must run for anything to be received, and outlive the port.
Result<std::unique_ptr<DatagramPort>> openDatagramPort(asio::io_context& io,
                                                       const DatagramOptions& options,
                                                       Receive receive);

Result<std::unique_ptr<DatagramSender>> openDatagramSender(const Endpoint& to,
                                                           std::uint64_t sendBuffer);

}  // namespace millrace::net
