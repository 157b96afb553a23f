// SPDX-License-Identifier: Apache-2.0
#pragma once
// PlantedFault: mistakes that the commit pipeline makes on request, so that its model tests can
// show that they would notice them. Only tests ever pass anything but kNone.

#include <cstdint>

namespace millrace {

enum class PlantedFault : std::uint8_t {
  kNone,
  kContentAfterRecord,      ///< the record is written before the content it names is synced
  kEffectBeforeDurability,  ///< effects run before the sync of their group
  kCrcIgnored,              ///< frames are believed without looking at their checksum
  kDirectoryNotSynced,      ///< a segment counts before its new name is on the medium
  kLsnOrderBroken,          ///< commits are written in another order than they were handed over
  kFlowFileForgotten,       ///< a session forgets one in 10,000 of the FlowFiles that it transfers
};

}  // namespace millrace
