// SPDX-License-Identifier: Apache-2.0
#pragma once
// /api/v1/backup: a backup of the server while it runs, begun and watched. Threads: any.

#include "engine/base/result.h"
#include "server/flow_store/flow_json.h"
#include "server/http/router.h"

#include <functional>
#include <string>

namespace millrace::server {

struct BackupActions {
  /// False: one runs already.
  std::function<Result<bool>(const std::string& to, bool withKey)> start;
  std::function<Json()> status;
};

void addBackupRoutes(Router& router, BackupActions actions);

}  // namespace millrace::server
