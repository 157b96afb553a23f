// SPDX-License-Identifier: Apache-2.0
#pragma once
// UserList: who may use the server, as the file `users` keeps it (FORMAT.md). Errors: a file that
// does not parse is named with its line. Threads: a plain value.

#include "engine/base/file_system.h"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::server {

/// Each may do what the ones before may. kNone: nothing but what everybody with a name may.
enum class Role : std::uint8_t { kNone, kView, kOperate, kModify, kAdmin };
std::string_view nameOf(Role role);
std::optional<Role> roleOf(std::string_view name);

struct User {
  std::string name;
  Role role = Role::kView;  ///< everywhere
  std::string passwordHash;
  /// By a group's id: in it and in what is below it. Adds to the role, never takes away.
  std::map<std::string, Role> groups{};
  /// The subject of the certificate that lets the user in, as RFC 2253 writes names; empty: none.
  std::string certificate{};

  /// Where one is, by the ids of the groups around it.
  Role roleIn(std::span<const std::string> way) const;
};

class UserList {
 public:
  static std::string pathIn(const std::string& data) { return data + "/users"; }
  /// A directory without the file has no users.
  static Result<UserList> read(FileSystem& files, const std::string& data);
  /// Replaces the file; nobody but its owner can read it at any time.
  Result<> save(FileSystem& files, const std::string& data) const;

  const std::vector<User>& all() const { return users_; }
  const User* find(std::string_view name) const;
  /// Null for an empty subject, too.
  const User* withCertificate(std::string_view subject) const;
  /// Adds, or replaces the one of that name.
  void set(User user);
  bool remove(std::string_view name);

 private:
  std::vector<User> users_;
};

/// What is wrong with a name; empty: nothing.
std::string wrongName(std::string_view name);

}  // namespace millrace::server
