// SPDX-License-Identifier: Apache-2.0
#include "gui/net/fleet_store.h"

#include <QPointer>
#include <QUrl>
#include <utility>

namespace millrace::gui {
namespace {

QString escaped(const QString& name) { return QString::fromUtf8(QUrl::toPercentEncoding(name)); }

QString pathOf(const FleetTarget& target) {
  return (target.isClass ? "/agent-classes/" : "/agents/") + escaped(target.name);
}

}  // namespace

FleetStore::FleetStore(LiveLink& link, QObject* parent) : QObject(parent), link_(link) {
  again_.setInterval(kAgainAfterMillis);
  connect(&again_, &QTimer::timeout, this, [this] { refresh(); });
  connect(&link, &LiveLink::stateChanged, this,
          [this, before = LinkState::kOff, base = QUrl()]() mutable {
            const bool same = before == link_.state() && base == link_.base();
            before = link_.state();
            base = link_.base();
            if (same) return;
            clear();
            if (again_.isActive()) refresh();
          });
}

void FleetStore::watch(bool wanted) {
  if (!wanted) return again_.stop();
  if (again_.isActive()) return;
  again_.start();
  refresh();
}

void FleetStore::clear() {
  ++asked_;
  reading_ = false;
  there_ = servesNone_ = false;
  trouble_.clear();
  agents_ = classes_ = {};
  agent_ = manifest_ = {};
  emit changed();
}

void FleetStore::look(const FleetTarget& target) {
  if (target_ == target) return;
  target_ = target;
  agent_ = manifest_ = {};
  emit changed();
  readAgent();
}

void FleetStore::refresh() {
  // A slow server is not asked again before it has answered.
  if (reading_ || link_.state() != LinkState::kLive) return;
  reading_ = true;
  link_.api().get("/agents", [self = QPointer(this), question = asked_](const ApiAnswer& answer) {
    if (self.isNull() || question != self->asked_) return;
    self->reading_ = false;
    self->takeAgents(answer);
  });
}

void FleetStore::takeAgents(const ApiAnswer& answer) {
  there_ = answer.ok();
  servesNone_ = answer.status == 404;
  trouble_ = answer.error;
  agents_ = answer.json()["agents"].toArray();
  emit changed();
  if (!there_) return;
  link_.api().get("/agent-classes",
                  [self = QPointer(this), question = asked_](const ApiAnswer& classes) {
                    if (self.isNull() || question != self->asked_ || !classes.ok()) return;
                    self->classes_ = {};
                    for (const QJsonValue& each : classes.json()["classes"].toArray()) {
                      if (!each["name"].toString().isEmpty()) self->classes_.append(each);
                    }
                    emit self->changed();
                  });
  readAgent();
}

void FleetStore::readAgent() {
  if (target_.name.isEmpty() || target_.isClass || link_.state() != LinkState::kLive) return;
  link_.api().get(pathOf(target_), [self = QPointer(this), target = target_](const ApiAnswer& one) {
    if (self.isNull() || target != self->target_ || !one.ok()) return;
    self->agent_ = one.json();
    emit self->changed();
    if (self->manifest_.isEmpty()) self->readManifest();
  });
}

// It is large and stays: read until it is there.
void FleetStore::readManifest() {
  link_.api().get(pathOf(target_) + "/manifest",
                  [self = QPointer(this), target = target_](const ApiAnswer& answer) {
                    if (self.isNull() || target != self->target_ || !answer.ok()) return;
                    self->manifest_ = answer.json();
                    emit self->changed();
                  });
}

FleetStore::Done FleetStore::ending(Done done) {
  return [self = QPointer(this), done = std::move(done)](const ApiAnswer& answer) {
    if (self.isNull()) return;
    done(answer);
    self->refresh();
  };
}

void FleetStore::deploy(const FleetTarget& target, const QByteArray& flow, Done done) {
  link_.api().put(pathOf(target) + "/flow", flow, "application/yaml", {}, ending(std::move(done)));
}

void FleetStore::order(const FleetTarget& target, const QJsonObject& order, Done done) {
  link_.api().post(pathOf(target) + "/orders", order, ending(std::move(done)));
}

void FleetStore::readOrder(const QString& agent, double number, Done done) {
  link_.api().get(QString("/agents/%1/orders/%2").arg(escaped(agent)).arg(number, 0, 'f', 0),
                  [self = QPointer(this), done = std::move(done)](const ApiAnswer& answer) {
                    if (!self.isNull()) done(answer);
                  });
}

void FleetStore::forget(const QString& agent, Done done) {
  link_.api().remove("/agents/" + escaped(agent), ending(std::move(done)));
}

}  // namespace millrace::gui
