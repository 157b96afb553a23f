// SPDX-License-Identifier: Apache-2.0
#pragma once
// Access: lets in who may: stands before the router. Without users every request is an
// administrator's; from the first one on each needs a token (`Authorization: Bearer …`, RFC 6750)
// of POST /api/v1/login, or a connection that showed a user's certificate, and a role that its
// route asks for: over the whole flow, or in the groups that the request is about (reach.h).
// Whatever is not only looked at is written down. The file `users` may change at any time.
// Ownership: what it is made with outlives it. Threads: any.

#include "engine/base/clock.h"
#include "engine/base/file_system.h"
#include "engine/base/mutex.h"
#include "server/flow_store/edited_flow.h"
#include "server/http/router.h"
#include "server/rest/flow_places.h"
#include "server/rest/past_places.h"
#include "server/users/audit_log.h"
#include "server/users/login_gate.h"
#include "server/users/tokens.h"
#include "server/users/user_list.h"

#include <functional>
#include <memory>
#include <string>

namespace millrace::server {

/// What everybody may do while there are no users.
enum class WithoutUsers : std::uint8_t { kEverything, kNothing };

/// The role that a route asks for; nothing: it asks for none.
std::optional<Role> roleFor(HttpMethod method, const std::string& pattern);

/// What it stands before. The flow may be absent in a test: then nobody has a role in a group
/// alone.
struct AccessParts {
  FileSystem& files;
  const Clock& clock;
  std::string data;
  WithoutUsers without = WithoutUsers::kEverything;
  Router& router;
  std::function<void(const std::string&)> onTrouble;
  /// Told of each answer: who asked (empty: nobody in particular), the request, the status.
  std::function<void(const std::string&, const HttpRequest&, int)> onAnswer;
  EditedFlow* flow = nullptr;
  /// True when FlowFiles of a connection that is gone wait under this id.
  std::function<bool(const std::string&)> isParked;
};

class Access {
 public:
  /// Adds its own routes to the router.
  static Result<std::unique_ptr<Access>> open(AccessParts parts);

  HttpResponse handle(const HttpRequest& request);

 private:
  explicit Access(AccessParts parts);
  void addRoutes();
  std::shared_ptr<const UserList> users();
  /// Ends the tokens of whoever is gone, or has another password now.
  void endTokens(const UserList& before, const UserList& after);
  std::shared_ptr<const FlowPlaces> places();
  HttpResponse admitted(const HttpRequest& request, std::string& user);
  HttpResponse admittedSomewhere(const HttpRequest& request, const User& user, Role wanted,
                                 const Router::Route& route, Target target);
  bool mayRevert(const std::string& revision, const User& user, Role wanted,
                 const FlowPlaces& places);
  bool mayEvent(const std::string& event, const User& user, Role wanted, const FlowPlaces& places);
  const User* callerOf(const HttpRequest& request, const UserList& list);
  HttpResponse login(const RoutedRequest& request);

  const AccessParts parts_;
  std::unique_ptr<PastPlaces> past_;  // null: there is no flow
  Tokens tokens_;
  LoginGate gate_;
  AuditLog audit_;
  Mutex mutex_;
  std::shared_ptr<const UserList> users_ MR_GUARDED_BY(mutex_);  // shared with requests under way
  Nanos modified_ MR_GUARDED_BY(mutex_) = -1;  // of the file that users_ was read from
  // Of the flow as it was last; shared with requests under way.
  std::shared_ptr<const FlowState> placed_ MR_GUARDED_BY(mutex_);
  std::shared_ptr<const FlowPlaces> places_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::server
