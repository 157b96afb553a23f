// SPDX-License-Identifier: Apache-2.0
#pragma once
// PacketReader: the bytes of one packet that comes from the other side, counted into the checksum
// of the transaction, out of their blocks when compression was agreed (FORMAT.md).
// Promise: memory is two blocks; a block has at most 1 MiB, a packet's attributes 16 MiB. Owner:
// the caller keeps the stream for as long. Threads: one.

#include "engine/site_to_site/packet_stream.h"
#include "engine/site_to_site/peer_stream.h"
#include "engine/site_to_site/ports.h"

#include <cstdint>
#include <string>
#include <vector>

namespace millrace::site_to_site {

class PacketReader {
 public:
  PacketReader(PeerStream& peer, Compression compression, std::uint32_t& checksum)
      : peer_(peer), compression_(compression), checksum_(checksum) {}

  /// The whole packet, as a FlowFile.
  Result<> readInto(FlowFileSink& sink);

 private:
  Result<AttributeTexts> readAttributes();
  Result<std::uint64_t> readLength();
  Result<ByteView> readPart(std::uint64_t most);
  Result<> finish();
  Result<> read(std::span<std::byte> into);
  Result<std::uint32_t> readInt();
  Result<std::string> readText(std::uint64_t& left);
  Result<> nextBlock();

  PeerStream& peer_;
  const Compression compression_;
  std::uint32_t& checksum_;  // of all packets of the transaction
  std::vector<std::byte> part_;
  std::string block_;  // of a compressed packet, as it was before
  std::size_t used_ = 0;
  bool more_ = true;  // another block follows
};

}  // namespace millrace::site_to_site
