// SPDX-License-Identifier: Apache-2.0
#pragma once
// Access: lets in who may: stands before the router. Without users every request is an
// administrator's; from the first one on each needs a token (`Authorization: Bearer …`, RFC 6750)
// of POST /api/v1/login, and a role that its route asks for. Whatever is not only looked at is
// written down. The file `users` may change at any time. Ownership: what it is made with outlives
// it. Threads: any.

#include "engine/base/clock.h"
#include "engine/base/file_system.h"
#include "engine/base/mutex.h"
#include "server/http/router.h"
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

class Access {
 public:
  /// Told of each answer: who asked (empty: nobody in particular), the request, the status.
  using OnAnswer = std::function<void(const std::string&, const HttpRequest&, int)>;

  /// Adds its own routes to the router.
  static Result<std::unique_ptr<Access>> open(FileSystem& files, const Clock& clock,
                                              std::string data, WithoutUsers without,
                                              Router& router,
                                              std::function<void(const std::string&)> onTrouble,
                                              OnAnswer onAnswer = {});

  HttpResponse handle(const HttpRequest& request);

 private:
  Access(FileSystem& files, const Clock& clock, std::string data, WithoutUsers without,
         Router& router, std::function<void(const std::string&)> onTrouble, OnAnswer onAnswer);
  void addRoutes();
  std::shared_ptr<const UserList> users();
  HttpResponse admitted(const HttpRequest& request, std::string& user);
  HttpResponse login(const RoutedRequest& request);

  FileSystem& files_;
  const Clock& clock_;
  const std::string data_;
  const WithoutUsers without_;
  Router& router_;
  const std::function<void(const std::string&)> onTrouble_;
  const OnAnswer onAnswer_;
  Tokens tokens_;
  LoginGate gate_;
  AuditLog audit_;
  Mutex mutex_;
  std::shared_ptr<const UserList> users_ MR_GUARDED_BY(mutex_);  // shared with requests under way
  Nanos modified_ MR_GUARDED_BY(mutex_) = -1;  // of the file that users_ was read from
};

}  // namespace millrace::server
