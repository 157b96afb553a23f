// SPDX-License-Identifier: Apache-2.0
#pragma once
// Network interfaces by name, such as eth0, for sockets that listen at one or leave by one.
// Threads: any.

#include "engine/base/result.h"

#include <asio/ip/tcp.hpp>

#include <optional>
#include <string>

namespace millrace::net {

/// The first address of the interface of that name, one of IPv4 before those of IPv6.
std::optional<std::string> addressOfInterface(const std::string& name);

/// Lets an open socket leave by that interface, or by the one that has that address: it is bound to
/// an address of the kind that `to` has, and to the device where the system allows it. An Error of
/// the environment when there is none.
Result<> leaveBy(asio::ip::tcp::socket& socket, const std::string& via,
                 const asio::ip::tcp::endpoint& to);

}  // namespace millrace::net
