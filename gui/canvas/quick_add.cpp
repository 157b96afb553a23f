// SPDX-License-Identifier: Apache-2.0
#include "gui/canvas/quick_add.h"

#include "gui/canvas/flow_view.h"
#include "gui/canvas/glyphs.h"
#include "gui/canvas/node_geometry.h"
#include "gui/model/fuzzy.h"

#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QVBoxLayout>
#include <algorithm>

namespace millrace::gui {
namespace {

using flow::ElementId;
using flow::ElementKind;

constexpr int kFollows = 20;  ///< of a score, for each time that a type follows
constexpr int kMostFollows = 10;

struct Part {
  const char* word;
  const char* about;
  Glyph glyph;
};
constexpr Part kParts[] = {
    {"Group", "A box with a flow of its own inside; double click enters it.", Glyph::kGroup},
    {"Input port", "Where FlowFiles enter the group.", Glyph::kInputPort},
    {"Output port", "Where FlowFiles leave the group.", Glyph::kOutputPort},
    {"Funnel", "Joins several wires into one.", Glyph::kFunnel},
    {"Note", "Text on the canvas.", Glyph::kNote},
};

}  // namespace

QuickAdd::QuickAdd(FlowView& view) : QFrame(&view), view_(view) {
  setObjectName("popup");
  setAccessibleName("Quick add");
  auto* layout = new QVBoxLayout(this);  // owned by the widget, as all below
  layout->setContentsMargins(kUnit, kUnit, kUnit, kUnit);
  layout->setSpacing(kUnit / 2);
  field_ = new QLineEdit(this);
  field_->setObjectName("quickAddField");
  field_->setPlaceholderText("Add a component: type a name, a tag or a purpose");
  field_->setAccessibleName("Search components");
  list_ = new QListWidget(this);
  list_->setObjectName("quickAddList");
  list_->setAccessibleName("Components found");
  list_->setFocusPolicy(Qt::NoFocus);
  list_->setIconSize({20, 20});
  list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  about_ = new QLabel(this);
  about_->setWordWrap(true);
  about_->setContentsMargins(kUnit, kUnit / 2, kUnit, kUnit / 2);
  about_->setMinimumHeight(48);
  about_->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  layout->addWidget(field_);
  layout->addWidget(list_);
  layout->addWidget(about_);
  setFixedSize(384, 400);
  field_->installEventFilter(this);
  connect(field_, &QLineEdit::textChanged, this, [this] { fill(); });
  connect(list_, &QListWidget::currentRowChanged, this, [this] { describe(); });
  connect(list_, &QListWidget::itemClicked, this, [this] { accept(); });
  hide();
}

// How often a type comes behind the type that a wire begins at, in the flow as it is.
std::unordered_map<std::string, int> QuickAdd::followers() const {
  std::unordered_map<std::string, int> counts;
  const FlowModel& model = view_.editor().model();
  const Component* from = model.find(from_);
  if (from == nullptr || from->processor() == nullptr) return counts;
  for (const auto& [id, component] : model.components()) {
    const flow::Connection* wire = component.connection();
    if (wire == nullptr) continue;
    const Component* source = model.find(wire->from.id);
    const Component* target = model.find(wire->to.id);
    if (source == nullptr || target == nullptr || source->processor() == nullptr ||
        target->processor() == nullptr || source->processor()->type != from->processor()->type)
      continue;
    ++counts[target->processor()->type];
  }
  return counts;
}

QStringList QuickAdd::matches(const QString& query) const {
  struct Found {
    int score;
    QString word;
  };
  std::vector<Found> found;
  const bool needsInput = from_ != ElementId{};
  const std::unordered_map<std::string, int> usual = followers();
  for (const flow::ComponentInfo& info : view_.editor().types().catalog().components()) {
    if (info.kind != flow::ComponentKind::kProcessor) continue;
    if (needsInput && info.input == flow::InputRequirement::kForbidden) continue;
    int score = fuzzyScore(query, QString::fromStdString(info.type)) * 4;
    for (const std::string& tag : info.tags)
      score = std::max(score, fuzzyScore(query, QString::fromStdString(tag)) * 2);
    // In running text only what is there as it was typed.
    if (QString::fromStdString(info.summary).contains(query.trimmed(), Qt::CaseInsensitive))
      score = std::max(score, 150);
    // What usually follows comes first; a name that was typed decides all the same.
    if (const auto often = usual.find(info.type); score > 0 && often != usual.end())
      score += kFollows * std::min(often->second, kMostFollows);
    if (score > 0) found.push_back({score, QString::fromStdString(info.type)});
  }
  for (const Part& part : kParts) {
    if (needsInput && QLatin1String(part.word) == QLatin1String("Input port")) continue;
    if (const int score = fuzzyScore(query, part.word) * (query.isEmpty() ? 2 : 4); score > 0)
      found.push_back({score, part.word});
  }
  std::stable_sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    return a.score != b.score ? a.score > b.score : a.word < b.word;
  });
  QStringList words;
  for (const Found& one : found) words << one.word;
  return words;
}

void QuickAdd::open(QPointF at, ElementId connectFrom) {
  at_ = at;
  from_ = connectFrom;
  QPoint corner = view_.mapFromScene(at) + QPoint(8, 8);
  corner.setX(std::clamp(corner.x(), 8, std::max(8, view_.width() - width() - 8)));
  corner.setY(std::clamp(corner.y(), 8, std::max(8, view_.height() - height() - 8)));
  move(corner);
  field_->clear();
  fill();
  show();
  raise();
  field_->setFocus();
}

void QuickAdd::fill() {
  list_->clear();
  const Theme& theme = *view_.flowScene().style().theme;
  for (const QString& word : matches(field_->text())) {
    auto* item = new QListWidgetItem(word, list_);  // owned by the list
    const auto part = std::find_if(std::begin(kParts), std::end(kParts),
                                   [&](const Part& p) { return word == QLatin1String(p.word); });
    const Glyph glyph = part != std::end(kParts)
                            ? part->glyph
                            : glyphOf(view_.editor().types().familyOf(word.toStdString()));
    item->setIcon(iconOf(glyph, theme.muted, theme.muted, theme.onAccent));
    item->setSizeHint({0, 32});
  }
  list_->setCurrentRow(0);
  describe();
}

void QuickAdd::describe() {
  const QListWidgetItem* item = list_->currentItem();
  if (item == nullptr) {
    about_->setText("Nothing matches “" + field_->text().toHtmlEscaped() + "”.");
    return;
  }
  const auto part = std::find_if(std::begin(kParts), std::end(kParts), [&](const Part& p) {
    return item->text() == QLatin1String(p.word);
  });
  if (part != std::end(kParts)) return about_->setText(part->about);
  const flow::ComponentInfo* info = view_.editor().types().find(item->text().toStdString());
  about_->setText(info == nullptr ? QString() : QString::fromStdString(info->summary));
}

void QuickAdd::accept() {
  const QListWidgetItem* item = list_->currentItem();
  if (item == nullptr) return;
  const QString word = item->text();
  hide();
  view_.setFocus();
  FlowEditor& editor = view_.editor();
  const ElementId group = view_.flowScene().group();
  const QPointF at = snapped(at_);
  ElementId made;
  if (word == "Group") {
    made = editor.addGroup(group, at);
  } else if (word == "Input port") {
    made = editor.addPort(group, ElementKind::kInputPort, at);
  } else if (word == "Output port") {
    made = editor.addPort(group, ElementKind::kOutputPort, at);
  } else if (word == "Funnel") {
    made = editor.addFunnel(group, at);
  } else if (word == "Note") {
    made = editor.addLabel(group, "Note", at);
  } else {
    made = editor.addProcessor(group, word.toStdString(), at);
  }
  view_.flowScene().select({made});
  if (const NodeItem* box = view_.flowScene().node(made)) {
    constexpr int kAround = 32;  // pixels
    view_.ensureVisible(box->box(), kAround, kAround);
  }
  const ElementId from = std::exchange(from_, ElementId{});
  // The new one stays chosen: the next goes behind it.
  if (from != ElementId{}) view_.connectNodes(from, made, FlowView::Choose::kTarget);
}

bool QuickAdd::eventFilter(QObject* watched, QEvent* event) {
  if (watched == field_ && event->type() == QEvent::FocusOut) hide();
  if (watched != field_ || event->type() != QEvent::KeyPress) return false;
  const int key = static_cast<QKeyEvent*>(event)->key();
  const int row = list_->currentRow();
  switch (key) {
    case Qt::Key_Down:
      list_->setCurrentRow(std::min(row + 1, list_->count() - 1));
      return true;
    case Qt::Key_Up:
      list_->setCurrentRow(std::max(row - 1, 0));
      return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
      accept();
      return true;
    case Qt::Key_Escape:
      hide();
      view_.setFocus();
      return true;
    default:
      return false;
  }
}

}  // namespace millrace::gui
