// SPDX-License-Identifier: Apache-2.0
#pragma once
// FlowSecrets: values for the sensitive parameters of one flow, for a command that runs it:
// gathered before the flow starts, kept in its data directory afterwards.
//
// Environment: MILLRACE_PARAM_… (secrets/secret_sources.h), MILLRACE_SECRET_KEY. Errors never show
// a value. Threads: one.

#include "engine/base/file_system.h"
#include "engine/control/parameter_lookup.h"
#include "engine/flow/flow.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace millrace::server {

struct SecretOptions {
  std::string file;  ///< of --secrets; empty: none
  std::string data;  ///< the data directory; empty: nothing is kept
  /// A value that nobody has is a note: what needs it cannot run, the rest of the flow can.
  bool mayMiss = false;
};

class FlowSecrets {
 public:
  /// Asks at the terminal for what no other source has, if there is one. `plain`: what the command
  /// line gave; a sensitive parameter among it is refused.
  static Result<FlowSecrets> gather(FileSystem& files, const flow::Flow& flow,
                                    const SecretOptions& options,
                                    const engine::ParameterValues& plain);

  const engine::ParameterValues& values() const { return values_; }
  /// By name: the file or variable that gave a value, and will at each start.
  const std::map<std::string, std::string>& given() const { return given_; }
  /// Sentences for the person who started the command.
  const std::vector<std::string>& notes() const { return notes_; }
  /// Saves what is new, encrypted. The caller holds the data directory's lock.
  Result<> keep(FileSystem& files) const;

 private:
  std::string data_;
  engine::ParameterValues values_;
  engine::ParameterValues previous_;  // kept with them
  std::map<std::string, std::string> given_;
  bool changed_ = false;
  std::vector<std::string> notes_;
};

std::optional<std::string> environmentVariable(const std::string& name);
/// The key of a data directory's secrets that the environment gives.
std::optional<std::string> secretKeyOfEnvironment();

}  // namespace millrace::server
