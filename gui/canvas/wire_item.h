// SPDX-License-Identifier: Apache-2.0
#pragma once
// WireItem: a connection: a line with an arrow, its relationships and its queue in a small label.
// Paints only the pieces that are shown.

#include "gui/canvas/canvas_style.h"
#include "gui/canvas/wire_geometry.h"

#include <QGraphicsItem>

namespace millrace::gui {

class WireItem : public QGraphicsItem {
 public:
  enum { Type = UserType + 2 };
  WireItem(flow::ElementId id, const CanvasStyle& style);

  flow::ElementId component() const { return id_; }
  int type() const override { return Type; }
  QRectF boundingRect() const override { return geometry_.bounds; }
  QPainterPath shape() const override;
  void paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) override;

  const WireGeometry& geometry() const { return geometry_; }
  /// After a change of the connection or of what it connects.
  void route(const WireEnds& ends, const std::vector<QPointF>& bends);
  void refresh();
  /// Paints what its queue says now: the label alone while the line has its colour, for around a
  /// long line lies most of what is in sight.
  void showFigures();
  /// The line was painted in another colour than it has now.
  bool isOffColour() const { return painted_.isValid() && painted_ != colour(); }
  QRectF labelBox() const;
  /// The bend whose handle is at a point; -1: none.
  int bendAt(QPointF point) const;

 private:
  void paintLine(QPainter& painter, const QRectF& exposed, double detail);
  void paintLabel(QPainter& painter);
  QColor colour() const;

  flow::ElementId id_;
  const CanvasStyle& style_;
  WireGeometry geometry_;
  QString label_;
  QSizeF labelSize_;
  bool hasQueue_ = false;  ///< the label has room for figures
  QColor painted_;         ///< not valid: never
};

}  // namespace millrace::gui
