// SPDX-License-Identifier: Apache-2.0
#include "gui/net/past_flow.h"

#include "engine/flow/yaml_reader.h"

namespace millrace::gui {

void readRevision(ApiClient& api, quint64 revision, RevisionRead done) {
  api.get(
      QString("/changes/%1/flow").arg(revision),
      [revision, done = std::move(done)](const ApiAnswer& answer) {
        if (!answer.ok()) return done(Error::user(answer.error.toStdString()));
        done(flow::parseFlow(answer.body.toStdString(), "revision " + std::to_string(revision)));
      },
      "application/yaml");
}

}  // namespace millrace::gui
