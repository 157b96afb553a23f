// SPDX-License-Identifier: Apache-2.0
#include "gui/app/link_banner.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>

namespace millrace::gui {

LinkBanner::LinkBanner(LiveLink& link, QWidget* over) : QFrame(over), link_(link) {
  setObjectName("popup");
  setAccessibleName("State of the server");
  auto* row = new QHBoxLayout(this);  // owned by the widget
  row->setContentsMargins(2 * kUnit, kUnit, 2 * kUnit, kUnit);
  text_ = new QLabel(this);
  text_->setObjectName("bannerText");
  text_->setWordWrap(true);
  row->addWidget(text_);
  over->installEventFilter(this);
  connect(&link, &LiveLink::stateChanged, this, [this] { refresh(); });
  refresh();
}

void LinkBanner::setTheme(const Theme& theme) {
  text_->setStyleSheet("color:" + theme.warning.name());
}

void LinkBanner::refresh() {
  const bool lost = link_.state() == LinkState::kLost;
  // Who is asked for a name has something to do already, at the same place.
  setVisible(!link_.asksWho() && (lost || !link_.trouble().isEmpty()));
  if (isHidden()) return;
  QString text = link_.trouble();
  if (!text.isEmpty()) text[0] = text[0].toUpper();
  if (lost)
    text = "No line to the server" + (text.isEmpty() ? QString() : " (" + text + ")") +
           (link_.hasFlow() ? ". Go on working: your edits are kept and sent when it is back."
                            : ". Studio goes on trying.");
  text_->setText(text);
  const int width = std::min(640, parentWidget()->width() - 64);
  setFixedWidth(std::max(160, width));
  adjustSize();
  move((parentWidget()->width() - this->width()) / 2, 16);
  raise();
}

bool LinkBanner::eventFilter(QObject*, QEvent* event) {
  if (event->type() == QEvent::Resize) refresh();
  return false;
}

QString linkWords(const LiveLink& link) {
  const QString where = link.isRemote()
                            ? link.base().host() + ':' + QString::number(link.base().port(80))
                            : QString("private server");
  switch (link.state()) {
    case LinkState::kOff:
      return "Not connected";
    case LinkState::kConnecting:
      return "Connecting to " + where + "…";
    case LinkState::kLive:
      return "● Live, " + (link.user().isEmpty() ? QString() : link.user() + " at ") + where;
    default:
      return "○ No line to " + where;
  }
}

}  // namespace millrace::gui
