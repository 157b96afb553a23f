// SPDX-License-Identifier: Apache-2.0
#pragma once
// Paths of names: `Group/Inner/Processor`. A `/` in a name is written `\/`, and a backslash that
// stands before `/`, before another backslash or at the end of a name is written `\\`; any other
// backslash stands for itself.

#include <string>
#include <string_view>
#include <vector>

namespace millrace::flow {

struct Connection;

std::string escapeName(std::string_view name);
/// The names of a path; empty parts are kept, so that `a//b` can be refused.
std::vector<std::string> splitPath(std::string_view path);
/// `parent/name`, or the name alone when the parent is the root ("").
std::string joinPath(std::string_view parent, std::string_view name);

/// How a connection is named in messages and in `layout`: `Group/From [a, b] -> Group/To`, the
/// relationships sorted. `groupPath` is the path of the group that holds it.
std::string connectionPath(std::string_view groupPath, const Connection& connection);

}  // namespace millrace::flow
