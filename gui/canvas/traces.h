// SPDX-License-Identifier: Apache-2.0
#pragma once
// Traces: what is drawn over the flow for a while: lines from a controller service to those who use
// it, and the way that a FlowFile took. Nothing of it is in the flow.
// Threads: the GUI thread.

#include "gui/model/flow_editor.h"

#include <QObject>
#include <QPolygonF>
#include <QRectF>
#include <vector>

class QPainter;

namespace millrace::gui {

class FlowView;

/// A service that stands beside its users as long as it, or one of them, is chosen.
struct ServiceLink {
  flow::ElementId service;
  QString text;
  bool enabled = true;
  QRectF sign;                ///< in the scene
  std::vector<QLineF> lines;  ///< from the sign to each user that is shown
};

/// Where a FlowFile was.
struct TrailStep {
  flow::ElementId node;  ///< as it is shown: of what is inside a group the group
  int number = 1;
};

class Traces : public QObject {
 public:
  static constexpr std::size_t kMostServices = 4;

  /// Owned by the view.
  explicit Traces(FlowView& view);

  /// Until something is chosen on the canvas.
  void showServices(const Ids& services);
  const Ids& services() const { return services_; }
  /// Components in the order in which a FlowFile came to them; all else is dimmed. Empty: no more.
  void follow(std::vector<flow::ElementId> components);
  bool isFollowing() const { return !trail_.empty(); }
  /// Something is drawn, which follows what is moved.
  bool isShown() const { return !trail_.empty() || !used_.empty(); }

  std::vector<ServiceLink> links() const;
  /// Of the shown group.
  std::vector<TrailStep> steps() const;
  /// Wires of the shown group that it took.
  Ids wires() const;

  /// Under the boxes and the labels of wires.
  void paintBelow(QPainter& painter) const;
  void paint(QPainter& painter) const;

 private:
  struct Used {
    flow::ElementId service;
    Ids users;
  };

  void followSelection();
  void lookUp();
  void light();
  flow::ElementId shownFor(flow::ElementId component) const;
  QRectF placeFor(const std::vector<QRectF>& boxes, QSizeF size,
                  const std::vector<ServiceLink>& before) const;

  FlowView& view_;
  Ids services_;
  std::vector<Used> used_;
  std::vector<flow::ElementId> trail_;
};

}  // namespace millrace::gui
