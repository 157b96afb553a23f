// SPDX-License-Identifier: Apache-2.0
#include "server/users/user_list.h"

#include "engine/base/owner_only_file.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace millrace::server {
namespace {

constexpr std::array<std::pair<Role, std::string_view>, 5> kRoles{{{Role::kNone, "none"},
                                                                   {Role::kView, "view"},
                                                                   {Role::kOperate, "operate"},
                                                                   {Role::kModify, "modify"},
                                                                   {Role::kAdmin, "admin"}}};
constexpr std::size_t kLongestName = 64;

std::optional<User> userOf(std::string_view line) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto groups = json.find("groups");
  const auto certificate = json.find("certificate");
  const std::size_t keys = 3 + (groups == json.end() ? 0 : 1) + (certificate == json.end() ? 0 : 1);
  if (json.size() != keys) return std::nullopt;
  for (const char* key : {"name", "role", "password"}) {
    if (!json.contains(key) || !json.at(key).is_string()) return std::nullopt;
  }
  const auto role = roleOf(json.at("role").get<std::string>());
  User user{json.at("name").get<std::string>(), role.value_or(Role::kView),
            json.at("password").get<std::string>()};
  if (certificate != json.end()) {
    if (!certificate->is_string()) return std::nullopt;
    user.certificate = certificate->get<std::string>();
    if (user.certificate.empty()) return std::nullopt;
  }
  if (groups != json.end()) {
    if (!groups->is_object()) return std::nullopt;
    for (const auto& [group, text] : groups->items()) {
      const auto inside = text.is_string() ? roleOf(text.get<std::string>()) : std::nullopt;
      if (!inside || *inside == Role::kNone) return std::nullopt;
      user.groups[group] = *inside;
    }
  }
  if (!role || !wrongName(user.name).empty()) return std::nullopt;
  return user;
}

}  // namespace

Role User::roleIn(std::span<const std::string> way) const {
  Role most = role;
  for (const std::string& group : way) {
    if (const auto granted = groups.find(group); granted != groups.end())
      most = std::max(most, granted->second);
  }
  return most;
}

std::string_view nameOf(Role role) { return kRoles[static_cast<std::size_t>(role)].second; }

std::optional<Role> roleOf(std::string_view name) {
  for (const auto& [role, text] : kRoles) {
    if (text == name) return role;
  }
  return std::nullopt;
}

std::string wrongName(std::string_view name) {
  if (name.empty() || name.size() > kLongestName)
    return fmt::format("a user's name has 1 to {} characters", kLongestName);
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != 0x7f;
  });
  return plain ? "" : "a user's name has no blanks and no unprintable characters";
}

Result<UserList> UserList::read(FileSystem& files, const std::string& data) {
  UserList list;
  const std::string path = pathIn(data);
  if (!files.exists(path)) return list;
  const std::string text = MR_TRY(files.readAll(path));
  std::string_view rest = text;
  for (int line = 1; !rest.empty(); ++line) {
    const std::string_view one = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    auto user = userOf(one);
    if (!user || list.find(user->name) != nullptr ||
        list.withCertificate(user->certificate) != nullptr) {
      return Error::user(
          fmt::format("{}:{}: this is no user; correct it, or remove the line and add the user "
                      "again with millrace add-user",
                      path, line));
    }
    list.users_.push_back(*std::move(user));
  }
  return list;
}

Result<> UserList::save(FileSystem& files, const std::string& data) const {
  std::string text;
  for (const User& user : users_) {
    nlohmann::ordered_json json;
    json["name"] = user.name;
    json["role"] = nameOf(user.role);
    json["password"] = user.passwordHash;
    if (!user.certificate.empty()) json["certificate"] = user.certificate;
    for (const auto& [group, role] : user.groups) json["groups"][group] = nameOf(role);
    text += json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  }
  return replaceOwnerOnly(files, pathIn(data), text);
}

const User* UserList::find(std::string_view name) const {
  const auto found = std::find_if(users_.begin(), users_.end(),
                                  [&](const User& each) { return each.name == name; });
  return found == users_.end() ? nullptr : &*found;
}

const User* UserList::withCertificate(std::string_view subject) const {
  if (subject.empty()) return nullptr;
  const auto found = std::find_if(users_.begin(), users_.end(),
                                  [&](const User& each) { return each.certificate == subject; });
  return found == users_.end() ? nullptr : &*found;
}

void UserList::set(User user) {
  const auto found = std::find_if(users_.begin(), users_.end(),
                                  [&](const User& each) { return each.name == user.name; });
  if (found == users_.end()) {
    users_.push_back(std::move(user));
  } else {
    *found = std::move(user);
  }
}

bool UserList::remove(std::string_view name) {
  return std::erase_if(users_, [&](const User& each) { return each.name == name; }) > 0;
}

}  // namespace millrace::server
