// SPDX-License-Identifier: Apache-2.0
#include "gui/app/bulletin_panel.h"

#include "gui/theme/theme.h"

#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QRegularExpression>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace millrace::gui {
namespace {

constexpr int kBulletinOf = Qt::UserRole;
constexpr int kKey = Qt::UserRole + 1;
enum BulletinColumn { kLastColumn, kLevelColumn, kTimesColumn, kWhoColumn, kMessageColumn };

}  // namespace

QString complaintKind(const QString& message) {
  // Numbers, and what is made of hexadecimal digits with one among them, such as a uuid.
  static const QRegularExpression number(
      "\\b[0-9a-fA-F]*[0-9][0-9a-fA-F]*(-[0-9a-fA-F]+)*\\b|[0-9]+");
  return QString(message).replace(number, "#");
}

BulletinPanel::BulletinPanel(const FlowModel& model, StatusStore& status, Go go, QWidget* parent)
    : QWidget(parent), model_(model), go_(std::move(go)) {
  setObjectName("panel");
  auto* layout = new QVBoxLayout(this);  // owned by the widget, as all below
  layout->setContentsMargins(2 * kUnit, kUnit, 2 * kUnit, kUnit);
  layout->setSpacing(kUnit);
  words_ = new QLineEdit(this);
  words_->setObjectName("bulletinFilter");
  words_->setAccessibleName("Filter the bulletins");
  words_->setPlaceholderText("Filter by level, component or message");
  words_->setMaximumWidth(320);
  words_->setMinimumHeight(30);
  empty_ = new QLabel("Nothing to report.", this);
  empty_->setAlignment(Qt::AlignTop);
  list_ = new QTreeWidget(this);
  list_->setObjectName("bulletins");
  list_->setAccessibleName("Bulletins");
  list_->setRootIsDecorated(false);
  list_->setHeaderLabels({"Last", "Level", "Times", "Component", "Message"});
  list_->header()->setStretchLastSection(true);
  for (const auto& [column, width] : {std::pair<int, int>{kLastColumn, 88},
                                      {kLevelColumn, 72},
                                      {kTimesColumn, 64},
                                      {kWhoColumn, 180}})
    list_->setColumnWidth(column, width);
  list_->setUniformRowHeights(true);
  list_->hide();
  words_->hide();
  layout->addWidget(words_);
  layout->addWidget(empty_, 1);
  layout->addWidget(list_, 1);
  connect(words_, &QLineEdit::textChanged, this, [this] { filter(); });
  connect(list_, &QTreeWidget::itemClicked, this, [this](QTreeWidgetItem* item) {
    go_(flow::ElementId(item->data(0, kBulletinOf).toULongLong()));
  });
  connect(&status, &StatusStore::bulletinCame, this,
          [this](const Bulletin& bulletin) { add(bulletin); });
  for (const Bulletin& bulletin : status.bulletins()) add(bulletin);
}

void BulletinPanel::add(const Bulletin& bulletin) {
  const Component* component = model_.find(bulletin.component);
  const QString name =
      component == nullptr ? QString() : QString::fromStdString(titleOf(*component));
  const QString key = QString::number(bulletin.component.raw()) + ' ' + bulletin.level + ' ' +
                      complaintKind(bulletin.message);
  Group& group = groups_[key];
  if (group.item == nullptr) {
    group.item = new QTreeWidgetItem;  // the list takes it
    group.item->setData(0, kBulletinOf, QVariant::fromValue(qulonglong(bulletin.component.raw())));
    group.item->setData(0, kKey, key);
  } else {
    list_->takeTopLevelItem(list_->indexOfTopLevelItem(group.item));
  }
  ++group.count;
  const QStringList cells{bulletin.at, bulletin.level,
                          group.count == 1 ? QString() : QString("× %1").arg(group.count), name,
                          bulletin.message};
  for (int column = 0; column < cells.size(); ++column) group.item->setText(column, cells[column]);
  group.item->setToolTip(kMessageColumn, bulletin.message);
  list_->insertTopLevelItem(0, group.item);
  group.item->setHidden(!fits(*group.item));
  while (list_->topLevelItemCount() > static_cast<int>(StatusStore::kMostBulletins)) {
    QTreeWidgetItem* oldest = list_->takeTopLevelItem(list_->topLevelItemCount() - 1);
    groups_.erase(oldest->data(0, kKey).toString());
    delete oldest;
  }
  empty_->hide();
  list_->show();
  words_->show();
}

bool BulletinPanel::fits(const QTreeWidgetItem& item) const {
  const QString wanted = words_->text().trimmed();
  for (const int column : {int(kLevelColumn), int(kWhoColumn), int(kMessageColumn)}) {
    if (item.text(column).contains(wanted, Qt::CaseInsensitive)) return true;
  }
  return false;
}

void BulletinPanel::filter() {
  for (int i = 0; i < list_->topLevelItemCount(); ++i) {
    QTreeWidgetItem* item = list_->topLevelItem(i);
    item->setHidden(!fits(*item));
  }
}

}  // namespace millrace::gui
