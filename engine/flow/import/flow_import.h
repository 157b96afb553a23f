// SPDX-License-Identifier: Apache-2.0
#pragma once
// Imports a flow of another program: MiNiFi's config.yml and config.json (schema 1 to 3, Java and
// C++), NiFi's flow definitions (JSON), flow.json and flow.json.gz. What a flow file cannot say is
// reported, thing by thing, and so is every type that nothing here runs (it is kept and marked).
// Promise: an import without errors yields a linked flow whose text reads back as the same flow; no
// input makes it crash, throw or run without bound. The formats are those that NiFi 1.x and 2.x and
// MiNiFi write. Threads: a pure function; the catalog is only read.

#include "engine/flow/catalog.h"
#include "engine/flow/flow.h"

#include <string>
#include <string_view>
#include <vector>

namespace millrace::flow {

struct ImportedFlow {
  Flow flow;
  std::string text;                       ///< the flow file; empty when there are errors
  Findings findings;                      ///< errors and losses, by their place in the original
  std::vector<std::string> unknownTypes;  ///< each once
  bool ok() const { return !hasError(findings); }
};

ImportedFlow importFlow(std::string_view bytes, const Catalog& catalog);

}  // namespace millrace::flow
