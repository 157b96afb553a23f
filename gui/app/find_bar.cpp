// SPDX-License-Identifier: Apache-2.0
#include "gui/app/find_bar.h"

#include "gui/canvas/traces.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QRegularExpression>
#include <algorithm>

namespace millrace::gui {

using flow::ElementId;

FindBar::FindBar(FlowView& view) : QFrame(&view), view_(view) {
  setObjectName("popup");
  auto* layout = new QHBoxLayout(this);  // owned by the widget, as all below
  layout->setContentsMargins(kUnit, kUnit, 2 * kUnit, kUnit);
  field_ = new QLineEdit(this);
  field_->setObjectName("findField");
  field_->setAccessibleName("Find in the flow");
  field_->setPlaceholderText("Find by name, type, property, id, or queue>80%");
  field_->setMinimumHeight(32);
  count_ = new QLabel(this);
  count_->setMinimumWidth(64);
  count_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
  layout->addWidget(field_, 1);
  layout->addWidget(count_);
  setFixedSize(440, 50);
  field_->installEventFilter(this);
  view.installEventFilter(this);
  connect(field_, &QLineEdit::textChanged, this, [this] { search(); });
  hide();
}

void FindBar::open() {
  move((view_.width() - width()) / 2, 16);
  show();
  raise();
  field_->setFocus();
  field_->selectAll();
  search();
}

// `queue>80%` (of back-pressure), `queue>1000` (FlowFiles); also with `<`. Fullest first.
std::optional<Ids> FindBar::findQueues(const QString& query) const {
  static const QRegularExpression kCondition("^queue\\s*([<>])\\s*(\\d+(?:\\.\\d+)?)\\s*(%?)$",
                                             QRegularExpression::CaseInsensitiveOption);
  const QRegularExpressionMatch match = kCondition.match(query);
  if (!match.hasMatch()) return std::nullopt;
  const bool more = match.captured(1) == ">";
  const bool share = !match.captured(3).isEmpty();
  const double limit = match.captured(2).toDouble();
  std::vector<std::pair<double, ElementId>> found;
  for (const auto& [id, component] : view_.editor().model().components()) {
    if (component.connection() == nullptr) continue;
    const QueueStatus* queue = view_.flowScene().style().status->queue(id);
    const double value = queue == nullptr ? 0 : share ? queue->share * 100 : queue->count;
    if (more ? value > limit : value < limit) found.emplace_back(-value, id);
  }
  std::sort(found.begin(), found.end());
  Ids ids;
  for (const auto& [value, id] : found) ids.push_back(id);
  return ids;
}

Ids FindBar::find(const QString& query) const {
  const FlowModel& model = view_.editor().model();
  QString wanted = query.trimmed();
  const bool byType = wanted.startsWith("type:");
  const bool byState = wanted.startsWith("state:");
  if (byType || byState) wanted = wanted.section(':', 1).trimmed();
  if (wanted.isEmpty()) return {};
  if (const auto queues = findQueues(wanted)) return *queues;
  const auto has = [&](const std::string& text) {
    return QString::fromStdString(text).contains(wanted, Qt::CaseInsensitive);
  };
  Ids found;
  for (const auto& [id, component] : model.components()) {
    if (id == kRootGroup) continue;
    const flow::Processor* processor = component.processor();
    bool fits = false;
    if (byState) {
      fits = lampName(lampOf(component, view_.flowScene().style()))
                 .startsWith(wanted, Qt::CaseInsensitive) &&
             component.isNode();
    } else if (byType) {
      fits = processor != nullptr && has(processor->type);
    } else {
      fits = has(titleOf(component)) || QString::number(id.raw(), 16) == wanted.toLower() ||
             has(component.element().comment);
      if (processor != nullptr) {
        fits = fits || has(processor->type);
        for (const flow::Property& property : processor->properties)
          fits = fits || has(property.name) || has(property.value);
      }
      if (const flow::Connection* wire = component.connection()) {
        fits = component.name().empty() ? false : fits;
        for (const flow::Name& name : wire->relationships) fits = fits || has(name.text);
      }
    }
    if (fits) found.push_back(id);
  }
  std::sort(found.begin(), found.end(), [&](ElementId a, ElementId b) {
    const Component& x = *model.find(a);
    const Component& y = *model.find(b);
    const bool wireX = x.connection() != nullptr;
    const bool wireY = y.connection() != nullptr;
    return wireX != wireY ? wireY : model.pathOf(a) < model.pathOf(b);
  });
  return found;
}

void FindBar::search() {
  found_ = find(field_->text());
  at_ = -1;
  view_.traces().follow({});
  view_.flowScene().setHits({found_.begin(), found_.end()});
  for (const auto& [id, item] : view_.flowScene().nodes()) item->update();
  view_.viewport()->update();
  count_->setText(field_->text().trimmed().isEmpty() ? QString()
                  : found_.empty()                   ? QString("none")
                                                     : QString("%1 found").arg(found_.size()));
}

void FindBar::go(int by) {
  if (found_.empty()) return;
  const int count = static_cast<int>(found_.size());
  at_ = at_ < 0 && by < 0 ? count - 1 : (at_ + by + count) % count;
  view_.reveal(found_[static_cast<std::size_t>(at_)]);
  count_->setText(QString("%1 of %2").arg(at_ + 1).arg(count));
}

void FindBar::leave() {
  view_.traces().follow({});
  view_.flowScene().setHits({});
  for (const auto& [id, item] : view_.flowScene().nodes()) item->update();
  view_.viewport()->update();
  hide();
  view_.setFocus();
}

bool FindBar::eventFilter(QObject* watched, QEvent* event) {
  if (watched == &view_ && event->type() == QEvent::Resize) move((view_.width() - width()) / 2, 16);
  if (watched != field_ || event->type() != QEvent::KeyPress) return false;
  const auto* key = static_cast<QKeyEvent*>(event);
  switch (key->key()) {
    case Qt::Key_Return:
    case Qt::Key_Enter:
      go(key->modifiers() & Qt::ShiftModifier ? -1 : 1);
      return true;
    case Qt::Key_Escape:
      leave();
      return true;
    default:
      return false;
  }
}

}  // namespace millrace::gui
