// SPDX-License-Identifier: Apache-2.0
#include "host/remote_access/remote_server.h"

#include "engine/base/random.h"

#include <fmt/format.h>

#include <system_error>

namespace millrace::host {
namespace {

constexpr std::string_view kRaw = "NiFi";

/// Hands on what the network tells.
class RawDoor final : public net::ConnectionHandler {
 public:
  explicit RawDoor(std::shared_ptr<net::AcceptedStream> stream) : stream_(std::move(stream)) {}
  void onData(ByteView bytes) override { stream_->received(bytes); }
  void onSent(std::size_t bytes) override { stream_->sent(bytes); }
  void onPeerDone() override { stream_->peerDone(); }
  void onEnd(const Error& why) override { stream_->ended(why); }

 private:
  const std::shared_ptr<net::AcceptedStream> stream_;
};

}  // namespace

/// Finds out which protocol a connection speaks, and hands it to that.
class RemoteServer::Door final : public net::ConnectionHandler {
 public:
  Door(RemoteServer& server, std::shared_ptr<net::Connection> connection)
      : server_(server), connection_(std::move(connection)) {
    connection_->limitIdleTime(server_.options_.conversation.patience);
  }
  void onData(ByteView bytes) override {
    if (behind_ != nullptr) {
      behind_->onData(bytes);
      return;
    }
    first_ += asText(bytes);
    // Whether it is the one or the other can be told by the first byte that differs.
    if (first_.size() < kRaw.size() && kRaw.starts_with(first_)) return;
    connection_->limitIdleTime(0);
    behind_ = server_.enter(connection_, first_);
    if (behind_ == nullptr) {
      connection_->closeWhenSent();
      return;
    }
    const std::string all = std::exchange(first_, {});
    behind_->onData(asBytes(all));
  }
  void onSent(std::size_t bytes) override {
    if (behind_ != nullptr) behind_->onSent(bytes);
  }
  void onPeerDone() override {
    if (behind_ != nullptr)
      behind_->onPeerDone();
    else
      connection_->closeWhenSent();
  }
  void onEnd(const Error& why) override {
    if (behind_ != nullptr) behind_->onEnd(why);
  }

 private:
  RemoteServer& server_;
  const std::shared_ptr<net::Connection> connection_;  // shared with the network
  std::string first_;
  std::unique_ptr<net::ConnectionHandler> behind_;
};

Result<std::unique_ptr<RemoteServer>> RemoteServer::open(net::Network& network, const Clock& clock,
                                                         site_to_site::Ports& ports,
                                                         RemoteServerOptions options) {
  std::unique_ptr<RemoteServer> server(new RemoteServer(clock, ports, std::move(options)));
  RemoteServer& it = *server;
  Random chance = Random::fromEntropy();
  it.desk_ = std::make_unique<HttpDesk>(
      ports, clock,
      fmt::format("{:08x}-{:04x}-4{:03x}-8{:03x}", chance.next() & 0xFFFFFFFFU,
                  chance.next() & 0xFFFFU, chance.next() & 0xFFFU, chance.next() & 0xFFFU));
  processors::HttpServer::Events events;
  events.head = [](const processors::HttpHead& head, const net::Ends&) {
    std::optional<processors::HttpServer::Refusal> refusal;
    if (HttpPath::of(head.target).what == HttpPath::What::kNothing)
      refusal = processors::HttpServer::Refusal{404, "There is nothing here\n"};
    return refusal;
  };
  events.ready = [&it](const std::shared_ptr<processors::HttpExchange>& exchange) {
    const auto work = [&it, exchange] { return it.desk_->answer(*exchange); };
    if (!it.begin(nullptr, work, exchange->ends().remoteAddress))
      exchange->answer(503, {}, "There is no room for another request\n");
  };
  it.http_ = processors::HttpServer::make(clock, {}, std::move(events));
  it.listener_ = MR_TRY(network.listen(it.options_.listen, [&it](const auto& connection) {
    return std::make_unique<Door>(it, connection);
  }));
  it.port_ = it.listener_->port();
  return server;
}

std::unique_ptr<net::ConnectionHandler> RemoteServer::enter(
    const std::shared_ptr<net::Connection>& connection, std::string_view first) {
  if (!first.starts_with(kRaw)) return http_->serve(connection);
  return enterRaw(connection);
}

std::unique_ptr<net::ConnectionHandler> RemoteServer::enterRaw(
    const std::shared_ptr<net::Connection>& connection) {
  auto stream = std::make_shared<net::AcceptedStream>(connection);
  const auto work = [this, stream]() -> Result<> {
    const auto served =
        site_to_site::RawServer(*stream, ports_, clock_, options_.conversation).serve();
    stream->close();
    return served;
  };
  if (!begin(stream, work, connection->ends().remoteAddress)) return nullptr;
  return std::make_unique<RawDoor>(std::move(stream));
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

bool RemoteServer::begin(std::shared_ptr<net::AcceptedStream> stream,
                         std::function<Result<>()> work, std::string who) {
  std::list<Talk> over;  // joined without the lock
  const MutexLock lock(mutex_);
  over = takeOver();
  Talk& talk = talks_.emplace_back();
  talk.stream = std::move(stream);
  try {
    talk.thread = std::jthread(
        [this, &talk, work = std::move(work), who = std::move(who)] { run(talk, work, who); });
  } catch (const std::system_error&) {  // no thread is left
    talks_.pop_back();
    return false;
  }
  return true;
}

void RemoteServer::run(Talk& talk, const std::function<Result<>()>& work, const std::string& who) {
  const auto done = work();
  if (!done.ok() && options_.onTrouble)
    options_.onTrouble(fmt::format("site-to-site with {}: {}", who, done.error().message));
  const MutexLock lock(mutex_);
  talk.stream.reset();  // its handler may go
  talk.over = true;
}

void RemoteServer::stop() {
  if (listener_ == nullptr) return;
  http_->refuseAll();
  listener_->stopAccepting();
  {
    const MutexLock lock(mutex_);
    for (const Talk& talk : talks_) {
      if (talk.stream != nullptr) talk.stream->abort();
    }
  }
  listener_->close(0);  // whoever waits for a request is told
  listener_.reset();
  std::list<Talk> all;
  {
    const MutexLock lock(mutex_);
    all.swap(talks_);
  }
  all.clear();    // joins
  desk_.reset();  // with the transactions that nobody ended
}

}  // namespace millrace::host
