// SPDX-License-Identifier: Apache-2.0
#pragma once
// Links: makes a graph of the names in a flow. Gives every element its id, resolves both ends of
// every connection, and reports names that clash or lead nowhere.
// Ids: the one from `layout` where there is one; otherwise a stable hash of the element's path of
// names (connections: source, sorted relationships, destination), the same on every machine.
// Whoever builds a Flow by other means than the reader (an importer, an editor) calls linkFlow()
// before anybody else sees it; calling it again is harmless.

#include "engine/flow/flow.h"

namespace millrace::flow {

/// Findings are errors; with none, every Endpoint has its kind and id.
void linkFlow(Flow& flow, Findings& findings);

/// The id of an element that `layout` does not know.
ElementId derivedId(std::string_view path);

/// One line of the `layout` block.
struct LayoutEntry {
  std::string path;
  Layout layout;
  ElementId id;  ///< 0: not given
  SourcePosition at;
};

/// Hands layout entries to their elements; an entry without one is a warning.
void applyLayout(Flow& flow, const std::vector<LayoutEntry>& entries, Findings& findings);

}  // namespace millrace::flow
