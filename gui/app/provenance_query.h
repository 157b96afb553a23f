// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a person types to search provenance, as the query of the server's interface (docs/rest.md).
//   type:SEND  component:"Keep it"  uuid:3f0c…  file:a.txt  name=value  — or a uuid or name alone
// Threads: plain functions.

#include "engine/base/result.h"
#include "gui/model/flow_model.h"

#include <QString>

namespace millrace::gui {

/// "type=SEND&component=…": encoded, without limit or place. A word that says nothing, and a
/// component that the flow does not have, are errors of the user.
Result<QString> provenanceQuery(const QString& words, const FlowModel& model);

}  // namespace millrace::gui
