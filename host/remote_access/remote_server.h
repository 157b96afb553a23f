// SPDX-License-Identifier: Apache-2.0
#pragma once
// RemoteServer: a TCP port at which clients of site-to-site reach the public ports of a flow.
//
// Promise: a thread for each conversation, while it lasts; on return of stop() none is left, and
// what was in the midst of a transaction never happened. Ownership: network, clock and ports
// outlive it. Threads: open() and stop() from one; it has its own.

#include "engine/base/mutex.h"
#include "engine/net/accepted_stream.h"
#include "engine/site_to_site/raw_server.h"

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <thread>

namespace millrace::host {

struct RemoteServerOptions {
  net::ListenOptions listen;
  site_to_site::RawServerOptions conversation;
  /// One sentence about a conversation that broke off; from any thread.
  std::function<void(const std::string&)> onTrouble;
};

class RemoteServer {
 public:
  static Result<std::unique_ptr<RemoteServer>> open(net::Network& network, const Clock& clock,
                                                    site_to_site::Ports& ports,
                                                    RemoteServerOptions options);
  ~RemoteServer() { stop(); }
  RemoteServer(const RemoteServer&) = delete;
  RemoteServer& operator=(const RemoteServer&) = delete;

  std::uint16_t port() const { return port_; }
  void stop();

 private:
  struct Talk {
    std::shared_ptr<net::AcceptedStream> stream;  // shared with the connection's handler
    std::jthread thread;
    bool over = false;
  };

  RemoteServer(const Clock& clock, site_to_site::Ports& ports, RemoteServerOptions options)
      : clock_(clock), ports_(ports), options_(std::move(options)) {}
  std::unique_ptr<net::ConnectionHandler> accept(
      const std::shared_ptr<net::Connection>& connection);
  void talk(Talk& talk);
  std::list<Talk> takeOver() MR_REQUIRES(mutex_);

  const Clock& clock_;
  site_to_site::Ports& ports_;
  const RemoteServerOptions options_;
  std::uint16_t port_ = 0;
  std::unique_ptr<net::Listener> listener_;
  Mutex mutex_;
  std::list<Talk> talks_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::host
