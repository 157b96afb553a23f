// SPDX-License-Identifier: Apache-2.0
#include "gui/app/try_panel.h"

#include "gui/app/content_view.h"
#include "gui/app/data_table.h"
#include "gui/model/status_store.h"
#include "gui/theme/theme.h"

#include <QHBoxLayout>
#include <QJsonArray>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSplitter>
#include <QTabWidget>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <algorithm>

namespace millrace::gui {

using flow::ElementId;

namespace {
constexpr int kSampleRows = 24;  ///< at least so many rows to type attributes into
}

TryPanel::TryPanel(const FlowModel& model, LiveLink& link, SampleFinder& samples, QWidget* parent)
    : QWidget(parent), model_(model), link_(link), samples_(samples) {
  setObjectName("panel");
  auto* layout = new QVBoxLayout(this);  // owned by the widget, as all below
  layout->setContentsMargins(2 * kUnit, kUnit, 2 * kUnit, kUnit);
  layout->setSpacing(kUnit);
  auto* head = new QHBoxLayout;
  head->setSpacing(kUnit);
  title_ = new QLabel(this);
  title_->setObjectName("tryTitle");
  take_ = new QPushButton("Take one from the queue", this);
  take_->setObjectName("tryTake");
  check_ = new QPushButton("Check", this);
  check_->setObjectName("tryCheck");
  run_ = new QPushButton("Try", this);
  run_->setObjectName("tryRun");
  head->addWidget(title_, 1);
  for (QPushButton* button : {take_, check_, run_}) head->addWidget(button);
  layout->addLayout(head);
  auto* parts = new QSplitter(Qt::Horizontal, this);
  parts->setChildrenCollapsible(false);
  auto* given = new QTabWidget(parts);
  given->setDocumentMode(true);
  content_ = new QPlainTextEdit(given);
  content_->setObjectName("tryContent");
  content_->setAccessibleName("Content of the sample");
  content_->setPlaceholderText("The content that the processor gets");
  content_->setFont(codeFont(12));
  content_->setTabChangesFocus(true);
  attributes_ =
      makeDataTable("tryAttributes", "Attributes of the sample", {"Attribute", "Value"}, given);
  attributes_->setEditTriggers(QAbstractItemView::AllEditTriggers);
  given->addTab(content_, "Sample content");
  given->addTab(attributes_, "Sample attributes");
  results_ = new QTreeWidget(parts);
  results_->setObjectName("tryResults");
  results_->setAccessibleName("What would come out");
  results_->setHeaderLabels({"What would come out", "Size"});
  results_->setColumnWidth(0, 272);
  auto* out = new QTabWidget(parts);
  out->setDocumentMode(true);
  outContent_ = new ContentView(out);
  outAttributes_ =
      makeDataTable("tryOutAttributes", "Attributes of what came out", {"Attribute", "Value"}, out);
  out->addTab(outContent_, "Content");
  out->addTab(outAttributes_, "Attributes");
  for (QTableWidget* table : {attributes_, outAttributes_}) table->setColumnWidth(0, 160);
  for (QWidget* part : std::initializer_list<QWidget*>{given, results_, out})
    parts->addWidget(part);
  parts->setSizes({360, 360, 360});
  layout->addWidget(parts, 1);
  connect(take_, &QPushButton::clicked, this, [this] { takeSample(); });
  connect(check_, &QPushButton::clicked, this, [this] { check(); });
  connect(run_, &QPushButton::clicked, this, [this] { run(); });
  connect(results_, &QTreeWidget::currentItemChanged, this, [this](QTreeWidgetItem* item) {
    choose(item == nullptr || item->data(0, Qt::UserRole).isNull()
               ? -1
               : item->data(0, Qt::UserRole).toInt());
  });
  fill(*attributes_, {});
  show(kRootGroup);
}

const flow::Processor* TryPanel::processor() const {
  const Component* component = model_.find(component_);
  return component == nullptr ? nullptr : component->processor();
}

void TryPanel::show(ElementId component) {
  ++asked_;
  component_ = component;
  outputs_.clear();
  results_->clear();
  choose(-1);
  const flow::Processor* there = processor();
  for (QPushButton* button : {take_, check_, run_}) button->setEnabled(there != nullptr);
  title_->setText(there == nullptr
                      ? QString("Choose a processor: it is tried on a sample, without effects.")
                      : "“" + inQt(there->name) + "” on a sample; nothing of it reaches the flow");
}

void TryPanel::fill(QTableWidget& table, const QJsonObject& attributes) {
  const bool edits = &table == attributes_;
  table.setRowCount(0);
  const int count = static_cast<int>(attributes.size());
  table.setRowCount(edits ? std::max(kSampleRows, count + 4) : count);
  int row = 0;
  for (auto at = attributes.begin(); at != attributes.end(); ++at)
    fillRow(table, row++, {at.key(), at.value().toString()});
}

void TryPanel::takeSample() {
  const quint64 question = ++asked_;
  samples_.find(component_, [this, question](const std::optional<Sample>& sample) {
    if (question != asked_) return;
    if (!sample) return title_->setText("Nothing waits in front of it: type a sample");
    QJsonObject attributes = sample->attributes;
    attributes.remove("uuid");  // the sample is another FlowFile
    fill(*attributes_, attributes);
    const double size = sample->size;
    samples_.content(*sample, kMostContent, [this, question, size](const QByteArray& bytes) {
      if (question != asked_) return;
      content_->setPlainText(QString::fromUtf8(bytes));
      title_->setText(size > static_cast<double>(bytes.size())
                          ? "The first " + shortBytes(static_cast<double>(bytes.size())) + " of it"
                          : QString("Taken as a sample; the FlowFile itself still waits"));
    });
  });
}

QJsonObject TryPanel::sample() const {
  QJsonObject attributes;
  for (int row = 0; row < attributes_->rowCount(); ++row) {
    const QTableWidgetItem* name = attributes_->item(row, 0);
    const QTableWidgetItem* value = attributes_->item(row, 1);
    if (name == nullptr || name->text().isEmpty()) continue;
    attributes[name->text()] = value == nullptr ? QString() : value->text();
  }
  return {{"content", content_->toPlainText()}, {"attributes", attributes}};
}

void TryPanel::ask(const QString& what, const QJsonObject& body,
                   std::function<void(const ApiAnswer&)> then) {
  const quint64 question = ++asked_;
  const QString path = "/components/" + idToJson(component_) + what;
  link_.whenSent([this, question, path, body, then = std::move(then)] {
    if (question != asked_) return;
    link_.api().post(path, body, [this, question, then](const ApiAnswer& answer) {
      if (question == asked_) then(answer);
    });
  });
}

void TryPanel::run() {
  title_->setText("Trying…");
  const QJsonObject given = sample();
  const Ids wires = model_.connectionsAt(component_);
  const bool isFed = std::any_of(wires.begin(), wires.end(), [&](ElementId wire) {
    return model_.find(wire)->connection()->to.id == component_;
  });
  // A source is tried without a sample.
  const bool isTyped =
      !given["content"].toString().isEmpty() || !given["attributes"].toObject().isEmpty();
  QJsonObject body;
  if (isFed || isTyped) body["flowfiles"] = QJsonArray{given};
  ask("/try", body, [this](const ApiAnswer& answer) { took(answer); });
}

void TryPanel::took(const ApiAnswer& answer) {
  outputs_.clear();
  results_->clear();
  if (!answer.ok()) return title_->setText("It was not tried: " + answer.error);
  const QJsonObject json = answer.json();
  for (const QJsonValue& item : json["outputs"].toArray()) {
    const QJsonArray files = item["flowfiles"].toArray();
    auto* relationship = new QTreeWidgetItem(results_);  // owned by the tree, as all below
    relationship->setText(0,
                          QString("%1  –  %2")
                              .arg(item["relationship"].toString())
                              .arg(files.size() == 1 ? QString("1 FlowFile")
                                                     : QString("%1 FlowFiles").arg(files.size())));
    for (const QJsonValue& file : files) {
      Output output;
      output.content = file["content"].toString().toUtf8();
      const QJsonObject attributes = file["attributes"].toObject();
      for (auto at = attributes.begin(); at != attributes.end(); ++at)
        output.attributes.emplace_back(at.key(), at.value().toString());
      auto* row = new QTreeWidgetItem(relationship);
      row->setText(0, attributes["filename"].toString("FlowFile") +
                          (file["penalized"].toBool() ? ", penalized" : ""));
      row->setText(1, shortBytes(static_cast<double>(output.content.size())));
      row->setData(0, Qt::UserRole, static_cast<int>(outputs_.size()));
      outputs_.push_back(std::move(output));
    }
    relationship->setExpanded(true);
  }
  const auto say = [&](const QString& words) {
    auto* row = new QTreeWidgetItem(results_);
    row->setText(0, words);
    row->setToolTip(0, words);
  };
  for (const QJsonValue& item : json["bulletins"].toArray())
    say("▲ " + item["level"].toString() + ": " + item["message"].toString());
  for (const QJsonValue& item : json["troubles"].toArray()) say("▲ " + item.toString());
  const QJsonObject counters = json["counters"].toObject();
  for (auto at = counters.begin(); at != counters.end(); ++at)
    say("Counter " + at.key() + ": " + shortCount(at.value().toDouble()));
  title_->setText(QString("%1 would come out; nothing of it reached the flow")
                      .arg(outputs_.size() == 1 ? QString("1 FlowFile")
                                                : QString("%1 FlowFiles").arg(outputs_.size())));
  for (int i = 0; i < results_->topLevelItemCount(); ++i) {
    QTreeWidgetItem* top = results_->topLevelItem(i);
    if (top->childCount() > 0) return results_->setCurrentItem(top->child(0));
  }
}

void TryPanel::check() {
  title_->setText("Checking…");
  ask("/verify", {}, [this](const ApiAnswer& answer) {
    results_->clear();
    outputs_.clear();
    if (!answer.ok()) return title_->setText("It was not checked: " + answer.error);
    const QJsonArray findings = answer.json()["findings"].toArray();
    for (const QJsonValue& finding : findings) {
      auto* row = new QTreeWidgetItem(results_);  // owned by the tree
      row->setText(0, "▲ " + finding["message"].toString());
      row->setToolTip(0, finding["message"].toString());
    }
    title_->setText(findings.isEmpty() ? QString("The server finds nothing wrong with it")
                                       : QString("The server has %1 to say").arg(findings.size()));
  });
}

void TryPanel::choose(int output) {
  if (output < 0 || output >= static_cast<int>(outputs_.size())) {
    outAttributes_->setRowCount(0);
    return outContent_->clear("Nothing is chosen.");
  }
  const Output& one = outputs_[static_cast<std::size_t>(output)];
  QJsonObject attributes;
  for (const auto& [name, value] : one.attributes) attributes[name] = value;
  fill(*outAttributes_, attributes);
  if (one.content.isEmpty()) return outContent_->clear("It would have no content.");
  outContent_->show(one.content, static_cast<double>(one.content.size()));
}

}  // namespace millrace::gui
