// SPDX-License-Identifier: Apache-2.0
#include "host/remote_access/http_desk.h"

#include "engine/site_to_site/packet_reader.h"
#include "engine/site_to_site/packet_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

namespace millrace::host {
namespace {

using processors::HttpExchange;
using processors::HttpFields;
using processors::HttpHead;
using site_to_site::Compression;
using site_to_site::Direction;
using site_to_site::IncomingTransaction;
using site_to_site::PeerStream;
using site_to_site::ResponseCode;
using What = HttpPath::What;

constexpr Nanos kTimeToLive = 30 * kSecond;
constexpr std::size_t kMostOpen = 256;  // transactions at once
constexpr std::string_view kPrefix = "x-nifi-site-to-site-";

/// The body of a request, and of its answer, as a stream.
class BodyStream final : public net::Stream {
 public:
  explicit BodyStream(HttpExchange& exchange) : exchange_(exchange) {}
  Result<std::size_t> read(std::span<std::byte> into, Nanos) override {
    if (body_ == nullptr) body_ = exchange_.body();
    return body_->read(into);
  }
  Result<> write(ByteView bytes, Nanos) override { return exchange_.send(bytes); }
  Result<> startTls(const net::TlsContext&, const std::string&, Nanos) override {
    return Error::bug("a body has no TLS of its own");
  }
  bool isQuiet() override { return true; }
  bool timedOut() const override { return false; }
  const net::Ends& ends() const override { return exchange_.ends(); }

 private:
  HttpExchange& exchange_;
  std::unique_ptr<ContentReader> body_;
};

std::string_view header(const HttpHead& head, std::string_view name) {
  return head.fields.value(std::string(kPrefix) + std::string(name));
}

std::uint64_t numberIn(const HttpHead& head, std::string_view name, std::uint64_t otherwise) {
  const std::string_view text = header(head, name);
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() && number > 0 ? number : otherwise;
}

int statusOf(ResponseCode code) {
  switch (code) {
    case ResponseCode::kUnknownPort:
      return 404;
    case ResponseCode::kPortNotInValidState:
    case ResponseCode::kPortFull:
      return 503;
    case ResponseCode::kUnauthorized:
      return 401;
    default:
      return 400;
  }
}

void say(HttpExchange& exchange, int status, std::string_view json, HttpFields fields = {}) {
  fields.add("Content-Type", "application/json");
  fields.add(std::string(kPrefix) + "protocol-version", "1");
  exchange.answer(status, std::move(fields), json);
}

void say(HttpExchange& exchange, int status, ResponseCode code, std::uint64_t flowFiles,
         std::string_view message) {
  say(exchange, status, resultJson(code, flowFiles, message));
}

HttpPlace placeOf(const HttpExchange& exchange) {
  const net::Ends& ends = exchange.ends();
  return {ends.localAddress, ends.localPort, ends.secure};
}

}  // namespace

struct HttpDesk::Transaction {
  std::string port;
  std::unique_ptr<IncomingTransaction> incoming;
  std::unique_ptr<site_to_site::OutgoingTransaction> outgoing;  // instead
  Compression compression = Compression::kNone;
  std::uint64_t batchCount = 1000;
  std::uint64_t batchSize = 16ULL << 20U;
  Nanos batchDuration = 500 * kMillisecond;
  std::uint32_t checksum = 0;
  std::uint64_t flowFiles = 0;
  bool moved = false;  // its FlowFiles were brought, or given
  Nanos deadline = 0;
};

HttpDesk::HttpDesk(site_to_site::Ports& ports, const Clock& clock, std::string seed)
    : ports_(ports),
      clock_(clock),
      seed_(std::move(seed)),
      keeper_([this](const std::stop_token& stop) { letGo(stop); }) {}

HttpDesk::~HttpDesk() {
  keeper_.request_stop();
  {
    const MutexLock lock(mutex_);
    changed_.notifyAll();
  }
  keeper_.join();
}

/// Sleeps until the time of a transaction is over; without one, for good.
void HttpDesk::letGo(const std::stop_token& stop) {
  for (;;) {
    std::vector<Held> over;  // ended without the lock
    const MutexLock lock(mutex_);
    if (stop.stop_requested()) return;
    const Nanos now = clock_.monotonic();
    Nanos next = INT64_MAX;
    for (auto at = held_.begin(); at != held_.end();) {
      if (at->second->deadline <= now) {
        over.push_back(std::move(at->second));
        at = held_.erase(at);
      } else {
        next = std::min(next, at->second->deadline);
        ++at;
      }
    }
    if (!over.empty()) continue;
    if (next == INT64_MAX)
      changed_.wait(mutex_);
    else
      changed_.waitFor(mutex_, std::chrono::nanoseconds(next - now));
  }
}

HttpDesk::Held HttpDesk::take(const HttpPath& path) {
  const MutexLock lock(mutex_);
  const auto found = held_.find(path.transaction);
  if (found == held_.end() || found->second->port != path.port) return nullptr;
  if ((found->second->incoming != nullptr) != (path.direction == Direction::kIncoming))
    return nullptr;
  if (found->second->deadline <= clock_.monotonic()) return nullptr;  // it is let go at any moment
  Held transaction = std::move(found->second);
  held_.erase(found);
  return transaction;
}

void HttpDesk::giveBack(const std::string& id, Held transaction) {
  transaction->deadline = clock_.monotonic() + kTimeToLive;
  const MutexLock lock(mutex_);
  held_[id] = std::move(transaction);
  changed_.notifyAll();
}

Result<> HttpDesk::answer(HttpExchange& exchange) {
  const HttpHead& head = exchange.head();
  const HttpPath path = HttpPath::of(head.target);
  const bool gets = head.method == "GET";
  if (path.what == What::kSite && gets) {
    say(exchange, 200, siteJson(ports_, placeOf(exchange)));
    return Done{};
  }
  if (path.what == What::kPeers && gets) {
    say(exchange, 200, peersJson(ports_, placeOf(exchange)));
    return Done{};
  }
  if (path.what == What::kTransactions && head.method == "POST") return create(path, exchange);
  if (path.what == What::kTransaction && head.method == "PUT") return extend(path, exchange);
  if (path.what == What::kTransaction && head.method == "DELETE") return end(path, exchange);
  if (path.what == What::kFlowFiles && path.direction == Direction::kIncoming &&
      head.method == "POST")
    return receive(path, exchange);
  if (path.what == What::kFlowFiles && path.direction == Direction::kOutgoing && gets)
    return send(path, exchange);
  exchange.answer(path.what == What::kNothing ? 404 : 405, {}, "There is nothing here\n");
  return Done{};
}

Result<> HttpDesk::create(const HttpPath& path, HttpExchange& exchange) {
  const HttpHead& head = exchange.head();
  if (numberIn(head, "protocol-version", 0) == 0) {
    say(exchange, 400, ResponseCode::kAbort, 0, "the protocol's version is not said");
    return Done{};
  }
  const auto state = ports_.state(path.port);
  if (state.code != ResponseCode::kPropertiesOk) {
    say(exchange, statusOf(state.code), state.code, 0, site_to_site::meaningOf(state));
    return Done{};
  }
  const net::Ends& ends = exchange.ends();
  const site_to_site::Caller caller{
      ends.remoteAddress,
      fmt::format("{}://{}:{}{}", ends.secure ? "https" : "http", ends.localAddress, ends.localPort,
                  processors::pathOf(head.target)),
      ends.subject};
  auto transaction = std::make_unique<Transaction>();
  transaction->port = path.port;
  if (header(head, "use-compression") == "true") transaction->compression = Compression::kBlocks;
  transaction->batchCount = numberIn(head, "batch-count", transaction->batchCount);
  transaction->batchSize = numberIn(head, "batch-size", transaction->batchSize);
  const auto millis = std::min<std::uint64_t>(
      numberIn(head, "batch-duration",
               static_cast<std::uint64_t>(transaction->batchDuration / kMillisecond)),
      static_cast<std::uint64_t>(kTimeToLive / kMillisecond));
  transaction->batchDuration = static_cast<Nanos>(millis) * kMillisecond;
  Result<> opened = Done{};
  if (path.direction == Direction::kIncoming) {
    auto incoming = ports_.receive(path.port, caller);
    if (incoming.ok()) transaction->incoming = std::move(*incoming);
    if (!incoming.ok()) opened = incoming.error();
  } else {
    auto outgoing = ports_.send(path.port, caller);
    if (outgoing.ok()) transaction->outgoing = std::move(*outgoing);
    if (!outgoing.ok()) opened = outgoing.error();
  }
  std::string id;
  {
    const MutexLock lock(mutex_);
    if (opened.ok() && held_.size() >= kMostOpen) {
      opened = Error::environment("too many transactions are open");
      changed_.notifyAll();  // the time of some may be over
    }
    id = fmt::format("{}-{:012x}", seed_, ++count_);
  }
  if (!opened.ok()) {
    say(exchange, 503, ResponseCode::kPortNotInValidState, 0, opened.error().message);
    return Done{};
  }
  giveBack(id, std::move(transaction));
  HttpFields fields;
  const std::string_view host = head.fields.value("Host");
  fields.add("Location",
             fmt::format("{}://{}{}/{}", ends.secure ? "https" : "http",
                         host.empty() ? fmt::format("{}:{}", ends.localAddress, ends.localPort)
                                      : std::string(host),
                         processors::pathOf(head.target), id));
  fields.add("x-location-uri-intent", "transaction-url");
  fields.add(std::string(kPrefix) + "server-transaction-ttl",
             std::to_string(kTimeToLive / kSecond));
  say(exchange, 201, resultJson(ResponseCode::kPropertiesOk, 0, "the transaction is open"),
      std::move(fields));
  return Done{};
}

Result<> HttpDesk::extend(const HttpPath& path, HttpExchange& exchange) {
  Held transaction = take(path);
  if (transaction == nullptr) {
    say(exchange, 404, ResponseCode::kAbort, 0, "there is no such transaction");
    return Done{};
  }
  const std::uint64_t flowFiles = transaction->flowFiles;
  giveBack(path.transaction, std::move(transaction));
  say(exchange, 200, ResponseCode::kContinue, flowFiles, "its time begins again");
  return Done{};
}

Result<> HttpDesk::receive(const HttpPath& path, HttpExchange& exchange) {
  Held transaction = take(path);
  if (transaction == nullptr || transaction->moved) {
    say(exchange, 404, ResponseCode::kAbort, 0, "there is no such transaction");
    return Done{};
  }
  transaction->moved = true;
  BodyStream body(exchange);
  PeerStream peer(body, kTimeToLive);
  const auto read = [&]() -> Result<> {
    while (MR_TRY(peer.waitForMore(kTimeToLive))) {
      site_to_site::PacketReader packet(peer, transaction->compression, transaction->checksum);
      MR_TRY(packet.readInto(*transaction->incoming));
      ++transaction->flowFiles;
    }
    return Done{};
  }();
  if (!read.ok()) {
    say(exchange, 400, ResponseCode::kAbort, 0, read.error().message);
    return read;
  }
  const std::string checksum = std::to_string(transaction->checksum);
  giveBack(path.transaction, std::move(transaction));
  HttpFields fields;
  fields.add("Content-Type", "text/plain");
  exchange.answer(202, std::move(fields), checksum);
  return Done{};
}

Result<> HttpDesk::send(const HttpPath& path, HttpExchange& exchange) {
  Held transaction = take(path);
  if (transaction == nullptr || transaction->moved) {
    say(exchange, 404, ResponseCode::kAbort, 0, "there is no such transaction");
    return Done{};
  }
  transaction->moved = true;
  Transaction& it = *transaction;
  const auto any = it.outgoing->next();
  if (!any.ok()) {
    say(exchange, 503, ResponseCode::kAbort, 0, any.error().message);
    return any.error();
  }
  if (!*any) {
    exchange.answer(204);
    return Done{};
  }
  HttpFields fields;
  fields.add("Content-Type", "application/octet-stream");
  MR_TRY(exchange.beginAnswer(202, std::move(fields), std::nullopt));
  const auto written = [&]() -> Result<> {
    BodyStream body(exchange);
    PeerStream peer(body, kTimeToLive);
    const Nanos begin = clock_.monotonic();
    std::uint64_t bytes = 0;
    for (;;) {
      MR_TRY(site_to_site::PacketStream(peer, it.compression, it.checksum)
                 .writeFlowFile(*it.outgoing));
      bytes += it.outgoing->size();
      ++it.flowFiles;
      const bool isFull = it.flowFiles >= it.batchCount || bytes >= it.batchSize ||
                          clock_.monotonic() - begin >= it.batchDuration;
      if (isFull || !MR_TRY(it.outgoing->next())) return peer.flush();
    }
  }();
  // It must be there before the client can ask for its end.
  if (written.ok()) giveBack(path.transaction, std::move(transaction));
  exchange.endAnswer(written.ok());
  return written;
}

Result<> HttpDesk::end(const HttpPath& path, HttpExchange& exchange) {
  const Held transaction = take(path);
  if (transaction == nullptr) {
    say(exchange, 404, ResponseCode::kAbort, 0, "there is no such transaction");
    return Done{};
  }
  const std::uint32_t said = path.responseCode.value_or(0);
  const auto code = static_cast<ResponseCode>(said > 0xFF ? 0 : said);
  if (code == ResponseCode::kConfirm && transaction->moved)
    return commit(*transaction, path, exchange);
  if (code == ResponseCode::kCancel) {
    say(exchange, 200, ResponseCode::kCancel, transaction->flowFiles, "the transaction never was");
    return Done{};
  }
  if (code == ResponseCode::kBadChecksum) {
    say(exchange, 400, ResponseCode::kBadChecksum, 0, "the transaction never was");
    return Error::environment("what arrived was not what was sent");
  }
  say(exchange, 400, ResponseCode::kAbort, 0, "the transaction cannot end so");
  return Done{};
}

Result<> HttpDesk::commit(Transaction& transaction, const HttpPath& path, HttpExchange& exchange) {
  const auto failed = [&](const Error& error) -> Result<> {
    say(exchange, 503, ResponseCode::kCancel, 0, error.message);
    return error;
  };
  if (transaction.incoming != nullptr) {
    const auto room = transaction.incoming->commit();
    if (!room.ok()) return failed(room.error());
    say(exchange, 200,
        *room == IncomingTransaction::Room::kLeft ? ResponseCode::kFinished
                                                  : ResponseCode::kFinishedButFull,
        transaction.flowFiles, "");
    return Done{};
  }
  if (path.checksum != std::to_string(transaction.checksum)) {
    say(exchange, 400, ResponseCode::kBadChecksum, 0,
        fmt::format("its checksum is {}", transaction.checksum));
    return Error::environment("what arrived was not what was sent");
  }
  const auto committed = transaction.outgoing->commit();
  if (!committed.ok()) return failed(committed.error());
  say(exchange, 200, ResponseCode::kConfirm, transaction.flowFiles, "");
  return Done{};
}

}  // namespace millrace::host
