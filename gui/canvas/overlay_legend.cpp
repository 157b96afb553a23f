// SPDX-License-Identifier: Apache-2.0
#include "gui/canvas/overlay_legend.h"

#include "gui/canvas/flow_view.h"

#include <QEvent>
#include <QLinearGradient>
#include <QPainter>

namespace millrace::gui {

OverlayLegend::OverlayLegend(FlowView& view) : QWidget(view.viewport()), view_(view) {
  setObjectName("overlayLegend");
  setAttribute(Qt::WA_TransparentForMouseEvents);
  setFixedSize(224, 56);
  view.installEventFilter(this);
  connect(&view.flowScene(), &FlowScene::overlayChanged, this, [this] { refresh(); });
  // Scrolling takes what lies in the viewport along.
  connect(&view, &FlowView::viewMoved, this, [this] { refresh(); });
  refresh();
}

QString OverlayLegend::words() const {
  const CanvasStyle& style = view_.flowScene().style();
  if (style.overlayMost <= 0) return overlayName(style.overlay) + ": nothing yet";
  return overlayName(style.overlay) + ": up to " + overlayWords(style.overlay, style.overlayMost);
}

void OverlayLegend::refresh() {
  const bool shown = view_.flowScene().style().overlay != Overlay::kNone;
  setVisible(shown);
  if (!shown) return;
  setAccessibleName(words());
  move(16, view_.height() - height() - 16);
  update();
}

bool OverlayLegend::eventFilter(QObject*, QEvent* event) {
  if (event->type() == QEvent::Resize) refresh();
  return false;
}

void OverlayLegend::paintEvent(QPaintEvent*) {
  const Theme& theme = *view_.flowScene().style().theme;
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(theme.line, 1));
  painter.setBrush(theme.panel);
  painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 10, 10);
  painter.setFont(interfaceFont(12));
  painter.setPen(theme.text);
  painter.drawText(QRectF(14, 8, width() - 28, 20), Qt::AlignVCenter, words());
  const QRectF bar(14, 36, width() - 28, 8);
  QLinearGradient ramp(bar.topLeft(), bar.topRight());
  for (const double at : {0.0, 0.5, 1.0}) ramp.setColorAt(at, heatColour(theme, at));
  painter.setPen(Qt::NoPen);
  painter.setBrush(ramp);
  painter.drawRoundedRect(bar, 4, 4);
}

}  // namespace millrace::gui
