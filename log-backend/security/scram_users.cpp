// SPDX-License-Identifier: Apache-2.0
#include "log-backend/security/scram_users.h"

namespace millrace::log {

Result<CredentialList> ScramUsers::read() {
  MutexLock lock(mutex_);
  return CredentialList::parse(MR_TRY(file_.read()), file_.path());
}

Result<> ScramUsers::change(const std::function<Result<>(CredentialList&)>& edit) {
  MutexLock lock(mutex_);
  return file_.update([&](const std::string& text) -> Result<std::string> {
    CredentialList list = MR_TRY(CredentialList::parse(text, file_.path()));
    MR_TRY(edit(list));
    return list.text();
  });
}

}  // namespace millrace::log
