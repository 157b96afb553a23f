// SPDX-License-Identifier: Apache-2.0
#include "gui/inspector/inspector.h"

#include "engine/flow/elements.h"

#include <QLabel>
#include <QLineEdit>
#include <QTabWidget>
#include <QTextBrowser>
#include <QVBoxLayout>
#include <algorithm>

namespace millrace::gui {

using flow::ElementId;
using flow::ElementKind;

namespace {
constexpr int kPreviewAfterMillis = 150;
}

Inspector::Inspector(FlowEditor& editor, const Theme& theme, QWidget* parent)
    : QWidget(parent), editor_(editor), theme_(&theme) {
  setObjectName("panel");
  setAccessibleName("Inspector");
  setMinimumWidth(344);
  auto* layout = new QVBoxLayout(this);  // owned by the widget, as all below
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  auto* head = new QWidget(this);
  head->setObjectName("panel");
  auto* headLayout = new QVBoxLayout(head);
  headLayout->setContentsMargins(2 * kUnit, 2 * kUnit, 2 * kUnit, kUnit);
  headLayout->setSpacing(kUnit / 2);
  name_ = new QLineEdit(head);
  name_->setObjectName("inspectorName");
  name_->setAccessibleName("Name");
  name_->setFont(interfaceFont(15, QFont::DemiBold));
  name_->setMinimumHeight(36);
  kind_ = new QLabel(head);
  kind_->setContentsMargins(2, 0, 0, 0);
  warnings_ = new QLabel(head);
  warnings_->setObjectName("inspectorProblems");
  warnings_->setWordWrap(true);
  warnings_->setTextFormat(Qt::RichText);
  warnings_->setContentsMargins(2, 2, 0, 2);
  headLayout->addWidget(name_);
  headLayout->addWidget(kind_);
  headLayout->addWidget(warnings_);
  layout->addWidget(head);
  tabs_ = new QTabWidget(this);
  tabs_->setObjectName("inspectorTabs");
  tabs_->setDocumentMode(true);
  layout->addWidget(tabs_, 1);

  propertyPage_ = new QWidget(tabs_);
  propertyPage_->setObjectName("panel");  // one ground with the form in it
  auto* page = new QVBoxLayout(propertyPage_);
  page->setContentsMargins(0, 0, 0, 0);
  page->setSpacing(0);
  properties_ = new Form(theme, propertyPage_);
  properties_->setEmptyText("This type has no properties.");
  page->addWidget(properties_, 1);
  newProperty_ = new QLineEdit(propertyPage_);
  newProperty_->setObjectName("newProperty");
  newProperty_->setAccessibleName("New property");
  auto* newRow = new QVBoxLayout;
  newRow->setContentsMargins(2 * kUnit, kUnit, 2 * kUnit, kUnit);
  newRow->addWidget(newProperty_);
  page->addLayout(newRow);
  result_ = new QLabel(propertyPage_);
  result_->setObjectName("expressionResult");
  result_->setAccessibleName("What the expression gives");
  result_->setTextFormat(Qt::PlainText);
  result_->setWordWrap(true);
  result_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  result_->setContentsMargins(2 * kUnit, kUnit, 2 * kUnit, kUnit);
  result_->hide();
  page->addWidget(result_);
  soon_.setSingleShot(true);
  soon_.setInterval(kPreviewAfterMillis);
  connect(&soon_, &QTimer::timeout, this, [this] { showPreview(); });
  help_ = new QTextBrowser(propertyPage_);
  help_->setObjectName("propertyHelp");
  help_->setAccessibleName("Documentation");
  help_->setFixedHeight(120);
  help_->setFrameShape(QFrame::NoFrame);
  help_->document()->setDocumentMargin(2 * kUnit);
  page->addWidget(help_);
  schedule_ = new Form(theme, tabs_);
  relationships_ = new Form(theme, tabs_);
  relationships_->setEmptyText("This type has no relationships.");
  general_ = new Form(theme, tabs_);

  connect(name_, &QLineEdit::editingFinished, this, [this] {
    const Component* component = first();
    if (component == nullptr || ids_.size() > 1) return;
    const Result<> done = editor_.rename(component->id(), name_->text().trimmed().toStdString());
    if (!done.ok()) {
      emit told(QString::fromStdString(done.error().message));
      refreshHeader();
    }
  });
  connect(newProperty_, &QLineEdit::returnPressed, this, [this] { addDynamic(); });
  properties_->onFocus([this](const Form::Row& row) {
    document(row);
    previewSoon({});
  });
  properties_->onExpression([this](const Form::Row&, const QString& text) { previewSoon(text); });
  connect(&editor.model(), &FlowModel::changed, this,
          [this](const Edit& edit) { followEdit(edit); });
  connect(&editor.model(), &FlowModel::wasReset, this, [this] { show({}); });
  setTheme(theme);
}

void Inspector::setTheme(const Theme& theme) {
  theme_ = &theme;
  kind_->setStyleSheet("color:" + theme.muted.name());
  warnings_->setStyleSheet("color:" + theme.error.name());
  help_->setStyleSheet("QTextBrowser{background:" + theme.window.name() + ";color:" +
                       theme.text.name() + ";border-top:1px solid " + theme.line.name() + "}");
  for (Form* form : {properties_, schedule_, relationships_, general_}) form->setTheme(theme);
  refresh();
}

void Inspector::setProblems(ProblemsOf problems) {
  problems_ = std::move(problems);
  refresh();
}

const Component* Inspector::first() const {
  return editor_.model().find(ids_.empty() ? kRootGroup : ids_.front());
}

void Inspector::show(const Ids& ids) {
  ids_ = ids;
  help_->clear();
  previewSoon({});
  refresh();
}

void Inspector::followEdit(const Edit& edit) {
  Ids left;
  for (const ElementId id : ids_) {
    if (editor_.model().find(id) != nullptr) left.push_back(id);
  }
  const bool lost = left.size() != ids_.size();
  ids_ = left;
  const bool concerns = std::any_of(edit.changes.begin(), edit.changes.end(), [&](const Change& c) {
    return ids_.empty() || c.any().connection() != nullptr ||
           std::find(ids_.begin(), ids_.end(), c.id()) != ids_.end() ||
           c.any().kind == ElementKind::kService;
  });
  if (lost || concerns) refresh();
}

void Inspector::refreshHeader() {
  const Component* component = first();
  if (component == nullptr) return;
  const bool one = ids_.size() <= 1;
  name_->setEnabled(one);
  name_->setText(one ? QString::fromStdString(component->name())
                     : QString("%1 components").arg(ids_.size()));
  name_->setPlaceholderText(component->connection() != nullptr ? "Name of the wire (optional)"
                                                               : "");
  QString kind = QString::fromStdString(std::string(flow::kindName(component->kind)));
  if (component->processor() != nullptr)
    kind = QString::fromStdString(component->processor()->type);
  if (const flow::Connection* wire = component->connection())
    kind = QString::fromStdString(editor_.model().endName(wire->from.id) + " → " +
                                  editor_.model().endName(wire->to.id));
  if (ids_.empty()) kind = "Flow";
  kind[0] = kind[0].toUpper();
  kind_->setText(kind);
  QStringList lines;
  for (const ElementId id : ids_) {
    const auto found = problems_.find(id);
    if (found == problems_.end()) continue;
    for (const Problem& problem : found->second) {
      if (lines.size() < 4) lines << "▲ " + problem.text.toHtmlEscaped();
    }
  }
  warnings_->setText(lines.join("<br>"));
  warnings_->setVisible(!lines.isEmpty());
}

void Inspector::refresh() {
  const Component* component = first();
  if (component == nullptr) return;
  refreshHeader();
  const bool sameKind = std::all_of(ids_.begin(), ids_.end(), [&](ElementId id) {
    const Component* other = editor_.model().find(id);
    return other->kind == component->kind &&
           (component->processor() == nullptr ||
            other->processor()->type == component->processor()->type);
  });
  std::vector<std::pair<QString, QWidget*>> pages;
  const bool processor = component->processor() != nullptr && sameKind;
  const bool service = component->kind == ElementKind::kService && sameKind;
  if (processor || service) {
    properties_->describe(propertyRows());
    const std::string& type =
        processor ? component->processor()->type : std::get<flow::Service>(component->value).type;
    const flow::ComponentInfo* info = editor_.types().find(type);
    const bool dynamic =
        info == nullptr || info->dynamicProperties != flow::DynamicProperties::kNone;
    newProperty_->setVisible(dynamic);
    newProperty_->setPlaceholderText(info != nullptr && info->dynamicProperties ==
                                                            flow::DynamicProperties::kRelationships
                                         ? "Add a route: name, then Enter"
                                         : "Add a property: name, then Enter");
    if (help_->toPlainText().isEmpty() && info != nullptr)
      help_->setPlainText(QString::fromStdString(info->summary));
    pages.emplace_back("Properties", propertyPage_);
  }
  if (processor) {
    schedule_->describe(rowsOfAll(&Inspector::scheduleRows));
    pages.emplace_back("Schedule", schedule_);
    if (ids_.size() == 1) {
      relationships_->describe(relationshipRows());
      pages.emplace_back("Relationships", relationships_);
    }
  }
  if (component->connection() != nullptr && sameKind) {
    if (ids_.size() == 1 &&
        editor_.model().endKind(component->connection()->from.id) == ElementKind::kProcessor) {
      relationships_->describe(relationshipRows());
      pages.emplace_back("Relationships", relationships_);
    }
    schedule_->describe(rowsOfAll(&Inspector::queueRows));
    pages.emplace_back("Queue", schedule_);
  }
  general_->describe(generalRows());
  pages.emplace_back(component->label() != nullptr ? "Text" : "Notes", general_);
  bool same = tabs_->count() == static_cast<int>(pages.size());
  for (int i = 0; same && i < tabs_->count(); ++i) {
    const auto& [title, page] = pages[static_cast<std::size_t>(i)];
    same = tabs_->widget(i) == page && tabs_->tabText(i) == title;
  }
  if (same) return;
  // The page stays where it can; else the first one, which says most.
  const QString current = tabs_->count() > 1 ? tabs_->tabText(tabs_->currentIndex()) : QString();
  tabs_->clear();
  for (QWidget* page :
       std::initializer_list<QWidget*>{propertyPage_, schedule_, relationships_, general_})
    page->hide();  // taken out of the tabs it would lie on top of them
  for (const auto& [title, page] : pages) {
    const int at = tabs_->addTab(page, title);
    if (title == current) tabs_->setCurrentIndex(at);
  }
  tabs_->currentWidget()->show();
}

// The rows of the first one, without a value where another one has another.
std::vector<Form::Row> Inspector::rowsOfAll(std::vector<Form::Row> (Inspector::*rows)()) {
  std::vector<Form::Row> made = (this->*rows)();
  const Ids all = ids_;
  for (std::size_t i = 1; i < all.size(); ++i) {
    ids_ = {all[i]};
    const std::vector<Form::Row> others = (this->*rows)();
    for (Form::Row& row : made) {
      const auto same = std::find_if(others.begin(), others.end(),
                                     [&](const Form::Row& other) { return other.key == row.key; });
      if (same != others.end() && same->value == row.value) continue;
      row.value.reset();
      row.hint = "several values";
    }
  }
  ids_ = all;
  return made;
}

void Inspector::focusName() {
  name_->setFocus();
  name_->selectAll();
}

void Inspector::focusProperty(const QString& name) {
  tabs_->setCurrentWidget(propertyPage_);
  properties_->focusRow(name);
}

QString Inspector::problemAt(const QString& property) const {
  for (const ElementId id : ids_) {
    const auto found = problems_.find(id);
    if (found == problems_.end()) continue;
    for (const Problem& problem : found->second) {
      if (problem.property == property) return problem.text;
    }
  }
  return {};
}

void Inspector::document(const Form::Row& row) {
  QString text = "<b>" + row.label.toHtmlEscaped() + "</b>";
  if (!row.help.isEmpty()) text += "<p style='margin-top:4px'>" + row.help + "</p>";
  help_->setHtml(text);
}

// Text without an expression says what it gives by itself.
void Inspector::previewSoon(const QString& text) {
  previewed_ = text;
  ++previews_;
  if (text.contains("${") || text.contains("#{")) return soon_.start();
  soon_.stop();
  result_->hide();
}

void Inspector::showPreview() {
  if (!preview_ || ids_.size() != 1) return;
  const quint64 question = ++previews_;
  preview_(ids_.front(), previewed_, [this, question](const QString& words, bool good) {
    if (question != previews_) return;
    result_->setText((good ? "= " : "▲ ") + words);
    result_->setStyleSheet("color:" + (good ? theme_->text : theme_->error).name());
    result_->show();
  });
}

void Inspector::addDynamic() {
  const std::string name = newProperty_->text().trimmed().toStdString();
  const Component* component = first();
  if (name.empty() || component == nullptr) return;
  if (valueOf(*component, name)) {
    emit told("No property was added: '" + newProperty_->text() + "' is there already");
    return;
  }
  newProperty_->clear();
  editor_.setProperty(ids_, name, std::string());
  focusProperty(QString::fromStdString(name));
}

}  // namespace millrace::gui
