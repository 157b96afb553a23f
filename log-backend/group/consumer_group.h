// SPDX-License-Identifier: Apache-2.0
#pragma once
// Group: the members of one consumer group, its generation and where it stands between them.
// Threads: the coordinator's lock.

#include "log-backend/group/deadlines.h"
#include "log-backend/protocol/messages.h"

#include <memory>
#include <string>
#include <vector>

namespace millrace::log {

/// Bytes that only clients understand. Shared by a member and the answers that show it, which are
/// encoded without the coordinator's lock.
using Blob = std::shared_ptr<const std::vector<std::byte>>;
inline ByteView bytesOf(const Blob& blob) { return blob == nullptr ? ByteView() : ByteView(*blob); }

/// An answer with what its views show.
template <typename Response>
struct Shown {
  Response response;
  std::vector<Blob> kept;
};
using JoinDone = std::function<void(Shown<wire::JoinGroupResponse>)>;
using SyncDone = std::function<void(Shown<wire::SyncGroupResponse>)>;

struct Member {
  struct Protocol {
    std::string name;
    Blob metadata;
  };
  std::string id;
  std::optional<std::string> instance;  ///< group.instance.id of a static member
  std::string clientId;
  std::string clientHost;
  std::int32_t sessionMs = 0;
  std::int32_t rebalanceMs = 0;
  std::vector<Protocol> protocols;  ///< the preferred first
  Blob assignment;
  JoinDone joining;  ///< its JoinGroup waits for an answer
  SyncDone syncing;
  Nanos aliveUntil = 0;  ///< monotonic
  std::optional<Deadlines::Token> watch;

  Blob metadataFor(const std::string& protocol) const;
  bool sameProtocols(const std::vector<Protocol>& others) const;
};

enum class GroupState : std::uint8_t {
  kEmpty,       ///< no members; offsets perhaps
  kPreparing,   ///< members join
  kCompleting,  ///< all joined; the leader's assignment is awaited
  kStable,
};
/// As clients are shown it.
std::string_view textOf(GroupState state);

struct Group {
  std::string id;
  GroupState state = GroupState::kEmpty;
  std::int32_t generation = 0;
  std::string protocolType;
  std::string protocol;
  std::string leader;
  Millis since = 0;  ///< wall clock of the last change of state
  std::map<std::string, Member> members;
  std::map<std::string, std::string> statics;        ///< instance id → member id
  std::map<std::string, Deadlines::Token> promised;  ///< ids given to members that have yet to join
  std::optional<Deadlines::Token> phase;             ///< when joining, or the assignment, is late
  Nanos notBefore = 0;                               ///< joining does not end earlier
  bool persisted = false;                            ///< the log knows of it

  Member* find(const std::string& memberId);
  bool everybodyJoined() const;
  /// Some protocol that a newcomer offers is offered by all others too.
  bool agreesWith(const std::string& type, const std::vector<Member::Protocol>& offered,
                  const std::string& exceptMember) const;
  /// The one that all members offer and most prefer; there is one.
  std::string vote() const;
  std::int32_t longestRebalanceMs() const;
};

/// The topics of a consumer's subscription; nothing when the bytes are none.
std::optional<std::vector<std::string>> subscribedTopics(ByteView metadata);

}  // namespace millrace::log
