// SPDX-License-Identifier: Apache-2.0
#include "gui/app/queue_panel.h"

#include "gui/app/content_view.h"
#include "gui/app/data_table.h"
#include "gui/model/status_store.h"
#include "gui/theme/theme.h"

#include <QHBoxLayout>
#include <QJsonArray>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSplitter>
#include <QTabWidget>
#include <QTableWidget>
#include <QVBoxLayout>

namespace millrace::gui {

using flow::ElementId;

QueuePanel::QueuePanel(const FlowModel& model, ApiClient& api, QWidget* parent)
    : QWidget(parent), model_(model), api_(api) {
  setObjectName("panel");
  auto* layout = new QVBoxLayout(this);  // owned by the widget, as all below
  layout->setContentsMargins(2 * kUnit, kUnit, 2 * kUnit, kUnit);
  layout->setSpacing(kUnit);
  auto* head = new QHBoxLayout;
  head->setSpacing(kUnit);
  title_ = new QLabel("Choose a connection on the canvas to see what waits in it.", this);
  title_->setObjectName("queueTitle");
  filter_ = new QLineEdit(this);
  filter_->setObjectName("queueFilter");
  filter_->setAccessibleName("Filter the queue");
  filter_->setPlaceholderText("Filter by name or attribute");
  filter_->setFixedWidth(240);
  filter_->setMinimumHeight(30);
  again_ = new QPushButton("Refresh", this);
  again_->setObjectName("queueRefresh");
  more_ = new QPushButton("Show more", this);
  more_->setObjectName("queueMore");
  head->addWidget(title_, 1);
  head->addWidget(filter_);
  head->addWidget(more_);
  head->addWidget(again_);
  layout->addLayout(head);
  auto* halves = new QSplitter(Qt::Horizontal, this);
  halves->setChildrenCollapsible(false);
  table_ = makeDataTable("queueTable", "FlowFiles in the queue",
                         {"File name", "Size", "Queued", "UUID"}, halves);
  table_->setColumnWidth(0, 200);
  table_->setColumnWidth(1, 80);
  table_->setColumnWidth(2, 110);
  auto* tabs = new QTabWidget(halves);
  tabs->setDocumentMode(true);
  view_ = new ContentView(tabs);
  attributes_ = makeDataTable("attributeTable", "Attributes", {"Attribute", "Value"}, tabs);
  attributes_->setColumnWidth(0, 180);
  tabs->addTab(view_, "Content");
  tabs->addTab(attributes_, "Attributes");
  halves->addWidget(table_);
  halves->addWidget(tabs);
  halves->setSizes({520, 520});
  layout->addWidget(halves, 1);
  for (QPushButton* button : {again_, more_}) button->setEnabled(false);
  more_->hide();
  connect(again_, &QPushButton::clicked, this, [this] { load(0); });
  connect(more_, &QPushButton::clicked, this, [this] { load(static_cast<int>(rows_.size())); });
  connect(filter_, &QLineEdit::textChanged, this, [this] { fill(); });
  connect(table_, &QTableWidget::currentCellChanged, this, [this](int row) { choose(row); });
}

void QueuePanel::show(ElementId connection) {
  connection_ = connection;
  rows_.clear();
  fill();
  again_->setEnabled(true);
  title_->setText("Reading…");
  load(0);
}

std::optional<Sample> QueuePanel::chosen() const {
  const int at = table_->currentRow();
  if (!isVisible() || at < 0 || at >= static_cast<int>(shown_.size())) return std::nullopt;
  const Row& row = rows_[shown_[static_cast<std::size_t>(at)]];
  Sample sample{connection_, row.uuid, row.filename, row.size, {}};
  for (const auto& [name, value] : row.attributes) sample.attributes[name] = value;
  return sample;
}

void QueuePanel::load(int offset) {
  const quint64 question = ++asked_;
  api_.get(QString("/connections/%1/queue?offset=%2&limit=%3")
               .arg(idToJson(connection_))
               .arg(offset)
               .arg(kPage),
           [this, question, offset](const ApiAnswer& answer) {
             if (question != asked_) return;
             if (!answer.ok()) return title_->setText("The queue cannot be read: " + answer.error);
             take(offset, answer.json());
           });
}

void QueuePanel::take(int offset, const QJsonObject& page) {
  if (offset == 0) rows_.clear();
  for (const QJsonValue& item : page["flowfiles"].toArray()) {
    Row row;
    row.uuid = item["uuid"].toString();
    row.filename = item["filename"].toString();
    row.size = item["size"].toDouble();
    row.queued = timeWords(item["queuedAt"].toDouble());
    row.penalized = item["penalized"].toBool();
    const QJsonObject attributes = item["attributes"].toObject();
    for (auto at = attributes.begin(); at != attributes.end(); ++at)
      row.attributes.emplace_back(at.key(), at.value().toString());
    rows_.push_back(std::move(row));
  }
  const double count = page["count"].toDouble();
  QString name = "The connection is gone";
  if (const Component* wire = model_.find(connection_); wire != nullptr && wire->connection())
    name = QString::fromStdString(model_.endName(wire->connection()->from.id) + " → " +
                                  model_.endName(wire->connection()->to.id));
  title_->setText(count == 0 ? name + ":  nothing waits here"
                             : QString("%1:  %2 FlowFile%3, %4")
                                   .arg(name, shortCount(count), count == 1 ? "" : "s",
                                        shortBytes(page["bytes"].toDouble())));
  more_->setVisible(static_cast<double>(rows_.size()) < count && rows_.size() < 10000);
  more_->setEnabled(true);
  fill();
}

void QueuePanel::fill() {
  const QString wanted = filter_->text().trimmed();
  shown_.clear();
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const Row& row = rows_[i];
    bool fits = wanted.isEmpty() || row.filename.contains(wanted, Qt::CaseInsensitive) ||
                row.uuid.contains(wanted, Qt::CaseInsensitive);
    for (const auto& [name, value] : row.attributes)
      fits = fits || (name + '=' + value).contains(wanted, Qt::CaseInsensitive);
    if (fits) shown_.push_back(i);
  }
  table_->setRowCount(0);
  table_->setRowCount(static_cast<int>(shown_.size()));
  for (int at = 0; at < static_cast<int>(shown_.size()); ++at) {
    const Row& row = rows_[shown_[static_cast<std::size_t>(at)]];
    const QStringList cells{row.filename, shortBytes(row.size),
                            row.queued + (row.penalized ? "  penalized" : ""), row.uuid};
    for (int column = 0; column < cells.size(); ++column)
      table_->setItem(at, column, new QTableWidgetItem(cells[column]));
  }
  if (!shown_.empty()) {
    table_->setCurrentCell(0, 0);
  } else {
    choose(-1);
  }
}

void QueuePanel::choose(int at) {
  attributes_->setRowCount(0);
  content_.clear();
  contentSize_ = 0;
  contentTrouble_.clear();
  if (at < 0 || at >= static_cast<int>(shown_.size())) return showContent();
  const Row& row = rows_[shown_[static_cast<std::size_t>(at)]];
  attributes_->setRowCount(static_cast<int>(row.attributes.size()));
  for (int i = 0; i < attributes_->rowCount(); ++i) {
    const auto& [name, value] = row.attributes[static_cast<std::size_t>(i)];
    attributes_->setItem(i, 0, new QTableWidgetItem(name));
    attributes_->setItem(i, 1, new QTableWidgetItem(value));
    attributes_->item(i, 1)->setToolTip(value);
  }
  contentSize_ = row.size;
  showContent();
  if (row.size == 0) return;
  const QString uuid = row.uuid;
  const QByteArray range = "bytes=0-" + QByteArray::number(ContentView::kFirstBytes - 1);
  api_.get(
      QString("/connections/%1/flowfiles/%2/content").arg(idToJson(connection_), uuid),
      [this, uuid](const ApiAnswer& answer) {
        const int now = table_->currentRow();
        if (now < 0 || now >= static_cast<int>(shown_.size()) ||
            rows_[shown_[static_cast<std::size_t>(now)]].uuid != uuid)
          return;
        if (answer.ok()) {
          content_ = answer.body;
        } else {
          contentTrouble_ = "The content cannot be read: " + answer.error;
        }
        showContent();
      },
      "*/*", range);
}

void QueuePanel::showContent() {
  if (!content_.isEmpty()) return view_->show(content_, contentSize_);
  view_->clear(!contentTrouble_.isEmpty() ? contentTrouble_
               : shown_.empty()           ? QString("No FlowFile is chosen.")
               : contentSize_ == 0        ? QString("This FlowFile has no content.")
                                          : QString("Reading…"));
}

}  // namespace millrace::gui
