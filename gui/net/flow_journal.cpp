// SPDX-License-Identifier: Apache-2.0
#include "gui/net/flow_journal.h"

#include "engine/flow/yaml_reader.h"
#include "gui/model/status_store.h"

#include <QJsonDocument>
#include <algorithm>
#include <unordered_map>

namespace millrace::gui {

using flow::ElementId;

namespace {

constexpr int kMostChanges = 1000;  ///< of one answer

/// Where a group keeps its components, by their kind.
const std::pair<QString, QString> kLists[] = {
    {"group", "groups"},          {"processor", "processors"},
    {"input", "inputs"},          {"output", "outputs"},
    {"funnel", "funnels"},        {"label", "labels"},
    {"service", "services"},      {"remote-group", "remote-groups"},
    {"connection", "connections"}};

/// A remote group has ports, in lists of the same names.
bool holdsOthers(const QString& kind) { return kind == "group" || kind == "remote-group"; }

/// `key` is the list that it stands in; false: it goes.
using Work = std::function<bool(QJsonObject& component, const QString& key)>;

/// Does something with the component of that id, wherever it stands; false: there is none.
bool withComponent(QJsonObject& group, const QString& id, const Work& work) {
  if (group.value("id").toString() == id) {
    work(group, {});
    return true;
  }
  for (const auto& [kind, key] : kLists) {
    QJsonArray list = group.value(key).toArray();
    for (qsizetype i = 0; i < list.size(); ++i) {
      QJsonObject each = list[i].toObject();
      bool stays = true;
      if (each.value("id").toString() == id) {
        stays = work(each, key);
      } else if (!holdsOthers(kind) || !withComponent(each, id, work)) {
        continue;
      }
      if (stays) {
        list[i] = each;
      } else {
        list.removeAt(i);
      }
      group[key] = list;
      return true;
    }
  }
  return false;
}

bool addTo(QJsonObject& flow, const QString& group, const QString& key, const QJsonObject& value) {
  return !key.isEmpty() && withComponent(flow, group, [&](QJsonObject& into, const QString&) {
    QJsonArray list = into.value(key).toArray();
    list.append(value);
    into[key] = list;
    return true;
  });
}

QString listOf(const QString& kind) {
  for (const auto& [name, key] : kLists) {
    if (name == kind) return key;
  }
  return {};
}

void setKey(QJsonObject& object, const QString& key, const QJsonValue& value) {
  if (value.isNull()) {
    object.remove(key);
  } else {
    object[key] = value;
  }
}

void update(QJsonObject& component, const QJsonObject& value) {
  for (auto at = value.begin(); at != value.end(); ++at) {
    const QString& key = at.key();
    const bool merges = key == "properties" || key == "parameters" || key == "layout";
    if (!merges || !at.value().isObject()) {
      setKey(component, key, at.value());
      continue;
    }
    QJsonObject inner = component.value(key).toObject();
    const QJsonObject changed = at.value().toObject();
    for (auto each = changed.begin(); each != changed.end(); ++each)
      setKey(inner, each.key(), each.value());
    component[key] = inner;
  }
}

Result<> applyOne(QJsonObject& flow, const QJsonObject& change) {
  const QString op = change["op"].toString();
  const QString id = change["id"].toString();
  const QString group = change["group"].toString();
  bool done = false;
  if (op == "create") {
    done = addTo(flow, group, listOf(change["kind"].toString()), change["value"].toObject());
  } else if (op == "update") {
    done = withComponent(flow, id, [&](QJsonObject& component, const QString&) {
      update(component, change["value"].toObject());
      return true;
    });
  } else if (op == "delete" || op == "move") {
    QJsonObject taken;
    QString from;
    done = withComponent(flow, id, [&](QJsonObject& component, const QString& key) {
      taken = component;
      from = key;
      return false;
    });
    if (op == "move") done = done && addTo(flow, group, from, taken);
  }
  if (done) return Done{};
  return Error::user("a change of the journal cannot be followed: " + op.toStdString() + ' ' +
                     id.toStdString());
}

/// What a flow file keeps in its block `layout`: taken out of the components, in their order.
struct Extra {
  ElementId id;
  flow::Layout layout;
};

flow::Layout layoutOf(const QJsonObject& layout) {
  flow::ReadFlow read =
      flow::readFlow("{millrace: 1, name: f, funnels: [{name: a}], layout: {a: " +
                     QJsonDocument(layout).toJson(QJsonDocument::Compact).toStdString() + "}}");
  return read.flow.root.funnels.empty() ? flow::Layout() : read.flow.root.funnels[0].layout;
}

void takeExtras(QJsonObject& group, std::vector<Extra>& extras) {
  for (const auto& [kind, key] : kLists) {
    QJsonArray list = group.value(key).toArray();
    for (qsizetype i = 0; i < list.size(); ++i) {
      QJsonObject each = list[i].toObject();
      Extra extra;
      extra.id = idFromJson(each.take("id").toString()).value_or(ElementId());
      const QJsonObject layout = each.take("layout").toObject();
      if (!layout.isEmpty()) extra.layout = layoutOf(layout);
      extras.push_back(std::move(extra));
      if (holdsOthers(kind)) takeExtras(each, extras);
      list[i] = each;
    }
    if (!list.isEmpty()) group[key] = list;
  }
}

/// Gives the extras back, in the same order; `ids` says which id became which.
void giveExtras(flow::Group& group, std::size_t& next, const std::vector<Extra>& extras,
                std::unordered_map<ElementId, ElementId>& ids) {
  const auto giveOne = [&](flow::Element& each) {
    if (next == extras.size()) return;
    const Extra& extra = extras[next++];
    each.layout = extra.layout;
    if (extra.id == ElementId{}) return;  // one that says none keeps that of its name
    ids.emplace(each.id, extra.id);
    each.id = extra.id;
    each.idIsGiven = true;
  };
  const auto give = [&](auto& list) {
    for (flow::Element& each : list) giveOne(each);
  };
  for (flow::Group& each : group.groups) {
    giveOne(each);
    giveExtras(each, next, extras, ids);
  }
  give(group.processors);
  give(group.inputs);
  give(group.outputs);
  give(group.funnels);
  give(group.labels);
  give(group.services);
  for (flow::RemoteGroup& each : group.remoteGroups) {
    giveOne(each);
    give(each.inputs);
    give(each.outputs);
  }
  give(group.connections);
}

void relink(flow::Group& group, const std::unordered_map<ElementId, ElementId>& ids) {
  for (flow::Connection& each : group.connections) {
    for (flow::Endpoint* end : {&each.from, &each.to}) {
      if (const auto found = ids.find(end->id); found != ids.end()) end->id = found->second;
    }
  }
  for (flow::Group& each : group.groups) relink(each, ids);
}

/// The changes behind `revision` up to `newest`, gathered page by page, then the answer.
void gather(ApiClient& api, quint64 revision, quint64 newest, QJsonObject flow, QJsonArray found,
            RevisionRead done) {
  const quint64 after =
      found.isEmpty() ? revision : static_cast<quint64>(found.last()["revision"].toDouble());
  api.get(QString("/changes?after=%1&limit=%2").arg(after).arg(kMostChanges),
          [&api, revision, newest, flow = std::move(flow), found = std::move(found),
           done = std::move(done)](const ApiAnswer& answer) mutable {
            if (!answer.ok()) return done(Error::user(answer.error.toStdString()));
            const QJsonArray page = answer.json()["changes"].toArray();
            for (const QJsonValue& each : page) {
              if (static_cast<quint64>(each["revision"].toDouble()) <= newest) found.append(each);
            }
            const bool more = page.size() == kMostChanges &&
                              static_cast<quint64>(page.last()["revision"].toDouble()) < newest;
            if (more) return gather(api, revision, newest, flow, found, done);
            for (qsizetype i = found.size(); i > 0; --i) {
              const QJsonValue each = found[i - 1];
              if (!each["inverse"].isArray())
                return done(
                    Error::user("revision " +
                                std::to_string(static_cast<quint64>(each["revision"].toDouble())) +
                                " of the server's flow has no way back"));
              const Result<> back = applyChanges(flow, each["inverse"].toArray());
              if (!back.ok()) return done(back.error());
            }
            done(flowOfServer(flow));
          });
}

}  // namespace

Result<> applyChanges(QJsonObject& flow, const QJsonArray& changes) {
  for (const QJsonValue& change : changes) MR_TRY(applyOne(flow, change.toObject()));
  return Done{};
}

Result<flow::Flow> flowOfServer(const QJsonObject& flow) {
  QJsonObject plain = flow;
  plain.remove("id");
  plain.remove("layout");
  if (!plain.contains("millrace")) plain["millrace"] = 1;
  std::vector<Extra> extras;
  takeExtras(plain, extras);
  flow::Flow read = MR_TRY(
      flow::parseFlow(QJsonDocument(plain).toJson(QJsonDocument::Compact).toStdString(), "flow"));
  std::unordered_map<ElementId, ElementId> ids;
  std::size_t next = 0;
  giveExtras(read.root, next, extras, ids);
  relink(read.root, ids);
  return read;
}

void readRevision(ApiClient& api, quint64 revision, RevisionRead done) {
  api.get("/flow", [&api, revision, done = std::move(done)](const ApiAnswer& answer) {
    if (!answer.ok()) return done(Error::user(answer.error.toStdString()));
    const QJsonObject now = answer.json();
    gather(api, revision, static_cast<quint64>(now["revision"].toDouble()), now["flow"].toObject(),
           {}, done);
  });
}

}  // namespace millrace::gui
