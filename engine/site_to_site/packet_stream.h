// SPDX-License-Identifier: Apache-2.0
#pragma once
// PacketStream: the bytes of one packet on their way to the other side, counted into the checksum
// of the transaction and compressed when that was agreed (FORMAT.md). Owner: the caller keeps the
// stream for as long. Threads: one.

#include "engine/site_to_site/peer_stream.h"

#include <cstdint>
#include <string>

namespace millrace::site_to_site {

enum class Compression : bool { kNone, kBlocks };

class PacketStream {
 public:
  PacketStream(PeerStream& peer, Compression compression, std::uint32_t& checksum)
      : peer_(peer), compression_(compression), checksum_(checksum) {}

  Result<> write(ByteView bytes);
  Result<> writeInt(std::uint32_t value);
  /// Ends the packet.
  Result<> finish();

 private:
  Result<> writeBlock();

  PeerStream& peer_;
  const Compression compression_;
  std::uint32_t& checksum_;  // of all packets of the transaction
  std::string block_;        // not compressed yet
  bool first_ = true;
};

}  // namespace millrace::site_to_site
