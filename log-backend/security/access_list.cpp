// SPDX-License-Identifier: Apache-2.0
#include "log-backend/security/access_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace millrace::log {
namespace {

template <typename Enum>
bool read(std::string_view word, Enum least, Enum most, Enum& value) {
  for (auto number = static_cast<int>(least); number <= static_cast<int>(most); ++number) {
    if (wordOf(static_cast<Enum>(number)) != word) continue;
    value = static_cast<Enum>(number);
    return true;
  }
  return false;
}

std::string lineOf(const Acl& acl) {
  return fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\n", wordOf(acl.permission),
                     escapedField(acl.principal), escapedField(acl.host), wordOf(acl.operation),
                     wordOf(acl.resource), wordOf(acl.pattern), escapedField(acl.name));
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
  auto principal = unescapedField(fields[1]);
  auto host = unescapedField(fields[2]);
  auto name = unescapedField(fields[6]);
  if (!principal || !host || !name ||
      !read(fields[0], Permission::kDeny, Permission::kAllow, acl.permission) ||
      !read(fields[3], Operation::kAll, Operation::kIdempotentWrite, acl.operation) ||
      !read(fields[4], ResourceType::kTopic, ResourceType::kTransactionalId, acl.resource) ||
      !read(fields[5], PatternType::kLiteral, PatternType::kPrefixed, acl.pattern))
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
  AccessRules none;
  none.superUsers = std::move(rules.superUsers);
  none.allowWithoutAcl = rules.allowWithoutAcl;
  std::unique_ptr<AccessList> list(new AccessList(files, pathIn(data)));
  MutexLock lock(list->mutex_);
  list->rules_ = std::make_shared<const AccessRules>(std::move(none));
  MR_TRY(list->load());
  return list;
}

Result<std::vector<Acl>> AccessList::aclsOf(std::string_view text) const {
  std::vector<Acl> found;
  for (int number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    auto acl = aclOf(line);
    if (!acl) {
      return Error::user(
          fmt::format("{}:{}: this is no ACL; correct it, or remove the line and add the ACL again",
                      file_.path(), number));
    }
    found.push_back(*std::move(acl));
  }
  return found;
}

void AccessList::take(std::vector<Acl> acls) {
  AccessRules rules = *rules_;
  rules.acls = std::move(acls);
  rules_ = std::make_shared<const AccessRules>(std::move(rules));
}

Result<> AccessList::load() {
  take(MR_TRY(aclsOf(MR_TRY(file_.read()))));
  return Done{};
}

std::shared_ptr<const AccessRules> AccessList::rules() const {
  MutexLock lock(mutex_);
  return rules_;
}

Result<> AccessList::refresh() {
  MutexLock lock(mutex_);
  return file_.isChanged() ? load() : Done{};
}

Result<> AccessList::add(const std::vector<Acl>& acls) {
  MutexLock lock(mutex_);
  return change([&acls](std::vector<Acl>& known) {
    for (const Acl& acl : acls) {
      if (std::find(known.begin(), known.end(), acl) == known.end()) known.push_back(acl);
    }
  });
}

Result<std::vector<Acl>> AccessList::remove(const AclFilter& filter) {
  MutexLock lock(mutex_);
  std::vector<Acl> removed;
  MR_TRY(change([&](std::vector<Acl>& known) {
    std::erase_if(known, [&](const Acl& acl) {
      if (!filter.fits(acl)) return false;
      removed.push_back(acl);
      return true;
    });
  }));
  return removed;
}

Result<> AccessList::change(const std::function<void(std::vector<Acl>&)>& edit) {
  std::vector<Acl> changed;
  MR_TRY(file_.update([&](const std::string& text) -> Result<std::string> {
    changed = MR_TRY(aclsOf(text));
    edit(changed);
    std::string fresh;
    for (const Acl& acl : changed) fresh += lineOf(acl);
    return fresh;
  }));
  take(std::move(changed));
  return Done{};
}

}  // namespace millrace::log
