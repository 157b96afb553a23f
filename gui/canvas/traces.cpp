// SPDX-License-Identifier: Apache-2.0
#include "gui/canvas/traces.h"

#include "gui/canvas/flow_view.h"
#include "gui/canvas/node_item.h"
#include "gui/canvas/wire_item.h"
#include "gui/model/users_of.h"
#include "gui/theme/theme.h"

#include <QFontMetricsF>
#include <QPainter>
#include <algorithm>
#include <set>

namespace millrace::gui {

using flow::ElementId;

namespace {

constexpr std::size_t kMostChosen = 32;  ///< of more the lines would be a tangle
constexpr double kSignHeight = 32;
constexpr double kBadge = 22;

}  // namespace

Traces::Traces(FlowView& view) : QObject(&view), view_(view) {
  FlowScene& scene = view.flowScene();
  FlowModel& model = view.editor().model();
  connect(&scene, &QGraphicsScene::selectionChanged, this, [this] { followSelection(); });
  connect(&scene, &FlowScene::groupShown, this, [this] {
    followSelection();
    light();
  });
  connect(&model, &FlowModel::changed, this, [this] { lookUp(); });
  connect(&model, &FlowModel::wasReset, this, [this] {
    services_.clear();
    follow({});
    lookUp();
  });
}

void Traces::followSelection() {
  const FlowModel& model = view_.editor().model();
  std::set<ElementId> services;
  const Ids chosen = view_.flowScene().selectedNodes();
  if (chosen.size() <= kMostChosen) {
    for (const ElementId id : chosen) {
      for (const ElementId service : servicesOf(model, view_.editor().types(), id))
        services.insert(service);
    }
  }
  showServices(Ids(services.begin(), services.end()));
}

void Traces::showServices(const Ids& services) {
  services_ = services;
  if (services_.size() > kMostServices) services_.resize(kMostServices);
  lookUp();
}

void Traces::lookUp() {
  const bool were = !used_.empty();
  used_.clear();
  for (const ElementId id : services_) {
    const Ids users = usersOfService(view_.editor().model(), view_.editor().types(), id);
    if (!users.empty()) used_.push_back({id, users});
  }
  if (were || !used_.empty()) view_.viewport()->update();
}

void Traces::follow(std::vector<ElementId> components) {
  if (components.empty() && trail_.empty()) return;
  trail_ = std::move(components);
  light();
}

void Traces::light() {
  if (trail_.empty()) {
    view_.flowScene().setHits({});
  } else {
    std::set<ElementId> lit;
    for (const TrailStep& step : steps()) lit.insert(step.node);
    for (const ElementId wire : wires()) lit.insert(wire);
    view_.flowScene().setWay(std::move(lit));
  }
  for (const auto& [id, item] : view_.flowScene().nodes()) item->update();
  view_.viewport()->update();
}

// Itself, or the group of the shown one that it is inside of; none: it is elsewhere.
ElementId Traces::shownFor(ElementId component) const {
  const FlowModel& model = view_.editor().model();
  const FlowScene& scene = view_.flowScene();
  for (const Component* at = model.find(component); at != nullptr; at = model.find(at->group)) {
    if (scene.node(at->id()) != nullptr) return at->id();
    if (at->id() == kRootGroup) break;
  }
  return {};
}

std::vector<TrailStep> Traces::steps() const {
  std::vector<TrailStep> steps;
  std::set<ElementId> seen;
  for (const ElementId id : trail_) {
    const ElementId node = shownFor(id);
    if (node == ElementId{} || !seen.insert(node).second) continue;
    steps.push_back({node, static_cast<int>(steps.size()) + 1});
  }
  return steps;
}

Ids Traces::wires() const {
  std::unordered_map<ElementId, int> numbers;
  for (const TrailStep& step : steps()) numbers.emplace(step.node, step.number);
  const FlowModel& model = view_.editor().model();
  const ElementId group = view_.flowScene().group();
  Ids taken;
  for (const ElementId id : model.connectionsIn(group)) {
    const flow::Connection& wire = *model.find(id)->connection();
    const auto from = numbers.find(model.nodeOf(wire.from.id, group));
    const auto to = numbers.find(model.nodeOf(wire.to.id, group));
    if (from != numbers.end() && to != numbers.end() && from->second < to->second)
      taken.push_back(id);
  }
  return taken;
}

// Above its users, and higher as long as something stands there.
QRectF Traces::placeFor(const std::vector<QRectF>& boxes, QSizeF size,
                        const std::vector<ServiceLink>& before) const {
  constexpr int kMostTries = 40;
  double middle = 0;
  double top = boxes.front().top();
  for (const QRectF& box : boxes) {
    middle += box.center().x() / static_cast<double>(boxes.size());
    top = std::min(top, box.top());
  }
  QRectF place({middle - size.width() / 2, top - size.height() - 5 * kUnit}, size);
  for (int i = 0; i < kMostTries; ++i) {
    const QRectF wide = place.adjusted(-kUnit, -kUnit, kUnit, kUnit);
    const auto& nodes = view_.flowScene().nodes();
    const bool taken =
        std::any_of(nodes.begin(), nodes.end(),
                    [&](const auto& each) { return each.second->box().intersects(wide); }) ||
        std::any_of(before.begin(), before.end(),
                    [&](const ServiceLink& each) { return each.sign.intersects(wide); });
    if (!taken) break;
    place.translate(0, -5 * kUnit);
  }
  return place;
}

std::vector<ServiceLink> Traces::links() const {
  std::vector<ServiceLink> links;
  const FlowModel& model = view_.editor().model();
  const QFontMetricsF metrics(interfaceFont(13, QFont::DemiBold));
  for (const Used& used : used_) {
    const Component* component = model.find(used.service);
    if (component == nullptr) continue;
    std::set<ElementId> nodes;
    std::vector<QRectF> boxes;
    for (const ElementId user : used.users) {
      const ElementId shown = shownFor(user);
      if (shown == ElementId{} || !nodes.insert(shown).second) continue;
      boxes.push_back(view_.flowScene().node(shown)->box());
    }
    if (boxes.empty()) continue;
    ServiceLink link;
    link.service = used.service;
    link.enabled = std::get<flow::Service>(component->value).enabled;
    link.text = (link.enabled ? "●  " : "○  ") + QString::fromStdString(component->name());
    const QSizeF size(metrics.horizontalAdvance(link.text) + 3 * kUnit, kSignHeight);
    link.sign = placeFor(boxes, size, links);
    for (const QRectF& box : boxes)
      link.lines.emplace_back(QPointF(link.sign.center().x(), link.sign.bottom()),
                              QPointF(box.center().x(), box.top()));
    links.push_back(std::move(link));
  }
  return links;
}

void Traces::paintBelow(QPainter& painter) const {
  if (trail_.empty()) return;
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  for (const ElementId id : wires()) {
    const WireItem* wire = view_.flowScene().wire(id);
    if (wire == nullptr) continue;
    QColor ink = view_.flowScene().style().theme->accent;
    ink.setAlpha(140);
    painter.setPen(QPen(ink, 8, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.setBrush(Qt::NoBrush);
    painter.drawPolyline(wire->geometry().line);
  }
  painter.restore();
}

void Traces::paint(QPainter& painter) const {
  if (trail_.empty() && used_.empty()) return;
  const Theme& theme = *view_.flowScene().style().theme;
  painter.save();
  painter.setFont(interfaceFont(12, QFont::DemiBold));
  for (const TrailStep& step : steps()) {
    const QRectF box = view_.flowScene().node(step.node)->box();
    const QRectF badge(box.topLeft() - QPointF(kBadge / 2, kBadge / 2), QSizeF(kBadge, kBadge));
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme.accent);
    painter.drawEllipse(badge);
    painter.setPen(theme.onAccent);
    painter.drawText(badge, Qt::AlignCenter, QString::number(step.number));
  }
  painter.setFont(interfaceFont(13, QFont::DemiBold));
  for (const ServiceLink& link : links()) {
    const QColor ink = link.enabled ? theme.accent : theme.muted;
    painter.setPen(QPen(ink, 1.5, Qt::DashLine));
    for (const QLineF& line : link.lines) painter.drawLine(line);
    painter.setPen(QPen(ink, 1.5));
    painter.setBrush(theme.card);
    painter.drawRoundedRect(link.sign, kSignHeight / 2, kSignHeight / 2);
    painter.setPen(link.enabled ? theme.text : theme.muted);
    painter.drawText(link.sign, Qt::AlignCenter, link.text);
  }
  painter.restore();
}

}  // namespace millrace::gui
