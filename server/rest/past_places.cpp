// SPDX-License-Identifier: Apache-2.0
#include "server/rest/past_places.h"

#include "server/rest/json_body.h"

#include <nlohmann/json.hpp>

namespace millrace::server {
namespace {

/// The one way in which an id is written.
std::string plainId(const std::string& text) {
  const auto id = idOf(text);
  return id ? idText(*id) : text;
}

}  // namespace

Result<> PastPlaces::learn() {
  constexpr std::size_t kAtOnce = 256;
  const MutexLock lock(mutex_);
  while (true) {
    const auto records = MR_TRY(flow_.changesAfter(learned_, kAtOnce));
    for (const ChangeRecord& record : records) {
      // What was made, and, by what undoes it, what was taken away or moved from elsewhere.
      learnFrom(Json::parse(record.changes, nullptr, false));
      learnFrom(Json::parse(record.inverse, nullptr, false));
      learned_ = record.revision;
    }
    if (records.size() < kAtOnce) return Done{};
  }
}

void PastPlaces::learnFrom(const Json& changes) {
  if (!changes.is_array()) return;
  for (const Json& change : changes) {
    if (!change.is_object()) continue;
    const std::string op = textMember(change, "op");
    const std::string group = plainId(textMember(change, "group"));
    if (op == "move") parents_[plainId(textMember(change, "id"))].insert(group);
    const auto value = change.find("value");
    if (op == "create" && value != change.end()) place(*value, group);
  }
}

void PastPlaces::place(const Json& component, const std::string& group) {
  if (!component.is_object()) return;
  const std::string id = plainId(textMember(component, "id"));
  if (!id.empty()) parents_[id].insert(group);
  for (const ComponentList& list : componentLists()) {
    const auto items = component.find(std::string(list.key));
    if (items == component.end() || !items->is_array()) continue;
    for (const Json& item : *items) place(item, id);
  }
}

bool PastPlaces::isReached(const User& user, Role wanted, const std::string& id,
                           const FlowPlaces& now, std::set<std::string>& asking) const {
  if (user.role >= wanted) return true;
  const auto granted = user.groups.find(id);
  if (granted != user.groups.end() && granted->second >= wanted) return true;
  const auto past = parents_.find(id);
  const auto* const way = now.way(id);
  if (past == parents_.end() && way == nullptr) return false;
  if (way != nullptr) {
    // The way of a group ends with the group itself; a role anywhere on it reaches to all below.
    if (user.roleIn(*way) < wanted) return false;
  }
  if (past == parents_.end()) return true;
  // Groups that were in each other at different times.
  if (!asking.insert(id).second) return false;
  bool reached = true;
  for (const std::string& group : past->second)
    reached = reached && isReached(user, wanted, group, now, asking);
  asking.erase(id);
  return reached;
}

bool PastPlaces::reaches(const User& user, Role wanted, const std::string& id,
                         const FlowPlaces& now) const {
  const MutexLock lock(mutex_);
  std::set<std::string> asking;
  return isReached(user, wanted, plainId(id), now, asking);
}

bool PastPlaces::reaches(const User& user, Role wanted, const Json& change,
                         const FlowPlaces& now) const {
  if (!change.is_object()) return false;
  const std::string group = textMember(change, "group");
  if (!group.empty() && !reaches(user, wanted, group, now)) return false;
  const std::string id = textMember(change, "id");
  if (!id.empty()) return reaches(user, wanted, id, now);
  // A component that is made, with all that is in it.
  const auto value = change.find("value");
  return !group.empty() && value != change.end();
}

}  // namespace millrace::server
