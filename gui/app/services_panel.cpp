// SPDX-License-Identifier: Apache-2.0
#include "gui/app/services_panel.h"

#include "gui/app/data_table.h"
#include "gui/model/users_of.h"
#include "gui/theme/theme.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QMenu>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace millrace::gui {

using flow::ElementId;
using flow::ElementKind;

namespace {

constexpr int kServiceRole = Qt::UserRole;

ElementId serviceOf(const QTreeWidgetItem& item) {
  return ElementId(item.data(0, kServiceRole).toULongLong());
}

QString names(const FlowModel& model, const Ids& ids) {
  constexpr std::size_t kMost = 5;
  QStringList list;
  for (std::size_t i = 0; i < ids.size() && i < kMost; ++i)
    list << "“" + inQt(titleOf(*model.find(ids[i]))) + "”";
  if (ids.size() > kMost) list << QString("%1 more").arg(ids.size() - kMost);
  return list.join(", ");
}

}  // namespace

ServicesPanel::ServicesPanel(FlowEditor& editor, Acts acts, QWidget* parent)
    : QWidget(parent), editor_(editor), acts_(std::move(acts)) {
  setObjectName("panel");
  auto* layout = new QVBoxLayout(this);  // owned by the widget, as all below
  layout->setContentsMargins(2 * kUnit, kUnit, 2 * kUnit, kUnit);
  layout->setSpacing(kUnit);
  auto* head = new QHBoxLayout;
  head->setSpacing(kUnit);
  const auto button = [&](const QString& words, const QString& name) {
    auto* made = new QPushButton(words, this);
    made->setObjectName(name);
    head->addWidget(made);
    return made;
  };
  add_ = button("Add a service", "serviceAdd");
  add_->setMenu(new QMenu(add_));
  add_->menu()->setObjectName("serviceTypes");
  enable_ = button("Enable", "serviceEnable");
  disable_ = button("Disable", "serviceDisable");
  remove_ = button("Remove", "serviceRemove");
  head->addStretch(1);
  layout->addLayout(head);
  tree_ = new QTreeWidget(this);
  tree_->setObjectName("services");
  tree_->setAccessibleName("Controller services and who uses them");
  tree_->setHeaderLabels({"Service", "Type", "Group", "State", "Used by"});
  for (const auto& [column, width] : {std::pair{0, 240}, {1, 240}, {2, 160}, {3, 104}})
    tree_->setColumnWidth(column, width);
  tree_->header()->setStretchLastSection(true);
  layout->addWidget(tree_, 1);
  connect(add_->menu(), &QMenu::aboutToShow, this, [this] { fillTypes(); });
  connect(enable_, &QPushButton::clicked, this, [this] { enable(true); });
  connect(disable_, &QPushButton::clicked, this, [this] { enable(false); });
  connect(remove_, &QPushButton::clicked, this, [this] { remove(); });
  connect(tree_, &QTreeWidget::currentItemChanged, this, [this](QTreeWidgetItem* item) {
    for (QPushButton* one : {enable_, disable_, remove_}) one->setEnabled(item != nullptr);
    if (item == nullptr) return;
    if (item->parent() == nullptr) return acts_.configure(serviceOf(*item));
    acts_.go(serviceOf(*item));
  });
  connect(&editor.model(), &FlowModel::changed, this, [this] { refresh(); });
  connect(&editor.model(), &FlowModel::wasReset, this, [this] { refresh(); });
  refresh();
}

ElementId ServicesPanel::chosen() const {
  const QTreeWidgetItem* item = tree_->currentItem();
  if (item == nullptr) return {};
  return serviceOf(item->parent() == nullptr ? *item : *item->parent());
}

void ServicesPanel::refresh() {
  const QSignalBlocker quiet(tree_);
  const ElementId kept = chosen();
  const FlowModel& model = editor_.model();
  tree_->clear();
  Ids services;
  for (const auto& [id, component] : model.components()) {
    if (component.kind == ElementKind::kService) services.push_back(id);
  }
  std::sort(services.begin(), services.end(),
            [&](ElementId a, ElementId b) { return model.pathOf(a) < model.pathOf(b); });
  for (const ElementId id : services) {
    const Component& component = *model.find(id);
    const auto& service = std::get<flow::Service>(component.value);
    const Ids users = usersOfService(model, editor_.types(), id);
    auto* item = new QTreeWidgetItem(
        tree_, {inQt(service.name), inQt(service.type), inQt(titleOf(*model.find(component.group))),
                service.enabled ? "● enabled" : "○ disabled",
                users.empty() ? QString("nobody") : names(model, users)});
    item->setData(0, kServiceRole, QVariant::fromValue(qulonglong(id.raw())));
    for (const ElementId user : users) {
      const Component& one = *model.find(user);
      auto* child = new QTreeWidgetItem(
          item, {inQt(titleOf(one)),
                 inQt(one.processor() != nullptr ? one.processor()->type
                                                 : std::get<flow::Service>(one.value).type),
                 inQt(titleOf(*model.find(one.group)))});
      child->setData(0, kServiceRole, QVariant::fromValue(qulonglong(user.raw())));
    }
    if (id == kept) tree_->setCurrentItem(item);
  }
  tree_->expandAll();
  for (QPushButton* one : {enable_, disable_, remove_}) one->setEnabled(chosen() != ElementId{});
}

void ServicesPanel::fillTypes() {
  QMenu* menu = add_->menu();
  menu->clear();
  for (const std::string& type : editor_.types().catalog().types(flow::ComponentKind::kService))
    menu->addAction(inQt(type), this, [this, type] { add(type); });
  if (menu->isEmpty())
    menu->addAction("There is no server that says which there are")->setEnabled(false);
}

void ServicesPanel::add(const std::string& type) {
  const ElementId id = editor_.addService(acts_.group(), type);
  for (int i = 0; i < tree_->topLevelItemCount(); ++i) {
    if (serviceOf(*tree_->topLevelItem(i)) == id) tree_->setCurrentItem(tree_->topLevelItem(i));
  }
}

void ServicesPanel::enable(bool on) {
  const ElementId id = chosen();
  const Component* component = editor_.model().find(id);
  if (component == nullptr) return;
  const QString name = "“" + inQt(component->name()) + "”";
  const Ids users = usersOfService(editor_.model(), editor_.types(), id);
  if (!on && !users.empty() &&
      !acts_.confirm("Disable " + name +
                     "? What uses it cannot run then: " + names(editor_.model(), users) + "."))
    return;
  editor_.update({id}, (on ? "Enable " : "Disable ") + name,
                 [on](Component& changed) { std::get<flow::Service>(changed.value).enabled = on; });
  acts_.tell((on ? "Enabled " : "Disabled ") + name +
             (users.empty() ? QString() : ", used by " + names(editor_.model(), users)));
}

void ServicesPanel::remove() {
  const ElementId id = chosen();
  const Component* component = editor_.model().find(id);
  if (component == nullptr) return;
  const QString name = "“" + inQt(component->name()) + "”";
  const Ids users = usersOfService(editor_.model(), editor_.types(), id);
  if (!users.empty())
    return acts_.tell(name + " was not removed: it is used by " + names(editor_.model(), users));
  editor_.remove({id});
  acts_.tell("Removed " + name);
}

}  // namespace millrace::gui
