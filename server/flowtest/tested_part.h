// SPDX-License-Identifier: Apache-2.0
#pragma once
// What of a flow a test runs: the whole of it, or one group with what can be seen from inside.
// Threads: pure functions.

#include "engine/flow/flow.h"

#include <set>
#include <string>
#include <vector>

namespace millrace::flowtest {

/// Keeps one group and, of the groups around it, only what serves it: services and their
/// parameters. The group must be there.
void keepGroup(flow::Flow& flow, const std::string& path);

/// Nothing that runs can use them, and the engine would ask for their types.
void dropUnsupportedServices(flow::Group& group);
/// Those of these names that no property names any more.
void dropUnusedServices(flow::Flow& flow, const std::set<std::string>& names);

/// A test has no log: a connection that is a topic is the plain queue before its destination.
void asPlainQueues(flow::Group& group);

/// Those of all groups and of the shared contexts.
std::vector<std::string> parameterNames(const flow::Flow& flow);

}  // namespace millrace::flowtest
