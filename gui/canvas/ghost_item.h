// SPDX-License-Identifier: Apache-2.0
#pragma once
// GhostItem: what a flow had and has no more, drawn where it was while two flows are compared: a
// dashed box with its name, or a dashed wire. It takes no clicks. Threads: the GUI thread.

#include "gui/canvas/canvas_style.h"

#include <QGraphicsItem>
#include <QPolygonF>

namespace millrace::gui {

class GhostItem : public QGraphicsItem {
 public:
  enum { Type = UserType + 3 };
  /// A box in the scene.
  GhostItem(const QRectF& box, QString name, const CanvasStyle& style);
  /// A wire in the scene.
  GhostItem(QPolygonF line, const CanvasStyle& style);

  int type() const override { return Type; }
  const QRectF& box() const { return box_; }
  QRectF boundingRect() const override;
  QPainterPath shape() const override { return {}; }
  void paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) override;

 private:
  QRectF box_;
  QPolygonF line_;
  QString name_;
  const CanvasStyle& style_;
};

/// What a mark is drawn in; never the only sign of it.
QColor markColour(Mark mark, const Theme& theme);
/// "+ added" and the like, as a label at the upper edge of a box. Scene coordinates.
void paintMarkLabel(QPainter& painter, Mark mark, const QRectF& box, const Theme& theme);

}  // namespace millrace::gui
