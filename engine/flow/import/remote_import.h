// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads the remote groups of a group: other programs that are reached by site-to-site.
// Threads: one importer.

#include "engine/flow/import/import_site.h"

namespace millrace::flow {

void readRemoteGroups(SourceObject& groupSource, ImportSite& site);

}  // namespace millrace::flow
