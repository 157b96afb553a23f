// SPDX-License-Identifier: Apache-2.0
#pragma once
// LiveSecrets: the values of sensitive parameters of a server that runs: kept encrypted in its data
// directory, and handed to the flow, when one is given, taken away, or that is undone.
//
// Promise: a value is durable before the flow gets it, and no method gives one out. An Error names
// the parameter and never shows a value. Threads: any; changes are made one after the other.

#include "engine/base/file_system.h"
#include "engine/base/mutex.h"
#include "engine/control/parameter_lookup.h"
#include "engine/flow/flow.h"
#include "server/rest/secret_resource.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace millrace::server {

/// What the server started with.
struct StartingSecrets {
  engine::ParameterValues values;
  /// By name: the file or variable that gave a value. It wins at each start, so that such a value
  /// is not changed here.
  std::map<std::string, std::string> given;
};

class LiveSecrets {
 public:
  using Apply = std::function<void(const engine::ParameterValues&)>;

  /// The caller holds the lock of the data directory. `apply` makes the flow use other values.
  LiveSecrets(FileSystem& files, std::string data, StartingSecrets start, Apply apply);

  /// Sensitive parameters of the flow, and those of which a value is kept, by name.
  std::vector<SecretRow> list(const flow::Flow& flow) const;
  Result<> set(const std::string& name, const std::string& value);
  Result<> remove(const std::string& name);
  /// Back to what was before the latest change of this one; undoing twice changes nothing.
  Result<> undo(const std::string& name);

 private:
  enum class Step : std::uint8_t { kSet, kRemove, kUndo };
  Result<> change(Step step, const std::string& name, const std::string& value);

  FileSystem& files_;
  const std::string data_;
  const std::map<std::string, std::string> given_;
  const Apply apply_;
  Mutex changing_;  // held while a change is made, beyond the file and the flow
  mutable Mutex mutex_;
  engine::ParameterValues values_ MR_GUARDED_BY(mutex_);
  engine::ParameterValues previous_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::server
