// SPDX-License-Identifier: Apache-2.0
#include "engine/site_to_site/raw_fetcher.h"

#include "engine/site_to_site/packet_reader.h"

namespace millrace::site_to_site {

Result<std::unique_ptr<RawFetcher>> RawFetcher::open(std::unique_ptr<net::Stream> stream,
                                                     const Agreement& agreement) {
  std::unique_ptr<RawFetcher> fetcher(new RawFetcher(std::move(stream), agreement));
  MR_TRY(openConversation(fetcher->peer_, agreement));
  return fetcher;
}

Result<bool> RawFetcher::fetch(FlowFileSink& into) {
  MR_TRY(peer_.writeText("RECEIVE_FLOWFILES"));
  const Response any = MR_TRY(peer_.readResponse());
  if (any.code == ResponseCode::kNoMoreData) return false;
  if (any.code != ResponseCode::kMoreData) return refusalOf(any);
  std::uint32_t checksum = 0;
  for (;;) {
    MR_TRY(PacketReader(peer_, compression_, checksum).readInto(into));
    const Response then = MR_TRY(peer_.readResponse());
    if (then.code == ResponseCode::kFinish) break;
    if (then.code != ResponseCode::kContinue) return refusalOf(then);
  }
  MR_TRY(peer_.writeResponse(ResponseCode::kConfirm, std::to_string(checksum)));
  const Response confirmed = MR_TRY(peer_.readResponse());
  if (confirmed.code != ResponseCode::kConfirm) return refusalOf(confirmed);
  return true;
}

Result<> RawFetcher::finish(IncomingTransaction::Room room) {
  MR_TRY(peer_.writeResponse(room == IncomingTransaction::Room::kLeft
                                 ? ResponseCode::kFinished
                                 : ResponseCode::kFinishedButFull));
  return peer_.flush();
}

}  // namespace millrace::site_to_site
