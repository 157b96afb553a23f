// SPDX-License-Identifier: Apache-2.0
#pragma once
// Walks over every element of a flow with its path of names, in the order of the file. The root
// group itself is not visited. Threads: none of its own.

#include "engine/flow/flow.h"

#include <functional>
#include <string>

namespace millrace::flow {

/// `path` is the element's own path (for connections, connectionPath()); `group` is its owner.
using ElementVisitor =
    std::function<void(ElementKind kind, const std::string& path, Element& element, Group& group)>;
using ConstElementVisitor = std::function<void(ElementKind kind, const std::string& path,
                                               const Element& element, const Group& group)>;

void forEachElement(Flow& flow, const ElementVisitor& visit);
void forEachElement(const Flow& flow, const ConstElementVisitor& visit);

/// The group at a path, the root for ""; null when there is none.
Group* findGroup(Flow& flow, std::string_view path);
/// The element with this path (not a connection); null when there is none.
Element* findElement(Flow& flow, std::string_view path, ElementKind* kind = nullptr);

/// How messages call it: "input port".
std::string_view kindName(ElementKind kind);
/// With its article: "an input port".
std::string aKind(ElementKind kind);

}  // namespace millrace::flow
