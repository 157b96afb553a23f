// SPDX-License-Identifier: Apache-2.0
#include "engine/net/asio_interfaces.h"

#include "engine/net/network.h"

#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace millrace::net {
namespace {

struct FreeInterfaces {
  void operator()(ifaddrs* list) const { freeifaddrs(list); }
};

std::vector<asio::ip::address> addressesOf(const std::string& name) {
  std::vector<asio::ip::address> addresses;
  ifaddrs* found = nullptr;
  if (getifaddrs(&found) != 0) return addresses;
  const std::unique_ptr<ifaddrs, FreeInterfaces> list(found);
  for (const ifaddrs* at = list.get(); at != nullptr; at = at->ifa_next) {
    if (name != at->ifa_name || at->ifa_addr == nullptr) continue;
    if (at->ifa_addr->sa_family == AF_INET) {
      const auto* four = reinterpret_cast<const sockaddr_in*>(at->ifa_addr);
      addresses.emplace_back(asio::ip::address_v4(ntohl(four->sin_addr.s_addr)));
    }
    if (at->ifa_addr->sa_family == AF_INET6) {
      const auto* six = reinterpret_cast<const sockaddr_in6*>(at->ifa_addr);
      asio::ip::address_v6::bytes_type bytes;
      std::copy(std::begin(six->sin6_addr.s6_addr), std::end(six->sin6_addr.s6_addr),
                bytes.begin());
      addresses.emplace_back(asio::ip::address_v6(bytes, six->sin6_scope_id));
    }
  }
  std::stable_partition(addresses.begin(), addresses.end(),
                        [](const asio::ip::address& address) { return address.is_v4(); });
  return addresses;
}

}  // namespace

std::optional<std::string> addressOfInterface(const std::string& name) {
  const auto addresses = addressesOf(name);
  if (addresses.empty()) return std::nullopt;
  return addresses.front().to_string();
}

bool isAddress(const std::string& host) {
  std::error_code code;
  (void)asio::ip::make_address(host, code);
  return !code;
}

Result<> leaveBy(asio::ip::tcp::socket& socket, const std::string& via,
                 const asio::ip::tcp::endpoint& to) {
  std::error_code code;
  std::vector<asio::ip::address> addresses = addressesOf(via);
  const bool named = !addresses.empty();
  if (!named) {
    const auto address = asio::ip::make_address(via, code);
    if (code) return Error::environment(fmt::format("there is no network interface '{}'", via));
    addresses.push_back(address);
  }
  const auto fits = std::find_if(addresses.begin(), addresses.end(), [&](const auto& address) {
    return address.is_v4() == to.address().is_v4();
  });
  if (fits == addresses.end()) {
    return Error::environment(fmt::format("the network interface '{}' has no address of IPv{}", via,
                                          to.address().is_v4() ? 4 : 6));
  }
  // A route may still lead out elsewhere; systems since 5.7 let everybody rule that out.
  if (named) {
    (void)::setsockopt(socket.native_handle(), SOL_SOCKET, SO_BINDTODEVICE, via.c_str(),
                       static_cast<socklen_t>(via.size()));
  }
  socket.bind(asio::ip::tcp::endpoint(*fits, 0), code);
  if (code) {
    return Error::environment(
        fmt::format("the connection cannot leave by '{}': {}", via, code.message()));
  }
  return Done{};
}

}  // namespace millrace::net
