// SPDX-License-Identifier: Apache-2.0
#include "gui/canvas/empty_hint.h"

#include "gui/canvas/flow_view.h"
#include "gui/canvas/quick_add.h"

#include <QEvent>
#include <QPainter>

namespace millrace::gui {
namespace {

constexpr const char* kTitle = "Nothing here yet";
constexpr const char* kWords =
    "Press Tab or double click and type what you need, for example “split”,\n"
    "or drag a processor from the palette.";

}  // namespace

EmptyHint::EmptyHint(FlowView& view, QWidget& quickAdd)
    : QWidget(view.viewport()), view_(view), quickAdd_(quickAdd) {
  setObjectName("emptyHint");
  setAttribute(Qt::WA_TransparentForMouseEvents);
  setFixedSize(560, 96);
  view.installEventFilter(this);
  quickAdd.installEventFilter(this);
  connect(&view.editor().model(), &FlowModel::changed, this, [this] { refresh(); });
  connect(&view.flowScene(), &FlowScene::groupShown, this, [this] { refresh(); });
  // Scrolling takes what lies in the viewport along.
  connect(&view, &FlowView::viewMoved, this, [this] { refresh(); });
  say({}, {});
}

void EmptyHint::say(const QString& title, const QString& words) {
  title_ = title.isEmpty() ? QString(kTitle) : title;
  words_ = title.isEmpty() ? QString(kWords) : words;
  setAccessibleName(QString("%1. %2").arg(title_, words_).replace('\n', ' '));
  refresh();
  update();
}

void EmptyHint::refresh() {
  setVisible(view_.flowScene().nodes().empty() && !quickAdd_.isVisible());
  move((view_.viewport()->width() - width()) / 2, (view_.viewport()->height() - height()) / 2);
}

bool EmptyHint::eventFilter(QObject*, QEvent* event) {
  if (event->type() == QEvent::Resize || event->type() == QEvent::Show ||
      event->type() == QEvent::Hide)
    refresh();
  return false;
}

void EmptyHint::paintEvent(QPaintEvent*) {
  const Theme& theme = *view_.flowScene().style().theme;
  QPainter painter(this);
  painter.setPen(theme.text);
  painter.setFont(interfaceFont(18, QFont::DemiBold));
  painter.drawText(QRect(0, 0, width(), 40), Qt::AlignCenter, title_);
  painter.setPen(theme.muted);
  painter.setFont(interfaceFont(13));
  painter.drawText(QRect(0, 40, width(), 56), Qt::AlignCenter, words_);
}

}  // namespace millrace::gui
