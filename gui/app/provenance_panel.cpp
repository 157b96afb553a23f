// SPDX-License-Identifier: Apache-2.0
#include "gui/app/provenance_panel.h"

#include "gui/app/content_view.h"
#include "gui/app/data_table.h"
#include "gui/app/provenance_query.h"
#include "gui/model/status_store.h"

#include <QHBoxLayout>
#include <QJsonArray>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSplitter>
#include <QTabWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <map>
#include <set>

namespace millrace::gui {

ProvenancePanel::ProvenancePanel(const FlowModel& model, ApiClient& api, const Theme& theme, Go go,
                                 Tell tell, QWidget* parent)
    : QWidget(parent), model_(model), api_(api), go_(std::move(go)), tell_(std::move(tell)) {
  setObjectName("panel");
  auto* layout = new QVBoxLayout(this);  // owned by the widget, as all below
  layout->setContentsMargins(2 * kUnit, kUnit, 2 * kUnit, kUnit);
  layout->setSpacing(kUnit);
  auto* head = new QHBoxLayout;
  head->setSpacing(kUnit);
  words_ = new QLineEdit(this);
  words_->setObjectName("provenanceWords");
  words_->setAccessibleName("Search provenance");
  words_->setPlaceholderText("type:SEND  component:\"Keep it\"  file:a.txt  name=value  uuid");
  words_->setMinimumHeight(30);
  words_->setClearButtonEnabled(true);
  state_ = new QLabel(this);
  state_->setObjectName("provenanceState");
  const auto button = [&](const QString& text, const QString& name) {
    auto* made = new QPushButton(text, this);
    made->setObjectName(name);
    made->setEnabled(false);
    return made;
  };
  more_ = button("Show more", "provenanceMore");
  more_->hide();
  lineageButton_ = button("Lineage", "provenanceLineage");
  replayButton_ = button("Replay", "provenanceReplay");
  replayButton_->setToolTip("Puts the FlowFile back as it was before this event");
  followButton_ = button("Follow", "provenanceFollow");
  followButton_->setCheckable(true);
  followButton_->setToolTip("Lights the way of the FlowFile on the canvas");
  auto* searchButton = button("Search", "provenanceSearch");
  searchButton->setEnabled(true);
  head->addWidget(words_, 1);
  head->addWidget(searchButton);
  head->addWidget(state_);
  head->addWidget(more_);
  head->addWidget(followButton_);
  head->addWidget(lineageButton_);
  head->addWidget(replayButton_);
  layout->addLayout(head);
  auto* halves = new QSplitter(Qt::Horizontal, this);
  halves->setChildrenCollapsible(false);
  left_ = new QTabWidget(halves);
  left_->setObjectName("provenanceTabs");
  left_->setDocumentMode(true);
  table_ = makeDataTable("provenanceTable", "Events, the newest first",
                         {"Time", "Type", "Component", "File name", "Size", "UUID"}, left_);
  for (const auto& [column, width] : {std::pair{0, 120}, {1, 152}, {2, 152}, {3, 136}, {4, 72}})
    table_->setColumnWidth(column, width);
  lineage_ = new LineageView(theme, left_);
  left_->addTab(table_, "Events");
  left_->addTab(lineage_, "Lineage");
  details_ = new QTabWidget(halves);
  details_->setObjectName("eventTabs");
  details_->setDocumentMode(true);
  facts_ = makeDataTable("eventFacts", "The event", {"What", "Value"}, details_);
  facts_->setColumnWidth(0, 120);
  attributes_ = makeDataTable("eventAttributes", "Attributes before and after",
                              {"Attribute", "Before", "After"}, details_);
  attributes_->setColumnWidth(0, 136);
  attributes_->setColumnWidth(1, 136);
  before_ = new ContentView(details_);
  after_ = new ContentView(details_);
  details_->addTab(facts_, "Event");
  details_->addTab(attributes_, "Attributes");
  details_->addTab(before_, "Content before");
  details_->addTab(after_, "Content after");
  halves->addWidget(left_);
  halves->addWidget(details_);
  halves->setSizes({680, 440});
  layout->addWidget(halves, 1);
  connect(words_, &QLineEdit::returnPressed, this, [this] { search(words_->text()); });
  connect(searchButton, &QPushButton::clicked, this, [this] { search(words_->text()); });
  connect(more_, &QPushButton::clicked, this, [this] { find(next_); });
  connect(lineageButton_, &QPushButton::clicked, this, [this] { showLineage(shownUuid_); });
  connect(followButton_, &QPushButton::clicked, this, [this](bool on) { followWay(on); });
  connect(replayButton_, &QPushButton::clicked, this, [this] { replay(); });
  connect(table_, &QTableWidget::currentCellChanged, this, [this] {
    if (const Event* event = current()) choose(event->id);
  });
  connect(table_, &QTableWidget::cellDoubleClicked, this, [this] {
    if (const Event* event = current()) go_(event->component);
  });
  lineage_->onChosen([this](const LineageNode& node) {
    if (node.isEvent) choose(node.event);
  });
  lineage_->onOpened([this](const LineageNode& node) {
    if (node.isEvent) go_(node.component);
  });
  clear();
}

void ProvenancePanel::clear() {
  ++asked_;
  ++askedEvent_;
  events_.clear();
  query_.clear();
  next_.clear();
  shown_.clear();
  shownUuid_.clear();
  table_->setRowCount(0);
  facts_->setRowCount(0);
  attributes_->setRowCount(0);
  for (ContentView* view : {before_, after_}) view->clear("No event is chosen.");
  lineage_->show({}, {});
  state_->setText({});
  more_->hide();
  lineageButton_->setEnabled(false);
  replayButton_->setEnabled(false);
  followButton_->setEnabled(false);
  followWay(false);
}

const ProvenancePanel::Event* ProvenancePanel::current() const {
  const int row = table_->currentRow();
  return row < 0 || row >= static_cast<int>(events_.size())
             ? nullptr
             : &events_[static_cast<std::size_t>(row)];
}

void ProvenancePanel::search(const QString& words) {
  words_->setText(words);
  left_->setCurrentIndex(0);
  const Result<QString> query = provenanceQuery(words, model_);
  if (!query.ok()) return tell_(QString::fromStdString(query.error().message));
  clear();
  query_ = *query;
  find({});
}

void ProvenancePanel::find(const QString& before) {
  const quint64 question = ++asked_;
  state_->setText("Searching…");
  QString path = QString("/provenance?fresh=true&limit=%1").arg(kPage);
  if (!query_.isEmpty()) path += '&' + query_;
  if (!before.isEmpty()) path += "&before=" + before;
  api_.get(path, [this, question, before](const ApiAnswer& answer) {
    if (question != asked_) return;
    if (!answer.ok()) {
      state_->setText({});
      return tell_("Provenance cannot be searched: " + answer.error);
    }
    take(answer.json(), !before.isEmpty());
  });
}

void ProvenancePanel::take(const QJsonObject& page, bool further) {
  const QJsonArray list = page["events"].toArray();
  const int first = static_cast<int>(events_.size());
  table_->setRowCount(first + static_cast<int>(list.size()));
  int row = first;
  for (const QJsonValue& item : list) {
    events_.push_back({item["id"].toString(), item["uuid"].toString(),
                       idFromJson(item["component"].toString()).value_or(kRootGroup)});
    fillRow(*table_, row++,
            {timeWords(item["at"].toDouble()), item["type"].toString(),
             item["componentName"].toString(), item["filename"].toString(),
             shortBytes(item["size"].toDouble()), item["uuid"].toString()});
  }
  next_ = page["next"].toString();
  more_->setVisible(!next_.isEmpty());
  more_->setEnabled(true);
  state_->setText(events_.empty() ? QString("nothing found")
                                  : QString("%1 event%2%3")
                                        .arg(events_.size())
                                        .arg(events_.size() == 1 ? "" : "s")
                                        .arg(next_.isEmpty() ? "" : " so far"));
  if (!further && !events_.empty()) table_->setCurrentCell(0, 0);
}

void ProvenancePanel::choose(const QString& event) {
  const quint64 question = ++askedEvent_;
  api_.get("/provenance/" + event, [this, question](const ApiAnswer& answer) {
    if (question != askedEvent_) return;
    if (!answer.ok()) return tell_("The event cannot be read: " + answer.error);
    takeEvent(answer.json());
  });
}

void ProvenancePanel::takeEvent(const QJsonObject& whole) {
  shown_ = whole["id"].toString();
  shownUuid_ = whole["uuid"].toString();
  lineageButton_->setEnabled(true);
  replayButton_->setEnabled(true);
  followButton_->setEnabled(true);
  if (followButton_->isChecked() && followed_ != shownUuid_) followWay(true);
  QStringList parents, children;
  for (const QJsonValue& one : whole["parents"].toArray()) parents << one.toString();
  for (const QJsonValue& one : whole["children"].toArray()) children << one.toString();
  std::vector<QStringList> facts;
  const auto fact = [&](const QString& what, const QString& value) {
    if (!value.isEmpty()) facts.push_back({what, value});
  };
  fact("Type", whole["type"].toString());
  fact("Time", timeWords(whole["at"].toDouble()));
  fact("Component", whole["componentName"].toString());
  fact("Component type", whole["componentType"].toString());
  fact("FlowFile", shownUuid_);
  fact("File name", whole["filename"].toString());
  fact("Size", shortBytes(whole["size"].toDouble()));
  fact("From connection", whole["connectionName"].toString());
  fact("Relationship", whole["relationship"].toString());
  fact("Transit address", whole["transitUri"].toString());
  fact("Details", whole["details"].toString());
  fact("Parents", parents.join(", "));
  fact("Children", children.join(", "));
  fact("Lineage began", timeWords(whole["lineageStart"].toDouble()));
  fact("Event", shown_);
  facts_->setRowCount(0);
  facts_->setRowCount(static_cast<int>(facts.size()));
  for (std::size_t i = 0; i < facts.size(); ++i) fillRow(*facts_, static_cast<int>(i), facts[i]);

  // The server says what there was, and what became of it where that is something else.
  const QJsonObject was = whole["attributes"].toObject();
  const QJsonObject became = whole["changes"].toObject();
  std::set<QString> names;
  for (const QString& name : was.keys()) names.insert(name);
  for (const QString& name : became.keys()) names.insert(name);
  attributes_->setRowCount(0);
  attributes_->setRowCount(static_cast<int>(names.size()));
  int row = 0;
  for (const QString& name : names) {
    const bool changed = became.contains(name);
    const QString after = changed ? became[name].toString() : was[name].toString();
    fillRow(*attributes_, row, {name, was[name].toString(), after});
    if (changed) {
      QFont strong = attributes_->font();
      strong.setWeight(QFont::DemiBold);
      for (int column = 0; column < 3; ++column) attributes_->item(row, column)->setFont(strong);
      attributes_->item(row, 0)->setText("● " + name);
    }
    ++row;
  }
  readContent("before", before_, whole["contentBefore"].toObject());
  readContent("after", after_, whole["contentAfter"].toObject());
}

void ProvenancePanel::readContent(const char* side, ContentView* view, const QJsonObject& content) {
  const double size = content["size"].toDouble();
  if (size == 0) return view->clear("There is no content.");
  if (!content["kept"].toBool())
    return view->clear("The content is gone. A server keeps it with --archive.");
  view->clear("Reading…");
  const quint64 question = askedEvent_;
  const QByteArray range = "bytes=0-" + QByteArray::number(ContentView::kFirstBytes - 1);
  api_.get(
      "/provenance/" + shown_ + "/content/" + side,
      [this, question, view, size](const ApiAnswer& answer) {
        if (question != askedEvent_) return;
        if (!answer.ok()) return view->clear("The content cannot be read: " + answer.error);
        view->show(answer.body, size);
      },
      "*/*", range);
}

void ProvenancePanel::showLineage(const QString& uuid) {
  if (uuid.isEmpty()) return;
  left_->setCurrentIndex(1);
  const quint64 question = ++asked_;
  api_.get("/lineage/" + uuid + "?limit=1000", [this, question, uuid](const ApiAnswer& answer) {
    if (question != asked_) return;
    if (!answer.ok()) return tell_("The lineage cannot be read: " + answer.error);
    const QJsonObject lineage = answer.json();
    lineage_->show(lineage, uuid);
    lineage_->setFocus();
    state_->setText(lineage["complete"].toBool() ? "" : "cut off after 1,000 events");
  });
}

void ProvenancePanel::followWay(bool on) {
  followButton_->setChecked(on);
  followed_ = on ? shownUuid_ : QString();
  if (!on) return follow_({});
  api_.get("/lineage/" + followed_ + "?limit=1000", [this,
                                                     uuid = followed_](const ApiAnswer& answer) {
    if (uuid != followed_) return;
    if (!answer.ok()) {
      followWay(false);
      return tell_("The way cannot be read: " + answer.error);
    }
    const std::vector<flow::ElementId> way = wayOf(answer.json());
    follow_(way);
    tell_(way.empty() ? QString("None of its components is in the flow any more")
                      : QString("FlowFile %1 and what belongs to it came through %2 component%3")
                            .arg(uuid.left(8))
                            .arg(way.size())
                            .arg(way.size() == 1 ? "" : "s"));
  });
}

std::vector<flow::ElementId> ProvenancePanel::wayOf(const QJsonObject& lineage) const {
  std::multimap<double, flow::ElementId> inTime;
  for (const QJsonValue& item : lineage["nodes"].toArray()) {
    const auto id = idFromJson(item["component"].toString());
    if (item["kind"].toString() == "event" && id && model_.find(*id) != nullptr)
      inTime.emplace(item["at"].toDouble(), *id);
  }
  std::vector<flow::ElementId> way;
  for (const auto& [at, id] : inTime) {
    if (std::find(way.begin(), way.end(), id) == way.end()) way.push_back(id);
  }
  return way;
}

void ProvenancePanel::replay() {
  if (shown_.isEmpty()) return;
  api_.post("/provenance/" + shown_ + "/replay", {}, [this](const ApiAnswer& answer) {
    if (!answer.ok()) return tell_("Nothing was replayed: " + answer.error);
    const auto wire = idFromJson(answer.json()["connection"].toString());
    const Component* there = wire ? model_.find(*wire) : nullptr;
    const bool known = there != nullptr && there->connection() != nullptr;
    tell_("Replayed: FlowFile " + answer.json()["uuid"].toString().left(8) + " waits" +
          (known ? " before “" +
                       QString::fromStdString(model_.endName(there->connection()->to.id)) + "”"
                 : QString()));
  });
}

}  // namespace millrace::gui
