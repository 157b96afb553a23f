// SPDX-License-Identifier: Apache-2.0
#include "gui/app/diagnostics_panel.h"

#include "gui/app/agent_words.h"
#include "gui/app/data_table.h"
#include "gui/model/status_store.h"
#include "gui/theme/theme.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QJsonArray>
#include <QJsonDocument>
#include <QLabel>
#include <QPushButton>
#include <QRegularExpression>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace millrace::gui {
namespace {

QString plain(const QJsonValue& value) {
  if (value.isString()) return value.toString();
  if (value.isBool()) return value.toBool() ? "true" : "false";
  if (value.isDouble()) return QString::number(value.toDouble(), 'g', 15);
  return value.isNull()                                 ? QString("null")
         : value.isArray() && value.toArray().isEmpty() ? QString("none")
                                                        : QString();
}

/// What a value holds, by name: members, or elements that have a name of their own.
std::vector<std::pair<QString, QJsonValue>> inside(const QJsonValue& value) {
  std::vector<std::pair<QString, QJsonValue>> parts;
  if (value.isObject()) {
    const QJsonObject object = value.toObject();
    for (auto at = object.begin(); at != object.end(); ++at) parts.emplace_back(at.key(), *at);
  } else if (value.isArray()) {
    for (const QJsonValue& each : value.toArray()) {
      QJsonObject object = each.toObject();
      const QString name = object.take("name").toString();
      parts.emplace_back(name, each.isObject() ? QJsonValue(object) : each);
    }
  }
  return parts;
}

void addLines(const QString& way, const QJsonValue& value, QString& text) {
  const bool isEmpty = value.isArray() && value.toArray().isEmpty();
  if (isEmpty || (!value.isObject() && !value.isArray())) {
    text += way + ": " + plain(value) + '\n';
    return;
  }
  for (const auto& [name, part] : inside(value))
    addLines(way.isEmpty() || name.isEmpty() ? way + name : way + '.' + name, part, text);
}

/// `mostResidentBytes` as people write it.
QString titled(const QString& name) {
  // Names of files and libraries stay as they are.
  static const QRegularExpression word("^[a-z]+([A-Z][a-z]*)+$");
  static const QRegularExpression hump("([A-Z])");
  static const QRegularExpression unit("(Bytes|Seconds)$");
  if (!word.match(name).hasMatch()) return name;
  QString text = name;
  if (text.size() > 7) text.remove(unit);
  text.replace(hump, " \\1");
  return text.toLower();
}

void addItems(QTreeWidgetItem* under, const QString& name, const QJsonValue& value) {
  auto* item = new QTreeWidgetItem(under, {titled(name), figureWords(name, value)});
  item->setToolTip(1, plain(value));
  for (const auto& [part, inner] : inside(value)) addItems(item, part, inner);
}

}  // namespace

QString diagnosticsText(const QJsonObject& diagnostics) {
  QString text;
  addLines({}, diagnostics, text);
  return text;
}

QString figureWords(const QString& name, const QJsonValue& value) {
  if (value.isBool()) return value.toBool() ? "yes" : "no";
  if (!value.isDouble()) return plain(value);
  const double figure = value.toDouble();
  if (name.endsWith("ytes")) return shortBytes(figure);
  if (name == "uptimeSeconds") return spanWords(figure * 1000);
  if (name.endsWith("Seconds")) return QString::number(figure, 'f', 1) + " s";
  if (name == "at" || name.endsWith("At")) return timeWords(figure);
  return QString::number(figure, 'f', figure == static_cast<double>(qint64(figure)) ? 0 : 2);
}

DiagnosticsPanel::DiagnosticsPanel(ApiClient& api, Tell tell, QWidget* parent)
    : QWidget(parent), api_(api), tell_(std::move(tell)) {
  setObjectName("panel");
  auto* layout = new QVBoxLayout(this);  // owned by the widget, as all below
  layout->setContentsMargins(2 * kUnit, kUnit, 2 * kUnit, kUnit);
  layout->setSpacing(kUnit);
  auto* head = new QHBoxLayout;
  head->setSpacing(kUnit);
  title_ = new QLabel(this);
  title_->setObjectName("diagnosticsTitle");
  title_->setWordWrap(true);
  copy_ = new QPushButton("Copy as text", this);
  copy_->setObjectName("diagnosticsCopy");
  again_ = new QPushButton("Refresh", this);
  again_->setObjectName("diagnosticsRefresh");
  head->addWidget(title_, 1);
  head->addWidget(copy_);
  head->addWidget(again_);
  layout->addLayout(head);
  tree_ = new QTreeWidget(this);
  tree_->setObjectName("diagnostics");
  tree_->setAccessibleName("How the server is");
  tree_->setHeaderLabels({"What", "Figure"});
  tree_->header()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  tree_->setUniformRowHeights(true);
  tree_->setColumnWidth(0, 320);
  layout->addWidget(tree_, 1);
  connect(again_, &QPushButton::clicked, this, [this] { refresh(); });
  connect(copy_, &QPushButton::clicked, this, [this] {
    QApplication::clipboard()->setText(diagnosticsText(found_));
    tell_("The diagnostics are on the clipboard");
  });
  clear();
}

void DiagnosticsPanel::clear() {
  ++asked_;
  found_ = {};
  fill();
  title_->setText("There is no server to ask.");
  if (isVisible()) refresh();
}

void DiagnosticsPanel::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  refresh();
}

void DiagnosticsPanel::refresh() {
  if (api_.base().isEmpty()) return;
  const quint64 question = ++asked_;
  api_.get("/diagnostics", [this, question](const ApiAnswer& answer) {
    if (question != asked_) return;
    if (!answer.ok()) return title_->setText("The server does not say how it is: " + answer.error);
    found_ = answer.json();
    fill();
    const QJsonValue program = found_["program"];
    const QJsonValue process = found_["process"];
    title_->setText(QString("Millrace %1 at %2: %3, %4 in memory, up for %5")
                        .arg(program["version"].toString(), api_.base().authority(),
                             found_["healthy"].toBool() ? "healthy" : "▲ not healthy",
                             shortBytes(process["residentBytes"].toDouble()),
                             spanWords(found_["uptimeSeconds"].toDouble() * 1000)));
  });
}

void DiagnosticsPanel::fill() {
  tree_->clear();
  copy_->setEnabled(!found_.isEmpty());
  for (const auto& [name, value] : inside(found_)) {
    addItems(tree_->invisibleRootItem(), name, value);
    // What is long (libraries, files) is opened when somebody wants it.
    tree_->topLevelItem(tree_->topLevelItemCount() - 1)->setExpanded(true);
  }
}

}  // namespace millrace::gui
