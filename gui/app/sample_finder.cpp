// SPDX-License-Identifier: Apache-2.0
#include "gui/app/sample_finder.h"

#include "gui/app/queue_panel.h"
#include "gui/model/status_store.h"
#include "gui/model/users_of.h"

#include <QJsonArray>
#include <algorithm>

namespace millrace::gui {

using flow::ElementId;

namespace {

Sample sampleOf(ElementId connection, const QJsonObject& item) {
  return {connection, item["uuid"].toString(), item["filename"].toString(), item["size"].toDouble(),
          item["attributes"].toObject()};
}

}  // namespace

void SampleFinder::find(ElementId component, Found found) {
  std::vector<ElementId> queues;
  for (const ElementId wire : model_.connectionsAt(component)) {
    if (model_.find(wire)->connection()->to.id == component) queues.push_back(wire);
  }
  if (const auto chosen = queue_.chosen();
      chosen && std::find(queues.begin(), queues.end(), chosen->connection) != queues.end())
    return found(chosen);
  ask(std::move(queues), std::move(found));
}

// One queue after the other: most components have one.
void SampleFinder::ask(std::vector<ElementId> queues, Found found) {
  if (queues.empty()) return found(std::nullopt);
  const ElementId wire = queues.front();
  queues.erase(queues.begin());
  api_.get("/connections/" + idToJson(wire) + "/queue?offset=0&limit=1",
           [this, wire, queues, found = std::move(found)](const ApiAnswer& answer) {
             const QJsonArray list = answer.json()["flowfiles"].toArray();
             if (!answer.ok() || list.isEmpty()) return ask(queues, found);
             found(sampleOf(wire, list.first().toObject()));
           });
}

void SampleFinder::content(const Sample& sample, qint64 most,
                           std::function<void(const QByteArray&)> done) {
  if (sample.size == 0) return done({});
  api_.get(
      "/connections/" + idToJson(sample.connection) + "/flowfiles/" + sample.uuid + "/content",
      [done = std::move(done)](const ApiAnswer& answer) {
        done(answer.ok() ? answer.body : QByteArray());
      },
      "*/*", "bytes=0-" + QByteArray::number(most - 1));
}

void evaluate(const FlowModel& model, ApiClient& api, ElementId component, const QString& text,
              const std::optional<Sample>& sample, Evaluated done) {
  const Component* there = model.find(component);
  if (there == nullptr) return;
  QJsonObject parameters;
  for (const auto& [name, value] : visibleParameters(model, there->group))
    parameters[QString::fromStdString(name)] = QString::fromStdString(value);
  const QString on = sample ? " on “" + (sample->name.isEmpty() ? sample->uuid : sample->name) + "”"
                            : QString(", with no FlowFile waiting here");
  api.post("/expression",
           {{"expr", text},
            {"attributes", sample ? sample->attributes : QJsonObject()},
            {"parameters", parameters}},
           [done = std::move(done), on](const ApiAnswer& answer) {
             const QJsonObject json = answer.json();
             if (answer.ok() && json.contains("value")) {
               const QString value = json["value"].toString();
               return done((value.isEmpty() ? "is empty" : "is “" + value + "”") + on, true);
             }
             done(json.contains("error") ? json["error"].toString() : answer.error, false);
           });
}

}  // namespace millrace::gui
