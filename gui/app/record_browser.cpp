// SPDX-License-Identifier: Apache-2.0
#include "gui/app/record_browser.h"

#include "gui/app/content_view.h"
#include "gui/app/data_table.h"
#include "gui/model/status_store.h"
#include "gui/theme/fields.h"
#include "gui/theme/theme.h"

#include <QComboBox>
#include <QDateTime>
#include <QHBoxLayout>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSplitter>
#include <QTabWidget>
#include <QUrl>
#include <QVBoxLayout>

namespace millrace::gui {
namespace {

QString encoded(const QString& text) { return QString::fromUtf8(QUrl::toPercentEncoding(text)); }

/// One line of what the server shows of a key or value.
QString words(const QJsonValue& bytes) {
  if (!bytes.isObject()) return "null";
  const QJsonObject shown = bytes.toObject();
  const QString text =
      shown.contains("text")
          ? shown["text"].toString()
          : QString::fromLatin1(
                QByteArray::fromBase64(shown["base64"].toString().toLatin1()).left(32).toHex(' '));
  return text.simplified();
}

QString numberWords(const QJsonValue& value) {
  return QString::number(value.toDouble(), 'f', 0);  // an offset is no float to people
}

}  // namespace

Result<QString> placeInLog(const QString& words) {
  const QString text = words.trimmed();
  if (text.isEmpty() || text == "end") return QString("before=end");
  if (text == "start") return QString("offset=start");
  bool isNumber = false;
  const qulonglong offset = text.toULongLong(&isNumber);
  if (isNumber) return "offset=" + QString::number(offset);
  for (const char* form : {"yyyy-MM-dd", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss",
                           "yyyy-MM-ddTHH:mm:ss", "HH:mm", "HH:mm:ss"}) {
    QDateTime time = QDateTime::fromString(text, form);
    if (!time.isValid()) continue;
    if (!QString(form).startsWith('y')) time.setDate(QDate::currentDate());
    return "timestamp=" + QString::number(time.toMSecsSinceEpoch());
  }
  return Error::user("'" + text.toStdString() +
                     "' is no place in a log: type an offset, start, end, 2026-05-01, "
                     "2026-05-01 14:30 or 14:30");
}

RecordBrowser::RecordBrowser(ApiClient& api, QWidget* parent) : QWidget(parent), api_(api) {
  auto* layout = new QVBoxLayout(this);  // owned by the widget, as all below
  layout->setContentsMargins(kUnit, 0, 0, 0);
  layout->setSpacing(kUnit);
  auto* head = new QHBoxLayout;
  head->setSpacing(kUnit);
  title_ = new QLabel(this);
  title_->setObjectName("recordsTitle");
  partition_ = new ChoiceBox(this);
  partition_->setObjectName("recordsPartition");
  partition_->setAccessibleName("Partition");
  const auto field = [&](const QString& name, const QString& accessible, const QString& hint,
                         int width) {
    auto* made = new QLineEdit(this);
    made->setObjectName(name);
    made->setAccessibleName(accessible);
    made->setPlaceholderText(hint);
    made->setFixedWidth(width);
    made->setMinimumHeight(30);
    connect(made, &QLineEdit::returnPressed, this, [this] { find(); });
    return made;
  };
  from_ = field("recordsFrom", "Where to begin", "Offset, start or 14:30", 176);
  filter_ = field("recordsFilter", "Filter the records", "Text, or key=…", 160);
  const auto button = [&](const QString& text, const QString& name) {
    auto* made = new QPushButton(text, this);
    made->setObjectName(name);
    return made;
  };
  older_ = button("Older", "recordsOlder");
  newer_ = button("Newer", "recordsNewer");
  head->addWidget(title_, 1);
  for (QWidget* each : std::initializer_list<QWidget*>{partition_, from_, filter_, older_, newer_})
    head->addWidget(each);
  layout->addLayout(head);
  auto* halves = new QSplitter(Qt::Horizontal, this);
  halves->setChildrenCollapsible(false);
  table_ = makeDataTable("records", "Records", {"Offset", "Time", "Key", "Size", "Value"}, halves);
  for (const auto& [column, width] : {std::pair{0, 88}, {1, 120}, {2, 112}, {3, 72}})
    table_->setColumnWidth(column, width);
  auto* tabs = new QTabWidget(halves);
  tabs->setDocumentMode(true);
  value_ = new ContentView(tabs);
  headers_ = makeDataTable("recordHeaders", "Headers", {"Header", "Value"}, tabs);
  facts_ = makeDataTable("recordFacts", "About the record", {"What", "Is"}, tabs);
  for (QTableWidget* each : {headers_, facts_}) each->setColumnWidth(0, 160);
  tabs->addTab(value_, "Value");
  tabs->addTab(headers_, "Headers");
  tabs->addTab(facts_, "Record");
  halves->addWidget(table_);
  halves->addWidget(tabs);
  halves->setSizes({480, 360});
  layout->addWidget(halves, 1);
  connect(partition_, &QComboBox::activated, this, [this] { find(); });
  connect(older_, &QPushButton::clicked, this,
          [this] { ask("before=" + numberWords(page_["from"])); });
  connect(newer_, &QPushButton::clicked, this,
          [this] { ask("offset=" + numberWords(page_["next"])); });
  connect(table_, &QTableWidget::currentCellChanged, this, [this](int row) { choose(row); });
  clear();
}

void RecordBrowser::clear() {
  ++asked_;
  topic_.clear();
  page_ = {};
  records_ = {};
  partition_->clear();
  table_->setRowCount(0);
  title_->setText("Choose a topic to see its records.");
  for (QWidget* each : std::initializer_list<QWidget*>{partition_, from_, filter_, older_, newer_})
    each->setEnabled(false);
  choose(-1);
}

QString RecordBrowser::path() const { return "/log/topics/" + encoded(topic_) + "/records"; }

void RecordBrowser::show(const QJsonObject& topic) {
  clear();
  topic_ = topic["topic"].toString();
  int first = -1;
  for (const QJsonValue& each : topic["partitions"].toArray()) {
    const double count = each["endOffset"].toDouble() - each["startOffset"].toDouble();
    const int number = each["partition"].toInt();
    partition_->addItem(QString("Partition %1 (%2)").arg(number).arg(shortCount(count)), number);
    if (first < 0 && count > 0) first = partition_->count() - 1;
  }
  partition_->setCurrentIndex(std::max(first, 0));
  for (QWidget* each : std::initializer_list<QWidget*>{partition_, from_, filter_})
    each->setEnabled(true);
  find();
}

void RecordBrowser::find() {
  const Result<QString> place = placeInLog(from_->text());
  if (!place.ok()) return title_->setText(QString::fromStdString(place.error().message));
  ask(*place);
}

void RecordBrowser::ask(const QString& place) {
  if (topic_.isEmpty()) return;
  QString query = QString("?partition=%1&limit=%2&%3")
                      .arg(partition_->currentData().toInt())
                      .arg(kPage)
                      .arg(place);
  const QString filter = filter_->text();
  if (filter.startsWith("key="))
    query += "&key=" + encoded(filter.mid(4));
  else if (!filter.isEmpty())
    query += "&contains=" + encoded(filter);
  title_->setText("Reading “" + topic_ + "”…");
  api_.get(path() + query, [this, question = ++asked_](const ApiAnswer& answer) {
    if (question != asked_) return;
    if (!answer.ok()) return title_->setText("The records cannot be read: " + answer.error);
    take(answer.json());
  });
}

void RecordBrowser::take(const QJsonObject& page) {
  page_ = page;
  records_ = page["records"].toArray();
  const double count = page["endOffset"].toDouble() - page["startOffset"].toDouble();
  QString text = "“" + topic_ + "”:  ";
  if (count == 0) {
    text += "nothing in this partition";
  } else if (records_.isEmpty()) {
    text += filter_->text().isEmpty() ? QString("no record there") : QString("none fits there");
  } else {
    text += QString("%1 to %2 of %3 to %4")
                .arg(numberWords(records_.first()["offset"]),
                     numberWords(records_.last()["offset"]), numberWords(page["startOffset"]),
                     QString::number(page["endOffset"].toDouble() - 1, 'f', 0));
  }
  title_->setText(text);
  older_->setEnabled(!page["atStart"].toBool());
  newer_->setEnabled(!page["atEnd"].toBool());
  table_->setRowCount(0);
  table_->setRowCount(static_cast<int>(records_.size()));
  for (int row = 0; row < table_->rowCount(); ++row) {
    const QJsonValue record = records_.at(row);
    const QJsonValue time = record["timestamp"];
    const bool damaged = record["unreadable"].isString();
    fillRow(
        *table_, row,
        {numberWords(record["offset"]), time.isNull() ? QString() : timeWords(time.toDouble()),
         damaged ? QString() : words(record["key"]),
         damaged || !record["value"].isObject() ? QString()
                                                : shortBytes(record["value"]["size"].toDouble()),
         damaged ? record["unreadable"].toString() : words(record["value"])});
  }
  // The newest is what people look for when they begin at the end.
  if (table_->rowCount() > 0) table_->setCurrentCell(table_->rowCount() - 1, 0);
  table_->scrollToBottom();
  if (table_->rowCount() == 0) choose(-1);
}

void RecordBrowser::choose(int row) {
  headers_->setRowCount(0);
  facts_->setRowCount(0);
  if (row < 0 || row >= records_.size()) return value_->clear("No record is chosen.");
  const QJsonObject record = records_.at(row).toObject();
  const QJsonArray headers = record["headers"].toArray();
  headers_->setRowCount(static_cast<int>(headers.size()));
  for (int i = 0; i < headers_->rowCount(); ++i)
    fillRow(*headers_, i, {headers[i]["name"].toString(), words(headers[i]["value"])});
  const double batch = record["batchBytes"].toDouble();
  const std::vector<std::pair<QString, QString>> facts{
      {"Offset", numberWords(record["offset"])},
      {"Time",
       record["timestamp"].isNull()
           ? QString("none")
           : QDateTime::fromMSecsSinceEpoch(static_cast<qint64>(record["timestamp"].toDouble()))
                 .toString(Qt::ISODateWithMs)},
      {"Time is that of", record["timestampType"].toString() == "LogAppendTime"
                              ? QString("its arrival")
                              : QString("its producer")},
      {"Key", words(record["key"])},
      {"Batch", shortBytes(batch) + ", compression " + record["codec"].toString()},
      {"In a transaction",
       record["transactional"].toBool() ? QString("yes, committed") : QString("no")}};
  facts_->setRowCount(static_cast<int>(facts.size()));
  for (int i = 0; i < facts_->rowCount(); ++i) {
    const auto& [what, is] = facts[static_cast<std::size_t>(i)];
    fillRow(*facts_, i, {what, is});
  }
  showValue(record);
}

void RecordBrowser::showValue(const QJsonObject& record) {
  if (record["unreadable"].isString())
    return value_->clear("This batch cannot be read: " + record["unreadable"].toString());
  const QJsonValue value = record["value"];
  if (!value.isObject())
    return value_->clear("Its value is null: a compacted topic drops the key.");
  const double size = value["size"].toDouble();
  if (size == 0) return value_->clear("Its value is empty.");
  value_->clear("Reading…");
  const QString offset = numberWords(record["offset"]);
  const QByteArray range = "bytes=0-" + QByteArray::number(ContentView::kFirstBytes - 1);
  api_.get(
      path() + QString("/%1/%2/content/value").arg(partition_->currentData().toInt()).arg(offset),
      [this, offset, size, topic = topic_](const ApiAnswer& answer) {
        const int now = table_->currentRow();
        if (topic != topic_ || now < 0 || now >= records_.size() ||
            numberWords(records_.at(now)["offset"]) != offset)
          return;
        if (!answer.ok()) return value_->clear("The value cannot be read: " + answer.error);
        value_->show(answer.body, size);
      },
      "*/*", range);
}

}  // namespace millrace::gui
