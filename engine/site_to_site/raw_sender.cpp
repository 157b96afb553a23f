// SPDX-License-Identifier: Apache-2.0
#include "engine/site_to_site/raw_sender.h"

#include <fmt/format.h>

namespace millrace::site_to_site {

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
  if (sent_) MR_TRY(peer_.writeResponse(ResponseCode::kContinue));
  sent_ = true;
  return PacketStream(peer_, compression_, checksum_).writeFlowFile(attributes, size, next);
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
