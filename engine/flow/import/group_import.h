// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads a process group with all that is in it, groups inside included. Threads: one importer.

#include "engine/flow/import/import_site.h"

namespace millrace::flow {

/// Fills a group whose name is known. `path` is the group's own, empty at the root; `outer` are the
/// places of the group around it, null at the root.
void readGroup(SourceObject& source, Group& group, const std::string& path, GroupPlaces* outer,
               const Surroundings& around, ImportContext& context);

}  // namespace millrace::flow
