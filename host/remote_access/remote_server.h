// SPDX-License-Identifier: Apache-2.0
#pragma once
// RemoteServer: a TCP port at which clients of site-to-site reach the public ports of a flow: over
// the socket itself, or over HTTP when the first bytes say so.
//
// Promise: a thread for each conversation or request, while it lasts; on return of stop() none is
// left, and what was in the midst of a transaction never happened. Ownership: network, clock and
// ports outlive it. Threads: open() and stop() from one; it has its own.

#include "engine/base/mutex.h"
#include "engine/net/accepted_stream.h"
#include "engine/site_to_site/raw_server.h"
#include "host/remote_access/http_desk.h"
#include "processors/http/http_server.h"

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
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
    std::shared_ptr<net::AcceptedStream> stream;  // shared with the handler; null: a request
    std::jthread thread;
    bool over = false;
  };

  class Door;

  RemoteServer(const Clock& clock, site_to_site::Ports& ports, RemoteServerOptions options)
      : clock_(clock), ports_(ports), options_(std::move(options)) {}
  /// Serves the connection with a handler of the protocol that `first` begins; null: it cannot.
  std::unique_ptr<net::ConnectionHandler> enter(const std::shared_ptr<net::Connection>& connection,
                                                std::string_view first);
  std::unique_ptr<net::ConnectionHandler> enterRaw(
      const std::shared_ptr<net::Connection>& connection);
  /// False when there is no thread for it.
  bool begin(std::shared_ptr<net::AcceptedStream> stream, std::function<Result<>()> work,
             std::string who);
  void run(Talk& talk, const std::function<Result<>()>& work, const std::string& who);
  std::list<Talk> takeOver() MR_REQUIRES(mutex_);

  const Clock& clock_;
  site_to_site::Ports& ports_;
  const RemoteServerOptions options_;
  std::uint16_t port_ = 0;
  std::unique_ptr<HttpDesk> desk_;
  std::unique_ptr<processors::HttpServer> http_;
  std::unique_ptr<net::Listener> listener_;
  Mutex mutex_;
  std::list<Talk> talks_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::host
