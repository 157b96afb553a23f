// SPDX-License-Identifier: Apache-2.0
#include "server/rest/access.h"

#include "server/http/http_server.h"
#include "server/rest/json_body.h"
#include "server/rest/reach.h"
#include "server/rest/restricted_view.h"
#include "server/rest/user_resource.h"
#include "server/rest/who.h"
#include "server/users/password.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

namespace millrace::server {
namespace {

constexpr const char* kLogin = "/api/v1/login";

/// What is open to everybody: signs of life, the description, and the way in.
bool isOpen(const std::string& pattern) {
  static const std::set<std::string> open{"/healthz", "/readyz", "/api/openapi.json", kLogin};
  return open.contains(pattern);
}

/// Asks for nothing but to be read, though it is a POST.
bool onlyAsks(const std::string& pattern) {
  static const std::set<std::string> asks{"/api/v1/validate", "/api/v1/expression",
                                          "/api/v1/components/{id}/verify",
                                          "/api/v1/components/{id}/try", "/api/v1/logout"};
  return asks.contains(pattern);
}

bool changesTheFlow(const std::string& pattern) {
  return pattern == "/api/v1/flow" || pattern.starts_with("/api/v1/changes") ||
         pattern.starts_with("/api/v1/secrets") ||
         (pattern.starts_with("/api/v1/agent") && pattern.ends_with("/flow")) ||
         pattern == "/api/v1/agents/{id}";
}

std::optional<std::string> bearerOf(const HttpRequest& request) {
  const std::string* header = request.header("Authorization");
  constexpr std::string_view kScheme = "bearer ";
  if (header == nullptr || header->size() <= kScheme.size() ||
      !sameIgnoringCase(std::string_view(*header).substr(0, kScheme.size()), kScheme))
    return std::nullopt;
  return header->substr(kScheme.size());
}

HttpResponse notKnown(const HttpRequest& request) {
  std::string why = "a token is needed, or this one has ended; get one with POST /api/v1/login";
  const std::string* const peer = request.header(kPeerHeader);
  if (peer != nullptr && !bearerOf(request)) {
    why = fmt::format(
        "the certificate of '{}' is no user's; an administrator gives it to one with "
        "millrace add-user NAME --certificate",
        *peer);
  }
  HttpResponse response = HttpResponse::error(401, why);
  response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

Json describe(const std::string& name, Role role) {
  Json json;
  json["user"] = name;
  json["role"] = nameOf(role);
  return json;
}

Json describe(const User& user) {
  Json json = describe(user.name, user.role);
  json["groups"] = Json::object();
  for (const auto& [group, role] : user.groups) json["groups"][group] = nameOf(role);
  return json;
}

HttpResponse tooLittle(const User& user, Role wanted) {
  const char* const but = user.groups.empty() ? "" : " over the whole flow";
  return HttpResponse::error(403, fmt::format("this asks for the role {}{}, and {} has {}",
                                              nameOf(wanted), but, user.name, nameOf(user.role)));
}

}  // namespace

std::optional<Role> roleFor(HttpMethod method, const std::string& pattern) {
  if (isOpen(pattern)) return std::nullopt;
  if (pattern.starts_with("/api/v1/users") || pattern == "/api/v1/backup") return Role::kAdmin;
  if (pattern.starts_with("/api/v1/logging")) return Role::kAdmin;
  if (pattern.starts_with("/api/v1/agent-enrolments")) return Role::kAdmin;
  // What people's data says is more than what the flow does.
  if (pattern.find("/content") != std::string::npos) return Role::kOperate;
  if (pattern == "/api/v1/log/topics/{topic}/records") return Role::kOperate;
  if (method == HttpMethod::kGet || onlyAsks(pattern)) return Role::kView;
  return changesTheFlow(pattern) ? Role::kModify : Role::kOperate;
}

Access::Access(AccessParts parts)
    : parts_(std::move(parts)),
      past_(parts_.flow == nullptr ? nullptr : std::make_unique<PastPlaces>(*parts_.flow)),
      tokens_(parts_.clock),
      gate_(parts_.clock),
      audit_(parts_.files, parts_.clock, parts_.data + "/audit.log", parts_.onTrouble) {}

Result<std::unique_ptr<Access>> Access::open(AccessParts parts) {
  // A file that cannot be read lets nobody in unseen.
  MR_TRY(UserList::read(parts.files, parts.data));
  std::unique_ptr<Access> access(new Access(std::move(parts)));
  access->addRoutes();
  return access;
}

void Access::addRoutes() {
  parts_.router.add(HttpMethod::kPost, kLogin,
                    [this](const RoutedRequest& request) { return login(request); });
  parts_.router.add(HttpMethod::kPost, "/api/v1/logout", [this](const RoutedRequest& request) {
    if (const auto token = bearerOf(request.http)) tokens_.end(*token);
    return HttpResponse::json("{\"ok\":true}");
  });
  parts_.router.add(HttpMethod::kGet, "/api/v1/me", [this](const RoutedRequest& request) {
    const std::string name = whoOf(request, "");
    const auto list = users();
    const User* const user = list == nullptr ? nullptr : list->find(name);
    return jsonResponse(user == nullptr ? describe(User{name, Role::kAdmin, {}}) : describe(*user));
  });
  const auto hasGroup = [this](const std::string& id) {
    if (parts_.flow == nullptr) return false;
    const auto places = this->places();
    const auto* const way = places->way(id);
    return way != nullptr && !way->empty() && way->back() == id;
  };
  addUserRoutes(parts_.router,
                {parts_.files, parts_.data, tokens_, [this] { return users(); }, hasGroup});
}

void Access::endTokens(const UserList& before, const UserList& after) {
  for (const User& user : before.all()) {
    const User* const now = after.find(user.name);
    if (now == nullptr || now->passwordHash != user.passwordHash) tokens_.endAllOf(user.name);
  }
}

/// Null when the file cannot be read: then nobody is let in.
std::shared_ptr<const UserList> Access::users() {
  const bool there = parts_.files.exists(UserList::pathIn(parts_.data));
  const auto info = parts_.files.info(UserList::pathIn(parts_.data));
  const Nanos modified = info.ok() ? info->modified : 0;
  MutexLock lock(mutex_);
  if (there && !info.ok()) return nullptr;
  if (modified == modified_ && users_ != nullptr) return users_;
  auto read = UserList::read(parts_.files, parts_.data);
  if (!read.ok()) {
    users_ = nullptr;
    if (modified != modified_ && parts_.onTrouble)
      parts_.onTrouble(read.error().message + "; nobody is let in until then");
    modified_ = modified;
    return nullptr;
  }
  modified_ = modified;
  if (users_ != nullptr) endTokens(*users_, *read);
  users_ = std::make_shared<const UserList>(std::move(*read));
  return users_;
}

HttpResponse Access::handle(const HttpRequest& given) {
  HttpRequest request = given;
  std::erase_if(request.headers,
                [](const auto& header) { return sameIgnoringCase(header.first, kUserHeader); });
  std::string user;
  HttpResponse response = admitted(request, user);
  const bool refused = response.status == 401 || response.status == 403 || response.status == 429;
  if (request.method != HttpMethod::kGet || refused)
    audit_.add(user, methodName(request.method), request.target, response.status);
  if (parts_.onAnswer) parts_.onAnswer(user, request, response.status);
  return response;
}

HttpResponse Access::admitted(const HttpRequest& given, std::string& user) {
  const auto list = users();
  if (parts_.without == WithoutUsers::kEverything && list != nullptr && list->all().empty())
    return parts_.router.handle(given);
  const auto target = parseTarget(given.target);
  if (!target.ok()) return HttpResponse::error(400, target.error().message);
  const auto& routes = parts_.router.routes();
  const auto route = std::find_if(routes.begin(), routes.end(), [&](const Router::Route& each) {
    return each.method == given.method && Router::fits(each, target->segments);
  });
  // What is not there asks for as much as looking: nobody finds out by trying.
  const auto wanted =
      route == routes.end() ? std::optional(Role::kView) : roleFor(route->method, route->pattern);
  if (!wanted) return parts_.router.handle(given);
  const User* const known = list == nullptr ? nullptr : callerOf(given, *list);
  if (known == nullptr) return notKnown(given);
  user = known->name;
  HttpRequest request = given;
  request.headers.emplace_back(kUserHeader, known->name);
  if (known->role >= *wanted) return parts_.router.handle(request);
  if (route == routes.end() || known->groups.empty() || parts_.flow == nullptr)
    return tooLittle(*known, *wanted);
  return admittedSomewhere(request, *known, *wanted, *route, std::move(*target));
}

std::shared_ptr<const FlowPlaces> Access::places() {
  auto state = parts_.flow->state();
  MutexLock lock(mutex_);
  if (placed_ != state) {
    places_ = std::make_shared<const FlowPlaces>(*state->json);
    placed_ = std::move(state);
  }
  return places_;
}

/// True when the role reaches to the component of an event, and to the connection that it took
/// from.
bool Access::mayEvent(const std::string& event, const User& user, Role wanted,
                      const FlowPlaces& places) {
  if (event.find_first_not_of("0123456789.") != std::string::npos) return false;
  const HttpResponse found =
      parts_.router.handle({HttpMethod::kGet, "/api/v1/provenance/" + event, {}, ""});
  const Json json = Json::parse(found.body, nullptr, false);
  if (found.status != 200 || !json.is_object()) return false;
  const auto reaches = [&](const char* key) {
    const auto* const way = places.way(textMember(json, key));
    return way != nullptr && user.roleIn(*way) >= wanted;
  };
  return reaches("component") && (textMember(json, "connection").empty() || reaches("connection"));
}

/// True when the role reaches to all that a change was about, wherever that was, and to where what
/// undoes it puts, moves, or takes something away.
bool Access::mayRevert(const std::string& revision, const User& user, Role wanted,
                       const FlowPlaces& places) {
  std::uint64_t number = 0;
  const char* const end = revision.data() + revision.size();
  const auto [stop, error] = std::from_chars(revision.data(), end, number);
  if (stop != end || error != std::errc() || number == 0) return false;
  const auto records = parts_.flow->changesAfter(number - 1, 1);
  if (!records.ok() || records->empty()) return false;
  const auto reachesAll = [&](const std::string& text, bool isToBeMade) {
    const Json changes = Json::parse(text, nullptr, false);
    if (!changes.is_array() || changes.empty()) return false;
    return std::all_of(changes.begin(), changes.end(), [&](const Json& change) {
      if (!past_->reaches(user, wanted, change, places)) return false;
      const std::string op = textMember(change, "op");
      if (!isToBeMade || (op != "delete" && op != "move")) return true;
      const auto* const owner = places.wayOfOwner(textMember(change, "id"));
      return owner != nullptr && user.roleIn(*owner) >= wanted;
    });
  };
  const ChangeRecord& record = records->front();
  return reachesAll(record.changes, false) && reachesAll(record.inverse, true);
}

/// By a token, else by the certificate that the connection showed. Null: it is nobody's.
const User* Access::callerOf(const HttpRequest& request, const UserList& list) {
  if (const auto token = bearerOf(request)) {
    const auto name = tokens_.whose(*token);
    return name ? list.find(*name) : nullptr;
  }
  const std::string* const peer = request.header(kPeerHeader);
  return peer == nullptr ? nullptr : list.withCertificate(*peer);
}

/// For a user whose role over the whole flow is too little, but who has others in groups.
HttpResponse Access::admittedSomewhere(const HttpRequest& given, const User& user, Role wanted,
                                       const Router::Route& route, Target target) {
  const Reach reach = reachOf(route.method, route.pattern);
  if (reach == Reach::kWhole) return tooLittle(user, wanted);
  const auto places = this->places();
  RoutedRequest routed{given, std::move(target), {}};
  for (std::size_t i = 0; i < route.parts.size(); ++i) {
    if (route.parts[i].starts_with('{'))
      routed.path.emplace(route.parts[i].substr(1, route.parts[i].size() - 2),
                          routed.target.segments[i]);
  }
  const auto refused = [&] {
    return HttpResponse::error(403, fmt::format("this asks for the role {} in every group that it "
                                                "is about; {} does not have it there",
                                                nameOf(wanted), user.name));
  };
  if (reach == Reach::kComponent) {
    const auto id = idOf(routed.parameter("id"));
    const auto* const way = id ? places->way(idText(*id)) : nullptr;
    // What is not there is as closed as what is: nobody finds out by trying.
    if (way == nullptr || user.roleIn(*way) < wanted) return refused();
  }
  const auto unknown = [](const Error& error) { return HttpResponse::error(503, error.message); };
  if (reach == Reach::kPast || reach == Reach::kRevision) {
    if (const auto learned = past_->learn(); !learned.ok()) return unknown(learned.error());
  }
  if (reach == Reach::kPast && !past_->reaches(user, wanted, routed.parameter("id"), *places))
    return refused();
  if (reach == Reach::kRevision && !mayRevert(routed.parameter("revision"), user, wanted, *places))
    return refused();
  if (reach == Reach::kCounter) {
    const Json body = Json::parse(given.body, nullptr, false);
    const auto* const way = places->wayOfComponent(textMember(body, "component"));
    if (way == nullptr || user.roleIn(*way) < wanted) return refused();
  }
  if (reach == Reach::kEvent && !mayEvent(routed.parameter("event"), user, wanted, *places))
    return refused();
  if (reach == Reach::kNamed) {
    const auto isTaken = [&](const std::string& id) {
      return places->way(id) != nullptr || parts_.flow->changedAt(id).has_value() ||
             (parts_.isParked && parts_.isParked(id));
    };
    const auto ways = waysNamedBy(route.pattern, routed, {*places, isTaken});
    if (!ways.ok()) return HttpResponse::error(403, ways.error().message);
    for (const auto& way : *ways) {
      if (user.roleIn(way) < wanted) return refused();
    }
    // Nothing that is named is nothing that was granted.
    if (ways->empty()) return refused();
  }
  HttpRequest request = given;
  // Only JSON is told apart by group.
  std::erase_if(request.headers,
                [](const auto& header) { return sameIgnoringCase(header.first, "Accept"); });
  HttpResponse response = parts_.router.handle(request);
  if (user.role >= Role::kView || reach == Reach::kAnywhere || reach == Reach::kComponent ||
      reach == Reach::kEvent)
    return response;
  // Behind the answer: it may have what happened a moment ago.
  if (route.pattern == "/api/v1/changes" || route.pattern == "/api/v1/parked") {
    if (const auto learned = past_->learn(); !learned.ok()) return unknown(learned.error());
  }
  if (!response.body.empty())
    response.body = RestrictedView(user, places, *past_).answer(route.pattern, response.body);
  if (response.push) {
    const auto view = [this, user] { return RestrictedView(user, this->places(), *past_); };
    response.push = [push = response.push, view](std::shared_ptr<StreamWriter> writer) {
      push(restrictedStream(std::move(writer), view));
    };
  }
  return response;
}

HttpResponse Access::login(const RoutedRequest& request) {
  const auto body = parseBody(request.http.body);
  if (!body.ok()) return HttpResponse::error(400, body.error().message);
  if (!body->is_object()) return HttpResponse::error(400, "the body must be an object");
  const std::string name = textMember(*body, "user");
  const std::string password = textMember(*body, "password");
  if (!wrongName(name).empty() || password.empty())
    return HttpResponse::error(400, "the body needs 'user' and 'password', both texts");
  if (const auto wait = gate_.enter(name)) {
    HttpResponse response =
        HttpResponse::error(429, "too many passwords were tried; wait, then try again");
    response.headers.emplace_back("Retry-After", std::to_string((*wait + kSecond - 1) / kSecond));
    return response;
  }
  const auto list = users();
  const User* const user = list == nullptr ? nullptr : list->find(name);
  const bool fits = isPassword(user == nullptr ? std::string() : user->passwordHash, password);
  gate_.leave(name, fits);
  if (!fits) return HttpResponse::error(401, "there is no such user, or the password is another");
  Json answer = describe(*user);
  answer["token"] = tokens_.issue(user->name);
  answer["seconds"] = Tokens::kLife / kSecond;
  return jsonResponse(answer);
}

}  // namespace millrace::server
