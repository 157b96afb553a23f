// SPDX-License-Identifier: Apache-2.0
#include "server/rest/reach.h"

#include "server/rest/json_body.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <map>
#include <set>
#include <utility>

namespace millrace::server {
namespace {

using Ways = std::vector<std::vector<std::string>>;

constexpr const char* kChanges = "/api/v1/changes";
constexpr const char* kActions = "/api/v1/actions";

/// The one way in which an id is written.
std::string plainId(const std::string& text) {
  const auto id = idOf(text);
  return id ? idText(*id) : std::string();
}

Error notThere(const std::string& id) {
  return Error::user(
      fmt::format("there is no component '{}' in a group where you have this role; "
                  "read the flow again",
                  id));
}

/// Every id that a new component brings along.
void collectIds(const Json& value, std::set<std::string>& ids) {
  if (value.is_array()) {
    for (const Json& item : value) collectIds(item, ids);
  }
  if (!value.is_object()) return;
  for (const auto& [key, inner] : value.items()) {
    if (key == "id" && inner.is_string()) ids.insert(inner.get<std::string>());
    collectIds(inner, ids);
  }
}

/// The groups that a list of changes reaches into.
class NamedByChanges {
 public:
  explicit NamedByChanges(const NamedPlaces& flow) : flow_(flow) {}

  Result<Ways> run(const Json& changes) {
    for (const Json& change : changes) {
      if (!change.is_object()) return Error::user("each change must be an object");
      const std::string op = textMember(change, "op");
      if (op == "create") {
        MR_TRY(create(change));
        continue;
      }
      const std::string id = textMember(change, "id");
      // Who takes a group away, or elsewhere, needs the role where it is, not only inside.
      MR_TRY(need(id, op == "update"));
      if (op == "move") MR_TRY(need(textMember(change, "group"), true));
    }
    return std::move(ways_);
  }

 private:
  Result<> need(const std::string& text, bool itself) {
    const std::string id = plainId(text);
    if (made_.contains(id)) return Done{};
    const auto* const way = itself ? flow_.places.way(id) : flow_.places.wayOfOwner(id);
    if (way == nullptr) return notThere(text);
    ways_.push_back(*way);
    return Done{};
  }

  Result<> create(const Json& change) {
    MR_TRY(need(textMember(change, "group"), true));
    std::set<std::string> brought;
    if (const auto value = change.find("value"); value != change.end()) collectIds(*value, brought);
    for (const std::string& id : brought) {
      const std::string plain = plainId(id);
      // What was parked or kept under an id comes back with it.
      if (plain.empty() || flow_.isTaken(plain)) {
        return Error::user(fmt::format(
            "the id '{}' was given already, or is none; leave it out, or make another", id));
      }
      made_.insert(plain);
    }
    return Done{};
  }

  const NamedPlaces& flow_;
  Ways ways_;
  std::set<std::string> made_;  // by this request, in groups that are checked
};

Result<Ways> waysOfIds(const std::vector<std::string>& ids, const FlowPlaces& places) {
  Ways ways;
  for (const std::string& id : ids) {
    const auto* const way = places.way(plainId(id));
    if (way == nullptr) return notThere(id);
    ways.push_back(*way);
  }
  return ways;
}

}  // namespace

Reach reachOf(HttpMethod method, const std::string& pattern) {
  static const std::set<std::string> kOfComponent{
      "/api/v1/components/{id}/state",
      "/api/v1/components/{id}/verify",
      "/api/v1/components/{id}/try",
      "/api/v1/components/{id}/replay-last",
      "/api/v1/connections/{id}/queue",
      "/api/v1/connections/{id}/empty",
      "/api/v1/connections/{id}/flowfiles/{uuid}",
      "/api/v1/connections/{id}/flowfiles/{uuid}/content",
      "/api/v1/history/{id}"};
  static const std::set<std::string> kOfNamed{kActions,
                                              "/api/v1/connections/{id}/flowfiles/{uuid}/requeue"};
  static const std::set<std::string> kOfSeen{
      "/api/v1/flow",     "/api/v1/status",     "/api/v1/bulletins",
      "/api/v1/events",   "/api/v1/provenance", "/api/v1/lineage/{uuid}",
      "/api/v1/counters", "/api/v1/parked",     kChanges};
  static const std::set<std::string> kOfEvent{"/api/v1/provenance/{event}",
                                              "/api/v1/provenance/{event}/content/{side}",
                                              "/api/v1/provenance/{event}/replay"};
  static const std::set<std::string> kOfAnywhere{"/api/v1/me",         "/api/v1/logout",
                                                 "/api/v1/processors", "/api/v1/services",
                                                 "/api/v1/validate",   "/api/v1/expression"};
  if (kOfComponent.contains(pattern)) return Reach::kComponent;
  if (kOfNamed.contains(pattern)) return Reach::kNamed;
  if (kOfEvent.contains(pattern)) return Reach::kEvent;
  if (pattern == "/api/v1/counters/reset") return Reach::kCounter;
  if (pattern == "/api/v1/parked/{id}/empty") return Reach::kPast;
  if (pattern == "/api/v1/changes/{revision}/revert") return Reach::kRevision;
  if (pattern == kChanges && method == HttpMethod::kPost) return Reach::kNamed;
  if (kOfSeen.contains(pattern) && method == HttpMethod::kGet) return Reach::kSeen;
  if (kOfAnywhere.contains(pattern)) return Reach::kAnywhere;
  return Reach::kWhole;
}

Result<Ways> waysNamedBy(const std::string& pattern, const RoutedRequest& request,
                         const NamedPlaces& flow) {
  const bool empty = request.http.body.empty();
  const Json body = empty ? Json(Json::object()) : MR_TRY(parseBody(request.http.body));
  if (!body.is_object()) return Error::user("the body must be an object");
  if (pattern == kChanges) {
    const auto changes = body.find("changes");
    if (changes == body.end() || !changes->is_array())
      return Error::user("'changes' must be a list of changes");
    return NamedByChanges(flow).run(*changes);
  }
  std::vector<std::string> ids;
  if (pattern == kActions) {
    const auto list = body.find("ids");
    if (list == body.end() || !list->is_array()) return Error::user("'ids' must be a list of ids");
    for (const Json& id : *list) ids.push_back(id.is_string() ? id.get<std::string>() : "");
  } else {
    ids.push_back(request.parameter("id"));
    if (body.contains("to")) ids.push_back(textMember(body, "to"));
  }
  return waysOfIds(ids, flow.places);
}

}  // namespace millrace::server
