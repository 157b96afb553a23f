// SPDX-License-Identifier: Apache-2.0
#pragma once
// /api/v1/users: who may use the server, for administrators: list, add, change, remove; new tokens
// for a user and their end. Passwords are only ever taken, a token is given once. Ownership: what
// the parts refer to outlives the router. Threads: any.

#include "engine/base/file_system.h"
#include "server/http/router.h"
#include "server/users/tokens.h"
#include "server/users/user_list.h"

#include <functional>
#include <memory>
#include <string>

namespace millrace::server {

struct UserParts {
  FileSystem& files;
  std::string data;
  Tokens& tokens;
  /// As they are now; null: the file cannot be read.
  std::function<std::shared_ptr<const UserList>()> users;
  /// Whether the flow has a group of that id.
  std::function<bool(const std::string&)> hasGroup;
};

void addUserRoutes(Router& router, UserParts parts);

}  // namespace millrace::server
