// SPDX-License-Identifier: Apache-2.0
#include "gui/canvas/minimap.h"

#include "gui/canvas/flow_view.h"
#include "gui/canvas/gesture_seam.h"
#include "gui/canvas/node_item.h"
#include "gui/canvas/overview_painter.h"

#include <QMouseEvent>
#include <QPainter>
#include <algorithm>

namespace millrace::gui {
namespace {
constexpr int kFiguresAfterMillis = 100;
}

Minimap::Minimap(FlowView& view) : QWidget(view.viewport()), view_(view) {
  setObjectName("minimap");
  setAccessibleName("Minimap");
  setFixedSize(208, 136);
  view.installEventFilter(this);
  connect(&view, &FlowView::viewMoved, this, [this] {
    place();  // scrolling took it along
    update();
  });
  connect(&view.flowScene(), &QGraphicsScene::selectionChanged, this, [this] { update(); });
  connect(&view.editor().model(), &FlowModel::changed, this, [this] {
    place();
    update();
  });
  figures_.setSingleShot(true);
  figures_.setInterval(kFiguresAfterMillis);
  connect(&figures_, &QTimer::timeout, this, [this] { update(); });
  connect(view.flowScene().style().status, &StatusStore::changed, this,
          [this] { figures_.start(); });
  place();
}

void Minimap::place() {
  move(view_.width() - width() - 16, view_.height() - height() - 16);
  setVisible(!isInTheWay());
}

// Where all is in sight it helps nobody, and must not lie on what is looked at.
bool Minimap::isInTheWay() const {
  const FlowScene& scene = view_.flowScene();
  if (scene.nodes().empty()) return true;
  const QRectF shown = view_.mapToScene(view_.viewport()->rect()).boundingRect();
  if (!shown.contains(scene.contentRect())) return false;
  const QRectF here = view_.mapToScene(geometry()).boundingRect();
  return std::any_of(scene.nodes().begin(), scene.nodes().end(),
                     [&](const auto& each) { return each.second->box().intersects(here); });
}

bool Minimap::eventFilter(QObject*, QEvent* event) {
  if (event->type() == QEvent::Resize) place();
  return false;
}

QTransform Minimap::toScene() const {
  const QRectF shown = view_.mapToScene(view_.viewport()->rect()).boundingRect();
  const QRectF content = view_.flowScene().contentRect();
  // What is shown counts only as far as it is near the content: else a far view shrinks the map.
  QRectF all =
      content.adjusted(-40, -40, 40, 40) | (shown & content.adjusted(-600, -600, 600, 600));
  if (all.isEmpty()) all = shown;
  const double scale = std::min((width() - 12) / all.width(), (height() - 12) / all.height());
  QTransform transform;
  transform.translate(all.center().x(), all.center().y());
  transform.scale(1 / scale, 1 / scale);
  transform.translate(-width() / 2.0, -height() / 2.0);
  return transform;
}

void Minimap::paintEvent(QPaintEvent*) {
  const Theme& theme = *view_.flowScene().style().theme;
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(theme.line, 1));
  painter.setBrush(theme.panel);
  painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 10, 10);
  painter.setClipRect(rect().adjusted(2, 2, -2, -2));
  const QTransform map = toScene().inverted();
  paintMap(map);
  painter.drawPixmap(0, 0, map_);
  const QRectF shown = view_.mapToScene(view_.viewport()->rect()).boundingRect();
  QColor veil = theme.accent;
  veil.setAlpha(24);
  painter.setBrush(veil);
  painter.setPen(QPen(theme.accent, 1.5));
  painter.drawRoundedRect(map.mapRect(shown).intersected(QRectF(rect()).adjusted(3, 3, -3, -3)), 4,
                          4);
}

void Minimap::paintMap(const QTransform& toMap) {
  const quint64 version = view_.flowScene().overviewVersion();
  const double ratio = devicePixelRatioF();
  // The canvas shows new figures first: the map has its own frame for them.
  if (figures_.isActive() && toMap == mapped_ && !map_.isNull()) return;
  if (version == version_ && toMap == mapped_ && map_.devicePixelRatioF() == ratio) return;
  version_ = version;
  mapped_ = toMap;
  map_ = QPixmap(size() * ratio);
  map_.setDevicePixelRatio(ratio);
  map_.fill(Qt::transparent);
  QPainter painter(&map_);
  painter.setTransform(toMap);
  paintOverview(painter, view_.flowScene(), QRectF(-1e9, -1e9, 2e9, 2e9), 1e9);
}

void Minimap::go(QPointF at) {
  view_.centerOn(toScene().map(at));
  view_.viewport()->update();
  update();
}

void Minimap::mousePressEvent(QMouseEvent* event) {
  if (gestureWorks("click into the minimap")) go(event->position());
}

void Minimap::mouseMoveEvent(QMouseEvent* event) {
  if (event->buttons() & Qt::LeftButton && gestureWorks("drag in the minimap"))
    go(event->position());
}

}  // namespace millrace::gui
