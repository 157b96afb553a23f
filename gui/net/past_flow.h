// SPDX-License-Identifier: Apache-2.0
#pragma once
// The flow of a server as it was at an earlier revision (docs/rest.md, Changes). Nothing is changed
// there. Threads: the GUI thread; answers come later.

#include "engine/base/result.h"
#include "engine/flow/flow.h"
#include "gui/net/api_client.h"

#include <functional>

namespace millrace::gui {

using RevisionRead = std::function<void(Result<flow::Flow> flow)>;
/// The client must outlive the answer.
void readRevision(ApiClient& api, quint64 revision, RevisionRead done);

}  // namespace millrace::gui
