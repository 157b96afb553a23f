// SPDX-License-Identifier: Apache-2.0
#include "gui/app/compare_panel.h"

#include "gui/theme/fields.h"
#include "gui/theme/theme.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace millrace::gui {

using flow::ElementId;

namespace {

constexpr int kCompareAgainAfterMillis = 150;
constexpr int kIdRole = Qt::UserRole;
constexpr int kSharedContextRole = Qt::UserRole + 1;
constexpr const char* kNothingCompared =
    "File › Compare shows here what differs from the saved file or from another one.";

QString oneLine(QString value) {
  if (value.isEmpty()) return "–";
  return value.replace('\n', "⏎");
}

}  // namespace

ComparePanel::ComparePanel(const FlowModel& model, Acts acts, QWidget* parent)
    : QWidget(parent), model_(model), acts_(std::move(acts)) {
  setObjectName("panel");
  auto* layout = new QVBoxLayout(this);  // owned by the widget, as all below
  layout->setContentsMargins(2 * kUnit, kUnit, 2 * kUnit, kUnit);
  layout->setSpacing(kUnit);
  auto* head = new QHBoxLayout;
  head->setSpacing(kUnit);
  title_ = new QLabel(kNothingCompared, this);
  title_->setObjectName("compareTitle");
  moved_ = new TickBox("Positions, too", this);
  moved_->setObjectName("compareMoved");
  previous_ = new QPushButton("Previous", this);
  previous_->setObjectName("comparePrevious");
  next_ = new QPushButton("Next", this);
  next_->setObjectName("compareNext");
  backTo_ = new QPushButton("Back to it…", this);
  backTo_->setObjectName("compareBack");
  stop_ = new QPushButton("Stop comparing", this);
  stop_->setObjectName("compareStop");
  head->addWidget(title_, 1);
  head->addWidget(moved_);
  head->addWidget(previous_);
  head->addWidget(next_);
  head->addWidget(backTo_);
  head->addWidget(stop_);
  layout->addLayout(head);
  tree_ = new QTreeWidget(this);
  tree_->setObjectName("differences");
  tree_->setAccessibleName("Differences");
  tree_->setHeaderLabels({"Component or setting", "What", "Before", "After"});
  tree_->header()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  tree_->setUniformRowHeights(true);
  for (const auto& [column, width] : {std::pair{0, 304}, {1, 96}, {2, 320}})
    tree_->setColumnWidth(column, width);
  layout->addWidget(tree_, 1);
  soon_.setSingleShot(true);
  soon_.setInterval(kCompareAgainAfterMillis);
  connect(&soon_, &QTimer::timeout, this, [this] { refresh(); });
  connect(&model, &FlowModel::changed, this, [this] {
    if (older_) soon_.start();
  });
  connect(&model, &FlowModel::wasReset, this, [this] { stop(); });
  connect(moved_, &QCheckBox::toggled, this, [this] { refresh(); });
  connect(previous_, &QPushButton::clicked, this, [this] { step(Step::kPrevious); });
  connect(next_, &QPushButton::clicked, this, [this] { step(Step::kNext); });
  connect(backTo_, &QPushButton::clicked, this, [this] {
    if (back_) back_();
  });
  connect(stop_, &QPushButton::clicked, this, [this] {
    if (acts_.stopped) return acts_.stopped();
    stop();
  });
  connect(tree_, &QTreeWidget::itemClicked, this, [this](QTreeWidgetItem* item) { choose(item); });
  connect(tree_, &QTreeWidget::itemActivated, this,
          [this](QTreeWidgetItem* item) { choose(item); });
  refresh();
}

void ComparePanel::compareWith(flow::Flow older, const QString& name, std::function<void()> back) {
  back_ = std::move(back);
  older_ = std::move(older);
  name_ = name;
  refresh();
}

void ComparePanel::stop() {
  older_.reset();
  soon_.stop();
  refresh();
}

void ComparePanel::refresh() {
  comparison_ = older_ ? FlowComparison(*older_, model_) : FlowComparison();
  tree_->clear();
  for (const ComparedComponent& component : comparison_.components()) {
    if (component.mark == Mark::kMoved && !moved_->isChecked()) continue;
    auto* row = new QTreeWidgetItem(tree_);  // owned by the tree
    row->setText(0, component.isContext        ? "Shared context “" + component.path + "”"
                    : component.path.isEmpty() ? "The flow"
                                               : component.path);
    row->setData(0, kSharedContextRole, component.isContext ? component.path : QString());
    row->setText(1, markName(component.mark));
    row->setData(0, kIdRole, static_cast<qulonglong>(component.id.raw()));
    for (const ComparedDetail& detail : component.details) {
      auto* line = new QTreeWidgetItem(row);  // owned by its row
      const QStringList words{detail.what, {}, oneLine(detail.before), oneLine(detail.after)};
      for (int column = 0; column < 4; ++column) {
        line->setText(column, words[column]);
        line->setToolTip(column, words[column]);
      }
      line->setData(0, kIdRole, static_cast<qulonglong>(component.id.raw()));
      line->setData(0, kSharedContextRole, row->data(0, kSharedContextRole));
    }
    row->setExpanded(true);
  }
  title_->setText(older_ ? "Compared with " + name_ + ":  " + comparison_.words()
                         : QString(kNothingCompared));
  for (QPushButton* button : {previous_, next_}) button->setEnabled(tree_->topLevelItemCount() > 0);
  for (QWidget* one : std::initializer_list<QWidget*>{stop_, moved_}) one->setEnabled(isActive());
  backTo_->setVisible(older_ && back_);
  acts_.mark(comparison_);
}

void ComparePanel::choose(QTreeWidgetItem* item) {
  const QString context = item->data(0, kSharedContextRole).toString();
  if (!context.isEmpty()) {
    if (acts_.openContext) acts_.openContext(context.toStdString());
    return;
  }
  const ElementId id(item->data(0, kIdRole).toULongLong());
  if (model_.find(id) != nullptr) return acts_.go(id);
  // What is gone has no place but the group that held it.
  for (const ComparedComponent& component : comparison_.components()) {
    if (component.id == id && model_.find(component.group) != nullptr) acts_.go(component.group);
  }
}

void ComparePanel::step(Step step) {
  const int rows = tree_->topLevelItemCount();
  if (rows == 0) return;
  QTreeWidgetItem* now = tree_->currentItem();
  while (now != nullptr && now->parent() != nullptr) now = now->parent();
  const int before =
      now == nullptr ? (step == Step::kNext ? -1 : rows) : tree_->indexOfTopLevelItem(now);
  QTreeWidgetItem* next = tree_->topLevelItem((before + static_cast<int>(step) + rows) % rows);
  tree_->setCurrentItem(next);
  choose(next);
}

}  // namespace millrace::gui
