// SPDX-License-Identifier: Apache-2.0
#include "gui/app/context_page.h"

#include "gui/app/data_table.h"
#include "gui/model/users_of.h"
#include "gui/theme/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QPushButton>
#include <QVBoxLayout>
#include <algorithm>

namespace millrace::gui {

using flow::ElementId;
using flow::ParameterContext;

namespace {

constexpr int kGroupRole = Qt::UserRole;
constexpr int kContextRole = Qt::UserRole + 1;

QListWidget* makeList(const char* name, const char* accessible, QWidget* parent) {
  auto* list = new QListWidget(parent);
  list->setObjectName(name);
  list->setAccessibleName(accessible);
  list->setUniformItemSizes(true);
  return list;
}

}  // namespace

ContextPage::ContextPage(FlowEditor& editor, Acts acts, QWidget* parent)
    : QWidget(parent), editor_(editor), acts_(std::move(acts)) {
  auto* column = new QVBoxLayout(this);  // owned by the widget, as all below
  column->setContentsMargins(0, kUnit, 0, 0);
  column->setSpacing(kUnit);
  comment_ = new QLineEdit(this);
  comment_->setObjectName("contextComment");
  comment_->setAccessibleName("What the shared context is for");
  comment_->setPlaceholderText("What it is for");
  comment_->setMinimumHeight(30);
  column->addWidget(comment_);
  auto* halves = new QHBoxLayout;
  halves->setSpacing(2 * kUnit);
  halves->addWidget(makeInherits(), 1);
  auto* right = new QVBoxLayout;
  right->setSpacing(kUnit);
  auto* title = new QLabel("Used by", this);
  title->setMinimumHeight(30);
  right->addWidget(title);
  users_ = makeList("contextUsers", "Who uses the shared context", this);
  right->addWidget(users_, 1);
  halves->addLayout(right, 1);
  column->addLayout(halves, 1);
  connect(comment_, &QLineEdit::editingFinished, this, [this] {
    const std::string words = comment_->text().toStdString();
    change("Comment shared context " + inQt(context_),
           [&](ParameterContext& context) { context.comment = words; });
  });
  connect(users_, &QListWidget::itemActivated, this, [this](QListWidgetItem* item) {
    const QVariant context = item->data(kContextRole);
    if (context.isValid()) return acts_.openOther(context.toString().toStdString());
    const QVariant group = item->data(kGroupRole);
    if (group.isValid()) acts_.go(ElementId(group.toULongLong()));
  });
}

QWidget* ContextPage::makeInherits() {
  auto* whole = new QWidget(this);
  auto* column = new QVBoxLayout(whole);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(kUnit);
  auto* head = new QHBoxLayout;
  head->setSpacing(kUnit);
  auto* title = new QLabel("Inherits, the upper one wins", whole);
  head->addWidget(title, 1);
  const auto button = [&](const char* name, const char* words) {
    auto* made = new QPushButton(words, whole);
    made->setObjectName(name);
    head->addWidget(made);
    return made;
  };
  add_ = button("inheritsAdd", "Add");
  up_ = button("inheritsUp", "Up");
  down_ = button("inheritsDown", "Down");
  drop_ = button("inheritsRemove", "Remove");
  column->addLayout(head);
  inherits_ = makeList("inherits", "Inherited contexts, the first one wins", whole);
  column->addWidget(inherits_, 1);
  auto* menu = new QMenu(add_);
  menu->setObjectName("inheritsMenu");
  add_->setMenu(menu);
  connect(menu, &QMenu::aboutToShow, this, [this] { fillMenu(); });
  connect(up_, &QPushButton::clicked, this, [this] { move(-1); });
  connect(down_, &QPushButton::clicked, this, [this] { move(1); });
  connect(drop_, &QPushButton::clicked, this, [this] { drop(); });
  connect(inherits_, &QListWidget::currentRowChanged, this, [this] { followRow(); });
  connect(inherits_, &QListWidget::itemActivated, this,
          [this](QListWidgetItem* item) { acts_.openOther(item->text().toStdString()); });
  return whole;
}

void ContextPage::show(const std::string& context) {
  context_ = context;
  refresh();
}

void ContextPage::refresh() {
  const FlowModel& model = editor_.model();
  const ParameterContext* context = model.context(context_);
  if (context == nullptr) return;
  if (!comment_->hasFocus() || !comment_->isModified()) comment_->setText(inQt(context->comment));
  const int kept = inherits_->currentRow();
  inherits_->clear();
  for (const flow::Name& name : context->inherits) inherits_->addItem(inQt(name.text));
  inherits_->setCurrentRow(std::min(std::max(kept, 0), inherits_->count() - 1));
  users_->clear();
  const ContextUsers users = usersOfContext(model, context_);
  for (const ElementId id : users.groups) {
    auto* item = new QListWidgetItem("Group “" + inQt(titleOf(*model.find(id))) + "”", users_);
    item->setData(kGroupRole, QVariant::fromValue<qulonglong>(id.raw()));
  }
  for (const std::string& heir : users.heirs) {
    auto* item = new QListWidgetItem("Shared context “" + inQt(heir) + "”", users_);
    item->setData(kContextRole, inQt(heir));
  }
  if (users_->count() == 0) {
    auto* item = new QListWidgetItem("Nobody yet: choose it for a group", users_);
    item->setFlags(Qt::NoItemFlags);
  }
  followRow();
}

void ContextPage::followRow() {
  const int row = inherits_->currentRow();
  up_->setEnabled(row > 0);
  down_->setEnabled(row >= 0 && row + 1 < inherits_->count());
  drop_->setEnabled(row >= 0);
}

void ContextPage::fillMenu() {
  QMenu* menu = add_->menu();
  menu->clear();
  const ParameterContext* context = editor_.model().context(context_);
  if (context == nullptr) return;
  for (const ParameterContext& each : editor_.model().parameterContexts()) {
    const bool known = std::any_of(context->inherits.begin(), context->inherits.end(),
                                   [&](const flow::Name& n) { return n.text == each.name; });
    if (known || each.name == context_) continue;
    QAction* one = menu->addAction(inQt(each.name).replace('&', "&&"));
    connect(one, &QAction::triggered, this, [this, name = each.name] { inherit(name); });
  }
  if (menu->isEmpty()) menu->addAction("There is no other one")->setEnabled(false);
}

void ContextPage::change(const QString& text, const std::function<void(ParameterContext&)>& how) {
  if (context_.empty() || editor_.model().context(context_) == nullptr) return;
  const Result<> done = editor_.updateContext(context_, text, how);
  if (!done.ok()) acts_.tell(inQt(done.error().message));
}

void ContextPage::inherit(const std::string& name) {
  change("Inherit " + inQt(name) + " in " + inQt(context_), [&](ParameterContext& context) {
    context.inherits.push_back({name, {}});
  });
}

void ContextPage::move(int by) {
  const int row = inherits_->currentRow();
  if (row < 0 || row + by < 0 || row + by >= inherits_->count()) return;
  inherits_->setCurrentRow(row + by);  // the same one is chosen afterwards
  change("Order what " + inQt(context_) + " inherits", [&](ParameterContext& context) {
    std::swap(context.inherits[static_cast<std::size_t>(row)],
              context.inherits[static_cast<std::size_t>(row + by)]);
  });
}

void ContextPage::drop() {
  const int row = inherits_->currentRow();
  if (row < 0) return;
  change(
      "Do not inherit " + inherits_->item(row)->text() + " in " + inQt(context_),
      [&](ParameterContext& context) { context.inherits.erase(context.inherits.begin() + row); });
}

}  // namespace millrace::gui
