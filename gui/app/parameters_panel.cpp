// SPDX-License-Identifier: Apache-2.0
#include "gui/app/parameters_panel.h"

#include "gui/app/context_page.h"
#include "gui/app/data_table.h"
#include "gui/app/secret_bar.h"
#include "gui/model/users_of.h"
#include "gui/theme/fields.h"
#include "gui/theme/theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSplitter>
#include <QTabWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <set>

namespace millrace::gui {

using flow::ElementId;
using flow::Parameter;

namespace {

enum ParameterColumn { kName, kValue, kSensitive, kComment, kFrom, kUsers };

struct Listed {
  const Parameter* parameter;
  std::string from;  ///< the shared context; empty: the group itself
};

/// Of a shared context and of what it inherits, in the order in which they win.
void collect(const FlowModel& model, const std::string& name, std::set<std::string>& seen,
             std::vector<Listed>& list) {
  const flow::ParameterContext* context = model.context(name);
  if (context == nullptr || !seen.insert(name).second) return;
  for (const Parameter& parameter : context->parameters) list.push_back({&parameter, name});
  for (const flow::Name& inherited : context->inherits) collect(model, inherited.text, seen, list);
}

}  // namespace

ParametersPanel::ParametersPanel(FlowEditor& editor, Go go, Confirm confirm, Tell tell,
                                 QWidget* parent)
    : QWidget(parent), editor_(editor), go_(std::move(go)), tell_(std::move(tell)) {
  setObjectName("panel");
  auto* layout = new QVBoxLayout(this);  // owned by the widget, as all below
  layout->setContentsMargins(2 * kUnit, kUnit, 2 * kUnit, kUnit);
  layout->setSpacing(kUnit);
  auto* halves = new QSplitter(Qt::Horizontal, this);
  halves->setChildrenCollapsible(false);
  layout->addWidget(halves, 1);
  const ContextList::Acts acts{[this](const ParameterOwner& owner) {
                                 owner_ = owner;
                                 refresh();
                               },
                               std::move(confirm), tell_};
  auto* page = new QWidget(halves);
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(0, kUnit, 0, 0);
  column->setSpacing(kUnit);
  column->addLayout(makeHead(page));
  table_ = makeDataTable("parameters", "Parameters",
                         {"Name", "Value", "Sensitive", "Comment", "From", "Used by"}, page);
  table_->setItemDelegateForColumn(kSensitive, new TickDelegate(table_));  // owned by the table
  table_->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed |
                          QAbstractItemView::AnyKeyPressed);
  for (const auto& [at, width] : {std::pair{0, 152}, {1, 200}, {2, 80}, {3, 200}, {4, 136}})
    table_->setColumnWidth(at, width);
  column->addWidget(table_, 1);
  page_ = new ContextPage(editor,
                          {go_,
                           [this](const std::string& name) {
                             owners_->choose({owner_.group, name});
                           },
                           tell_},
                          halves);
  tabs_ = new QTabWidget(halves);
  tabs_->setObjectName("parameterTabs");
  tabs_->setDocumentMode(true);
  tabs_->addTab(page, "Parameters");
  tabs_->addTab(page_, "Inheritance and users");
  owners_ = new ContextList(editor, acts, halves);
  halves->addWidget(owners_);
  halves->addWidget(tabs_);
  halves->setSizes({360, 920});
  halves->setStretchFactor(1, 1);
  connect(table_, &QTableWidget::cellChanged, this, [this](int row, int at) {
    if (filling_) return;
    // Later: the table is filled anew by it, which its own signal must not see. What the person
    // did is taken now: something else may fill the table before.
    const QTableWidgetItem& item = *table_->item(row, at);
    QMetaObject::invokeMethod(
        this,
        [this, row, at, word = item.text(), on = item.checkState() == Qt::Checked] {
          changed(row, at, word, on);
        },
        Qt::QueuedConnection);
  });
  connect(table_, &QTableWidget::currentCellChanged, this, [this] {
    if (!filling_) followRow();
  });
  makeUsers();
  connect(&editor.model(), &FlowModel::changed, this, [this] {
    if (editor_.model().find(owner_.group) == nullptr) return showGroup(kRootGroup);
    owners_->refresh();
    refresh();
  });
  connect(&editor.model(), &FlowModel::wasReset, this, [this] { showGroup(kRootGroup); });
  showGroup(kRootGroup);
}

QHBoxLayout* ParametersPanel::makeHead(QWidget* page) {
  auto* head = new QHBoxLayout;  // owned by the page's layout
  head->setSpacing(kUnit);
  title_ = new QLabel(page);
  title_->setObjectName("parametersOf");
  bindingWords_ = new QLabel("Shared context", page);
  binding_ = new ChoiceBox(page);
  binding_->setObjectName("groupContext");
  binding_->setAccessibleName("Shared context of the group");
  binding_->setMinimumHeight(30);
  binding_->setMinimumWidth(144);
  bindingWords_->setBuddy(binding_);
  name_ = new QLineEdit(page);
  name_->setObjectName("parameterName");
  name_->setAccessibleName("New parameter");
  name_->setPlaceholderText("New parameter: its name");
  name_->setMinimumWidth(232);
  name_->setMinimumHeight(30);
  source_ = new QPushButton("Open its context", page);
  source_->setObjectName("parameterSource");
  users_ = new QPushButton("Used by", page);
  users_->setObjectName("parameterUsers");
  users_->setMenu(new QMenu(users_));
  remove_ = new QPushButton("Remove", page);
  remove_->setObjectName("parameterRemove");
  head->addWidget(title_, 1);
  head->addWidget(bindingWords_);
  head->addWidget(binding_);
  head->addWidget(name_);
  head->addWidget(source_);
  head->addWidget(users_);
  head->addWidget(remove_);
  connect(name_, &QLineEdit::returnPressed, this, [this] { add(); });
  connect(remove_, &QPushButton::clicked, this, [this] { remove(); });
  connect(source_, &QPushButton::clicked, this, [this] { openSource(); });
  connect(binding_, &QComboBox::activated, this, [this](int choice) { bind(choice); });
  return head;
}

// Who refers to the chosen one, wherever it is seen; a click leads there.
void ParametersPanel::makeUsers() {
  connect(users_->menu(), &QMenu::aboutToShow, this, [this] {
    users_->menu()->clear();
    const int row = table_->currentRow();
    const QTableWidgetItem* item = table_->item(row, kName);
    if (item == nullptr) return;
    const std::string name = item->text().toStdString();
    const ParameterOwner owner =
        isOwn(row) || owner_.context.empty()
            ? owner_
            : ParameterOwner{owner_.group,
                             table_->item(row, kFrom)->data(Qt::UserRole).toString().toStdString()};
    const FlowModel& model = editor_.model();
    for (const ElementId id : usersOfParameter(model, owner, name))
      users_->menu()->addAction(inQt(model.pathOf(id)).replace('&', "&&"), this,
                                [this, id] { go_(id); });
    if (users_->menu()->isEmpty()) users_->menu()->addAction("Nobody")->setEnabled(false);
  });
}

void ParametersPanel::showGroup(ElementId group) {
  owner_ = {group, {}};
  if (owners_ != nullptr) owners_->showGroup(group);
}

void ParametersPanel::showContext(const std::string& name) {
  if (editor_.model().context(name) != nullptr) owners_->choose({owner_.group, name});
}

const std::vector<Parameter>& ParametersPanel::own() const {
  static const std::vector<Parameter> kNone;
  const std::vector<Parameter>* list = parametersOf(editor_.model(), owner_);
  return list == nullptr ? kNone : *list;
}

bool ParametersPanel::isOwn(int row) const {
  return row >= 0 && row < static_cast<int>(own().size());
}

void ParametersPanel::refresh() {
  const FlowModel& model = editor_.model();
  const Component* component = model.find(owner_.group);
  if (component == nullptr) return;
  filling_ = true;
  const auto& group = std::get<flow::Group>(component->value);
  const bool shared = !owner_.context.empty();
  std::vector<Listed> list;
  std::set<std::string> seen;
  if (!shared) {
    for (const Parameter& parameter : group.parameters) list.push_back({&parameter, {}});
  }
  collect(model, shared ? owner_.context : group.parameterContext, seen, list);
  title_->setText(shared ? "Groups that see “" + inQt(owner_.context) + "” see as #{name}"
                         : "What components of “" + inQt(titleOf(*component)) + "” see as #{name}");
  const int kept = table_->currentRow();
  table_->setRowCount(static_cast<int>(list.size()));
  std::set<std::string> taken;
  for (int row = 0; row < static_cast<int>(list.size()); ++row) {
    const auto& [parameter, from] = list[static_cast<std::size_t>(row)];
    const bool own = isOwn(row);
    const bool hidden = !taken.insert(parameter->name).second;
    const ParameterOwner owner = shared ? ParameterOwner{owner_.group, from} : owner_;
    const std::size_t users = hidden ? 0 : usersOfParameter(model, owner, parameter->name).size();
    const QString source = !own     ? inQt(from) + (hidden ? ", hidden" : "")
                           : shared ? QString("this context")
                                    : QString("this group");
    fillRow(*table_, row,
            {inQt(parameter->name),
             parameter->sensitive ? secretWords(secrets_, inQt(parameter->name))
                                  : inQt(parameter->value.value_or("")),
             {},
             inQt(parameter->comment),
             source,
             users == 0 ? QString("nobody") : QString::number(users)});
    table_->item(row, kFrom)->setData(Qt::UserRole, inQt(from));
    for (int column = 0; column <= kUsers; ++column) {
      const bool edits = own && (column == kName || column == kComment ||
                                 (column == kValue && !parameter->sensitive));
      Qt::ItemFlags flags = Qt::ItemIsSelectable | Qt::ItemIsEnabled;
      if (edits) flags |= Qt::ItemIsEditable;
      if (column == kSensitive && own) flags |= Qt::ItemIsUserCheckable;
      table_->item(row, column)->setFlags(flags);
    }
    table_->item(row, kSensitive)
        ->setCheckState(parameter->sensitive ? Qt::Checked : Qt::Unchecked);
  }
  if (kept >= 0 && kept < table_->rowCount()) table_->setCurrentCell(kept, table_->currentColumn());
  filling_ = false;
  refreshBinding();
  followRow();
}

void ParametersPanel::refreshBinding() {
  const bool shared = !owner_.context.empty();
  bindingWords_->setVisible(!shared);
  binding_->setVisible(!shared);
  tabs_->setTabVisible(1, shared);
  if (shared) return page_->show(owner_.context);
  const QSignalBlocker quiet(binding_);
  const auto& group = std::get<flow::Group>(editor_.model().find(owner_.group)->value);
  binding_->clear();
  binding_->addItem("none");
  for (const flow::ParameterContext& each : editor_.model().parameterContexts()) {
    binding_->addItem(inQt(each.name));
    if (each.name == group.parameterContext) binding_->setCurrentIndex(binding_->count() - 1);
  }
}

void ParametersPanel::bind(int choice) {
  const auto& contexts = editor_.model().parameterContexts();
  if (choice < 0 || choice > static_cast<int>(contexts.size())) return;
  const std::string name =
      choice == 0 ? std::string() : contexts[static_cast<std::size_t>(choice) - 1].name;
  const QString group = inQt(titleOf(*editor_.model().find(owner_.group)));
  editor_.update({owner_.group},
                 name.empty() ? "Take the shared context from " + group
                              : "Let " + group + " see " + inQt(name),
                 [&](Component& component) {
                   std::get<flow::Group>(component.value).parameterContext = name;
                 });
}

void ParametersPanel::openSource() {
  const QTableWidgetItem* from = table_->item(table_->currentRow(), kFrom);
  if (from == nullptr || isOwn(table_->currentRow())) return;
  const QString name = table_->item(table_->currentRow(), kName)->text();
  owners_->choose({owner_.group, from->data(Qt::UserRole).toString().toStdString()});
  const int row = rowNamed(*table_, name);
  if (row >= 0) table_->setCurrentCell(row, kValue);
  table_->setFocus();
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
  const int row = table_->currentRow();
  users_->setEnabled(row >= 0);
  remove_->setEnabled(isOwn(row));
  source_->setVisible(row >= 0 && !isOwn(row));
  if (secret_ == nullptr) return;
  const QTableWidgetItem* name = table_->item(row, kName);
  const QTableWidgetItem* tick = table_->item(row, kSensitive);
  const bool sensitive = tick != nullptr && tick->checkState() == Qt::Checked;
  secret_->show(sensitive ? name->text() : QString());
}

void ParametersPanel::change(const QString& what,
                             const std::function<void(std::vector<Parameter>&)>& how) {
  if (owner_.context.empty())
    return editor_.update({owner_.group}, what, [&](Component& component) {
      how(std::get<flow::Group>(component.value).parameters);
    });
  const Result<> done =
      editor_.updateContext(owner_.context, what + " of " + inQt(owner_.context),
                            [&](flow::ParameterContext& context) { how(context.parameters); });
  if (!done.ok()) tell_(inQt(done.error().message));
}

void ParametersPanel::changed(int row, int column, const QString& word, bool on) {
  if (!isOwn(row)) return;
  const auto at = static_cast<std::size_t>(row);
  const QString name = inQt(own()[at].name);
  if (column == kName) {
    const Result<> done =
        editor_.renameParameter(owner_, name.toStdString(), word.trimmed().toStdString());
    if (!done.ok()) tell_(inQt(done.error().message));
    refresh();  // the cell says again what is so
  }
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
  const QString who =
      owner_.context.empty() ? QString("the group") : "“" + inQt(owner_.context) + "”";
  if (!isParameterName(name))
    return tell_("No parameter was added: a name has letters, digits, '-', '_', '.' and spaces");
  if (std::any_of(there.begin(), there.end(), [&](const Parameter& p) { return p.name == name; }))
    return tell_("No parameter was added: " + who + " has '" + inQt(name) + "' already");
  name_->clear();
  change("Add parameter " + inQt(name), [&](auto& list) {
    Parameter parameter;
    parameter.name = name;
    parameter.value = "";
    list.push_back(parameter);
  });
  table_->setCurrentCell(static_cast<int>(own().size()) - 1, kValue);
  table_->setFocus();
}

void ParametersPanel::remove() {
  const int row = table_->currentRow();
  if (!isOwn(row)) return;
  const std::string name = own()[static_cast<std::size_t>(row)].name;
  const Ids users = usersOfParameter(editor_.model(), owner_, name);
  if (!users.empty())
    return tell_("#{" + inQt(name) + "} was not removed: it is used by " +
                 amount(editor_.model(), users));
  change("Remove parameter " + inQt(name), [&](auto& list) { list.erase(list.begin() + row); });
}

}  // namespace millrace::gui
