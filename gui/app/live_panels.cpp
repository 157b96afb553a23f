// SPDX-License-Identifier: Apache-2.0
#include "gui/app/live_panels.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace millrace::gui {
namespace {
constexpr int kComponentRole = Qt::UserRole;
}

BulletinPanel::BulletinPanel(const FlowModel& model, StatusStore& status, Go go, QWidget* parent)
    : QWidget(parent), model_(model), go_(std::move(go)) {
  setObjectName("panel");
  auto* layout = new QVBoxLayout(this);  // owned by the widget, as all below
  layout->setContentsMargins(0, 0, 0, 0);
  empty_ = new QLabel("Nothing to report.", this);
  empty_->setContentsMargins(2 * kUnit, 2 * kUnit, 2 * kUnit, 2 * kUnit);
  empty_->setAlignment(Qt::AlignTop);
  list_ = new QTreeWidget(this);
  list_->setObjectName("bulletins");
  list_->setAccessibleName("Bulletins");
  list_->setRootIsDecorated(false);
  list_->setHeaderLabels({"Time", "Level", "Component", "Message"});
  list_->header()->setStretchLastSection(true);
  list_->setColumnWidth(0, 88);
  list_->setColumnWidth(1, 72);
  list_->setColumnWidth(2, 180);
  list_->setUniformRowHeights(true);
  list_->hide();
  layout->addWidget(empty_, 1);
  layout->addWidget(list_, 1);
  connect(list_, &QTreeWidget::itemClicked, this, [this](QTreeWidgetItem* item) {
    go_(flow::ElementId(item->data(0, kComponentRole).toULongLong()));
  });
  connect(&status, &StatusStore::bulletinCame, this,
          [this](const Bulletin& bulletin) { add(bulletin); });
  for (const Bulletin& bulletin : status.bulletins()) add(bulletin);
}

void BulletinPanel::add(const Bulletin& bulletin) {
  const Component* component = model_.find(bulletin.component);
  auto* item = new QTreeWidgetItem(
      {bulletin.at, bulletin.level,
       component == nullptr ? QString() : QString::fromStdString(titleOf(*component)),
       bulletin.message});
  item->setData(0, kComponentRole, QVariant::fromValue(qulonglong(bulletin.component.raw())));
  item->setToolTip(3, bulletin.message);
  list_->insertTopLevelItem(0, item);
  while (list_->topLevelItemCount() > static_cast<int>(StatusStore::kMostBulletins))
    delete list_->takeTopLevelItem(list_->topLevelItemCount() - 1);
  empty_->hide();
  list_->show();
}

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
  setVisible(lost || !link_.trouble().isEmpty());
  if (isHidden()) return;
  QString text = link_.trouble();
  if (!text.isEmpty()) text[0] = text[0].toUpper();
  if (lost)
    text = "No line to the server" + (text.isEmpty() ? QString() : " (" + text + ")") +
           ". Go on working: your edits are kept and sent when it is back.";
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
      return "● Live, " + where;
    default:
      return "○ No line to " + where;
  }
}

}  // namespace millrace::gui
