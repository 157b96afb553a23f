// SPDX-License-Identifier: Apache-2.0
#pragma once
// Changes of a flow as data: `create`, `update`, `move`, `delete` of components by id. They are
// made on the flow as JSON (flow_json.h); whether the outcome is a flow at all is judged
// afterwards, by reading it, so that the order of changes in one request does not matter to what
// they refer to. Threads: pure functions.

#include "engine/base/result.h"
#include "server/flow_store/flow_json.h"

#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace millrace::server {

/// True when that property of that type names a controller service.
using NamesService = std::function<bool(std::string_view type, std::string_view property)>;

/// What a list of changes did to a flow.
struct AppliedChanges {
  std::vector<std::string> created;  ///< ids, in the order of the changes
  std::vector<std::string> touched;  ///< ids that the changes name
};

/// Errors are a user's: a change that is malformed, or names what is not there.
struct ChangeError {
  bool malformed = false;  ///< otherwise it cannot be applied to this flow
  std::string message;
};

/// Changes `flow` in place; after an error it is of no use.
std::variant<AppliedChanges, ChangeError> applyChanges(Json& flow, const Json& changes,
                                                       const NamesService& namesService);

/// What turns one flow into another, as changes; with the flows swapped, its inverse.
Json changesBetween(const Json& before, const Json& after);

/// The component with that id, its lists of other components included; null when there is none.
const Json* findComponent(const Json& flow, std::string_view id);

/// The ids that changes name.
std::vector<std::string> idsOf(const Json& changes);

}  // namespace millrace::server
