// SPDX-License-Identifier: Apache-2.0
#pragma once
// StoreReading: what lies in a data directory that nothing runs on, FlowFile by FlowFile, for tests
// that account for every line. It changes nothing.
//
// Errors: damage, as recovery would tell it. Threads: any.

#include "engine/base/file_system.h"
#include "repositories/store/replay.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace millrace::tests {

struct StoreReading {
  struct Waiting {
    std::string filename;
    std::string content;
  };
  std::map<std::uint64_t, std::vector<Waiting>> queues;  ///< by the connection's id, in order
  std::map<std::string, std::string> state;  ///< of all components; the tests' keys do not clash
  /// The newest journal segment has no whole group yet: its beginning was cut short.
  bool rolling = false;
  /// Names of content files that no FlowFile refers to.
  std::vector<std::string> deadContents;

  static Result<StoreReading> of(FileSystem& files, const std::string& path);
  std::uint64_t count() const;
};

}  // namespace millrace::tests
