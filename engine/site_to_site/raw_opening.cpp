// SPDX-License-Identifier: Apache-2.0
#include "engine/site_to_site/raw_opening.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace millrace::site_to_site {
namespace {

constexpr std::uint32_t kNewestVersion = 6;
constexpr std::uint32_t kCodecVersion = 1;

enum Negotiated : std::uint8_t { kAgreed = 20, kOtherVersion = 21, kRefused = 255 };

/// The version that both sides know.
Result<std::uint32_t> negotiate(PeerStream& peer, std::string_view resource,
                                std::uint32_t version) {
  for (;;) {
    MR_TRY(peer.writeText(resource));
    MR_TRY(peer.writeInt(version));
    const std::uint8_t answer = MR_TRY(peer.readByte());
    if (answer == kAgreed) return version;
    if (answer == kRefused)
      return Error::environment(
          fmt::format("it refuses {}: {}", resource, MR_TRY(peer.readText())));
    if (answer != kOtherVersion)
      return Error::environment("the other side does not speak site-to-site");
    const std::uint32_t theirs = MR_TRY(peer.readInt());
    if (theirs < 1 || theirs >= version)
      return Error::environment(
          fmt::format("it speaks no version of {} that is known here", resource));
    version = theirs;
  }
}

Result<> shakeHands(PeerStream& peer, const Agreement& agreement, std::uint32_t version) {
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
  MR_TRY(peer.writeText(agreement.communicationId));
  if (version >= kWithUrl) MR_TRY(peer.writeText(agreement.url));
  MR_TRY(peer.writeInt(static_cast<std::uint32_t>(properties.size())));
  for (const auto& [key, value] : properties) {
    MR_TRY(peer.writeText(key));
    MR_TRY(peer.writeText(value));
  }
  const Response response = MR_TRY(peer.readResponse());
  if (response.code != ResponseCode::kPropertiesOk) return refusalOf(response);
  return Done{};
}

}  // namespace

Result<> openConversation(PeerStream& peer, const Agreement& agreement) {
  MR_TRY(peer.write(asBytes("NiFi")));
  const std::uint32_t version = MR_TRY(negotiate(peer, "SocketFlowFileProtocol", kNewestVersion));
  MR_TRY(shakeHands(peer, agreement, version));
  MR_TRY(peer.writeText("NEGOTIATE_FLOWFILE_CODEC"));
  MR_TRY(negotiate(peer, "StandardFlowFileCodec", kCodecVersion));
  return Done{};
}

Error refusalOf(const Response& response) { return Error::environment(meaningOf(response)); }

}  // namespace millrace::site_to_site
