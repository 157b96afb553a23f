// SPDX-License-Identifier: Apache-2.0
#pragma once
// ProvenanceEvent: one thing that happened to one FlowFile, with NiFi's types and fields. A value.

#include "engine/ports/commit_record.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {

/// An event's place: the commit that it belongs to, and which of its events it is, from 0. Written
/// LSN.INDEX. Never given to another event of the same store.
struct ProvenanceEventId {
  Lsn lsn;
  std::uint32_t index = 0;
  auto operator<=>(const ProvenanceEventId&) const = default;
  std::string text() const;
  static std::optional<ProvenanceEventId> parse(std::string_view text);
};

/// NiFi's name of the type, such as CONTENT_MODIFIED.
std::string_view nameOf(FactKind type);
/// Upper and lower case alike.
std::optional<FactKind> factKindOf(std::string_view name);

struct ProvenanceEvent {
  ProvenanceEventId id;
  FactKind type = FactKind::kCreate;
  Millis time = 0;  ///< of the commit
  ComponentId component;
  std::uint64_t flowRevision = 0;
  FlowFileId flowFile;
  std::string uuid;
  Millis entryDate = 0;
  Millis lineageStart = 0;
  ConnectionId sourceQueue;  ///< where the FlowFile was taken from; 0: made by the commit
  std::string relationship;
  std::string transitUri;
  std::string details;
  /// Before the event, `uuid` and a rendered `filename` among them; of a new FlowFile: as made.
  std::vector<std::pair<std::string, std::string>> attributes;
  /// What the commit changed; without a value: removed.
  std::vector<std::pair<std::string, std::optional<std::string>>> changes;
  /// Contents; the bytes of an inline one are there when find() was asked and they were kept.
  Content before;
  Content after;
  std::vector<std::string> parents;  ///< uuids
  std::vector<std::string> children;

  /// The attribute after the event.
  std::optional<std::string_view> attribute(std::string_view name) const;
};

}  // namespace millrace
