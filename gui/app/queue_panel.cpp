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
#include <QRegularExpression>
#include <QSplitter>
#include <QTabWidget>
#include <QTableWidget>
#include <QUrl>
#include <QVBoxLayout>

namespace millrace::gui {

using flow::ElementId;

namespace {

QString inAddress(const QString& text) { return QString::fromUtf8(QUrl::toPercentEncoding(text)); }

QString flowFilesWords(double count) {
  return count == 1 ? QString("1 FlowFile") : QString::number(count, 'f', 0) + " FlowFiles";
}

WaitingFlowFile waitingOf(ElementId connection, const QJsonValue& item) {
  WaitingFlowFile row;
  row.connection = connection;
  row.uuid = item["uuid"].toString();
  row.place = item["place"].toString();
  row.position = item["position"].toDouble();
  row.filename = item["filename"].toString();
  row.size = item["size"].toDouble();
  row.queued = timeWords(item["queuedAt"].toDouble());
  row.penalized = item["penalized"].toBool();
  const QJsonObject attributes = item["attributes"].toObject();
  for (auto at = attributes.begin(); at != attributes.end(); ++at)
    row.attributes.emplace_back(at.key(), at.value().toString());
  return row;
}

}  // namespace

QString queueFilterOf(const QString& words) {
  const QString wanted = words.trimmed();
  if (wanted.isEmpty() || wanted.contains("${")) return wanted;
  QString text = wanted.toLower();
  text.replace('\\', "\\\\").replace('\'', "\\'");
  return "${anyMatchingAttribute('.*'):toLower():contains('" + text + "')}";
}

int columnIn(const QString& complaint) {
  static const QRegularExpression place("\\bcolumn ([0-9]+)");
  const QRegularExpressionMatch match = place.match(complaint);
  return match.hasMatch() ? match.captured(1).toInt() : 0;
}

QString wireWords(const FlowModel& model, ElementId connection) {
  const Component* wire = model.find(connection);
  if (wire == nullptr || wire->connection() == nullptr) return "The connection is gone";
  return inQt(model.endName(wire->connection()->from.id)) + " → " +
         inQt(model.endName(wire->connection()->to.id));
}

QueuePanel::QueuePanel(const FlowModel& model, ApiClient& api, Confirm confirm, Tell tell,
                       QWidget* parent)
    : QWidget(parent),
      model_(model),
      api_(api),
      confirm_(std::move(confirm)),
      tell_(std::move(tell)) {
  setObjectName("panel");
  auto* layout = new QVBoxLayout(this);  // owned by the widget, as all below
  layout->setContentsMargins(2 * kUnit, kUnit, 2 * kUnit, kUnit);
  layout->setSpacing(kUnit);
  layout->addWidget(makeHead());
  trouble_ = new QLabel(this);
  trouble_->setObjectName("queueFilterTrouble");
  trouble_->setWordWrap(true);
  trouble_->hide();
  layout->addWidget(trouble_);
  auto* halves = new QSplitter(Qt::Horizontal, this);
  halves->setChildrenCollapsible(false);
  table_ = makeDataTable("queueTable", "FlowFiles in the queue",
                         {"No.", "File name", "Size", "Queued", "UUID"}, halves);
  for (const auto& [at, width] : {std::pair{0, 64}, {1, 184}, {2, 80}, {3, 112}})
    table_->setColumnWidth(at, width);
  auto* tabs = new QTabWidget(halves);
  tabs->setObjectName("queueTabs");
  tabs->setDocumentMode(true);
  view_ = new ContentView(tabs);
  attributes_ = makeDataTable("attributeTable", "Attributes", {"Attribute", "Value"}, tabs);
  attributes_->setColumnWidth(0, 180);
  editor_ =
      new FlowFileEditor(model, api, {confirm_, tell_, [this] { load(starts_.back()); }}, tabs);
  tabs->addTab(view_, "Content");
  tabs->addTab(attributes_, "Attributes");
  tabs->addTab(editor_, "Change");
  halves->addWidget(table_);
  halves->addWidget(tabs);
  halves->setSizes({560, 560});
  layout->addWidget(halves, 1);
  soon_.setSingleShot(true);
  soon_.setInterval(kFilterAfterMillis);
  connect(&soon_, &QTimer::timeout, this, [this] { begin(); });
  connect(filter_, &QLineEdit::textChanged, this, [this] { soon_.start(); });
  connect(filter_, &QLineEdit::returnPressed, this, [this] { begin(); });
  connect(again_, &QPushButton::clicked, this, [this] { begin(); });
  connect(drop_, &QPushButton::clicked, this, [this] { drop(); });
  connect(more_, &QPushButton::clicked, this, [this] {
    starts_.push_back(next_);
    load(next_);
  });
  connect(previous_, &QPushButton::clicked, this, [this] {
    starts_.pop_back();
    load(starts_.back());
  });
  connect(table_, &QTableWidget::currentCellChanged, this, [this](int row) { choose(row); });
  for (QPushButton* button : {again_, drop_, more_, previous_}) button->setEnabled(false);
  choose(-1);
}

QWidget* QueuePanel::makeHead() {
  auto* head = new QWidget(this);
  auto* row = new QHBoxLayout(head);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(kUnit);
  title_ = new QLabel("Choose a connection on the canvas to see what waits in it.", head);
  title_->setObjectName("queueTitle");
  filter_ = new QLineEdit(head);
  filter_->setObjectName("queueFilter");
  filter_->setAccessibleName("Filter the queue");
  filter_->setPlaceholderText("Filter: words, or ${fileSize:gt(1000)}");
  filter_->setMinimumWidth(320);
  filter_->setMinimumHeight(30);
  row->addWidget(title_, 1);
  row->addWidget(filter_, 1);
  const auto button = [&](const char* name, const char* words) {
    auto* made = new QPushButton(words, head);
    made->setObjectName(name);
    row->addWidget(made);
    return made;
  };
  previous_ = button("queuePrevious", "Previous");
  more_ = button("queueMore", "Next");
  again_ = button("queueRefresh", "Refresh");
  drop_ = button("queueDrop", "Drop all…");
  return head;
}

void QueuePanel::show(ElementId connection) {
  connection_ = connection;
  rows_.clear();
  fill();
  again_->setEnabled(true);
  title_->setText("Reading…");
  begin();
}

const WaitingFlowFile* QueuePanel::rowChosen() const {
  const int at = table_->currentRow();
  if (at < 0 || at >= static_cast<int>(rows_.size())) return nullptr;
  return &rows_[static_cast<std::size_t>(at)];
}

std::optional<Sample> QueuePanel::chosen() const {
  const WaitingFlowFile* row = rowChosen();
  if (!isVisible() || row == nullptr) return std::nullopt;
  Sample sample{connection_, row->uuid, row->filename, row->size, {}};
  for (const auto& [name, value] : row->attributes) sample.attributes[name] = value;
  return sample;
}

QString QueuePanel::listPath(const QString& after, int limit) const {
  QString path = QString("/connections/%1/queue?limit=%2").arg(idToJson(connection_)).arg(limit);
  if (!after.isEmpty()) path += "&after=" + inAddress(after);
  if (!wanted_.isEmpty()) path += "&filter=" + inAddress(wanted_);
  return path;
}

// From the front, with the filter as it stands.
void QueuePanel::begin() {
  soon_.stop();
  if (connection_ == ElementId{}) return;
  wanted_ = queueFilterOf(filter_->text());
  starts_ = {QString()};
  load({});
}

void QueuePanel::load(const QString& after) {
  const quint64 question = ++asked_;
  api_.get(listPath(after, kPage), [this, question, after](const ApiAnswer& answer) {
    if (question == asked_) take(answer, after, false);
  });
}

void QueuePanel::take(const ApiAnswer& answer, const QString& from, bool more) {
  const bool isFilter = answer.status == 400 && !wanted_.isEmpty();
  trouble_->setVisible(isFilter);
  if (isFilter) {
    // Where the person's own words are the expression, the cursor goes to what is wrong.
    const int column = columnIn(answer.error);
    trouble_->setText("▲ " + answer.error);
    if (column > 0 && wanted_ == filter_->text().trimmed() && filter_->hasFocus())
      filter_->setCursorPosition(column - 1);
    rows_.clear();
    next_.clear();
    drop_->setEnabled(false);
    return fill();
  }
  if (!answer.ok()) return title_->setText("The queue cannot be read: " + answer.error);
  const QJsonObject page = answer.json();
  if (!more) rows_.clear();
  for (const QJsonValue& item : page["flowfiles"].toArray())
    rows_.push_back(waitingOf(connection_, item));
  next_ = page["next"].toString();
  describe(page);
  fill();
  // A filter looks at so many at once: on until the page is full or the queue ends.
  const int missing = kPage - static_cast<int>(rows_.size());
  if (wanted_.isEmpty() || missing <= 0 || next_.isEmpty() || next_ == from) return;
  const quint64 question = ++asked_;
  api_.get(listPath(next_, missing), [this, question, next = next_](const ApiAnswer& rest) {
    if (question == asked_) take(rest, next, true);
  });
}

void QueuePanel::describe(const QJsonObject& page) {
  waiting_ = page["count"].toDouble();
  waitingBytes_ = page["bytes"].toDouble();
  QString words = wireWords(model_, connection_) + ":  ";
  words += waiting_ == 0 ? QString("nothing waits here")
                         : flowFilesWords(waiting_) + ", " + shortBytes(waitingBytes_);
  if (!wanted_.isEmpty() && waiting_ > 0)
    words +=
        rows_.empty()
            ? QString(", none fits here")
            : QString(", %1 that fit%2 shown").arg(rows_.size()).arg(rows_.size() == 1 ? "s" : "");
  title_->setText(words);
  const QJsonValue notJudged = page["notJudged"];
  if (notJudged.isObject()) {
    trouble_->setText(QString("▲ %1 could not be judged, the first: %2")
                          .arg(notJudged["count"].toInt())
                          .arg(notJudged["why"].toString()));
    trouble_->show();
  }
  drop_->setEnabled(wanted_.isEmpty() ? waiting_ > 0 : !rows_.empty());
  drop_->setText(wanted_.isEmpty() ? "Drop all…" : "Drop these…");
}

void QueuePanel::fill() {
  const QSignalBlocker quiet(table_);
  table_->setRowCount(static_cast<int>(rows_.size()));
  for (int at = 0; at < table_->rowCount(); ++at) {
    const WaitingFlowFile& row = rows_[static_cast<std::size_t>(at)];
    fillRow(*table_, at,
            {QString::number(row.position + 1, 'f', 0), row.filename, shortBytes(row.size),
             row.queued + (row.penalized ? "  penalized" : ""), row.uuid});
  }
  table_->setCurrentCell(rows_.empty() ? -1 : 0, 0);
  previous_->setEnabled(starts_.size() > 1);
  more_->setEnabled(!next_.isEmpty());
  choose(rows_.empty() ? -1 : 0);
}

void QueuePanel::choose(int at) {
  attributes_->setRowCount(0);
  content_.clear();
  contentTrouble_.clear();
  const bool some = at >= 0 && at < static_cast<int>(rows_.size());
  editor_->show(some ? &rows_[static_cast<std::size_t>(at)] : nullptr);
  showContent();
  if (!some) return;
  const WaitingFlowFile& row = rows_[static_cast<std::size_t>(at)];
  attributes_->setRowCount(static_cast<int>(row.attributes.size()));
  for (int i = 0; i < attributes_->rowCount(); ++i) {
    const auto& [name, value] = row.attributes[static_cast<std::size_t>(i)];
    fillRow(*attributes_, i, {name, value});
  }
  if (row.size == 0) return;
  const QByteArray range = "bytes=0-" + QByteArray::number(ContentView::kFirstBytes - 1);
  api_.get(
      row.path() + "/content?place=" + inAddress(row.place),
      [this, uuid = row.uuid](const ApiAnswer& answer) {
        const WaitingFlowFile* now = rowChosen();
        if (now == nullptr || now->uuid != uuid) return;
        if (answer.ok()) {
          content_ = answer.body;
          editor_->setContent(content_);
        } else {
          contentTrouble_ = "The content cannot be read: " + answer.error;
        }
        showContent();
      },
      "*/*", range);
}

void QueuePanel::showContent() {
  const WaitingFlowFile* row = rowChosen();
  if (!content_.isEmpty() && row != nullptr) return view_->show(content_, row->size);
  view_->clear(!contentTrouble_.isEmpty() ? contentTrouble_
               : row == nullptr           ? QString("No FlowFile is chosen.")
               : row->size == 0           ? QString("This FlowFile has no content.")
                                          : QString("Reading…"));
}

void QueuePanel::drop() {
  if (wanted_.isEmpty())
    return askToDrop(flowFilesWords(waiting_) + " (" + shortBytes(waitingBytes_) + ")");
  ++asked_;
  count({});
}

// Page after page: the server says of a filter only whom it lets through.
void QueuePanel::count(Counted counted) {
  tell_(QString("Counting what fits: %1 so far").arg(counted.count, 0, 'f', 0));
  api_.get(listPath(counted.after, 1000),
           [this, counted, question = asked_](const ApiAnswer& answer) mutable {
             if (question != asked_) return;
             if (!answer.ok()) return tell_("Nothing was dropped: " + answer.error);
             const QJsonObject page = answer.json();
             for (const QJsonValue& item : page["flowfiles"].toArray()) {
               counted.count += 1;
               counted.bytes += item["size"].toDouble();
             }
             const QString next = page["next"].toString();
             const bool enough = counted.count >= kMostCounted;
             if (!enough && !next.isEmpty() && next != counted.after) {
               counted.after = next;
               return count(counted);
             }
             if (counted.count == 0) return tell_("Nothing that waits there fits");
             askToDrop((enough && !next.isEmpty() ? "more than " : "") +
                       flowFilesWords(counted.count) + " (" + shortBytes(counted.bytes) + ")");
           });
}

void QueuePanel::askToDrop(const QString& what) {
  // Others may change the flow, and with it what is chosen, while the question stands.
  const ElementId connection = connection_;
  const QString wire = wireWords(model_, connection);
  const QString filter = wanted_;
  if (!confirm_("Drop " + what + " of " + wire +
                (filter.isEmpty() ? QString() : " for which " + filter + " is true") +
                "? They do not come back by undo."))
    return;
  api_.post(QString("/connections/%1/empty").arg(idToJson(connection)) +
                (filter.isEmpty() ? QString() : "?filter=" + inAddress(filter)),
            {}, [this](const ApiAnswer& answer) {
              const QJsonObject done = answer.json();
              tell_(answer.ok() ? "Dropped " + flowFilesWords(done["dropped"].toDouble()) + ", " +
                                      shortBytes(done["bytes"].toDouble())
                                : "Nothing was dropped: " + answer.error);
              begin();
            });
}

}  // namespace millrace::gui
