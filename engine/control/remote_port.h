// SPDX-License-Identifier: Apache-2.0
#pragma once
// RemotePort: a port of a remote group is run as a processor that speaks its protocol: what it is
// configured as, made of what the flow says of the group and the port. Threads: pure functions.

#include "engine/base/result.h"
#include "engine/flow/flow.h"

namespace millrace::engine {

/// The types that send and fetch; a program without them has no remote groups.
inline constexpr const char* kRemoteSenderType = "PutSiteToSite";
inline constexpr const char* kRemoteFetcherType = "GetSiteToSite";

/// The remote group of `group` that has this port.
const flow::RemoteGroup* remoteGroupOf(const flow::Group& group, const flow::Element& port);
/// The Error says what of the group's settings nothing here does.
Result<flow::Processor> asProcessor(const flow::RemoteGroup& remote, const flow::RemotePort& port,
                                    flow::ElementKind kind);

}  // namespace millrace::engine
