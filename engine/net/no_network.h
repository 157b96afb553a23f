// SPDX-License-Identifier: Apache-2.0
#pragma once
// NoNetwork: a network in which nobody can be reached, for tests and dry runs. Threads: any.

#include "engine/net/network.h"

#include <string>

namespace millrace::net {

class NoNetwork final : public Network {
 public:
  /// What Errors say, such as "this test has no network".
  explicit NoNetwork(std::string why) : why_(std::move(why)) {}

  Result<std::unique_ptr<Stream>> connect(const Endpoint& to, Nanos) override {
    return Error::environment(why_ + ", so that " + to.host + " cannot be reached", false);
  }
  Result<std::unique_ptr<Listener>> listen(const ListenOptions&, Accept) override {
    return Error::environment(why_ + " to listen at", false);
  }
  Result<std::unique_ptr<DatagramPort>> receiveDatagrams(const DatagramOptions&, Receive) override {
    return Error::environment(why_ + " to listen at", false);
  }
  Result<std::unique_ptr<DatagramSender>> sendDatagrams(const Endpoint& to,
                                                        std::uint64_t) override {
    return Error::environment(why_ + ", so that " + to.host + " cannot be reached", false);
  }

 private:
  const std::string why_;
};

}  // namespace millrace::net
