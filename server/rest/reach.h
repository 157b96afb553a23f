// SPDX-License-Identifier: Apache-2.0
#pragma once
// How far the role has to reach that a route asks for: over the whole flow, or over the groups of
// what a request is about. A route that is not named here asks for it over the whole flow, so that
// a new one is closed to those who have a role in a group alone. Threads: pure functions.

#include "engine/base/result.h"
#include "server/http/router.h"
#include "server/rest/flow_places.h"

#include <functional>
#include <string>
#include <vector>

namespace millrace::server {

enum class Reach : std::uint8_t {
  kWhole,      ///< the whole flow
  kComponent,  ///< the component whose id is in the address
  kNamed,      ///< every component that address and body name
  kCounter,    ///< the component whose counters the body names
  kPast,       ///< the connection in the address, wherever it was before it was deleted
  kRevision,   ///< all that the change in the address, and what undoes it, name or bring back
  kEvent,      ///< the component of the provenance event in the address, and where it took from
  kSeen,       ///< any group; the answer has what is seen from there
  kAnywhere,   ///< any group; it is about no component
};
Reach reachOf(HttpMethod method, const std::string& pattern);

/// What a body is told of the flow that it is for.
struct NamedPlaces {
  const FlowPlaces& places;
  /// True when a component of that id is, or ever was, part of the flow.
  std::function<bool(const std::string&)> isTaken;
};
/// The groups in which the role is needed: the ways to them. An Error, in a sentence, when the body
/// names what is not in the flow, or takes what somebody else may have had.
Result<std::vector<std::vector<std::string>>> waysNamedBy(const std::string& pattern,
                                                          const RoutedRequest& request,
                                                          const NamedPlaces& flow);

}  // namespace millrace::server
