// SPDX-License-Identifier: Apache-2.0
// Who has roles in some groups alone: every route that there is, walked with such a user, and no
// name, value or id of another group in any answer or event.

#include "server/rest/access.h"
#include "server/rest/restricted_view.h"
#include "server/users/password.h"
#include "tests/harness/rest_rig.h"

#include <memory>

using namespace rest_rig;

namespace {

/// Whatever has Veiled in it is of a group that is not seen.
const std::string kFlow =
    "millrace: 1\n"
    "name: shared\n"
    "processors:\n"
    "  - {name: VeiledTop, type: GenerateFlowFile, state: stopped, auto-terminate: [success]}\n"
    "groups:\n"
    "  - name: Ours\n"
    "    processors:\n"
    "      - {name: Make, type: GenerateFlowFile, properties: {Custom Text: seen}, state: "
    "stopped}\n"
    "      - {name: Hold, type: LogMessage, auto-terminate: [success], state: stopped}\n"
    "    connections:\n"
    "      - {from: Make, relationship: success, to: Hold}\n"
    "  - name: VeiledGroup\n"
    "    comment: Veiled comment of a group\n"
    "    processors:\n"
    "      - {name: VeiledMake, type: GenerateFlowFile, properties: {Custom Text: VeiledText, "
    "VeiledName: VeiledValue}, comment: Veiled comment, state: stopped}\n"
    "      - {name: VeiledCount, type: UpdateCounter, properties: {Counter Name: VeiledCounter, "
    "Delta: '3'}, auto-terminate: [success], state: stopped}\n"
    "      - {name: VeiledWrong, type: LogMessage, state: stopped}\n"
    "    connections:\n"
    "      - {from: VeiledMake, relationship: success, to: VeiledCount}\n";

/// Both groups have done something, and there is something to tell of the hidden one everywhere.
struct Watched : Rig {
  std::vector<std::string> hidden;  // ids, of what is no group
  std::string ourMake, ourQueue, hiddenMake, hiddenQueue, hiddenUuid, hiddenEvent, ourUuid;

  Watched() : Rig(kFlow, 0, WithLog::kNo) {
    const Json flow = get("/api/v1/flow").at("flow");
    const Json& ours = flow.at("groups").at(0);
    const Json& theirs = flow.at("groups").at(1);
    ourMake = text(ours.at("processors").at(0), "id");
    ourQueue = text(ours.at("connections").at(0), "id");
    hiddenMake = text(theirs.at("processors").at(0), "id");
    hiddenQueue = text(theirs.at("connections").at(0), "id");
    hidden.push_back(text(flow.at("processors").at(0), "id"));
    for (const char* list : {"processors", "connections"}) {
      for (const Json& each : theirs.at(list)) hidden.push_back(text(each, "id"));
    }
    act("run-once", hiddenMake);
    act("run-once", hidden[2]);
    act("run-once", hiddenMake);
    act("run-once", ourMake);
    const auto queued = [&](const std::string& queue) {
      return get("/api/v1/connections/" + queue + "/queue").at("flowfiles");
    };
    if (!eventually(
            [&] { return queued(hiddenQueue).size() == 1 && queued(ourQueue).size() == 1; }))
      qFatal("nothing is queued");
    hiddenUuid = text(queued(hiddenQueue).at(0), "uuid");
    ourUuid = text(queued(ourQueue).at(0), "uuid");
    if (!eventually([&] {
          const Json events = get("/api/v1/provenance?fresh=true").at("events");
          for (const Json& event : events) {
            if (event.at("component") == hiddenMake) hiddenEvent = text(event, "id");
          }
          return !hiddenEvent.empty() && get("/api/v1/counters").dump().find("Veiled") != npos;
        }))
      qFatal("there is no event, or no counter");
    raise(hiddenMake, "VeiledMake", "Veiled bulletin");
    raise(ourMake, "Make", "a bulletin to be seen");
  }
  static constexpr auto npos = std::string::npos;
  static std::string text(const Json& json, const char* key) {
    return json.at(key).get<std::string>();
  }
  void raise(const std::string& id, const std::string& name, const std::string& message) {
    host->controller().bulletins().raise(BulletinLevel::kError, ComponentId(idOf(id)->raw()), name,
                                         message);
  }
  HttpHeaders user(const std::string& name, Role role, std::map<std::string, Role> groups) {
    auto list = UserList::read(*files, data());
    if (!list.ok()) qFatal("%s", list.error().message.c_str());
    static const auto hash = hashPassword("password of all");  // costs a tenth of a second
    list->set({name, role, *hash, std::move(groups)});
    require(list->save(*files, data()));
    const auto in = post("/api/v1/login", {{"user", name}, {"password", "password of all"}});
    if (in.status != 200) qFatal("%d %s", in.status, in.body.c_str());
    return {{"Authorization", "Bearer " + text(Json::parse(in.body), "token")}};
  }
  /// What of the hidden group is in a text; empty: nothing. What was asked with may come back.
  std::string told(const std::string& answer, const std::string& asked) const {
    if (answer.find("Veiled") != npos) return "Veiled";
    for (const std::string& id : hidden) {
      if (answer.find(id) != npos && asked.find(id) == npos) return id;
    }
    if (answer.find(hiddenUuid) != npos && asked.find(hiddenUuid) == npos) return hiddenUuid;
    return {};
  }
};

/// The addresses that a route can stand for.
std::vector<std::string> addressesOf(const Router::Route& route, const Watched& rig) {
  const std::map<std::string, std::vector<std::string>> values{
      {"{id}", {rig.ourMake, rig.ourQueue, rig.hiddenMake, rig.hiddenQueue}},
      {"{uuid}", {rig.ourUuid, rig.hiddenUuid}},
      {"{event}", {rig.hiddenEvent}},
      {"{revision}", {"1"}}};
  std::vector<std::string> addresses{""};
  for (const std::string& part : route.parts) {
    const auto known = values.find(part);
    std::vector<std::string> longer;
    for (const std::string& address : addresses) {
      const std::vector<std::string> unknown{part.starts_with('{') ? "x" : part};
      for (const std::string& value : known == values.end() ? unknown : known->second)
        longer.push_back(address + "/" + value);
    }
    addresses = std::move(longer);
  }
  return addresses;
}

}  // namespace

class GroupSightTest : public QObject {
  Q_OBJECT
 private slots:
  void nothingOfAHiddenGroupIsInAnyAnswer() {
    Watched rig;
    const std::string ours =
        rig.get("/api/v1/flow").at("flow").at("groups").at(0).at("id").get<std::string>();
    const auto token = rig.user("ann", Role::kNone, {{ours, Role::kAdmin}});
    const auto update = [](const std::string& id, const char* comment) {
      return Json::array({{{"op", "update"}, {"id", id}, {"value", {{"comment", comment}}}}});
    };
    const std::vector<std::string> bodies{
        "",
        "{}",
        Json{{"action", "stop"}, {"ids", {rig.hiddenMake}}}.dump(),
        Json{{"action", "start"}, {"ids", {rig.ourMake}}}.dump(),
        Json{{"changes", update(rig.hiddenMake, "x")}}.dump(),
        Json{{"changes", update(rig.ourMake, "x")}}.dump(),
        Json{{"revision", 0}, {"changes", update(rig.ourMake, "y")}}.dump(),
        Json{{"to", rig.hiddenQueue}}.dump(),
        Json{{"expr", "${absent}"}}.dump()};
    int asked = 0;
    int answered = 0;
    for (const Router::Route& route : rig.rest->router().routes()) {
      if (!roleFor(route.method, route.pattern) || route.pattern == "/api/v1/logout") continue;
      for (const std::string& address : addressesOf(route, rig)) {
        for (const std::string& body : bodies) {
          if (route.method == HttpMethod::kGet && !body.empty()) continue;
          const HttpResponse answer = rig.send(route.method, address, body, token);
          ++asked;
          if (answer.status == 200) ++answered;
          const std::string told = rig.told(answer.body, address + body);
          QVERIFY2(told.empty(),
                   (address + " " + body + ": " + told + " in " + answer.body).c_str());
        }
      }
    }
    QVERIFY(asked > 300);
    QVERIFY(answered > 20);  // it is not so that everything was refused
  }

  void nothingOfAHiddenGroupIsInAnyEvent() {
    Watched rig;
    const std::string ours =
        rig.get("/api/v1/flow").at("flow").at("groups").at(0).at("id").get<std::string>();
    const auto token = rig.user("ann", Role::kNone, {{ours, Role::kView}});
    const auto admin = rig.user("bob", Role::kAdmin, {});
    const auto ear = std::make_shared<Ear>();
    const auto response = rig.rest->answer({HttpMethod::kGet, "/api/v1/events", token, ""});
    QCOMPARE(response.status, 200);
    response.push(ear);
    const Json change{
        {"op", "update"}, {"id", rig.hiddenMake}, {"value", {{"comment", "Veiled anew"}}}};
    QCOMPARE(rig.send(HttpMethod::kPost, "/api/v1/changes",
                      Json{{"changes", Json::array({change})}}.dump(), admin)
                 .status,
             200);
    rig.raise(rig.hiddenMake, "VeiledMake", "Veiled again");
    const Json run{{"action", "run-once"}, {"ids", {rig.hiddenMake, rig.ourMake}}};
    QCOMPARE(rig.send(HttpMethod::kPost, "/api/v1/actions", run.dump(), admin).status, 200);
    rig.raise(rig.ourMake, "Make", "the last one");
    QVERIFY(Rig::eventually([&] {
      const std::string heard = ear->heard();
      const std::size_t status = heard.rfind("event: status");
      return heard.find("the last one") != std::string::npos && status != std::string::npos &&
             heard.find("\"count\":2", status) != std::string::npos;
    }));
    const std::string told = rig.told(ear->heard(), "");
    QVERIFY2(told.empty(), told.c_str());
  }
};

QTEST_GUILESS_MAIN(GroupSightTest)
#include "group_sight_test.moc"
