// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads parameter contexts and the variables of NiFi 1.x. Threads: one importer.

#include "engine/flow/import/import_site.h"

namespace millrace::flow {

/// The contexts of the file, with what they inherit; their names go to the context.
std::vector<ParameterContext> readParameterContexts(SourceObject& file, ImportContext& context);
void readVariables(SourceObject& groupSource, ImportSite& site);

}  // namespace millrace::flow
