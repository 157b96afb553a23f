// SPDX-License-Identifier: Apache-2.0
#pragma once
// FlowCheck: whether a flow could start here: structure, types, settings, expressions, schedules,
// and all that the engine itself refuses. `validate` and `run` ask the same. Threads: any.

#include "engine/base/file_system.h"
#include "engine/control/parameter_lookup.h"
#include "engine/flow/catalog.h"
#include "engine/flow/flow.h"

#include <string>

namespace millrace::host {

struct CheckedFlow {
  flow::Flow flow;  ///< as the file says it, without the overrides
  flow::Findings findings;
  bool ok() const { return !flow::hasError(findings); }
};

/// Reads and checks a flow file. Fails only when the file cannot be read.
Result<CheckedFlow> checkFlowFile(FileSystem& files, const std::string& path,
                                  const engine::ParameterOverrides& overrides);

/// All findings, sorted by position. `flow` must be linked without errors. A sensitive parameter
/// without a value is none: who runs the flow gets it elsewhere (flow_secrets.h).
flow::Findings checkFlow(const flow::Flow& flow, const engine::ParameterOverrides& overrides);

/// The types of this program, as validation and imports know them.
flow::Catalog builtinCatalog();

}  // namespace millrace::host
