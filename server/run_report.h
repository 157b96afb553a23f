// SPDX-License-Identifier: Apache-2.0
#pragma once
// RunReport: what `millrace run` shows: on a terminal a live table of rates and queues, at the end
// a summary.

#include "engine/control/bulletins.h"
#include "server/flow_host.h"

#include <string>

namespace millrace::server {

class RunReport {
 public:
  RunReport(FlowHost& host, std::string flowName, bool json);
  /// Redraws the live table when stdout is a terminal and it is time.
  void live(Nanos passed);
  void end(Nanos took);

 private:
  void clearLive();
  FlowHost& host_;
  const std::string flowName_;
  const bool json_;
  const bool terminal_;
  Nanos lastDrawn_ = 0;
  int linesDrawn_ = 0;
  std::uint64_t lastOut_ = 0;
};

/// One line for people, or one JSON object.
std::string describeBulletin(const engine::Bulletin& bulletin, bool json);

}  // namespace millrace::server
