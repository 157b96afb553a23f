// SPDX-License-Identifier: Apache-2.0
#pragma once
// Provenance events and lineage as the interface tells them: ids as those of the flow, times in
// milliseconds since 1970. Threads: pure functions.

#include "engine/ports/lineage.h"
#include "server/flow_store/flow_json.h"
#include "server/rest/provenance_resource.h"

namespace millrace::server {

/// An event in a list.
Json eventJson(const ProvenanceEvent& event, const KnownNames& names);
/// All of one event: attributes, changes, contents, parents and children, too.
Json wholeEventJson(const ProvenanceEvent& event, const KnownNames& names);
Json lineageJson(const Lineage& lineage, const KnownNames& names);

/// True when the bytes can be there: an inline content may have been left out of what is kept.
bool hasBytes(const Content& content);

}  // namespace millrace::server
