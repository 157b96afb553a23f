// SPDX-License-Identifier: Apache-2.0
#include "gui/net/secret_store.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QPointer>
#include <QUrl>

namespace millrace::gui {
namespace {

QString pathOf(const QString& name) {
  return "/secrets/" + QString::fromUtf8(QUrl::toPercentEncoding(name));
}

}  // namespace

SecretStore::SecretStore(LiveLink& link, QObject* parent) : QObject(parent), link_(link) {
  connect(&link, &LiveLink::stateChanged, this, [this] {
    if (isThere()) return refresh();
    states_.clear();
    emit changed();
  });
  connect(&link, &LiveLink::journalGrew, this, [this] { refresh(); });
}

const SecretStore::State* SecretStore::find(const QString& name) const {
  const auto found = states_.find(name);
  return found == states_.end() ? nullptr : &found->second;
}

void SecretStore::refresh() {
  link_.api().get("/secrets", [self = QPointer(this)](const ApiAnswer& answer) {
    if (self.isNull() || !answer.ok() || !self->isThere()) return;
    self->states_.clear();
    for (const QJsonValue& each : answer.json()["secrets"].toArray())
      self->states_[each["name"].toString()] = {each["set"].toBool(), each["undoable"].toBool(),
                                                each["givenBy"].toString()};
    emit self->changed();
  });
}

void SecretStore::ended(const ApiAnswer& answer, const Done& done) {
  done(answer.ok() ? QString() : answer.error);
  refresh();
}

// The server must know of the parameter before it takes a value for it.
void SecretStore::set(const QString& name, const QString& value, Done done) {
  link_.whenSent([self = QPointer(this), name, value, done = std::move(done)] {
    if (self.isNull()) return;
    const QByteArray body =
        QJsonDocument(QJsonObject{{"value", value}}).toJson(QJsonDocument::Compact);
    self->link_.api().put(pathOf(name), body, "application/json", {},
                          [self, done](const ApiAnswer& answer) {
                            if (!self.isNull()) self->ended(answer, done);
                          });
  });
}

void SecretStore::remove(const QString& name, Done done) {
  link_.api().remove(pathOf(name),
                     [self = QPointer(this), done = std::move(done)](const ApiAnswer& answer) {
                       if (!self.isNull()) self->ended(answer, done);
                     });
}

void SecretStore::undo(const QString& name, Done done) {
  link_.api().post(pathOf(name) + "/undo", {},
                   [self = QPointer(this), done = std::move(done)](const ApiAnswer& answer) {
                     if (!self.isNull()) self->ended(answer, done);
                   });
}

}  // namespace millrace::gui
