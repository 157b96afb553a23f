// SPDX-License-Identifier: Apache-2.0
#include "gui/app/flowfile_editor.h"

#include "gui/app/data_table.h"
#include "gui/app/queue_panel.h"
#include "gui/model/status_store.h"
#include "gui/theme/fields.h"
#include "gui/theme/theme.h"

#include <QAbstractItemDelegate>
#include <QCoreApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSplitter>
#include <QStringDecoder>
#include <QTableWidget>
#include <QUrl>
#include <QVBoxLayout>
#include <algorithm>
#include <map>

namespace millrace::gui {

using flow::ElementId;

namespace {

/// The text of a content that can go through an editor and come back; nothing where it cannot.
std::optional<QString> editableText(const QByteArray& bytes, bool& isCrLf) {
  QStringDecoder decoder(QStringDecoder::Utf8);
  QString text = decoder(bytes);
  isCrLf = text.contains("\r\n");
  if (decoder.hasError() || text.contains(QChar(0))) return std::nullopt;
  // An editor knows one kind of line end: others would be lost.
  const QString plain = QString(text).remove("\r\n");
  if (plain.contains('\r') || (isCrLf && plain.contains('\n'))) return std::nullopt;
  return text.replace("\r\n", "\n");
}

}  // namespace

QString WaitingFlowFile::path() const {
  return QString("/connections/%1/flowfiles/%2").arg(idToJson(connection), uuid);
}

FlowFileEditor::FlowFileEditor(const FlowModel& model, ApiClient& api, Acts acts, QWidget* parent)
    : QWidget(parent), model_(model), api_(api), acts_(std::move(acts)) {
  setObjectName("panel");
  auto* layout = new QVBoxLayout(this);  // owned by the widget, as all below
  layout->setContentsMargins(0, kUnit, 0, 0);
  layout->setSpacing(kUnit);
  const auto button = [this](const char* name, const char* words) {
    auto* made = new QPushButton(words, this);
    made->setObjectName(name);
    return made;
  };
  auto* halves = new QSplitter(Qt::Horizontal, this);
  halves->setChildrenCollapsible(false);
  attributes_ =
      makeDataTable("editAttributes", "Attributes to change", {"Attribute", "Value"}, halves);
  attributes_->setColumnWidth(0, 136);
  attributes_->setEditTriggers(QAbstractItemView::DoubleClicked |
                               QAbstractItemView::EditKeyPressed |
                               QAbstractItemView::AnyKeyPressed);
  attributes_->setSelectionBehavior(QAbstractItemView::SelectItems);
  auto* right = new QWidget(halves);
  right->setObjectName("panel");
  auto* column = new QVBoxLayout(right);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(kUnit / 2);
  change_ = new TickBox("Another content", right);
  change_->setObjectName("editContentToo");
  content_ = new QPlainTextEdit(right);
  content_->setObjectName("editContent");
  content_->setAccessibleName("The new content");
  content_->setFont(codeFont(12));
  content_->setTabChangesFocus(true);
  column->addWidget(change_);
  column->addWidget(content_, 1);
  halves->addWidget(attributes_);
  halves->addWidget(right);
  halves->setSizes({320, 280});
  layout->addWidget(halves, 1);
  auto* row = new QHBoxLayout;
  row->setSpacing(kUnit);
  add_ = button("attributeAdd", "Add");
  add_->setAccessibleName("Add an attribute");
  remove_ = button("attributeRemove", "Remove");
  remove_->setAccessibleName("Remove the attribute");
  to_ = new ChoiceBox(this);
  to_->setObjectName("requeueTo");
  to_->setAccessibleName("Where it goes");
  to_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  to_->setMinimumContentsLength(16);
  to_->setMinimumHeight(30);
  requeue_ = button("requeue", "Requeue…");
  drop_ = button("dropOne", "Drop…");
  row->addWidget(add_);
  row->addWidget(remove_);
  row->addStretch(1);
  row->addWidget(to_);
  row->addWidget(requeue_);
  row->addWidget(drop_);
  layout->addLayout(row);
  connect(add_, &QPushButton::clicked, this, [this] { addAttribute(); });
  connect(remove_, &QPushButton::clicked, this, [this] { removeAttribute(); });
  connect(change_, &QCheckBox::toggled, content_, &QWidget::setEnabled);
  connect(requeue_, &QPushButton::clicked, this, [this] { requeue(); });
  connect(drop_, &QPushButton::clicked, this, [this] { drop(); });
  show(nullptr);
}

void FlowFileEditor::show(const WaitingFlowFile* file) {
  file_ = file == nullptr ? std::nullopt : std::optional(*file);
  // A field that is about to close does so by a queued call, which must not find its row gone.
  QCoreApplication::sendPostedEvents(attributes_->itemDelegate(), QEvent::MetaCall);
  attributes_->setRowCount(0);
  change_->setChecked(false);
  change_->setEnabled(false);
  content_->setEnabled(false);
  content_->clear();
  content_->setPlaceholderText(file == nullptr ? "No FlowFile is chosen." : "Reading…");
  for (QWidget* each : std::initializer_list<QWidget*>{add_, remove_, to_, requeue_, drop_})
    each->setEnabled(file != nullptr);
  fillQueues();
  if (file == nullptr) return;
  for (const auto& [name, value] : file->attributes) {
    if (name == "uuid") continue;  // it is the FlowFile's own
    attributes_->insertRow(attributes_->rowCount());
    fillRow(*attributes_, attributes_->rowCount() - 1, {name, value});
  }
  if (file->size == 0) setContent({});
}

void FlowFileEditor::setContent(const QByteArray& first) {
  if (!file_) return;
  const auto text = editableText(first, isCrLf_);
  const bool whole = static_cast<double>(first.size()) == file_->size;
  const bool can = whole && text.has_value();
  text_ = can ? *text : QString();
  content_->setPlainText(text_);
  content_->setPlaceholderText(can      ? "No content"
                               : !whole ? "Too long to be changed here."
                                        : "Not a text: it cannot be changed here.");
  change_->setEnabled(can);
}

void FlowFileEditor::fillQueues() {
  to_->clear();
  to_->addItem("to the end of its queue");
  if (!file_) return;
  std::vector<std::pair<QString, ElementId>> others;
  for (const auto& [id, component] : model_.components()) {
    if (component.connection() != nullptr && id != file_->connection)
      others.emplace_back("to " + wireWords(model_, id), id);
  }
  std::sort(others.begin(), others.end());
  for (const auto& [words, id] : others) to_->addItem(words, idToJson(id));
}

void FlowFileEditor::addAttribute() {
  const int row = attributes_->rowCount();
  attributes_->insertRow(row);
  fillRow(*attributes_, row, {QString(), QString()});
  attributes_->setCurrentCell(row, 0);
  attributes_->setFocus();
  attributes_->editItem(attributes_->item(row, 0));
}

void FlowFileEditor::removeAttribute() {
  if (attributes_->currentRow() >= 0) attributes_->removeRow(attributes_->currentRow());
}

// Only what differs from how it waits.
Result<QJsonObject> FlowFileEditor::edit() const {
  std::map<QString, QString> now;
  for (int row = 0; row < attributes_->rowCount(); ++row) {
    const QString name = attributes_->item(row, 0)->text();
    const QString value = attributes_->item(row, 1)->text();
    if (name.isEmpty() && value.isEmpty()) continue;
    if (name.isEmpty() || name == "uuid")
      return Error::user("an attribute needs a name, and the uuid cannot be changed");
    if (!now.emplace(name, value).second)
      return Error::user("the attribute '" + name.toStdString() + "' is there twice");
  }
  QJsonObject attributes;
  for (const auto& [name, value] : file_->attributes) {
    if (name == "uuid") continue;
    const auto found = now.find(name);
    if (found == now.end()) {
      attributes[name] = QJsonValue::Null;
    } else {
      if (found->second != value) attributes[name] = found->second;
      now.erase(found);
    }
  }
  for (const auto& [name, value] : now) attributes[name] = value;
  QJsonObject edit;
  if (!attributes.isEmpty()) edit["attributes"] = attributes;
  QString text = content_->toPlainText();
  if (change_->isChecked() && text != text_) {
    if (isCrLf_) text.replace("\n", "\r\n");
    edit["content"] = QJsonObject{{"text", text}};
  }
  if (to_->currentIndex() > 0) edit["to"] = to_->currentData().toString();
  return edit;
}

QString FlowFileEditor::words(const QJsonObject& edit) const {
  QStringList changes;
  const QJsonObject attributes = edit["attributes"].toObject();
  for (auto at = attributes.begin(); at != attributes.end(); ++at)
    changes << (at.value().isNull() ? "without " + at.key()
                                    : at.key() + " = “" + at.value().toString() + "”");
  if (edit.contains("content"))
    changes
        << QString("a content of %1 bytes").arg(edit["content"]["text"].toString().toUtf8().size());
  return changes.isEmpty() ? QString("as it is") : "with " + changes.join(", ");
}

void FlowFileEditor::requeue() {
  if (!file_) return;
  const Result<QJsonObject> made = edit();
  if (!made.ok()) return acts_.tell("Nothing was changed: " + inQt(made.error().message));
  const WaitingFlowFile file = *file_;
  if (!acts_.confirm("Put “" + file.title() + "” " + to_->currentText() + ", " + words(*made) +
                     "?"))
    return;
  api_.post(
      file.path() + "/requeue?place=" + QString::fromUtf8(QUrl::toPercentEncoding(file.place)),
      *made, [this, file](const ApiAnswer& answer) {
        acts_.tell(answer.ok() ? "“" + file.title() + "” was put back"
                               : "“" + file.title() + "” is as it was: " + answer.error);
        acts_.done();
      });
}

void FlowFileEditor::drop() {
  if (!file_) return;
  const WaitingFlowFile file = *file_;
  if (!acts_.confirm("Drop “" + file.title() + "” of " + wireWords(model_, file.connection) +
                     "? It does not come back by undo."))
    return;
  api_.remove(file.path() + "?place=" + QString::fromUtf8(QUrl::toPercentEncoding(file.place)),
              [this, file](const ApiAnswer& answer) {
                acts_.tell(answer.ok() ? "“" + file.title() + "” was dropped"
                                       : "Nothing was dropped: " + answer.error);
                acts_.done();
              });
}

}  // namespace millrace::gui
