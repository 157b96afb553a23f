// SPDX-License-Identifier: Apache-2.0
#include "engine/site_to_site/raw_server.h"

#include "engine/site_to_site/packet_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace millrace::site_to_site {
namespace {

constexpr std::uint32_t kNewestVersion = 6;
constexpr std::uint32_t kCodecVersion = 1;
constexpr std::uint32_t kWithUrl = 3;
constexpr std::uint32_t kMostProperties = 64;
constexpr Nanos kLeastPatience = kSecond;
constexpr Nanos kMostPatience = 10 * kMinute;

enum Negotiated : std::uint8_t { kAgreed = 20, kOtherVersion = 21, kRefused = 255 };

}  // namespace

Result<> RawServer::serve() {
  if (!MR_TRY(peer_.waitForMore(options_.patience))) return Done{};
  std::array<std::byte, 4> magic{};
  MR_TRY(peer_.read(magic));
  if (asText(magic) != "NiFi") return Error::environment("it does not speak site-to-site");
  version_ = MR_TRY(negotiate("SocketFlowFileProtocol", kNewestVersion));
  MR_TRY(shakeHands());
  while (MR_TRY(serveRequest())) {
  }
  return peer_.flush();
}

/// The version that both sides know.
Result<std::uint32_t> RawServer::negotiate(std::string_view resource, std::uint32_t newest) {
  for (;;) {
    const std::string name = MR_TRY(peer_.readText());
    const std::uint32_t version = MR_TRY(peer_.readInt());
    if (name != resource || version < 1 || version > INT32_MAX) {
      const std::string why =
          name != resource ? "it is not known here" : "there is no such version";
      MR_TRY(peer_.writeByte(kRefused));
      MR_TRY(peer_.writeText(why));
      MR_TRY(peer_.flush());
      return Error::environment(fmt::format("it asks for '{}' {}", name, version));
    }
    if (version <= newest) {
      MR_TRY(peer_.writeByte(kAgreed));
      MR_TRY(peer_.flush());
      return version;
    }
    MR_TRY(peer_.writeByte(kOtherVersion));
    MR_TRY(peer_.writeInt(newest));
  }
}

/// Tells the client why not; what is returned ends the conversation.
Error RawServer::refuse(ResponseCode code, std::string_view text) {
  auto told = peer_.writeResponse(code, text);
  if (told.ok()) told = peer_.flush();
  if (!told.ok()) return std::move(told).error();
  return Error::environment(fmt::format("it was told: {}", meaningOf({code, std::string(text)})));
}

Result<> RawServer::shakeHands() {
  const std::string communicationId = MR_TRY(peer_.readText());
  if (version_ >= kWithUrl) url_ = MR_TRY(peer_.readText());
  MR_TRY(readProperties());
  if (!saidCompression_) return refuse(ResponseCode::kMissingProperty, "GZIP");
  if (!port_.empty()) {
    const Response state = ports_.state(port_);
    if (state.code != ResponseCode::kPropertiesOk) return refuse(state.code, state.text);
  }
  MR_TRY(peer_.writeResponse(ResponseCode::kPropertiesOk));
  return peer_.flush();
}

Result<> RawServer::readProperties() {
  const std::uint32_t count = MR_TRY(peer_.readInt());
  if (count > kMostProperties) return refuse(ResponseCode::kAbort, "too many properties");
  std::vector<std::pair<std::string, std::string>> properties;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::string key = MR_TRY(peer_.readText());
    properties.emplace_back(std::move(key), MR_TRY(peer_.readText()));
  }
  // All are read before any is judged: the client listens only then.
  for (const auto& [key, value] : properties) MR_TRY(useProperty(key, value));
  return Done{};
}

Result<std::uint64_t> RawServer::number(const std::string& key, const std::string& value) {
  std::uint64_t result = 0;
  const char* const end = value.data() + value.size();
  const auto read = std::from_chars(value.data(), end, result);
  if (read.ec == std::errc() && read.ptr == end && result <= static_cast<std::uint64_t>(INT64_MAX))
    return result;
  return refuse(ResponseCode::kIllegalValue, fmt::format("{}={}", key, value));
}

Result<> RawServer::useProperty(const std::string& key, const std::string& value) {
  if (key == "GZIP") {
    if (value != "true" && value != "false")
      return refuse(ResponseCode::kIllegalValue, fmt::format("{}={}", key, value));
    compression_ = value == "true" ? Compression::kBlocks : Compression::kNone;
    saidCompression_ = true;
  } else if (key == "PORT_IDENTIFIER") {
    port_ = value;
  } else if (key == "REQUEST_EXPIRATION_MILLIS") {
    // So long the client itself waits.
    const auto millis =
        std::min<std::uint64_t>(MR_TRY(number(key, value)), kMostPatience / kMillisecond);
    peer_.limitWaits(std::max(static_cast<Nanos>(millis) * kMillisecond, kLeastPatience));
  } else if (key == "BATCH_COUNT") {
    batchCount_ = std::max<std::uint64_t>(MR_TRY(number(key, value)), 1);
  } else if (key == "BATCH_SIZE") {
    batchSize_ = MR_TRY(number(key, value));
  } else if (key == "BATCH_DURATION") {
    const auto millis =
        std::min<std::uint64_t>(MR_TRY(number(key, value)), kMostPatience / kMillisecond);
    batchDuration_ = static_cast<Nanos>(millis) * kMillisecond;
  } else {
    return refuse(ResponseCode::kUnknownProperty, key);
  }
  return Done{};
}

Caller RawServer::caller() const {
  const net::Ends& ends = stream_.ends();
  return {ends.remoteAddress,
          url_.empty() ? fmt::format("nifi://{}:{}", ends.localAddress, ends.localPort) : url_,
          ends.subject};
}

/// False when the client has ended the conversation.
Result<bool> RawServer::serveRequest() {
  const auto more = peer_.waitForMore(options_.idleTime);
  // Who asks for nothing may ask again on another connection.
  if (!more.ok() && stream_.timedOut()) return false;
  if (!more.ok()) return more.error();
  if (!*more) return false;
  const std::string request = MR_TRY(peer_.readText());
  if (request == "SHUTDOWN") return false;
  if (request == "NEGOTIATE_FLOWFILE_CODEC") {
    MR_TRY(negotiate("StandardFlowFileCodec", kCodecVersion));
  } else if (request == "REQUEST_PEER_LIST") {
    MR_TRY(sendPeers());
  } else if (request == "SEND_FLOWFILES") {
    MR_TRY(takeFlowFiles());
  } else if (request == "RECEIVE_FLOWFILES") {
    MR_TRY(giveFlowFiles());
  } else {
    return refuse(ResponseCode::kUnrecognised);
  }
  MR_TRY(peer_.flush());
  return true;
}

/// This program alone, at the address at which the client reached it.
Result<> RawServer::sendPeers() {
  const net::Ends& ends = stream_.ends();
  MR_TRY(peer_.writeInt(1));
  MR_TRY(peer_.writeText(ends.localAddress));
  MR_TRY(peer_.writeInt(ends.localPort));
  MR_TRY(peer_.writeByte(ends.secure ? 1 : 0));
  return peer_.writeInt(ports_.load());
}

Result<> RawServer::takeFlowFiles() {
  const auto transaction = MR_TRY(ports_.receive(port_, caller()));
  std::uint32_t checksum = 0;
  for (;;) {
    MR_TRY(PacketReader(peer_, compression_, checksum).readInto(*transaction));
    const Response then = MR_TRY(peer_.readResponse());
    if (then.code == ResponseCode::kCancel) return Done{};
    if (then.code == ResponseCode::kFinish) break;
    if (then.code != ResponseCode::kContinue) return refuse(ResponseCode::kAbort, "no such answer");
  }
  MR_TRY(peer_.writeResponse(ResponseCode::kConfirm, std::to_string(checksum)));
  const Response confirmed = MR_TRY(peer_.readResponse());
  if (confirmed.code == ResponseCode::kCancel) return Done{};
  if (confirmed.code != ResponseCode::kConfirm) return Error::environment(meaningOf(confirmed));
  const auto room = transaction->commit();
  if (!room.ok()) {
    (void)refuse(ResponseCode::kCancel, room.error().message);
    return Error::environment(fmt::format("nothing was received: {}", room.error().message));
  }
  return peer_.writeResponse(*room == IncomingTransaction::Room::kLeft
                                 ? ResponseCode::kFinished
                                 : ResponseCode::kFinishedButFull);
}

Result<> RawServer::givePackets(OutgoingTransaction& transaction, std::uint32_t& checksum) {
  const Nanos begin = clock_.monotonic();
  std::uint64_t bytes = 0;
  for (std::uint64_t count = 1;; ++count) {
    MR_TRY(PacketStream(peer_, compression_, checksum).writeFlowFile(transaction));
    bytes += transaction.size();
    const bool isFull = count >= batchCount_ || (batchSize_ > 0 && bytes >= batchSize_) ||
                        (batchDuration_ > 0 && clock_.monotonic() - begin >= batchDuration_);
    if (isFull || !MR_TRY(transaction.next())) return peer_.writeResponse(ResponseCode::kFinish);
    MR_TRY(peer_.writeResponse(ResponseCode::kContinue));
  }
}

Result<> RawServer::giveFlowFiles() {
  const auto transaction = MR_TRY(ports_.send(port_, caller()));
  if (!MR_TRY(transaction->next())) return peer_.writeResponse(ResponseCode::kNoMoreData);
  MR_TRY(peer_.writeResponse(ResponseCode::kMoreData));
  std::uint32_t checksum = 0;
  MR_TRY(givePackets(*transaction, checksum));
  return endGiving(*transaction, checksum);
}

Result<> RawServer::endGiving(OutgoingTransaction& transaction, std::uint32_t checksum) {
  const Response confirmed = MR_TRY(peer_.readResponse());
  if (confirmed.code == ResponseCode::kCancel) return Done{};
  if (confirmed.code != ResponseCode::kConfirm) return Error::environment(meaningOf(confirmed));
  if (confirmed.text != std::to_string(checksum)) {
    MR_TRY(peer_.writeResponse(ResponseCode::kBadChecksum));
    MR_TRY(peer_.flush());
    return Error::environment(
        fmt::format("what arrived was not what was sent: its checksum is {}, ours {}",
                    confirmed.text, checksum));
  }
  MR_TRY(peer_.writeResponse(ResponseCode::kConfirm));
  const Response end = MR_TRY(peer_.readResponse());
  if (end.code != ResponseCode::kFinished && end.code != ResponseCode::kFinishedButFull)
    return Error::environment(meaningOf(end));
  return transaction.commit();
}

}  // namespace millrace::site_to_site
