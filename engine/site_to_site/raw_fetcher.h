// SPDX-License-Identifier: Apache-2.0
#pragma once
// RawFetcher: fetches FlowFiles from a port of another program over a socket, transaction by
// transaction (FORMAT.md).
//
//   auto fetcher = MR_TRY(RawFetcher::open(std::move(stream), agreement));
//   if (MR_TRY(fetcher->fetch(sink))) {   // all of a transaction; both sides agree on its checksum
//     ... what came is made durable ...
//     MR_TRY(fetcher->finish(Room::kLeft));  // now the other side forgets it
//   }
//
// Promise: the other side keeps what was fetched until finish(); without it, it is there again.
// After an Error the fetcher is of no more use. Owner: it owns the stream. Threads: one at a time.

#include "engine/site_to_site/ports.h"
#include "engine/site_to_site/raw_opening.h"

#include <memory>

namespace millrace::site_to_site {

class RawFetcher {
 public:
  static Result<std::unique_ptr<RawFetcher>> open(std::unique_ptr<net::Stream> stream,
                                                  const Agreement& agreement);

  /// False when nothing waits there.
  Result<bool> fetch(FlowFileSink& into);
  Result<> finish(IncomingTransaction::Room room);
  /// False when the other side closed the connection meanwhile.
  bool isOpen() { return stream_->isQuiet(); }

 private:
  RawFetcher(std::unique_ptr<net::Stream> stream, const Agreement& agreement)
      : stream_(std::move(stream)),
        peer_(*stream_, agreement.timeout),
        compression_(agreement.compression) {}

  std::unique_ptr<net::Stream> stream_;
  PeerStream peer_;
  const Compression compression_;
};

}  // namespace millrace::site_to_site
