// SPDX-License-Identifier: Apache-2.0
#include "gui/app/outline_panel.h"

#include "engine/flow/elements.h"
#include "gui/app/data_table.h"
#include "gui/canvas/glyphs.h"

#include <QHeaderView>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

namespace millrace::gui {

using flow::ElementId;
using flow::ElementKind;

namespace {

constexpr int kOutlineRole = Qt::UserRole;
constexpr int kGatherMillis = 60;

ElementId outlined(const QTreeWidgetItem& item) {
  return ElementId(item.data(0, kOutlineRole).toULongLong());
}

QString kindOf(const Component& component) {
  if (component.processor() != nullptr) return inQt(component.processor()->type);
  QString kind = inQt(std::string(flow::kindName(component.kind)));
  if (!kind.isEmpty()) kind[0] = kind[0].toUpper();
  return kind;
}

}  // namespace

OutlinePanel::OutlinePanel(FlowView& view, QWidget* parent) : QWidget(parent), view_(view) {
  setObjectName("panel");
  auto* layout = new QVBoxLayout(this);  // owned by the widget, as all below
  layout->setContentsMargins(kUnit, kUnit, kUnit, kUnit);
  tree_ = new QTreeWidget(this);
  tree_->setObjectName("outline");
  tree_->setAccessibleName("Outline of the flow");
  tree_->setHeaderLabels({"Name", "State"});
  tree_->header()->setStretchLastSection(false);
  tree_->header()->setSectionResizeMode(0, QHeaderView::Stretch);
  tree_->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
  tree_->setSelectionMode(QAbstractItemView::ExtendedSelection);
  tree_->setUniformRowHeights(true);
  layout->addWidget(tree_);
  soon_.setSingleShot(true);
  soon_.setInterval(kGatherMillis);
  FlowModel& model = view.editor().model();
  connect(&soon_, &QTimer::timeout, this, [this] {
    isStale_ = !isVisible();
    if (!isStale_) rebuild();
  });
  connect(&model, &FlowModel::changed, this, [this] { soon_.start(); });
  connect(&model, &FlowModel::wasReset, this, [this] { soon_.start(); });
  connect(view.flowScene().style().status, &StatusStore::changed, this, [this] { refresh(); });
  connect(&view.flowScene(), &QGraphicsScene::selectionChanged, this, [this] { followCanvas(); });
  connect(&view.flowScene(), &FlowScene::groupShown, this, [this] { followCanvas(); });
  connect(tree_, &QTreeWidget::itemSelectionChanged, this, [this] { goTo(); });
  connect(tree_, &QTreeWidget::itemActivated, this, [this](QTreeWidgetItem* item) {
    const Component* component = view_.editor().model().find(outlined(*item));
    if (component != nullptr && component->kind == ElementKind::kGroup)
      view_.enterGroup(component->id());
  });
  rebuild();
}

void OutlinePanel::rebuild() {
  following_ = true;
  tree_->clear();
  items_.clear();
  add(nullptr, kRootGroup);
  tree_->expandAll();
  following_ = false;
  followCanvas();
}

void OutlinePanel::add(QTreeWidgetItem* parent, ElementId group) {
  const FlowModel& model = view_.editor().model();
  if (model.find(group) == nullptr) return;
  Ids ids = model.nodesIn(group);
  const Ids& services = model.servicesIn(group);
  ids.insert(ids.end(), services.begin(), services.end());
  for (const ElementId id : ids) {
    const Component& component = *model.find(id);
    auto* item = parent == nullptr ? new QTreeWidgetItem(tree_) : new QTreeWidgetItem(parent);
    item->setData(0, kOutlineRole, QVariant::fromValue(qulonglong(id.raw())));
    items_[id] = item;
    describe(*item, component);
    if (component.kind == ElementKind::kGroup) add(item, id);
  }
}

void OutlinePanel::describe(QTreeWidgetItem& item, const Component& component) {
  const CanvasStyle& style = view_.flowScene().style();
  const QString name = inQt(titleOf(component)).section('\n', 0, 0);
  const bool runs = component.processor() != nullptr || component.port() != nullptr;
  const QString state = runs ? lampName(lampOf(component, style)) : QString();
  QString spoken = name + ", " + kindOf(component) + (state.isEmpty() ? "" : ", " + state);
  const auto problems = style.problems.find(component.id());
  if (problems != style.problems.end()) {
    for (const QString& problem : problems->second) spoken += "; " + problem;
  }
  item.setText(0, name);
  item.setText(1, state);
  item.setToolTip(0, spoken);
  item.setData(0, Qt::AccessibleTextRole, spoken);
}

void OutlinePanel::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  if (std::exchange(isStale_, false)) rebuild();
}

void OutlinePanel::refresh() {
  if (!isVisible()) {
    isStale_ = true;
    return;
  }
  const FlowModel& model = view_.editor().model();
  for (const auto& [id, item] : items_) {
    if (const Component* component = model.find(id)) describe(*item, *component);
  }
}

void OutlinePanel::followCanvas() {
  if (following_) return;
  following_ = true;
  tree_->clearSelection();
  for (const ElementId id : view_.flowScene().selectedNodes()) {
    const auto found = items_.find(id);
    if (found == items_.end()) continue;
    found->second->setSelected(true);
    tree_->scrollToItem(found->second);
  }
  following_ = false;
}

void OutlinePanel::goTo() {
  if (following_) return;
  following_ = true;
  Ids ids;
  for (const QTreeWidgetItem* item : tree_->selectedItems()) ids.push_back(outlined(*item));
  const FlowModel& model = view_.editor().model();
  // One group is shown at a time: that of the first.
  std::erase_if(ids, [&](ElementId id) {
    const Component* one = model.find(id);
    return one == nullptr || !one->isNode();
  });
  if (!ids.empty()) {
    view_.reveal(ids.front());
    view_.flowScene().select(ids);
  }
  following_ = false;
}

}  // namespace millrace::gui
