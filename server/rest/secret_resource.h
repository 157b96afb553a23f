// SPDX-License-Identifier: Apache-2.0
#pragma once
// /api/v1/secrets: values of the flow's sensitive parameters: which there are, giving one, taking
// one away, undoing that. No answer ever holds a value. Ownership: what the parts refer to outlives
// the router. Threads: any.

#include "engine/base/result.h"
#include "server/http/router.h"

#include <functional>
#include <string>
#include <vector>

namespace millrace::server {

struct SecretRow {
  std::string name;  ///< of the parameter
  bool isSet = false;
  bool isUsed = false;      ///< some component refers to it
  bool isUndoable = false;  ///< the value before the latest change is kept
  /// The file or variable that gave the value, and gives it at each start; empty: none did.
  std::string givenBy;
};

struct SecretParts {
  std::function<std::vector<SecretRow>()> list;
  /// A user's Error when the value comes from elsewhere; of the environment when it cannot be kept.
  std::function<Result<>(const std::string& name, const std::string& value)> set;
  std::function<Result<>(const std::string& name)> remove;
  std::function<Result<>(const std::string& name)> undo;
};

void addSecretRoutes(Router& router, SecretParts parts);

}  // namespace millrace::server
