// SPDX-License-Identifier: Apache-2.0
#pragma once
// SampleFinder: a FlowFile that waits in front of a component, to try things on: the one that is
// chosen in the queue's list where it waits there, else the first of the first queue that has one.
// Looking takes nothing away. Threads: the GUI thread; answers come later.

#include "gui/model/flow_model.h"
#include "gui/net/api_client.h"

#include <functional>
#include <optional>

namespace millrace::gui {

class QueuePanel;

struct Sample {
  flow::ElementId connection;
  QString uuid;
  QString name;  ///< its file name
  double size = 0;
  QJsonObject attributes;
};

class SampleFinder {
 public:
  using Found = std::function<void(const std::optional<Sample>&)>;

  /// All must outlive the finder.
  SampleFinder(const FlowModel& model, ApiClient& api, const QueuePanel& queue)
      : model_(model), api_(api), queue_(queue) {}

  void find(flow::ElementId component, Found found);
  /// The beginning of its content, at most `most` bytes; nothing where it cannot be read.
  void content(const Sample& sample, qint64 most, std::function<void(const QByteArray&)> done);

 private:
  void ask(std::vector<flow::ElementId> queues, Found found);

  const FlowModel& model_;
  ApiClient& api_;
  const QueuePanel& queue_;
};

/// `text` with its expressions, as the server evaluates it on a sample (or on nothing).
/// `done` gets the value, or what is wrong with it.
using Evaluated = std::function<void(const QString& words, bool isGood)>;
void evaluate(const FlowModel& model, ApiClient& api, flow::ElementId component,
              const QString& text, const std::optional<Sample>& sample, Evaluated done);

}  // namespace millrace::gui
