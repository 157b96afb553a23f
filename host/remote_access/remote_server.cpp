// SPDX-License-Identifier: Apache-2.0
#include "host/remote_access/remote_server.h"

#include <fmt/format.h>

#include <system_error>

namespace millrace::host {
namespace {

/// Hands on what the network tells.
class Door final : public net::ConnectionHandler {
 public:
  explicit Door(std::shared_ptr<net::AcceptedStream> stream) : stream_(std::move(stream)) {}
  void onData(ByteView bytes) override { stream_->received(bytes); }
  void onSent(std::size_t bytes) override { stream_->sent(bytes); }
  void onPeerDone() override { stream_->peerDone(); }
  void onEnd(const Error& why) override { stream_->ended(why); }

 private:
  const std::shared_ptr<net::AcceptedStream> stream_;
};

}  // namespace

Result<std::unique_ptr<RemoteServer>> RemoteServer::open(net::Network& network, const Clock& clock,
                                                         site_to_site::Ports& ports,
                                                         RemoteServerOptions options) {
  std::unique_ptr<RemoteServer> server(new RemoteServer(clock, ports, std::move(options)));
  server->listener_ =
      MR_TRY(network.listen(server->options_.listen, [it = server.get()](const auto& connection) {
        return it->accept(connection);
      }));
  server->port_ = server->listener_->port();
  return server;
}

/// Those whose thread has nothing more to do.
std::list<RemoteServer::Talk> RemoteServer::takeOver() {
  std::list<Talk> over;
  for (auto at = talks_.begin(); at != talks_.end();) {
    const auto next = std::next(at);
    if (at->over) over.splice(over.end(), talks_, at);
    at = next;
  }
  return over;
}

std::unique_ptr<net::ConnectionHandler> RemoteServer::accept(
    const std::shared_ptr<net::Connection>& connection) {
  auto stream = std::make_shared<net::AcceptedStream>(connection);
  std::list<Talk> over;  // joined without the lock
  const MutexLock lock(mutex_);
  over = takeOver();
  Talk& talk = talks_.emplace_back();
  talk.stream = stream;
  try {
    talk.thread = std::jthread([this, &talk] { this->talk(talk); });
  } catch (const std::system_error&) {  // no thread is left
    talks_.pop_back();
    return nullptr;
  }
  return std::make_unique<Door>(std::move(stream));
}

void RemoteServer::talk(Talk& talk) {
  const std::string who = talk.stream->ends().remoteAddress;
  const auto served =
      site_to_site::RawServer(*talk.stream, ports_, clock_, options_.conversation).serve();
  if (!served.ok() && options_.onTrouble)
    options_.onTrouble(fmt::format("site-to-site with {}: {}", who, served.error().message));
  talk.stream->close();
  const MutexLock lock(mutex_);
  talk.stream.reset();  // its handler may go
  talk.over = true;
}

void RemoteServer::stop() {
  if (listener_ == nullptr) return;
  listener_->stopAccepting();
  std::list<Talk> all;
  {
    const MutexLock lock(mutex_);
    for (const Talk& talk : talks_) {
      if (talk.stream != nullptr) talk.stream->abort();
    }
  }
  listener_->close(0);
  {
    const MutexLock lock(mutex_);
    all.swap(talks_);
  }
  all.clear();  // joins
}

}  // namespace millrace::host
