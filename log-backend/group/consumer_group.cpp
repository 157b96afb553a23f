// SPDX-License-Identifier: Apache-2.0
#include "log-backend/group/consumer_group.h"

#include <algorithm>

namespace millrace::log {
namespace {

bool offers(const std::vector<Member::Protocol>& protocols, const std::string& name) {
  return std::any_of(protocols.begin(), protocols.end(),
                     [&name](const auto& each) { return each.name == name; });
}

}  // namespace

Blob Member::metadataFor(const std::string& protocol) const {
  for (const Protocol& each : protocols) {
    if (each.name == protocol) return each.metadata;
  }
  return nullptr;
}

bool Member::sameProtocols(const std::vector<Protocol>& others) const {
  return std::equal(protocols.begin(), protocols.end(), others.begin(), others.end(),
                    [](const Protocol& a, const Protocol& b) {
                      return a.name == b.name && *a.metadata == *b.metadata;
                    });
}

std::string_view textOf(GroupState state) {
  switch (state) {
    case GroupState::kEmpty:
      return "Empty";
    case GroupState::kPreparing:
      return "PreparingRebalance";
    case GroupState::kCompleting:
      return "CompletingRebalance";
    case GroupState::kStable:
      return "Stable";
  }
  return "";
}

Member* Group::find(const std::string& memberId) {
  const auto found = members.find(memberId);
  return found == members.end() ? nullptr : &found->second;
}

bool Group::everybodyJoined() const {
  return promised.empty() && std::all_of(members.begin(), members.end(), [](const auto& each) {
           return each.second.joining != nullptr;
         });
}

bool Group::agreesWith(const std::string& type, const std::vector<Member::Protocol>& offered,
                       const std::string& exceptMember) const {
  if (type.empty() || offered.empty()) return false;
  const bool alone =
      members.empty() || (members.size() == 1 && members.begin()->first == exceptMember);
  if (alone) return true;
  if (type != protocolType) return false;
  return std::any_of(offered.begin(), offered.end(), [&](const auto& each) {
    return std::all_of(members.begin(), members.end(), [&](const auto& other) {
      return other.first == exceptMember || offers(other.second.protocols, each.name);
    });
  });
}

std::string Group::vote() const {
  std::map<std::string, int> votes;
  for (const auto& [memberId, member] : members) {
    for (const Member::Protocol& each : member.protocols) {
      const bool common = std::all_of(members.begin(), members.end(), [&each](const auto& other) {
        return offers(other.second.protocols, each.name);
      });
      if (!common) continue;
      ++votes[each.name];
      break;
    }
  }
  const auto most = std::max_element(
      votes.begin(), votes.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == votes.end() ? std::string() : most->first;
}

std::int32_t Group::longestRebalanceMs() const {
  std::int32_t longest = 0;
  for (const auto& [memberId, member] : members) longest = std::max(longest, member.rebalanceMs);
  return longest;
}

std::optional<std::vector<std::string>> subscribedTopics(ByteView metadata) {
  wire::WireReader reader(metadata, wire::Lengths::kFixed);
  reader.int16();  // version; what newer ones add comes behind
  std::vector<std::string> topics;
  const std::size_t count = reader.count(false).value_or(0);
  for (std::size_t i = 0; i < count && !reader.failed(); ++i) topics.push_back(reader.string());
  if (reader.failed()) return std::nullopt;
  return topics;
}

}  // namespace millrace::log
