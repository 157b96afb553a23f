// SPDX-License-Identifier: Apache-2.0
#pragma once
// POST /api/v1/components/{id}/try: one processor on FlowFiles of the request, in a sandbox: what
// it would put out, by relationship. Nothing of the running flow is touched. Ownership: the parts
// outlive the router. Threads: any.

#include "server/flow_store/edited_flow.h"
#include "server/http/router.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace millrace::server {

struct SampleFlowFile {
  std::string content;
  std::map<std::string, std::string> attributes;
  bool penalized = false;  ///< of an output
};

struct SampleOutcome {
  std::vector<std::pair<std::string, std::vector<SampleFlowFile>>> outputs;  ///< by relationship
  std::vector<std::pair<std::string, std::string>> bulletins;                ///< level, message
  std::map<std::string, std::int64_t> counters;
  /// What kept it from running or from coming to its end, one sentence each.
  std::vector<std::string> troubles;
};

/// Runs one processor of a flow on samples; without samples, as a source, once.
using SampleRun = std::function<Result<SampleOutcome>(
    const flow::Flow& flow, flow::ElementId processor, const std::vector<SampleFlowFile>& samples)>;

struct SampleParts {
  EditedFlow& flow;
  NamesService namesService;
  SampleRun run;
};

void addSampleRoute(Router& router, SampleParts parts);

}  // namespace millrace::server
