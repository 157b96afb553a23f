// SPDX-License-Identifier: Apache-2.0
#include "engine/flowfile/content_claim.h"

namespace millrace {

void writeClaim(ByteWriter& out, const ContentClaim& claim) {
  out.varint(claim.segment);
  out.varint(claim.offset);
  out.varint(claim.length);
  out.u32(claim.crc);
}

ContentClaim readClaim(ByteReader& in) {
  ContentClaim claim;
  claim.segment = in.varint();
  claim.offset = in.varint();
  claim.length = in.varint();
  claim.crc = in.u32();
  if (claim.offset + claim.length < claim.offset) in.fail();
  return claim;
}

}  // namespace millrace
