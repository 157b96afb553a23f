// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads the connections of a group whose components, and whose groups' ports, are known already.
// Threads: one importer.

#include "engine/flow/import/import_site.h"

namespace millrace::flow {

void readConnections(SourceObject& groupSource, ImportSite& site);

}  // namespace millrace::flow
