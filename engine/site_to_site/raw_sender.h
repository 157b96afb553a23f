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

#include "engine/site_to_site/packet_stream.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace millrace::site_to_site {

/// What a client asks for in the handshake.
struct Agreement {
  std::string communicationId;  ///< a uuid; logs of the other side show it
  std::string url;              ///< of the peer: nifi://HOST:PORT
  std::string port;             ///< the port's id
  Compression compression = Compression::kNone;
  Millis requestExpiration = 30'000;
  std::uint64_t batchCount = 0;  ///< 0, of all three: as the peer likes
  std::uint64_t batchSize = 0;
  Millis batchDuration = 0;
  Nanos timeout = 30 * kSecond;
};

class RawSender {
 public:
  static Result<std::unique_ptr<RawSender>> open(std::unique_ptr<net::Stream> stream,
                                                 const Agreement& agreement);

  Result<> begin();
  using AttributeList = std::vector<std::pair<std::string_view, std::string_view>>;
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
  Result<std::uint32_t> negotiate(std::string_view resource, std::uint32_t version);
  Result<> shakeHands(const Agreement& agreement, std::uint32_t version);

  std::unique_ptr<net::Stream> stream_;
  PeerStream peer_;
  const Compression compression_;
  std::uint32_t checksum_ = 0;
  bool sent_ = false;  // a packet of the present transaction
};

}  // namespace millrace::site_to_site
