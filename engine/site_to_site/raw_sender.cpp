// SPDX-License-Identifier: Apache-2.0
#include "engine/site_to_site/raw_sender.h"

#include <fmt/format.h>

namespace millrace::site_to_site {
namespace {

constexpr std::uint32_t kNewestVersion = 6;
constexpr std::uint32_t kCodecVersion = 1;
constexpr std::size_t kMostAttributes = 25'000;  // what a peer reads of one FlowFile

enum Negotiated : std::uint8_t { kAgreed = 20, kOtherVersion = 21, kRefused = 255 };

Error refusal(const Response& response) { return Error::environment(meaningOf(response)); }

}  // namespace

Result<std::unique_ptr<RawSender>> RawSender::open(std::unique_ptr<net::Stream> stream,
                                                   const Agreement& agreement) {
  std::unique_ptr<RawSender> sender(new RawSender(std::move(stream), agreement));
  MR_TRY(sender->peer_.write(asBytes("NiFi")));
  const std::uint32_t version = MR_TRY(sender->negotiate("SocketFlowFileProtocol", kNewestVersion));
  MR_TRY(sender->shakeHands(agreement, version));
  MR_TRY(sender->peer_.writeText("NEGOTIATE_FLOWFILE_CODEC"));
  MR_TRY(sender->negotiate("StandardFlowFileCodec", kCodecVersion));
  return sender;
}

/// The version that both sides know.
Result<std::uint32_t> RawSender::negotiate(std::string_view resource, std::uint32_t version) {
  for (;;) {
    MR_TRY(peer_.writeText(resource));
    MR_TRY(peer_.writeInt(version));
    const std::uint8_t answer = MR_TRY(peer_.readByte());
    if (answer == kAgreed) return version;
    if (answer == kRefused)
      return Error::environment(
          fmt::format("it refuses {}: {}", resource, MR_TRY(peer_.readText())));
    if (answer != kOtherVersion)
      return Error::environment("the other side does not speak site-to-site");
    const std::uint32_t theirs = MR_TRY(peer_.readInt());
    if (theirs < 1 || theirs >= version)
      return Error::environment(
          fmt::format("it speaks no version of {} that is known here", resource));
    version = theirs;
  }
}

Result<> RawSender::shakeHands(const Agreement& agreement, std::uint32_t version) {
  constexpr std::uint32_t kWithUrl = 3;
  constexpr std::uint32_t kWithBatches = 5;
  std::vector<std::pair<std::string_view, std::string>> properties{
      {"GZIP", agreement.compression == Compression::kBlocks ? "true" : "false"},
      {"PORT_IDENTIFIER", agreement.port},
      {"REQUEST_EXPIRATION_MILLIS", std::to_string(agreement.requestExpiration)},
  };
  if (version >= kWithBatches) {
    const auto add = [&](std::string_view key, std::uint64_t value) {
      if (value > 0) properties.emplace_back(key, std::to_string(value));
    };
    add("BATCH_COUNT", agreement.batchCount);
    add("BATCH_SIZE", agreement.batchSize);
    add("BATCH_DURATION", static_cast<std::uint64_t>(agreement.batchDuration));
  }
  MR_TRY(peer_.writeText(agreement.communicationId));
  if (version >= kWithUrl) MR_TRY(peer_.writeText(agreement.url));
  MR_TRY(peer_.writeInt(static_cast<std::uint32_t>(properties.size())));
  for (const auto& [key, value] : properties) {
    MR_TRY(peer_.writeText(key));
    MR_TRY(peer_.writeText(value));
  }
  const Response response = MR_TRY(peer_.readResponse());
  if (response.code != ResponseCode::kPropertiesOk) return refusal(response);
  return Done{};
}

Result<> RawSender::begin() {
  checksum_ = 0;
  sent_ = false;
  return peer_.writeText("SEND_FLOWFILES");
}

Result<> RawSender::send(const AttributeList& attributes, std::uint64_t size,
                         const std::function<Result<ByteView>()>& next) {
  if (attributes.size() > kMostAttributes)
    return Error::user(fmt::format("{} attributes are more than a peer takes ({}); remove some",
                                   attributes.size(), kMostAttributes));
  if (sent_) MR_TRY(peer_.writeResponse(ResponseCode::kContinue));
  sent_ = true;
  PacketStream packet(peer_, compression_, checksum_);
  MR_TRY(packet.writeInt(static_cast<std::uint32_t>(attributes.size())));
  for (const auto& [key, value] : attributes) {
    for (const std::string_view text : {key, value}) {
      MR_TRY(packet.writeInt(static_cast<std::uint32_t>(text.size())));
      MR_TRY(packet.write(asBytes(text)));
    }
  }
  MR_TRY(packet.writeInt(static_cast<std::uint32_t>(size >> 32U)));
  MR_TRY(packet.writeInt(static_cast<std::uint32_t>(size)));
  std::uint64_t written = 0;
  for (;;) {
    const ByteView part = MR_TRY(next());
    if (part.empty()) break;
    written += part.size();
    MR_TRY(packet.write(part));
  }
  MR_ASSERT(written == size);  // the other side would take what follows for content
  return packet.finish();
}

Result<RawSender::End> RawSender::finish() {
  MR_TRY(peer_.writeResponse(ResponseCode::kFinish));
  const Response confirmed = MR_TRY(peer_.readResponse());
  if (confirmed.code != ResponseCode::kConfirm) return refusal(confirmed);
  if (confirmed.text != std::to_string(checksum_)) {
    MR_TRY(peer_.writeResponse(ResponseCode::kBadChecksum));
    MR_TRY(peer_.flush());
    return Error::environment(
        fmt::format("what arrived was not what was sent: its checksum is {}, ours {}",
                    confirmed.text, checksum_));
  }
  MR_TRY(peer_.writeResponse(ResponseCode::kConfirm));
  const Response end = MR_TRY(peer_.readResponse());
  if (end.code == ResponseCode::kFinished) return End::kFinished;
  if (end.code == ResponseCode::kFinishedButFull) return End::kFinishedButFull;
  return refusal(end);
}

}  // namespace millrace::site_to_site
