// SPDX-License-Identifier: Apache-2.0
#include "gui/net/user_store.h"

#include <QJsonDocument>
#include <QPointer>
#include <QUrl>
#include <map>
#include <utility>

namespace millrace::gui {
namespace {

QString wayTo(const QString& user) {
  return "/users/" + QString::fromUtf8(QUrl::toPercentEncoding(user));
}

}  // namespace

UserStore::UserStore(LiveLink& link, QObject* parent) : QObject(parent), link_(link) {
  again_.setInterval(kAgainAfterMillis);
  connect(&again_, &QTimer::timeout, this, [this] { refresh(); });
  connect(&link, &LiveLink::stateChanged, this,
          [this, before = LinkState::kOff, base = QUrl(), user = QString()]() mutable {
            const bool same =
                before == link_.state() && base == link_.base() && user == link_.user();
            before = link_.state();
            base = link_.base();
            user = link_.user();
            if (same) return;
            clear();
            if (again_.isActive()) refresh();
          });
}

void UserStore::watch(bool wanted) {
  if (!wanted) return again_.stop();
  if (again_.isActive()) return;
  again_.start();
  refresh();
}

void UserStore::clear() {
  ++asked_;
  there_ = forOthers_ = reading_ = readAgain_ = false;
  trouble_.clear();
  users_ = {};
  emit changed();
}

void UserStore::refresh() {
  // Studio's own server serves nobody else.
  if (link_.state() != LinkState::kLive || !link_.isRemote()) return;
  if (reading_) {
    readAgain_ = true;
    return;
  }
  reading_ = true;
  readAgain_ = false;
  link_.api().get("/users", [self = QPointer(this), question = asked_](const ApiAnswer& answer) {
    if (self.isNull() || question != self->asked_) return;
    self->reading_ = false;
    self->take(answer);
  });
}

void UserStore::take(const ApiAnswer& answer) {
  there_ = answer.ok();
  forOthers_ = answer.status == 403;
  trouble_ = answer.error;
  std::map<QString, QJsonValue> byName;
  for (const QJsonValue& each : answer.json()["users"].toArray())
    byName.emplace(each["user"].toString(), each);
  users_ = {};
  for (const auto& [name, user] : byName) users_.append(user);
  emit changed();
  // The first user was made, or our token was ended: the one who is here has to sign in.
  if (answer.status == 401) link_.askWhoWeAre();
  if (readAgain_) refresh();
}

QJsonObject UserStore::find(const QString& name) const {
  for (const QJsonValue& each : users_) {
    if (each["user"].toString() == name) return each.toObject();
  }
  return {};
}

UserStore::Done UserStore::ending(Done done) {
  return [self = QPointer(this), done = std::move(done)](const ApiAnswer& answer) {
    if (self.isNull()) return;
    done(answer);
    self->refresh();
  };
}

void UserStore::set(const QString& name, const QJsonObject& wish, Done done) {
  link_.api().put(wayTo(name), QJsonDocument(wish).toJson(QJsonDocument::Compact),
                  "application/json", {}, ending(std::move(done)));
}

void UserStore::remove(const QString& name, Done done) {
  link_.api().remove(wayTo(name), ending(std::move(done)));
}

void UserStore::issueToken(const QString& name, Done done) {
  link_.api().post(wayTo(name) + "/tokens", {}, ending(std::move(done)));
}

void UserStore::endTokens(const QString& name, Done done) {
  link_.api().remove(wayTo(name) + "/tokens", ending(std::move(done)));
}

}  // namespace millrace::gui
