// SPDX-License-Identifier: Apache-2.0
#pragma once
// The flow of a server as it was at an earlier revision: what it has now, with the changes since
// then taken back one by one (docs/rest.md, Changes). Nothing is changed there. Threads: the GUI
// thread; answers come later.

#include "engine/base/result.h"
#include "engine/flow/flow.h"
#include "gui/net/api_client.h"

#include <QJsonArray>
#include <QJsonObject>
#include <functional>

namespace millrace::gui {

/// Makes changes of the journal on a flow as the server gives it; fails where one names what is not
/// there.
Result<> applyChanges(QJsonObject& flow, const QJsonArray& changes);
/// A flow as the server gives it, with its ids and places.
Result<flow::Flow> flowOfServer(const QJsonObject& flow);

using RevisionRead = std::function<void(Result<flow::Flow> flow)>;
/// The client must outlive the answer.
void readRevision(ApiClient& api, quint64 revision, RevisionRead done);

}  // namespace millrace::gui
