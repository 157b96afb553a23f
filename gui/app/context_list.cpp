// SPDX-License-Identifier: Apache-2.0
#include "gui/app/context_list.h"

#include "gui/app/data_table.h"
#include "gui/model/users_of.h"
#include "gui/theme/theme.h"

#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>
#include <set>

namespace millrace::gui {

using flow::ElementId;

namespace {

QStringList namesOf(const FlowModel& model, const Ids& ids) {
  constexpr std::size_t kMost = 8;
  QStringList names;
  for (std::size_t i = 0; i < std::min(ids.size(), kMost); ++i)
    names << inQt(titleOf(*model.find(ids[i])));
  if (ids.size() > kMost) names << QString("%1 more").arg(ids.size() - kMost);
  return names;
}

}  // namespace

QString usersWords(const FlowModel& model, const std::string& context) {
  const ContextUsers users = usersOfContext(model, context);
  QStringList words;
  if (!users.groups.empty()) words << "seen by " + namesOf(model, users.groups).join(", ");
  QStringList heirs;
  for (const std::string& heir : users.heirs) heirs << inQt(heir);
  if (!heirs.isEmpty()) words << "inherited by " + heirs.join(", ");
  return words.join(", ");
}

ContextList::ContextList(FlowEditor& editor, Acts acts, QWidget* parent)
    : QWidget(parent), editor_(editor), acts_(std::move(acts)) {
  auto* column = new QVBoxLayout(this);  // owned by the widget, as all below
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(kUnit);
  auto* head = new QHBoxLayout;
  head->setSpacing(kUnit);
  name_ = new QLineEdit(this);
  name_->setObjectName("contextName");
  name_->setAccessibleName("New shared context");
  name_->setPlaceholderText("New shared context");
  name_->setMinimumHeight(30);
  rename_ = new QPushButton("Rename", this);
  rename_->setObjectName("contextRename");
  remove_ = new QPushButton("Remove…", this);
  remove_->setObjectName("contextRemove");
  head->addWidget(name_, 1);
  head->addWidget(rename_);
  head->addWidget(remove_);
  column->addLayout(head);
  table_ = makeDataTable("parameterOwners", "Whose parameters are shown",
                         {"Parameters of", "Used by"}, this);
  table_->setColumnWidth(0, 200);
  table_->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed);
  column->addWidget(table_, 1);
  connect(name_, &QLineEdit::returnPressed, this, [this] { add(); });
  connect(rename_, &QPushButton::clicked, this, [this] {
    if (QTableWidgetItem* item = table_->item(table_->currentRow(), 0)) table_->editItem(item);
  });
  connect(remove_, &QPushButton::clicked, this, [this] { remove(); });
  connect(table_, &QTableWidget::currentCellChanged, this, [this](int row) {
    if (!filling_) chosenRow(row);
  });
  connect(table_, &QTableWidget::cellChanged, this, [this](int row, int) {
    if (filling_) return;
    // Later: the table is filled anew by it, which its own signal must not see.
    QMetaObject::invokeMethod(
        this,
        [this, row, to = table_->item(row, 0)->text().trimmed().toStdString()] { rename(row, to); },
        Qt::QueuedConnection);
  });
  refresh();
}

void ContextList::showGroup(ElementId group) {
  owner_ = {group, {}};
  refresh();
  acts_.chosen(owner_);
}

void ContextList::choose(const ParameterOwner& owner) {
  owner_.context = owner.context;
  refresh();
  acts_.chosen(owner_);
}

void ContextList::refresh() {
  const FlowModel& model = editor_.model();
  const Component* group = model.find(owner_.group);
  if (group == nullptr) return;
  if (!owner_.context.empty() && model.context(owner_.context) == nullptr) {
    owner_.context.clear();
    acts_.chosen(owner_);
  }
  filling_ = true;
  const auto& contexts = model.parameterContexts();
  table_->setRowCount(static_cast<int>(contexts.size()) + 1);
  fillRow(*table_, 0, {"Group “" + inQt(titleOf(*group)) + "”", "itself"});
  table_->item(0, 0)->setFlags(Qt::ItemIsSelectable | Qt::ItemIsEnabled);
  table_->item(0, 1)->setFlags(Qt::ItemIsSelectable | Qt::ItemIsEnabled);
  int current = 0;
  for (std::size_t i = 0; i < contexts.size(); ++i) {
    const int row = static_cast<int>(i) + 1;
    const QString users = usersWords(model, contexts[i].name);
    fillRow(*table_, row, {inQt(contexts[i].name), users.isEmpty() ? QString("nobody") : users});
    table_->item(row, 0)->setFlags(Qt::ItemIsSelectable | Qt::ItemIsEnabled | Qt::ItemIsEditable);
    table_->item(row, 1)->setFlags(Qt::ItemIsSelectable | Qt::ItemIsEnabled);
    if (contexts[i].name == owner_.context) current = row;
  }
  if (table_->currentRow() != current) table_->setCurrentCell(current, 0);
  filling_ = false;
  rename_->setEnabled(current > 0);
  remove_->setEnabled(current > 0);
}

void ContextList::chosenRow(int row) {
  const auto& contexts = editor_.model().parameterContexts();
  if (row < 0 || row > static_cast<int>(contexts.size())) return;
  owner_.context = row == 0 ? std::string() : contexts[static_cast<std::size_t>(row) - 1].name;
  rename_->setEnabled(row > 0);
  remove_->setEnabled(row > 0);
  acts_.chosen(owner_);
}

bool ContextList::follow(const Result<>& done) {
  if (!done.ok()) acts_.tell(inQt(done.error().message));
  return done.ok();
}

void ContextList::add() {
  const std::string name = name_->text().trimmed().toStdString();
  if (!follow(editor_.addContext(name))) return;
  name_->clear();
  choose({owner_.group, name});
  table_->setFocus();
}

void ContextList::rename(int row, const std::string& to) {
  const auto& contexts = editor_.model().parameterContexts();
  if (row < 1 || row > static_cast<int>(contexts.size())) return;
  const std::string name = contexts[static_cast<std::size_t>(row) - 1].name;
  if (name == owner_.context) owner_.context = to;
  if (!follow(editor_.renameContext(name, to))) owner_.context = name;
  refresh();
  acts_.chosen(owner_);
}

void ContextList::remove() {
  const std::string name = owner_.context;
  const FlowModel& model = editor_.model();
  const flow::ParameterContext* context = model.context(name);
  if (context == nullptr) return;
  const QString users = usersWords(model, name);
  std::set<ElementId> concerned;
  for (const flow::Parameter& parameter : context->parameters) {
    for (const ElementId id :
         usersOfParameter(model, ParameterOwner{owner_.group, name}, parameter.name))
      concerned.insert(id);
  }
  QString question = "Remove the shared context “" + inQt(name) + "”?";
  if (!users.isEmpty()) question += " It is " + users + ".";
  if (!concerned.empty())
    question += " What refers to its parameters cannot run then: " +
                namesOf(model, Ids(concerned.begin(), concerned.end())).join(", ") + ".";
  if (!users.isEmpty() && !acts_.confirm(question)) return;
  owner_.context.clear();
  editor_.removeContext(name);
  choose(owner_);
  acts_.tell("Removed “" + inQt(name) + "”" + (users.isEmpty() ? "" : ", which was " + users));
}

}  // namespace millrace::gui
