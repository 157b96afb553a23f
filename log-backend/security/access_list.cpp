// SPDX-License-Identifier: Apache-2.0
#include "log-backend/security/access_list.h"

#include "engine/base/owner_only_file.h"

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
  return fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\n", wordOf(acl.permission), escaped(acl.principal),
                     escaped(acl.host), wordOf(acl.operation), wordOf(acl.resource),
                     wordOf(acl.pattern), escaped(acl.name));
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

AccessList::Version AccessList::versionNow() {
  const auto info = files_.info(path_);
  return info.ok() ? Version(info->inode, info->changed) : Version();
}

Result<> AccessList::load() {
  seen_ = versionNow();
  std::vector<Acl> found;
  if (files_.exists(path_)) {
    const std::string text = MR_TRY(files_.readAll(path_));
    std::string_view rest = text;
    for (int number = 1; !rest.empty(); ++number) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      auto acl = aclOf(line);
      if (!acl) {
        return Error::user(fmt::format(
            "{}:{}: this is no ACL; correct it, or remove the line and add the ACL again", path_,
            number));
      }
      found.push_back(*std::move(acl));
    }
  }
  AccessRules rules = *rules_;
  rules.acls = std::move(found);
  rules_ = std::make_shared<const AccessRules>(std::move(rules));
  return Done{};
}

std::shared_ptr<const AccessRules> AccessList::rules() const {
  MutexLock lock(mutex_);
  return rules_;
}

Result<> AccessList::refresh() {
  MutexLock lock(mutex_);
  return versionNow() == seen_ ? Done{} : load();
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
  const auto held = files_.lock(path_ + ".lock");
  if (!held.ok())
    return Error::user(fmt::format("{} is being changed by another program, try again", path_));
  MR_TRY(load());
  AccessRules changed = *rules_;
  edit(changed.acls);
  if (changed.acls == rules_->acls) return Done{};
  std::string text;
  for (const Acl& acl : changed.acls) text += lineOf(acl);
  MR_TRY(replaceOwnerOnly(files_, path_, text));
  seen_ = versionNow();
  rules_ = std::make_shared<const AccessRules>(std::move(changed));
  return Done{};
}

}  // namespace millrace::log
