// SPDX-License-Identifier: Apache-2.0
#pragma once
// RawSender: sends FlowFiles to a port of another program over a socket, transaction by transaction
// (FORMAT.md).
//
//   auto sender = MR_TRY(RawSender::open(std::move(stream), agreement));
//   MR_TRY(sender->begin());
//   MR_TRY(sender->send(attributes, size, next));   // again for each FlowFile
//   const auto end = MR_TRY(sender->finish());      // now the other side has them
//
// Promise: when finish() returned, the other side has committed all of the transaction. When it
// failed nobody knows: what is sent again may be there twice. After an Error the sender is of no
// more use. Owner: it owns the stream. Threads: one.

#include "engine/site_to_site/raw_opening.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace millrace::site_to_site {

class RawSender {
 public:
  static Result<std::unique_ptr<RawSender>> open(std::unique_ptr<net::Stream> stream,
                                                 const Agreement& agreement);

  Result<> begin();
  using AttributeList = PacketStream::AttributeList;
  /// `next` gives the content part by part, an empty one at its end; all parts are `size` bytes.
  Result<> send(const AttributeList& attributes, std::uint64_t size,
                const std::function<Result<ByteView>()>& next);
  enum class End : std::uint8_t { kFinished, kFinishedButFull };
  Result<End> finish();
  /// False when the other side closed the connection meanwhile.
  bool isOpen() { return stream_->isQuiet(); }

 private:
  RawSender(std::unique_ptr<net::Stream> stream, const Agreement& agreement)
      : stream_(std::move(stream)),
        peer_(*stream_, agreement.timeout),
        compression_(agreement.compression) {}

  std::unique_ptr<net::Stream> stream_;
  PeerStream peer_;
  const Compression compression_;
  std::uint32_t checksum_ = 0;
  bool sent_ = false;  // a packet of the present transaction
};

}  // namespace millrace::site_to_site
