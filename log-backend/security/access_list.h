// SPDX-License-Identifier: Apache-2.0
#pragma once
// AccessList: the ACLs of a log, as they stand in DIR/kafka-acls (format: FORMAT.md) and as
// requests look at them.
//
// Promise: what add() and remove() answered is on the medium; a crash leaves all of a change or
// nothing. Several programs may change the file, one at a time: the others see it with refresh().
// Ownership: the file system outlives it. Threads: any.

#include "engine/base/mutex.h"
#include "log-backend/security/access_rules.h"
#include "log-backend/security/shared_file.h"

#include <functional>
#include <memory>

namespace millrace::log {

class AccessList {
 public:
  struct Rules {
    std::vector<std::string> superUsers;
    bool allowWithoutAcl = false;
  };
  static std::string pathIn(const std::string& data) { return data + "/kafka-acls"; }
  /// A file that is not there has no ACLs. Errors: a line that is none, with its number.
  static Result<std::unique_ptr<AccessList>> open(FileSystem& files, const std::string& data,
                                                  Rules rules);

  /// As they are now; a later change makes others.
  std::shared_ptr<const AccessRules> rules() const;
  /// What is there already stays as it is. Each must be right (Acl::wrong).
  Result<> add(const std::vector<Acl>& acls);
  /// Takes out what fits, and returns it.
  Result<std::vector<Acl>> remove(const AclFilter& filter);
  /// Takes over what another program wrote. An Error leaves the rules as they are; it is told once
  /// for each version of the file.
  Result<> refresh();

 private:
  AccessList(FileSystem& files, std::string path) : file_(files, std::move(path)) {}
  Result<std::vector<Acl>> aclsOf(std::string_view text) const MR_REQUIRES(mutex_);
  void take(std::vector<Acl> acls) MR_REQUIRES(mutex_);
  Result<> load() MR_REQUIRES(mutex_);
  /// With the file locked: changes what it has now.
  Result<> change(const std::function<void(std::vector<Acl>&)>& edit) MR_REQUIRES(mutex_);

  mutable Mutex mutex_;
  SharedFile file_ MR_GUARDED_BY(mutex_);
  std::shared_ptr<const AccessRules> rules_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::log
