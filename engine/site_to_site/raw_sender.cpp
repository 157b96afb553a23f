// SPDX-License-Identifier: Apache-2.0
#include "engine/site_to_site/raw_sender.h"

#include <fmt/format.h>

namespace millrace::site_to_site {
namespace {

constexpr std::size_t kMostAttributes = 25'000;  // what a peer reads of one FlowFile

}  // namespace

Result<std::unique_ptr<RawSender>> RawSender::open(std::unique_ptr<net::Stream> stream,
                                                   const Agreement& agreement) {
  std::unique_ptr<RawSender> sender(new RawSender(std::move(stream), agreement));
  MR_TRY(openConversation(sender->peer_, agreement));
  return sender;
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
  if (confirmed.code != ResponseCode::kConfirm) return refusalOf(confirmed);
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
  return refusalOf(end);
}

}  // namespace millrace::site_to_site
