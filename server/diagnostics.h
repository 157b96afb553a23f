// SPDX-License-Identifier: Apache-2.0
#pragma once
// Diagnostics: how a server is, for whoever has to help: what runs, since when, what the data
// directory holds and how much room there is, journal, log, process. Threads: any; it lists the
// data directory's files, which takes as long as there are many.

#include "engine/base/file_system.h"
#include "server/flow_host.h"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace millrace::server {

struct DiagnosticsParts {
  FlowHost& host;
  FileSystem& files;
  std::string data;
  Millis startedAt = 0;  ///< wall clock
  Nanos startedOn = 0;   ///< monotonic
};

nlohmann::ordered_json diagnosticsOf(const DiagnosticsParts& parts);

}  // namespace millrace::server
