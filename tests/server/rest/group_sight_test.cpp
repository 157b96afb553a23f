// SPDX-License-Identifier: Apache-2.0
// Who has roles in some groups alone: every route that there is, walked with such a user: no name,
// value or id of another group in any answer or event, and all that there is of the own one.

#include "server/rest/access.h"
#include "server/rest/reach.h"
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
    "      - {name: Feed, type: GenerateFlowFile, state: stopped}\n"
    "      - {name: Count, type: UpdateCounter, properties: {Counter Name: OurCounter, Delta: "
    "'3'}, "
    "auto-terminate: [success], state: stopped}\n"
    "    connections:\n"
    "      - {from: Make, relationship: success, to: Hold}\n"
    "      - {from: Feed, relationship: success, to: Count}\n"
    "  - name: VeiledGroup\n"
    "    comment: Veiled comment of a group\n"
    "    processors:\n"
    "      - {name: VeiledMake, type: GenerateFlowFile, properties: {Custom Text: VeiledText, "
    "VeiledName: VeiledValue}, comment: Veiled comment, state: stopped}\n"
    "      - {name: VeiledCount, type: UpdateCounter, properties: {Counter Name: VeiledCounter, "
    "Delta: '3'}, auto-terminate: [success], state: stopped}\n"
    "      - {name: VeiledWrong, type: LogMessage, state: stopped}\n"
    "      - {name: VeiledFeed, type: GenerateFlowFile, state: stopped}\n"
    "      - {name: Wanderer, type: LogMessage, auto-terminate: [success], state: stopped, "
    "comment: "
    "Veiled when it was here}\n"
    "    connections:\n"
    "      - {from: VeiledMake, relationship: success, to: VeiledCount}\n"
    "      - {from: VeiledFeed, relationship: success, to: VeiledWrong}\n";

/// Both groups have done something, and there is something to tell of the hidden one everywhere.
struct Watched : Rig {
  std::vector<std::string> hidden;  // ids, of what is no group
  std::string ours, ourMake, ourQueue, hiddenMake, hiddenQueue, hiddenUuid, hiddenEvent, ourUuid;
  std::string ourEvent, ourGone, hiddenGone;  // the latter are parked connections

  Watched() : Rig(kFlow, 0, WithLog::kNo) {
    const Json flow = get("/api/v1/flow").at("flow");
    const Json& mine = flow.at("groups").at(0);
    const Json& theirs = flow.at("groups").at(1);
    ours = text(mine, "id");
    ourMake = text(mine.at("processors").at(0), "id");
    ourQueue = text(mine.at("connections").at(0), "id");
    hiddenMake = text(theirs.at("processors").at(0), "id");
    hiddenQueue = text(theirs.at("connections").at(0), "id");
    ourGone = text(mine.at("connections").at(1), "id");
    hiddenGone = text(theirs.at("connections").at(1), "id");
    const std::string wanderer = text(theirs.at("processors").at(4), "id");
    hidden.push_back(text(flow.at("processors").at(0), "id"));
    for (const char* list : {"processors", "connections"}) {
      for (const Json& each : theirs.at(list)) {
        if (text(each, "id") != wanderer) hidden.push_back(text(each, "id"));
      }
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
            if (event.at("component") == ourMake) ourEvent = text(event, "id");
          }
          return !hiddenEvent.empty() && !ourEvent.empty() &&
                 get("/api/v1/counters").dump().find("Veiled") != npos;
        }))
      qFatal("there is no event, or no counter");
    const std::string feed = text(mine.at("processors").at(2), "id");
    const std::string count = text(mine.at("processors").at(3), "id");
    act("run-once", feed);
    act("run-once", count);
    if (!eventually([&] { return get("/api/v1/counters").dump().find("OurCounter") != npos; }))
      qFatal("there is no counter");
    act("run-once", feed);
    act("run-once", text(theirs.at("processors").at(3), "id"));
    if (!eventually([&] { return queued(ourGone).size() == 1 && queued(hiddenGone).size() == 1; }))
      qFatal("nothing is queued");
    firstChange = get("/api/v1/flow").at("revision").get<std::uint64_t>() + 1;
    change({commented(ourMake, "ours")}, "a note on ours");
    change({commented(hiddenMake, "Veiled change")}, "Veiled note");
    change({commented(ourMake, "in both"), commented(hiddenMake, "Veiled half")}, "Veiled both");
    change({{{"op", "delete"}, {"id", ourGone}}}, "");
    change({{{"op", "delete"}, {"id", hiddenGone}}}, "");
    change({commented(wanderer, "plain")}, "Veiled before it leaves");
    change({{{"op", "move"}, {"id", wanderer}, {"group", ours}}}, "Veiled comes over");
    change({commented(wanderer, "here")}, "Veiled or not");
    if (get("/api/v1/parked").at("parked").size() != 2) qFatal("nothing is parked");
    raise(hiddenMake, "VeiledMake", "Veiled bulletin");
    raise(ourMake, "Make", "a bulletin to be seen");
  }
  static constexpr auto npos = std::string::npos;
  std::uint64_t firstChange = 0;  // its revision; eight are made
  static Json commented(const std::string& id, const char* comment) {
    return {{"op", "update"}, {"id", id}, {"value", {{"comment", comment}}}};
  }
  void change(const std::vector<Json>& changes, const char* comment) {
    const auto made =
        post("/api/v1/changes", {{"changes", changes}, {"comment", comment}, {"who", "carl"}});
    if (made.status != 200) qFatal("%d %s", made.status, made.body.c_str());
  }
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
  std::vector<std::string> revisions() const {
    std::vector<std::string> all{"1"};
    for (std::uint64_t i = 0; i < 8; ++i) all.push_back(std::to_string(firstChange + i));
    return all;
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
      {"{id}",
       {rig.ourMake, rig.ourQueue, rig.ourGone, rig.hiddenMake, rig.hiddenQueue, rig.hiddenGone}},
      {"{uuid}", {rig.ourUuid, rig.hiddenUuid}},
      {"{event}", {rig.hiddenEvent}},
      {"{revision}", rig.revisions()}};
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
        Json{{"component", "VeiledGroup/VeiledCount"}}.dump(),
        Json{{"component", "Ours/Count"}, {"name", "OurCounter"}}.dump(),
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

  void whatIsOfTheOwnGroupIsThere() {
    Watched rig;
    const auto token = rig.user("ann", Role::kNone, {{rig.ours, Role::kAdmin}});
    const std::map<std::string, std::vector<std::string>> there{
        {"/api/v1/flow", {"\"Make\"", "\"seen\"", "Wanderer"}},
        {"/api/v1/status", {rig.ourMake, rig.ourQueue}},
        {"/api/v1/bulletins", {"a bulletin to be seen"}},
        {"/api/v1/events", {}},
        {"/api/v1/provenance", {rig.ourMake, rig.ourUuid}},
        {"/api/v1/lineage/{uuid}", {"\"Ours/Make\""}},
        {"/api/v1/counters", {"Ours/Count", "OurCounter"}},
        {"/api/v1/parked", {rig.ourGone, "\"count\":1"}},
        {"/api/v1/changes", {"a note on ours", "\"in both\"", rig.ourGone, "carl"}}};
    const std::map<std::string, std::string> ids{
        {"components", rig.ourMake}, {"connections", rig.ourQueue}, {"history", rig.ourMake}};
    int asked = 0;
    for (const Router::Route& route : rig.rest->router().routes()) {
      const Reach reach = reachOf(route.method, route.pattern);
      if (route.method != HttpMethod::kGet || reach == Reach::kWhole) continue;
      std::string address;
      for (const std::string& part : route.parts) {
        const auto id = ids.find(route.parts.at(2));
        address += "/" + (part == "{id}"      ? id == ids.end() ? "x" : id->second
                          : part == "{uuid}"  ? rig.ourUuid
                          : part == "{event}" ? rig.ourEvent
                          : part == "{side}"  ? "after"
                                              : part);
      }
      const HttpResponse answer = rig.send(route.method, address, "", token);
      // Contents of events are not kept here; they are asked for all the same.
      const int expected = route.parts.back() == "{side}" ? 404 : 200;
      QVERIFY2(answer.status == expected, (address + ": " + answer.body).c_str());
      ++asked;
      if (reach != Reach::kSeen) continue;
      QVERIFY2(there.contains(route.pattern), route.pattern.c_str());
      for (const std::string& text : there.at(route.pattern))
        QVERIFY2(answer.body.find(text) != std::string::npos,
                 (address + ": no " + text + " in " + answer.body).c_str());
    }
    QVERIFY(asked > 12);
  }

  void theJournalHasALineForEachRevision() {
    Watched rig;
    const auto token = rig.user("ann", Role::kNone, {{rig.ours, Role::kView}});
    const auto records = [&](const HttpHeaders& who) {
      const auto target = "/api/v1/changes?after=" + std::to_string(rig.firstChange - 1);
      return Json::parse(rig.send(HttpMethod::kGet, target, "", who).body).at("changes");
    };
    const Json seen = records(token);
    QCOMPARE(seen.size(), std::size_t{8});
    const auto isRedacted = [&](std::size_t i) { return seen.at(i).contains("redacted"); };
    for (std::size_t i = 0; i < 8; ++i)
      QCOMPARE(seen.at(i).at("revision").get<std::uint64_t>(), rig.firstChange + i);
    QVERIFY(!isRedacted(0) && seen.at(0).at("comment") == "a note on ours");
    QVERIFY(seen.at(0).at("who") == "carl" && seen.at(0).at("inverse").size() == 1);
    // Of the others' nothing but that it was; of what is mixed the own half; of what came from
    // elsewhere nothing, since nobody says what it was there.
    for (const std::size_t i : {1U, 4U, 5U, 6U, 7U}) {
      QVERIFY2(isRedacted(i) && seen.at(i).at("who") == "" && seen.at(i).at("changes").empty() &&
                   seen.at(i).at("inverse").empty(),
               seen.at(i).dump().c_str());
    }
    QVERIFY(isRedacted(2) && seen.at(2).at("comment") == "" &&
            seen.at(2).at("changes").size() == 1);
    QVERIFY(seen.at(2).at("changes").at(0).at("id") == rig.ourMake);
    QVERIFY(!isRedacted(3));
    const auto admin = rig.user("bob", Role::kAdmin, {});
    QVERIFY(records(admin).at(1).at("comment") == "Veiled note");
  }

  void theirOwnIsUndoneDroppedAndCountedAnew() {
    Watched rig;
    const auto token = rig.user("ann", Role::kNone, {{rig.ours, Role::kModify}});
    const auto looker = rig.user("bob", Role::kNone, {{rig.ours, Role::kView}});
    const auto admin = rig.user("eve", Role::kAdmin, {});
    const auto get = [&](const std::string& target) {
      return Json::parse(rig.send(HttpMethod::kGet, target, "", admin).body);
    };
    const auto post = [&](const std::string& target, const Json& body, const HttpHeaders& who) {
      return rig.send(HttpMethod::kPost, target, body.dump(), who).status;
    };
    const auto revert = [&](std::uint64_t number, const HttpHeaders& who) {
      return post("/api/v1/changes/" + std::to_string(rig.firstChange + number) + "/revert",
                  Json::object(), who);
    };
    // The one that both have a part of, and what came over, are not theirs alone.
    for (const std::uint64_t number : {1U, 2U, 4U, 5U, 6U, 7U})
      QCOMPARE(revert(number, token), 403);
    QCOMPARE(revert(3, looker), 403);
    QCOMPARE(revert(3, token), 200);  // the connection is back, with what waited in it
    QCOMPARE(get("/api/v1/parked").at("parked").size(), std::size_t{1});
    QCOMPARE(get("/api/v1/connections/" + rig.ourGone + "/queue").at("flowfiles").size(),
             std::size_t{1});
    QCOMPARE(post("/api/v1/changes/" + std::to_string(rig.firstChange) + "/revert-to",
                  Json::object(), token),
             403);
    QCOMPARE(post("/api/v1/changes",
                  {{"changes", Json::array({{{"op", "delete"}, {"id", rig.ourGone}}})}}, token),
             200);
    const auto empty = [&](const std::string& id, const HttpHeaders& who) {
      return post("/api/v1/parked/" + id + "/empty", Json::object(), who);
    };
    QCOMPARE(empty(rig.hiddenGone, token), 403);
    QCOMPARE(empty(rig.ourGone, looker), 403);
    QCOMPARE(empty(rig.ourGone, token), 200);
    QVERIFY(get("/api/v1/parked").at("parked").at(0).at("id") == rig.hiddenGone);
    const auto reset = [&](const Json& body, const HttpHeaders& who) {
      return post("/api/v1/counters/reset", body, who);
    };
    QCOMPARE(reset(Json::object(), token), 403);
    QCOMPARE(reset({{"component", "VeiledGroup/VeiledCount"}}, token), 403);
    QCOMPARE(reset({{"component", "Ours"}}, token), 403);
    QCOMPARE(reset({{"component", "Ours/Count"}}, looker), 403);
    QCOMPARE(reset({{"component", "Ours/Count"}}, token), 200);
    const std::string left = get("/api/v1/counters").dump();
    QVERIFY(left.find("OurCounter") == std::string::npos &&
            left.find("Veiled") != std::string::npos);
  }

  void whatWasParkedBeforeAStartIsTheirsStill() {
    Watched rig;
    const auto token = rig.user("ann", Role::kNone, {{rig.ours, Role::kView}});
    // With the group that it was in, and its server started anew.
    rig.send(HttpMethod::kPost, "/api/v1/changes",
             Json{{"changes", Json::array({{{"op", "delete"}, {"id", rig.ours}}})}}.dump(),
             rig.user("bob", Role::kAdmin, {}));
    rig.reopen();
    const auto in = rig.send(HttpMethod::kPost, "/api/v1/login",
                             Json{{"user", "ann"}, {"password", "password of all"}}.dump());
    const HttpHeaders again{
        {"Authorization", "Bearer " + Watched::text(Json::parse(in.body), "token")}};
    const auto parked = rig.send(HttpMethod::kGet, "/api/v1/parked", "", again);
    const Json seen = Json::parse(parked.body).at("parked");
    QCOMPARE(seen.size(), std::size_t{2});  // and the queue of the group
    for (const Json& each : seen)
      QVERIFY(each.at("id") == rig.ourGone || each.at("id") == rig.ourQueue);
    QVERIFY(rig.told(parked.body, "").empty());
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
