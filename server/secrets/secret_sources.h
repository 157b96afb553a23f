// SPDX-License-Identifier: Apache-2.0
#pragma once
// SecretSources: where a run takes the values of sensitive parameters from: a file, the
// environment, what the data directory keeps, and at last the person at the terminal, in this
// order. Never from the command line, which every user of the machine can read.
//
// The file has one NAME=VALUE a line; empty lines and lines that begin with # mean nothing, and the
// value is all that follows the first =. In the environment the value of `db password` is
// MILLRACE_PARAM_DB_PASSWORD. Errors and notes name parameters and places, never a value.
// Threads: one.

#include "engine/base/file_system.h"
#include "server/secrets/secret_cipher.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace millrace::server {

struct SecretSources {
  std::string file;  ///< empty: none
  std::function<std::optional<std::string>(const std::string& variable)> environment;
  SecretValues kept;
  bool mayMiss = false;  ///< what no source has is a note instead of an error
  /// Asks the person; null when there is nobody to ask.
  std::function<Result<std::string>(const std::string& name)> ask;
};

struct GatheredSecrets {
  SecretValues values;  ///< of all that is kept and all that was asked for
  /// Those that the file or the environment gave, and where: they win at each start.
  std::map<std::string, std::string> given;
  std::vector<std::string> notes;
};

/// MILLRACE_PARAM_ and the name in capital letters; what is no letter or digit of ASCII is `_`.
std::string secretVariable(std::string_view name);

/// Values for all `names`. The Error lists those that no source has.
Result<GatheredSecrets> gatherSecrets(FileSystem& files, const std::vector<std::string>& names,
                                      const SecretSources& sources);

}  // namespace millrace::server
