// SPDX-License-Identifier: Apache-2.0
#pragma once
// FlowFile: one piece of data: identity, times, attributes, content. A value; its one owner is a
// queue or a session.

#include "engine/base/clock.h"
#include "engine/base/id.h"
#include "engine/flowfile/attributes.h"
#include "engine/flowfile/content.h"
#include "engine/flowfile/uuid.h"

#include <cstdint>
#include <string_view>

namespace millrace {

using FlowFileId = Id<struct FlowFileIdTag>;
using ComponentId = Id<struct ComponentIdTag>;
using ConnectionId = Id<struct ConnectionIdTag>;

/// A FlowFile's place in its queue: the commit that queued it, and which of its outputs it was. The
/// clock has no say.
struct QueueKey {
  Lsn lsn;
  std::uint32_t index = 0;
  auto operator<=>(const QueueKey&) const = default;
};

struct FlowFile {
  FlowFileId id;
  Millis entryDate = 0;     ///< when this FlowFile entered the flow
  Millis lineageStart = 0;  ///< when its oldest ancestor did
  Millis queuedAt = 0;      ///< when it was last queued; never used for order
  QueueKey key;
  Nanos heldUntil = 0;  ///< monotonic; penalty and back-off: not handed out before
  Attributes
      attributes;  ///< all but `uuid` and a default `filename`, which are rendered from the id
  Content content;
  /// `filename` is the uuid's text unless an attribute of that name is set.
  bool defaultFilename = false;
  /// `uuid` is an attribute, since the FlowFile arrived with it.
  bool ownUuid = false;

  std::uint64_t size() const { return content.length; }
};

}  // namespace millrace
