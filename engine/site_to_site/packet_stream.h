// SPDX-License-Identifier: Apache-2.0
#pragma once
// PacketStream: the bytes of one packet on their way to the other side, counted into the checksum
// of the transaction and compressed when that was agreed (FORMAT.md). Owner: the caller keeps the
// stream for as long. Threads: one.

#include "engine/site_to_site/peer_stream.h"
#include "engine/site_to_site/ports.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::site_to_site {

enum class Compression : bool { kNone, kBlocks };

class PacketStream {
 public:
  PacketStream(PeerStream& peer, Compression compression, std::uint32_t& checksum)
      : peer_(peer), compression_(compression), checksum_(checksum) {}

  /// A whole packet. `next` gives the content part by part, an empty one at its end; all parts are
  /// `size` bytes.
  using AttributeList = std::vector<std::pair<std::string_view, std::string_view>>;
  Result<> writeFlowFile(const AttributeList& attributes, std::uint64_t size,
                         const std::function<Result<ByteView>()>& next);
  /// The FlowFile that the transaction is at.
  Result<> writeFlowFile(OutgoingTransaction& transaction);

 private:
  Result<> write(ByteView bytes);
  Result<> writeInt(std::uint32_t value);
  Result<> finish();
  Result<> writeBlock();

  PeerStream& peer_;
  const Compression compression_;
  std::uint32_t& checksum_;  // of all packets of the transaction
  std::string block_;        // not compressed yet
  bool first_ = true;
};

}  // namespace millrace::site_to_site
