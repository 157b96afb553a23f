// SPDX-License-Identifier: Apache-2.0
#pragma once
// One processor of a flow on sample FlowFiles, as tests of flows run it: in memory, on a virtual
// clock, with no file, no program and no network of the machine. Threads: any; each call runs on
// its caller's.

#include "server/rest/sample_resource.h"

namespace millrace::server {

/// An Error when it is no processor, or one that nothing here runs. `now`: what its clock shows.
Result<SampleOutcome> runOnSamples(const flow::Flow& flow, flow::ElementId processor,
                                   const std::vector<SampleFlowFile>& samples, Millis now);

}  // namespace millrace::server
