// SPDX-License-Identifier: Apache-2.0
#include "gui/app/parameters_panel.h"

#include "gui/app/data_table.h"
#include "gui/app/secret_bar.h"
#include "gui/model/users_of.h"
#include "gui/theme/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QVBoxLayout>
#include <algorithm>
#include <set>

namespace millrace::gui {

using flow::ElementId;

namespace {

enum ParameterColumn { kName, kValue, kSensitive, kComment, kFrom, kUsers };

struct Inherited {
  const flow::Parameter* parameter;
  QString from;
};

/// Of a shared context and of what it inherits, in the order in which they win.
void collect(const std::vector<flow::ParameterContext>& contexts, const std::string& name,
             std::set<std::string>& seen, std::vector<Inherited>& list) {
  if (name.empty() || !seen.insert(name).second) return;
  for (const flow::ParameterContext& context : contexts) {
    if (context.name != name) continue;
    for (const flow::Parameter& parameter : context.parameters)
      list.push_back({&parameter, inQt(context.name)});
    for (const flow::Name& inherited : context.inherits)
      collect(contexts, inherited.text, seen, list);
  }
}

}  // namespace

ParametersPanel::ParametersPanel(FlowEditor& editor, Go go, Tell tell, QWidget* parent)
    : QWidget(parent), editor_(editor), go_(std::move(go)), tell_(std::move(tell)) {
  setObjectName("panel");
  auto* layout = new QVBoxLayout(this);  // owned by the widget, as all below
  layout->setContentsMargins(2 * kUnit, kUnit, 2 * kUnit, kUnit);
  layout->setSpacing(kUnit);
  auto* head = new QHBoxLayout;
  head->setSpacing(kUnit);
  title_ = new QLabel(this);
  title_->setObjectName("parametersOf");
  name_ = new QLineEdit(this);
  name_->setObjectName("parameterName");
  name_->setAccessibleName("New parameter");
  name_->setPlaceholderText("Add a parameter: name, then Enter");
  name_->setFixedWidth(256);
  name_->setMinimumHeight(30);
  users_ = new QPushButton("Used by", this);
  users_->setObjectName("parameterUsers");
  users_->setMenu(new QMenu(users_));
  remove_ = new QPushButton("Remove", this);
  remove_->setObjectName("parameterRemove");
  head->addWidget(title_, 1);
  head->addWidget(name_);
  head->addWidget(users_);
  head->addWidget(remove_);
  layout->addLayout(head);
  table_ = makeDataTable("parameters", "Parameters",
                         {"Name", "Value", "Sensitive", "Comment", "From", "Used by"}, this);
  table_->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed |
                          QAbstractItemView::AnyKeyPressed);
  for (const auto& [column, width] : {std::pair{0, 184}, {1, 240}, {2, 80}, {3, 240}, {4, 144}})
    table_->setColumnWidth(column, width);
  layout->addWidget(table_, 1);
  connect(table_, &QTableWidget::cellChanged, this, [this](int row, int column) {
    if (filling_) return;
    // Later: the table is filled anew by it, which its own signal must not see. What the person
    // did is taken now: something else may fill the table before.
    const QTableWidgetItem& item = *table_->item(row, column);
    QMetaObject::invokeMethod(
        this,
        [this, row, column, word = item.text(), on = item.checkState() == Qt::Checked] {
          changed(row, column, word, on);
        },
        Qt::QueuedConnection);
  });
  connect(table_, &QTableWidget::currentCellChanged, this, [this] {
    if (!filling_) followRow();
  });
  connect(name_, &QLineEdit::returnPressed, this, [this] { add(); });
  connect(remove_, &QPushButton::clicked, this, [this] { remove(); });
  connect(users_->menu(), &QMenu::aboutToShow, this, [this] {
    users_->menu()->clear();
    const QTableWidgetItem* item = table_->item(table_->currentRow(), kName);
    if (item == nullptr) return;
    for (const ElementId id : usersOfParameter(editor_.model(), group_, item->text().toStdString()))
      users_->menu()->addAction(inQt(titleOf(*editor_.model().find(id))), this,
                                [this, id] { go_(id); });
    if (users_->menu()->isEmpty()) users_->menu()->addAction("Nobody")->setEnabled(false);
  });
  connect(&editor.model(), &FlowModel::changed, this, [this] {
    if (editor_.model().find(group_) == nullptr) group_ = kRootGroup;
    refresh();
  });
  connect(&editor.model(), &FlowModel::wasReset, this, [this] { showGroup(kRootGroup); });
  showGroup(kRootGroup);
}

void ParametersPanel::showGroup(ElementId group) {
  group_ = group;
  refresh();
}

const std::vector<flow::Parameter>& ParametersPanel::own() const {
  return std::get<flow::Group>(editor_.model().find(group_)->value).parameters;
}

void ParametersPanel::refresh() {
  const Component* component = editor_.model().find(group_);
  if (component == nullptr) return;
  filling_ = true;
  const auto& group = std::get<flow::Group>(component->value);
  std::vector<Inherited> list;
  for (const flow::Parameter& parameter : group.parameters) list.push_back({&parameter, {}});
  std::set<std::string> seen;
  collect(editor_.model().parameterContexts(), group.parameterContext, seen, list);
  title_->setText("What components of “" + inQt(titleOf(*component)) + "” see as #{name}");
  const int kept = table_->currentRow();
  table_->setRowCount(static_cast<int>(list.size()));
  std::set<std::string> taken;
  for (int row = 0; row < static_cast<int>(list.size()); ++row) {
    const auto& [parameter, from] = list[static_cast<std::size_t>(row)];
    const bool isOwn = from.isEmpty();
    const bool hidden = !taken.insert(parameter->name).second;
    const std::size_t users =
        hidden ? 0 : usersOfParameter(editor_.model(), group_, parameter->name).size();
    fillRow(*table_, row,
            {inQt(parameter->name),
             parameter->sensitive ? secretWords(secrets_, inQt(parameter->name))
                                  : inQt(parameter->value.value_or("")),
             {},
             inQt(parameter->comment),
             isOwn ? QString("this group") : from + (hidden ? ", hidden" : ""),
             users == 0 ? QString("nobody") : QString::number(users)});
    for (int column = 0; column <= kUsers; ++column) {
      const bool edits =
          isOwn && (column == kComment || (column == kValue && !parameter->sensitive));
      Qt::ItemFlags flags = Qt::ItemIsSelectable | Qt::ItemIsEnabled;
      if (edits) flags |= Qt::ItemIsEditable;
      if (column == kSensitive && isOwn) flags |= Qt::ItemIsUserCheckable;
      table_->item(row, column)->setFlags(flags);
    }
    table_->item(row, kSensitive)
        ->setCheckState(parameter->sensitive ? Qt::Checked : Qt::Unchecked);
  }
  if (kept >= 0 && kept < table_->rowCount()) table_->setCurrentCell(kept, 0);
  filling_ = false;
  followRow();
}

void ParametersPanel::setSecrets(SecretStore& store) {
  secrets_ = &store;
  secret_ = new SecretBar(store, tell_, this);  // owned by the panel
  layout()->addWidget(secret_);
  connect(&store, &SecretStore::changed, this, [this] { refresh(); });
  refresh();
}

// Sensitive parameters of a shared context have values, too.
void ParametersPanel::followRow() {
  if (secret_ == nullptr) return;
  const QTableWidgetItem* name = table_->item(table_->currentRow(), kName);
  const QTableWidgetItem* tick = table_->item(table_->currentRow(), kSensitive);
  const bool sensitive = tick != nullptr && tick->checkState() == Qt::Checked;
  secret_->show(sensitive ? name->text() : QString());
}

void ParametersPanel::change(const QString& what,
                             const std::function<void(std::vector<flow::Parameter>&)>& how) {
  editor_.update({group_}, what, [&](Component& component) {
    how(std::get<flow::Group>(component.value).parameters);
  });
}

void ParametersPanel::changed(int row, int column, const QString& word, bool on) {
  if (row >= static_cast<int>(own().size())) return;
  const auto at = static_cast<std::size_t>(row);
  const QString name = inQt(own()[at].name);
  if (column == kValue)
    change("Set parameter " + name, [&](auto& list) { list[at].value = word.toStdString(); });
  if (column == kComment)
    change("Comment parameter " + name, [&](auto& list) { list[at].comment = word.toStdString(); });
  if (column == kSensitive) {
    change((on ? "Make parameter " + name + " sensitive"
               : "Make parameter " + name + " not sensitive"),
           [&](auto& list) {
             list[at].sensitive = on;
             if (on) list[at].value.reset();
           });
    if (on)
      tell_("#{" + name + "} is sensitive: give its value to the server, " +
            (secrets_ != nullptr && secrets_->isThere()
                 ? QString("below, with --secrets or in the environment")
                 : QString("with --secrets or in the environment")));
  }
}

void ParametersPanel::add() {
  const std::string name = name_->text().trimmed().toStdString();
  if (name.empty()) return;
  const auto& there = own();
  if (std::any_of(there.begin(), there.end(),
                  [&](const flow::Parameter& p) { return p.name == name; }))
    return tell_("No parameter was added: the group has '" + inQt(name) + "' already");
  name_->clear();
  change("Add parameter " + inQt(name), [&](auto& list) {
    flow::Parameter parameter;
    parameter.name = name;
    parameter.value = "";
    list.push_back(parameter);
  });
  table_->setCurrentCell(static_cast<int>(own().size()) - 1, kValue);
  table_->setFocus();
}

void ParametersPanel::remove() {
  const int row = table_->currentRow();
  if (row < 0) return;
  if (row >= static_cast<int>(own().size()))
    return tell_("Nothing was removed: a shared parameter is changed in the flow file");
  const std::string name = own()[static_cast<std::size_t>(row)].name;
  const Ids users = usersOfParameter(editor_.model(), group_, name);
  if (!users.empty())
    return tell_("#{" + inQt(name) + "} was not removed: it is used by " +
                 amount(editor_.model(), users));
  change("Remove parameter " + inQt(name), [&](auto& list) { list.erase(list.begin() + row); });
}

}  // namespace millrace::gui
