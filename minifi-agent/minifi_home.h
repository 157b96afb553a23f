// SPDX-License-Identifier: Apache-2.0
#pragma once
// MinifiHome: the settings of a MiNiFi's folder that mean something here: conf/minifi.properties,
// then conf/minifi.properties.d/*.properties in the order of their names, later values winning.
// Lines are `key=value`; # begins a comment; `${NAME}` in a value is an environment variable.
// Threads: a pure function of the files.

#include "engine/base/file_system.h"
#include "minifi-agent/agent_options.h"
#include "minifi-agent/environment_text.h"

#include <string>
#include <vector>

namespace millrace::agent {

struct MinifiHome {
  std::string config;  ///< path of the flow's config
  std::string data;    ///< path of the data directory
  std::optional<Durability> durability;
  std::optional<bool> provenance;
  std::optional<std::uint64_t> provenanceBytes;
  std::optional<Millis> provenanceAge;
  std::optional<Nanos> drain;
  std::uint32_t workers = 0;
  std::optional<std::uint64_t> diskBudget;
  std::optional<bool> dropsNewest;
  C2Options c2;  ///< nothing unless nifi.c2.enable says so
  /// A sentence for each key that has no meaning here, once each.
  std::vector<std::string> remarks;
};

/// Errors name the file, the key and what to write.
Result<MinifiHome> readMinifiHome(FileSystem& files, const std::string& home,
                                  const Variables& variables);

}  // namespace millrace::agent
