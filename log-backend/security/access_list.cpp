// SPDX-License-Identifier: Apache-2.0
#include "log-backend/security/access_list.h"

#include "engine/base/owner_only_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace millrace::log {
namespace {

template <typename Enum, std::size_t kCount>
using Words = std::array<std::pair<Enum, std::string_view>, kCount>;

constexpr Words<ResourceType, 4> kResources{{{ResourceType::kTopic, "topic"},
                                             {ResourceType::kGroup, "group"},
                                             {ResourceType::kCluster, "cluster"},
                                             {ResourceType::kTransactionalId, "transactional-id"}}};
constexpr Words<PatternType, 2> kPatterns{
    {{PatternType::kLiteral, "literal"}, {PatternType::kPrefixed, "prefixed"}}};
constexpr Words<Permission, 2> kPermissions{
    {{Permission::kDeny, "deny"}, {Permission::kAllow, "allow"}}};
constexpr Words<Operation, 11> kOperations{{{Operation::kAll, "all"},
                                            {Operation::kRead, "read"},
                                            {Operation::kWrite, "write"},
                                            {Operation::kCreate, "create"},
                                            {Operation::kDelete, "delete"},
                                            {Operation::kAlter, "alter"},
                                            {Operation::kDescribe, "describe"},
                                            {Operation::kClusterAction, "cluster-action"},
                                            {Operation::kDescribeConfigs, "describe-configs"},
                                            {Operation::kAlterConfigs, "alter-configs"},
                                            {Operation::kIdempotentWrite, "idempotent-write"}}};

template <typename Enum, std::size_t kCount>
std::string_view wordOf(const Words<Enum, kCount>& words, Enum value) {
  return std::find_if(words.begin(), words.end(),
                      [&](const auto& each) { return each.first == value; })
      ->second;
}

template <typename Enum, std::size_t kCount>
bool read(const Words<Enum, kCount>& words, std::string_view word, Enum& value) {
  const auto found = std::find_if(words.begin(), words.end(),
                                  [&](const auto& each) { return each.second == word; });
  if (found == words.end()) return false;
  value = found->first;
  return true;
}

bool needsEscape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '%' || c == 0x7f; }

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (needsEscape(c)) {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

int digitOf(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = digitOf(text[i + 1]);
    const int low = digitOf(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::string lineOf(const Acl& acl) {
  return fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\n", wordOf(kPermissions, acl.permission),
                     escaped(acl.principal), escaped(acl.host), wordOf(kOperations, acl.operation),
                     wordOf(kResources, acl.resource), wordOf(kPatterns, acl.pattern),
                     escaped(acl.name));
}

std::optional<Acl> aclOf(std::string_view line) {
  constexpr std::size_t kFields = 7;
  std::array<std::string_view, kFields> fields;
  for (std::size_t i = 0; i < kFields; ++i) {
    const std::size_t end = line.find('\t');
    if ((end == std::string_view::npos) != (i + 1 == kFields)) return std::nullopt;
    fields[i] = line.substr(0, end);
    if (end != std::string_view::npos) line.remove_prefix(end + 1);
  }
  Acl acl;
  auto principal = unescaped(fields[1]);
  auto host = unescaped(fields[2]);
  auto name = unescaped(fields[6]);
  if (!principal || !host || !name || !read(kPermissions, fields[0], acl.permission) ||
      !read(kOperations, fields[3], acl.operation) || !read(kResources, fields[4], acl.resource) ||
      !read(kPatterns, fields[5], acl.pattern))
    return std::nullopt;
  acl.principal = *std::move(principal);
  acl.host = *std::move(host);
  acl.name = *std::move(name);
  if (!acl.wrong().empty()) return std::nullopt;
  return acl;
}

}  // namespace

Result<std::unique_ptr<AccessList>> AccessList::open(FileSystem& files, const std::string& data,
                                                     Rules rules) {
  AccessRules found;
  found.superUsers = std::move(rules.superUsers);
  found.allowWithoutAcl = rules.allowWithoutAcl;
  const std::string path = pathIn(data);
  if (files.exists(path)) {
    const std::string text = MR_TRY(files.readAll(path));
    std::string_view rest = text;
    for (int number = 1; !rest.empty(); ++number) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      auto acl = aclOf(line);
      if (!acl) {
        return Error::user(fmt::format(
            "{}:{}: this is no ACL; correct it, or remove the line and add the ACL again", path,
            number));
      }
      found.acls.push_back(*std::move(acl));
    }
  }
  std::unique_ptr<AccessList> list(new AccessList(files, path));
  MutexLock lock(list->mutex_);
  list->rules_ = std::make_shared<const AccessRules>(std::move(found));
  return list;
}

std::shared_ptr<const AccessRules> AccessList::rules() const {
  MutexLock lock(mutex_);
  return rules_;
}

Result<> AccessList::add(const std::vector<Acl>& acls) {
  MutexLock lock(mutex_);
  AccessRules changed = *rules_;
  for (const Acl& acl : acls) {
    if (std::find(changed.acls.begin(), changed.acls.end(), acl) == changed.acls.end())
      changed.acls.push_back(acl);
  }
  if (changed.acls.size() == rules_->acls.size()) return Done{};
  return replace(std::move(changed));
}

Result<std::vector<Acl>> AccessList::remove(const AclFilter& filter) {
  MutexLock lock(mutex_);
  AccessRules changed = *rules_;
  std::vector<Acl> removed;
  std::erase_if(changed.acls, [&](const Acl& acl) {
    if (!filter.fits(acl)) return false;
    removed.push_back(acl);
    return true;
  });
  if (!removed.empty()) MR_TRY(replace(std::move(changed)));
  return removed;
}

Result<> AccessList::replace(AccessRules rules) {
  std::string text;
  for (const Acl& acl : rules.acls) text += lineOf(acl);
  MR_TRY(replaceOwnerOnly(files_, path_, text));
  rules_ = std::make_shared<const AccessRules>(std::move(rules));
  return Done{};
}

}  // namespace millrace::log
