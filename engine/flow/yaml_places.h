// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where the groups of a flow stand in its YAML: the reader keeps the order of every list, so that
// an element's place in the model is its place in the text.

#include "engine/flow/flow.h"
#include "engine/flow/yaml_document.h"

#include <functional>
#include <string>

namespace millrace::flow {

/// `path` of names, and `place` of the group's mapping; "" and an empty place for the root.
using GroupVisitor =
    std::function<void(const std::string& path, const YamlPath& place, const Group& group)>;

void forEachGroup(const Flow& flow, const GroupVisitor& visit);

/// The place of one item of a list.
YamlPath itemOf(YamlPath owner, const std::string& list, std::size_t index);

}  // namespace millrace::flow
