// SPDX-License-Identifier: Apache-2.0
#include "server/users/user_changes.h"

#include "server/users/password.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

namespace millrace::server {
namespace {

/// Held while the file is read and written anew.
Result<std::unique_ptr<FileLock>> lockUsers(FileSystem& files, const std::string& data) {
  constexpr int kTries = 200;
  constexpr auto kBetween = std::chrono::milliseconds(50);
  for (int i = 1;; ++i) {
    auto lock = files.lock(UserList::pathIn(data) + ".lock");
    if (lock.ok() || i == kTries) return lock;
    std::this_thread::sleep_for(kBetween);
  }
}

bool hasAdmin(const UserList& list) {
  return std::any_of(list.all().begin(), list.all().end(),
                     [](const User& each) { return each.role == Role::kAdmin; });
}

/// A server whose last administrator went would be open to everybody, or to nobody.
Result<> mayBecome(const UserList& before, const UserList& after, const std::string& name,
                   const std::string& data, FirstUser first) {
  if (hasAdmin(after)) return Done{};
  if (hasAdmin(before)) {
    return Error::user(
        fmt::format("{} is the last administrator of {}; add another with the role admin first, "
                    "or remove the file {} to let everybody on this machine in",
                    name, data, UserList::pathIn(data)));
  }
  if (first == FirstUser::kAnybody) return Done{};
  return Error::user(
      "there is no administrator yet; the first user that a server is told of must be one");
}

}  // namespace

Result<bool> setUser(FileSystem& files, const std::string& data, const UserWish& wish,
                     FirstUser first) {
  if (const std::string wrong = wrongName(wish.name); !wrong.empty())
    return Error::user(wrong + "; choose another");
  // Takes its time, so before others have to wait.
  std::optional<std::string> hash;
  if (wish.password)
    hash = wish.password->empty() ? std::string() : MR_TRY(hashPassword(*wish.password));
  const auto lock = MR_TRY(lockUsers(files, data));
  const UserList before = MR_TRY(UserList::read(files, data));
  const User* const known = before.find(wish.name);
  User user = known == nullptr ? User{wish.name, Role::kNone, {}} : *known;
  if (wish.groups) user.groups = *wish.groups;
  const Role usual = known != nullptr ? user.role : user.groups.empty() ? Role::kView : Role::kNone;
  user.role = wish.role.value_or(usual);
  if (wish.certificate) user.certificate = *wish.certificate;
  if (hash) user.passwordHash = *hash;
  if (user.role == Role::kNone && user.groups.empty())
    return Error::user("the role must be view, operate, modify or admin; none goes with groups");
  if (user.passwordHash.empty() && user.certificate.empty())
    return Error::user(fmt::format("{} needs a password or a certificate to come in", user.name));
  const User* const other = before.withCertificate(user.certificate);
  if (other != nullptr && other->name != user.name) {
    return Error::user(fmt::format("the certificate {}: it is {}'s; remove that user first",
                                   user.certificate, other->name));
  }
  UserList list = before;
  list.set(std::move(user));
  MR_TRY(mayBecome(before, list, wish.name, data, first));
  MR_TRY(list.save(files, data));
  return known != nullptr;
}

Result<bool> removeUser(FileSystem& files, const std::string& data, const std::string& name) {
  const auto lock = MR_TRY(lockUsers(files, data));
  const UserList before = MR_TRY(UserList::read(files, data));
  UserList list = before;
  if (!list.remove(name)) return false;
  MR_TRY(mayBecome(before, list, name, data, FirstUser::kAnybody));
  MR_TRY(list.save(files, data));
  return true;
}

}  // namespace millrace::server
