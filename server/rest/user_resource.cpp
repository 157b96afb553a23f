// SPDX-License-Identifier: Apache-2.0
#include "server/rest/user_resource.h"

#include "server/rest/json_body.h"
#include "server/users/password.h"
#include "server/users/user_changes.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <set>

namespace millrace::server {
namespace {

Json describe(const User& user, Tokens& tokens) {
  Json json;
  json["user"] = user.name;
  json["role"] = nameOf(user.role);
  json["groups"] = Json::object();
  for (const auto& [group, role] : user.groups) json["groups"][group] = nameOf(role);
  if (!user.certificate.empty()) json["certificate"] = user.certificate;
  json["hasPassword"] = !user.passwordHash.empty();
  json["tokens"] = tokens.countOf(user.name);
  return json;
}

HttpResponse unreadable() {
  return HttpResponse::error(503, "the file of users cannot be read; correct it first");
}

HttpResponse unknown(const std::string& name) {
  return HttpResponse::error(404, fmt::format("there is no user '{}'", name));
}

HttpResponse refused(const Error& error) {
  return HttpResponse::error(error.fault == Fault::kUser ? 409 : 503, error.message);
}

HttpResponse listUsers(const UserParts& parts) {
  const auto list = parts.users();
  if (list == nullptr) return unreadable();
  Json answer;
  answer["users"] = Json::array();
  for (const User& user : list->all()) answer["users"].push_back(describe(user, parts.tokens));
  return jsonResponse(answer);
}

/// A text, null for none; absent: nothing is said.
Result<std::optional<std::string>> wishedText(const Json& body, const char* key) {
  const auto found = body.find(key);
  if (found == body.end()) return std::optional<std::string>();
  if (found->is_null()) return std::optional(std::string());
  // What was sent is not repeated: it may be a password.
  if (!found->is_string() || found->get_ref<const std::string&>().empty())
    return Error::user(fmt::format("'{}' must be a text, or null for none", key));
  return std::optional(found->get<std::string>());
}

Result<Role> roleIn(const Json& json, const char* what) {
  const auto role = json.is_string() ? roleOf(json.get<std::string>()) : std::nullopt;
  if (!role)
    return Error::user(fmt::format("{} must be none, view, operate, modify or admin", what));
  return *role;
}

Result<UserWish> wishOf(const UserParts& parts, const RoutedRequest& request) {
  const Json body = MR_TRY(parseBody(request.http.body));
  if (!body.is_object()) return Error::user("the body must be an object");
  static const std::set<std::string> kKeys{"role", "groups", "certificate", "password"};
  for (const auto& [key, value] : body.items()) {
    if (!kKeys.contains(key))
      return Error::user("the body has role, groups, certificate and password, and nothing else");
  }
  UserWish wish{request.parameter("name")};
  if (const std::string wrong = wrongName(wish.name); !wrong.empty()) return Error::user(wrong);
  if (const auto role = body.find("role"); role != body.end())
    wish.role = MR_TRY(roleIn(*role, "'role'"));
  wish.certificate = MR_TRY(wishedText(body, "certificate"));
  wish.password = MR_TRY(wishedText(body, "password"));
  if (wish.password && !wish.password->empty()) MR_TRY(fitPassword(*wish.password));
  const auto groups = body.find("groups");
  if (groups == body.end()) return wish;
  if (!groups->is_object())
    return Error::user("'groups' must be an object: the role by the id of a group");
  wish.groups.emplace();
  for (const auto& [group, role] : groups->items()) {
    const auto id = idOf(group);
    if (!id || !parts.hasGroup(idText(*id)))
      return Error::user(
          fmt::format("the flow has no group with the id '{}'; read the flow again", group));
    const Role granted = MR_TRY(roleIn(role, "the role in a group"));
    if (granted == Role::kNone)
      return Error::user(
          "a role in a group adds to the other; leave the group out instead of none");
    wish.groups->emplace(idText(*id), granted);
  }
  return wish;
}

HttpResponse setOne(const UserParts& parts, const RoutedRequest& request) {
  const auto wish = wishOf(parts, request);
  if (!wish.ok()) return HttpResponse::error(400, wish.error().message);
  const auto known = setUser(parts.files, parts.data, *wish, FirstUser::kAdministrator);
  if (!known.ok()) return refused(known.error());
  const auto list = parts.users();
  if (list == nullptr) return unreadable();
  const User* const user = list->find(wish->name);
  // Somebody else may just have removed it.
  return user == nullptr ? unknown(wish->name) : jsonResponse(describe(*user, parts.tokens));
}

HttpResponse removeOne(const UserParts& parts, const RoutedRequest& request) {
  const std::string& name = request.parameter("name");
  const auto there = removeUser(parts.files, parts.data, name);
  if (!there.ok()) return refused(there.error());
  if (!*there) return unknown(name);
  parts.tokens.endAllOf(name);
  return HttpResponse::json("{\"ok\":true}");
}

/// Does something for a user that there is.
HttpResponse withUser(const UserParts& parts, const RoutedRequest& request,
                      const std::function<HttpResponse(const User&)>& act) {
  const auto list = parts.users();
  if (list == nullptr) return unreadable();
  const User* const user = list->find(request.parameter("name"));
  return user == nullptr ? unknown(request.parameter("name")) : act(*user);
}

}  // namespace

void addUserRoutes(Router& router, UserParts parts) {
  constexpr const char* kOne = "/api/v1/users/{name}";
  constexpr const char* kTokens = "/api/v1/users/{name}/tokens";
  router.add(HttpMethod::kGet, "/api/v1/users",
             [parts](const RoutedRequest&) { return listUsers(parts); });
  router.add(HttpMethod::kPut, kOne,
             [parts](const RoutedRequest& request) { return setOne(parts, request); });
  router.add(HttpMethod::kDelete, kOne,
             [parts](const RoutedRequest& request) { return removeOne(parts, request); });
  router.add(HttpMethod::kPost, kTokens, [parts](const RoutedRequest& request) {
    return withUser(parts, request, [&](const User& user) {
      Json answer;
      answer["user"] = user.name;
      answer["token"] = parts.tokens.issue(user.name);
      answer["seconds"] = Tokens::kLife / kSecond;
      return jsonResponse(answer);
    });
  });
  router.add(HttpMethod::kDelete, kTokens, [parts](const RoutedRequest& request) {
    return withUser(parts, request, [&](const User& user) {
      Json answer;
      answer["user"] = user.name;
      answer["ended"] = parts.tokens.endAllOf(user.name);
      return jsonResponse(answer);
    });
  });
}

}  // namespace millrace::server
