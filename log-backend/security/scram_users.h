// SPDX-License-Identifier: Apache-2.0
#pragma once
// ScramUsers: the users of a log as they stand in DIR/kafka-users, which a running server and
// commands beside it read and change (format: FORMAT.md).
//
// Promise: what change() answered is on the medium, all of it or nothing. Ownership: the file
// system outlives it. Threads: any.

#include "engine/base/mutex.h"
#include "log-backend/security/credential_list.h"
#include "log-backend/security/shared_file.h"

#include <functional>
#include <string>

namespace millrace::log {

class ScramUsers {
 public:
  static std::string pathIn(const std::string& data) { return data + "/kafka-users"; }
  ScramUsers(FileSystem& files, const std::string& data) : file_(files, pathIn(data)) {}

  /// As they are now: whoever is added or removed meanwhile is seen by the next call. A directory
  /// without the file has no users.
  Result<CredentialList> read();
  /// One change at a time, of all programs. An Error of `edit` changes nothing.
  Result<> change(const std::function<Result<>(CredentialList&)>& edit);

 private:
  Mutex mutex_;
  SharedFile file_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::log
