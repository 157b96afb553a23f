// SPDX-License-Identifier: Apache-2.0
#include "gui/net/live_link.h"

#include <QDateTime>
#include <QJsonArray>
#include <QJsonDocument>
#include <QLocale>

namespace millrace::gui {

using flow::ElementId;
using flow::ElementKind;

namespace {
constexpr int kSendAfterMillis = 150;
}

LiveLink::LiveLink(FlowModel& model, StatusStore& status, QObject* parent)
    : QObject(parent), model_(model), status_(status), events_(25000, this), child_(this) {
  soon_.setSingleShot(true);
  soon_.setInterval(kSendAfterMillis);
  connect(&soon_, &QTimer::timeout, this, &LiveLink::send);
  connect(&model, &FlowModel::changed, this, [this](const Edit&, Origin origin) {
    if (origin == Origin::kLocal && state_ != LinkState::kOff) sendSoon();
  });
  connect(&events_, &EventStream::came, this, &LiveLink::onEvent);
  connect(&events_, &EventStream::wentUp, this, [this] {
    // Of one that was not there yet, or only waited for a name, that is no news.
    const bool back = state_ == LinkState::kLost && hasFlow();
    setState(LinkState::kLive, {});
    if (back) emit told("The server is back");
    readStatus();
    readBulletins();
    if (!remote_) {
      unsent_ = true;
      send();
    } else {
      newest_ = 0;  // of a server that may have begun anew
      fetch({});
    }
  });
  connect(&events_, &EventStream::wentDown, this, [this](const QString& why) {
    setState(LinkState::kLost, why);
    if (remote_) askWhoWeAre();
  });
  connect(&child_, &PrivateServer::ready, this, &LiveLink::reached);
  connect(&child_, &PrivateServer::died, this, [this](const QString& why) {
    events_.close();
    setState(LinkState::kLost, why);
  });
  connect(&child_, &PrivateServer::gaveUp, this, [this](const QString& why) {
    events_.close();
    setState(LinkState::kLost, why);
    emit told(why);
  });
}

void LiveLink::setState(LinkState state, const QString& trouble) {
  if (state != LinkState::kLive) status_.goStale();
  if (state_ == state && trouble_ == trouble) return;
  state_ = state;
  trouble_ = trouble;
  emit stateChanged();
  if (state != LinkState::kLive) release();
}

void LiveLink::openPrivate(const QString& program) {
  close();
  remote_ = false;
  running_.clear();
  const Result<QByteArray> text = textToSend()();
  setState(LinkState::kConnecting, {});
  child_.start(program, text.ok() ? *text : QByteArray("millrace: 1\nname: flow\n"));
}

void LiveLink::openRemote(const QUrl& base) {
  close();
  remote_ = true;
  setState(LinkState::kConnecting, {});
  api_.setToken(given_);
  reached(base);
  askWhoWeAre();
}

// A line that does not come up may be one that nobody may use without a name.
void LiveLink::askWhoWeAre() {
  const QByteArray with = api_.token();
  api_.get("/me", [this, with](const ApiAnswer& answer) {
    if (!remote_ || state_ == LinkState::kOff || api_.token() != with) return;
    if (answer.ok() && !with.isEmpty()) {
      user_ = answer.json()["user"].toString();
      emit stateChanged();
    }
    if (answer.status != 401) return;
    user_.clear();
    asksWho_ = true;
    api_.setToken({});
    events_.close();  // it would only be refused again
    setState(LinkState::kLost, "the server has users: sign in");
    emit signInAsked();
  });
}

void LiveLink::signIn(const QString& user, const QString& password,
                      std::function<void(const QString&)> done) {
  api_.post(
      "/login", {{"user", user}, {"password", password}},
      [this, done = std::move(done)](const ApiAnswer& answer) {
        const QString token = answer.json()["token"].toString();
        if (!answer.ok() || token.isEmpty())
          return done(answer.error.isEmpty() ? QString("the server gave no token") : answer.error);
        asksWho_ = false;
        api_.setToken(token.toUtf8());
        user_ = answer.json()["user"].toString();
        done({});
        listen();
      });
}

void LiveLink::close() {
  ++line_;
  waiting_.clear();
  soon_.stop();
  events_.close();
  child_.stop();
  shared_.clear();
  sharedContexts_.clear();
  heard_.clear();
  perhaps_.clear();
  perhapsContexts_.reset();
  sending_ = asking_ = askAgain_ = unsent_ = known_ = false;
  revision_ = newest_ = 0;
  user_.clear();
  asksWho_ = false;
  api_.setToken({});
  setState(LinkState::kOff, {});
}

void LiveLink::reached(const QUrl& base) {
  api_.setBase(base);
  listen();
}

void LiveLink::listen() {
  QUrl events = api_.base();
  events.setPath("/api/v1/events");
  // First the stream, then the flow: so no change is missed between.
  events_.open(events, api_.token());
  api_.get("/services", [this](const ApiAnswer& answer) {
    if (answer.ok())
      emit serviceTypesCame(
          QJsonDocument(answer.json()["services"].toArray()).toJson(QJsonDocument::Compact));
  });
}

void LiveLink::readStatus() {
  api_.get("/status", [this](const ApiAnswer& answer) {
    if (answer.ok() && state_ == LinkState::kLive)
      status_.take(answer.json(), QDateTime::currentMSecsSinceEpoch(), StatusStore::Report::kWhole);
  });
}

void LiveLink::onEvent(const QString& name, const QJsonObject& data) {
  if (name == "status") {
    status_.take(data, QDateTime::currentMSecsSinceEpoch(), StatusStore::Report::kChanges);
  } else if (name == "bulletin") {
    takeBulletin(data);
  } else if (name == "flow") {
    emit journalGrew();
    if (!remote_) return;
    newest_ = std::max(newest_, static_cast<quint64>(data["revision"].toDouble()));
    by_ = data["who"].toString();
    if (!sending_ && !asking_ && newest_ > revision_) fetch(by_);
  } else if (name == "reset") {
    readStatus();
    if (remote_) fetch({});
  }
}

void LiveLink::takeBulletin(const QJsonObject& data) {
  Bulletin bulletin;
  bulletin.id = static_cast<quint64>(data["id"].toDouble());
  const auto at = static_cast<qint64>(data["at"].toDouble());
  // One may be read and told of. A server that was started anew counts from the beginning again.
  constexpr std::size_t kMostHeard = 4000;
  if (heard_.size() > kMostHeard) heard_.erase(heard_.begin());
  if (!heard_.emplace(at, bulletin.id).second) return;
  bulletin.at = QDateTime::fromMSecsSinceEpoch(at).toString("HH:mm:ss");
  bulletin.level = data["level"].toString();
  bulletin.component = idFromJson(data["component"].toString()).value_or(kRootGroup);
  bulletin.message = data["message"].toString();
  status_.takeBulletin(bulletin);
}

// What was said before Studio listened.
void LiveLink::readBulletins() {
  api_.get("/bulletins", [this](const ApiAnswer& answer) {
    if (!answer.ok() || state_ != LinkState::kLive) return;
    for (const QJsonValue& item : answer.json()["bulletins"].toArray())
      takeBulletin(item.toObject());
  });
}

// Ports of remote groups run by themselves, and are no components of the model.
Ids LiveLink::insides(const Ids& ids) const {
  Ids all;
  for (const ElementId id : ids) {
    if (model_.find(id) == nullptr) all.push_back(id);
  }
  for (const auto& [id, component] : model_.components()) {
    for (const ElementId wanted : ids) {
      if (id == wanted || wanted == kRootGroup || model_.contains(wanted, id)) {
        all.push_back(id);
        if (const flow::RemoteGroup* remote = component.remoteGroup()) {
          for (const auto* ports : {&remote->inputs, &remote->outputs}) {
            for (const flow::RemotePort& port : *ports) all.push_back(port.id);
          }
        }
        break;
      }
    }
  }
  return all;
}

void LiveLink::act(const QString& action, const Ids& ids) {
  if (state_ != LinkState::kLive)
    return emit told("Nothing was done: there is no server at the moment");
  if (ids.empty()) return;
  // What was edited a moment ago must be there before it is started.
  whenSent([this, action, ids] { actNow(action, ids); });
}

void LiveLink::actNow(const QString& action, const Ids& ids) {
  QJsonArray list;
  for (const ElementId id : ids) list.append(idToJson(id));
  api_.post(
      "/actions", {{"action", action}, {"ids", list}},
      [this, action, ids](const ApiAnswer& answer) {
        if (!answer.ok()) return emit told("Nothing was done: " + answer.error);
        std::unordered_set<ElementId> failed;
        const QJsonArray refused = answer.json()["failed"].toArray();
        for (const QJsonValue& item : refused) {
          if (const auto id = idFromJson(item["id"].toString())) failed.insert(*id);
        }
        if (!remote_) {
          const auto state = action == "start"     ? flow::RunState::kRunning
                             : action == "disable" ? flow::RunState::kDisabled
                                                   : flow::RunState::kStopped;
          if (action != "run-once" && action != "terminate") {
            for (const ElementId id : insides(ids)) {
              if (!failed.contains(id)) running_[id] = state;
            }
          }
        }
        if (!refused.isEmpty()) {
          const QString first = refused.first()["message"].toString();
          emit told(
              refused.size() == 1
                  ? "Not done: " + first
                  : QString("%1 of them refused, the first: %2").arg(refused.size()).arg(first));
        }
        readStatus();
      });
}

void LiveLink::emptyQueues(const Ids& connections) {
  if (state_ != LinkState::kLive)
    return emit told("Nothing was emptied: there is no server at the moment");
  for (const ElementId id : connections) {
    api_.post("/connections/" + idToJson(id) + "/empty", {}, [this](const ApiAnswer& answer) {
      if (!answer.ok()) return emit told("The queue was not emptied: " + answer.error);
      const QJsonObject json = answer.json();
      const double dropped = json["dropped"].toDouble();
      emit told(
          (dropped == 1
               ? QString("Dropped 1 FlowFile, ")
               : QString("Dropped %1 FlowFiles, ").arg(QLocale::c().toString(dropped, 'f', 0))) +
          shortBytes(json["bytes"].toDouble()));
      readStatus();
    });
  }
}

}  // namespace millrace::gui
