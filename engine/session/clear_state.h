// SPDX-License-Identifier: Apache-2.0
#pragma once
// Clearing state: an operator's session that removes every entry of a component's state. Commits
// like any other, so that a crash leaves all of it or nothing.
//
// Errors: those of the store. Threads: any; the caller makes sure that the component does not run,
// or its next commit may fail for the state that it read.

#include "engine/session/engine_session.h"

namespace millrace::engine {

/// How many entries were removed.
Result<std::uint64_t> clearState(Store& store, ComponentId component);

}  // namespace millrace::engine
