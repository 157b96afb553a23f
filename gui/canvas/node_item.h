// SPDX-License-Identifier: Apache-2.0
#pragma once
// NodeItem: a box on the canvas (processor, port, funnel, note, group), painted from the model with
// as much detail as the zoom shows. One item, no children, no QObject: ten thousand cost little.

#include "gui/canvas/canvas_style.h"

#include <QGraphicsItem>

namespace millrace::gui {

class NodeItem : public QGraphicsItem {
 public:
  enum { Type = UserType + 1 };
  NodeItem(flow::ElementId id, const CanvasStyle& style);

  flow::ElementId component() const { return id_; }
  int type() const override { return Type; }
  QRectF boundingRect() const override;
  QPainterPath shape() const override;
  void paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) override;
  /// After a change of the component.
  void refresh();
  /// While the corner of a note is dragged; refresh() ends it.
  void showSize(const QSizeF& size);
  QRectF box() const { return {pos(), size_}; }

 private:
  void paintCard(QPainter& painter, const Component& component, double detail);
  void paintNote(QPainter& painter, const Component& component, double detail);
  void paintFunnel(QPainter& painter);
  void paintText(QPainter& painter, const Component& component);
  void paintCounters(QPainter& painter, const Component& component);
  void paintHandles(QPainter& painter, const Component& component);
  void paintRate(QPainter& painter, const Component& component);
  void paintTrail(QPainter& painter, const ComponentStatus& status, const QRectF& row);
  void paintHeat(QPainter& painter, const ComponentStatus& status, double detail);
  void paintBadges(QPainter& painter, const ComponentStatus& status, QPointF lamp);
  void paintLamp(QPainter& painter, const Component& component, QPointF centre);
  QColor frame() const;

  flow::ElementId id_;
  const CanvasStyle& style_;
  QSizeF size_;
  QString name_;  ///< shortened to fit
  QString detail_;
};

/// The lamp that a component shows: the server's word, else what the file and validation say.
Lamp lampOf(const Component& component, const CanvasStyle& style);
QString lampName(Lamp lamp);

}  // namespace millrace::gui
