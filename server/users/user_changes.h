// SPDX-License-Identifier: Apache-2.0
#pragma once
// Changes of who may use a server, on the file `users` of its data directory: the same rules for a
// command beside the server and for a request to it. Of changes at once none is lost (users.lock).
// Errors: a user fault says what to do instead. Threads: any; waits for others, ten seconds at
// most.

#include "server/users/user_list.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace millrace::server {

/// What is said of a user; what is not said stays as it is, of a new one as it is usual.
struct UserWish {
  std::string name;
  std::optional<Role> role = {};  ///< usual: view, with groups none
  std::optional<std::map<std::string, Role>> groups = {};
  std::optional<std::string> certificate = {};  ///< empty: none
  std::optional<std::string> password = {};     ///< empty: none, so that none fits
};

/// Whether a server may be left without an administrator that had none so far.
enum class FirstUser : std::uint8_t { kAnybody, kAdministrator };

/// Adds or changes one. True: the user was there before.
Result<bool> setUser(FileSystem& files, const std::string& data, const UserWish& wish,
                     FirstUser first);
/// False: there is no such user.
Result<bool> removeUser(FileSystem& files, const std::string& data, const std::string& name);

}  // namespace millrace::server
