// SPDX-License-Identifier: Apache-2.0
// Who has a role in a group alone: what of the flow is seen and changed from there, and every route
// that is closed.

#include "server/rest/access.h"
#include "server/rest/reach.h"
#include "server/users/password.h"
#include "tests/harness/rest_rig.h"

using namespace rest_rig;

namespace {

std::string groupText(const std::string& name, const std::string& inner) {
  return "- name: " + name +
         "\n"
         "    processors:\n"
         "      - {name: Make, type: GenerateFlowFile, schedule: {every: 1 h}, state: stopped}\n"
         "      - {name: Hold, type: LogMessage, state: stopped, auto-terminate: [success]}\n"
         "    connections:\n"
         "      - {from: Make, relationship: success, to: Hold}\n" +
         inner;
}

const std::string kInner =
    "    groups:\n"
    "      - name: Inner\n"
    "        processors:\n"
    "          - {name: Deep, type: GenerateFlowFile, state: stopped, auto-terminate: [success]}\n";

const std::string kFlow = "millrace: 1\nname: shared\ngroups:\n  " + groupText("Ours", kInner) +
                          "  " + groupText("Theirs", "") +
                          "processors:\n"
                          "  - {name: Top, type: GenerateFlowFile, state: stopped, "
                          "auto-terminate: [success]}\n";

/// The flow, and a user who has roles in groups.
struct Shared : Rig {
  Json flow;
  std::string ours, theirs, inner, ourMake, theirMake, deep, top, ourQueue, theirQueue;

  Shared() : Rig(kFlow) {
    flow = get("/api/v1/flow").at("flow");
    const Json& first = flow.at("groups").at(0);
    const Json& second = flow.at("groups").at(1);
    ours = text(first, "id");
    theirs = text(second, "id");
    inner = text(first.at("groups").at(0), "id");
    deep = text(first.at("groups").at(0).at("processors").at(0), "id");
    ourMake = text(first.at("processors").at(0), "id");
    theirMake = text(second.at("processors").at(0), "id");
    top = text(flow.at("processors").at(0), "id");
    ourQueue = text(first.at("connections").at(0), "id");
    theirQueue = text(second.at("connections").at(0), "id");
  }
  static std::string text(const Json& json, const char* key) {
    return json.at(key).get<std::string>();
  }

  HttpHeaders user(const std::string& name, Role role, std::map<std::string, Role> groups) {
    auto list = UserList::read(*files, data());
    if (!list.ok()) qFatal("%s", list.error().message.c_str());
    static const auto hash = hashPassword("password of all");  // costs a tenth of a second
    list->set({name, role, *hash, std::move(groups)});
    Rig::require(list->save(*files, data()));
    const auto in = post("/api/v1/login", {{"user", name}, {"password", "password of all"}});
    if (in.status != 200) qFatal("%d %s", in.status, in.body.c_str());
    return {{"Authorization", "Bearer " + text(Json::parse(in.body), "token")}};
  }
  int status(HttpMethod method, const std::string& target, const HttpHeaders& token,
             const Json& body = Json()) {
    return send(method, target, body.is_null() ? std::string() : body.dump(), token).status;
  }
  Json seen(const std::string& target, const HttpHeaders& token) {
    const auto response = send(HttpMethod::kGet, target, "", token);
    if (response.status != 200) qFatal("%d %s", response.status, response.body.c_str());
    return Json::parse(response.body);
  }
  int change(const HttpHeaders& token, const Json& change) {
    return status(HttpMethod::kPost, "/api/v1/changes", token,
                  {{"changes", Json::array({change})}});
  }
};

/// An address of a route, about a component.
std::string addressOf(const Router::Route& route, const std::string& id) {
  std::string address;
  for (const std::string& part : route.parts) {
    address += "/";
    if (!part.starts_with('{'))
      address += part;
    else
      address += part == "{id}" ? id : part == "{revision}" ? "1" : "x";
  }
  return address;
}

class GroupRolesTest : public QObject {
  Q_OBJECT
 private slots:
  // Of the routes that there are, whichever they are: a new one is closed until reach.h names it.
  void everyRouteIsClosedOutsideOfTheGroups() {
    Shared rig;
    const auto token = rig.user("ann", Role::kNone, {{rig.ours, Role::kAdmin}});
    const auto nobody = rig.user("bob", Role::kNone, {});
    int closed = 0;
    for (const Router::Route& route : rig.rest->router().routes()) {
      if (!roleFor(route.method, route.pattern)) continue;
      const std::string named = std::string(methodName(route.method)) + " " + route.pattern;
      QVERIFY2(rig.status(route.method, addressOf(route, rig.ourMake), nobody) == 403,
               named.c_str());
      const Reach reach = reachOf(route.method, route.pattern);
      if (reach == Reach::kSeen || reach == Reach::kAnywhere) continue;
      for (const std::string& id :
           {rig.theirMake, rig.theirQueue, rig.theirs, rig.top,
            std::string("00000000-0000-0000-0000-000000000000"),
            std::string("00000000-0000-0000-0000-000000000077"), std::string("nonsense")})
        QVERIFY2(rig.status(route.method, addressOf(route, id), token) == 403,
                 (named + " " + id).c_str());
      ++closed;
      if (reach == Reach::kWhole)
        QVERIFY2(rig.status(route.method, addressOf(route, rig.ourMake), token) == 403,
                 named.c_str());
      if (reach == Reach::kComponent)
        QVERIFY2(rig.status(route.method, addressOf(route, rig.ourMake), token) != 403,
                 named.c_str());
    }
    QVERIFY(closed > 40);
  }

  void aRoleInAGroupReachesDownAndAddsToWhatThereIs() {
    Shared rig;
    const auto token =
        rig.user("ann", Role::kNone, {{rig.ours, Role::kView}, {rig.inner, Role::kOperate}});
    const auto state = [&](HttpMethod method, const std::string& id) {
      return rig.status(method, "/api/v1/components/" + id + "/state", token);
    };
    QVERIFY(state(HttpMethod::kGet, rig.ourMake) != 403);
    QVERIFY(state(HttpMethod::kGet, rig.deep) != 403);
    QCOMPARE(state(HttpMethod::kDelete, rig.ourMake), 403);
    QVERIFY(state(HttpMethod::kDelete, rig.deep) != 403);
    QCOMPARE(state(HttpMethod::kGet, rig.top), 403);
    // Over the whole flow less than in a group.
    const auto looker = rig.user("bob", Role::kView, {{rig.ours, Role::kModify}});
    QCOMPARE(rig.status(HttpMethod::kGet, "/api/v1/provenance", looker), 200);
    QVERIFY(rig.seen("/api/v1/flow", looker).at("flow") == rig.flow);
    const Json comment = {{"comment", "x"}};
    QCOMPARE(rig.change(looker, {{"op", "update"}, {"id", rig.deep}, {"value", comment}}), 200);
    QCOMPARE(rig.change(looker, {{"op", "update"}, {"id", rig.top}, {"value", comment}}), 403);
  }

  void whatIsNotSeenHasNoName() {
    Shared rig;
    const auto token = rig.user("ann", Role::kNone, {{rig.inner, Role::kView}});
    const auto answer =
        rig.send(HttpMethod::kGet, "/api/v1/flow", "", {token[0], {"Accept", "application/yaml"}});
    QCOMPARE(answer.status, 200);
    for (const char* hidden : {"Theirs", "Top", "Make", "Hold", "LogMessage"})
      QVERIFY2(answer.body.find(hidden) == std::string::npos, answer.body.c_str());
    const Json seen = Json::parse(answer.body).at("flow");
    QCOMPARE(seen.at("groups").size(), std::size_t{2});
    QVERIFY(seen.at("groups").at(0).at("groups").at(0) ==
            rig.flow.at("groups").at(0).at("groups").at(0));
    QVERIFY((seen.at("groups").at(1) == Json{{"id", rig.theirs}}));
    const Json status = rig.seen("/api/v1/status", token);
    QCOMPARE(status.at("components").size(), std::size_t{1});
    QVERIFY(status.at("components").at(0).at("id") == rig.deep);
    QVERIFY(status.at("connections").empty());
    auto& bulletins = rig.host->controller().bulletins();
    bulletins.raise(BulletinLevel::kError, ComponentId(idOf(rig.deep)->raw()), "Deep",
                    "to be seen");
    bulletins.raise(BulletinLevel::kError, ComponentId(idOf(rig.top)->raw()), "Top", "not this");
    bulletins.raise(BulletinLevel::kError, ComponentId(), "", "nor this");
    const Json told = rig.seen("/api/v1/bulletins", token).at("bulletins");
    QCOMPARE(told.size(), std::size_t{1});
    QVERIFY(told.at(0).at("message") == "to be seen");
    const Json me = rig.seen("/api/v1/me", token);
    QVERIFY(me.at("role") == "none" && me.at("groups").at(rig.inner) == "view");
  }

  void eventsTellOfWhatIsSeenAlone() {
    Shared rig;
    const auto token = rig.user("ann", Role::kNone, {{rig.ours, Role::kView}});
    const auto admin = rig.user("bob", Role::kAdmin, {});
    const auto ear = std::make_shared<Ear>();
    const HttpRequest request{HttpMethod::kGet, "/api/v1/events", token, ""};
    const auto response = rig.rest->answer(request);
    QCOMPARE(response.status, 200);
    response.push(ear);
    const auto update = [&](const std::string& id, const std::string& comment) {
      return rig.change(admin, {{"op", "update"}, {"id", id}, {"value", {{"comment", comment}}}});
    };
    QCOMPARE(update(rig.theirMake, "hidden comment"), 200);
    QCOMPARE(update(rig.ourMake, "another comment"), 200);
    auto& bulletins = rig.host->controller().bulletins();
    bulletins.raise(BulletinLevel::kError, ComponentId(idOf(rig.theirMake)->raw()), "Make",
                    "not this");
    bulletins.raise(BulletinLevel::kError, ComponentId(idOf(rig.ourMake)->raw()), "Make",
                    "this one");
    QVERIFY(Rig::eventually([&] { return ear->heard().find("this one") != std::string::npos; }));
    const std::string heard = ear->heard();
    QVERIFY2(heard.find("event: flow\ndata: {\"revision\":3}\n\n") != std::string::npos,
             heard.c_str());
    for (const std::string& hidden :
         {std::string("hidden comment"), std::string("not this"), rig.theirMake, rig.top})
      QVERIFY2(heard.find(hidden) == std::string::npos, hidden.c_str());
    QVERIFY(heard.find(rig.ourMake) != std::string::npos);
  }

  void changesStayWithinTheGroup() {
    Shared rig;
    const auto token = rig.user("ann", Role::kNone, {{rig.ours, Role::kModify}});
    const std::string made = "00000000-0000-0000-1234-123456789abc";
    const auto processor = [](const std::string& name, const std::string& id) {
      Json value = {{"name", name},
                    {"type", "GenerateFlowFile"},
                    {"state", "stopped"},
                    {"auto-terminate", {"success"}}};
      if (!id.empty()) value["id"] = id;
      return value;
    };
    const auto create = [&](const std::string& group, const Json& value) {
      return Json{{"op", "create"}, {"kind", "processor"}, {"group", group}, {"value", value}};
    };
    QCOMPARE(rig.change(token, create(rig.inner, processor("New", made))), 200);
    QCOMPARE(rig.change(token, create(rig.theirs, processor("New", ""))), 403);
    QCOMPARE(
        rig.change(token, create("00000000-0000-0000-0000-000000000000", processor("New", ""))),
        403);
    // What somebody else has, or had.
    QCOMPARE(rig.change(token, create(rig.ours, processor("Own", rig.theirMake))), 403);
    std::string shouted = rig.theirMake;
    for (char& c : shouted) c = static_cast<char>(std::toupper(c));
    QCOMPARE(rig.change(token, create(rig.ours, processor("Own", shouted))), 403);
    const auto admin = rig.user("bob", Role::kAdmin, {});
    QCOMPARE(rig.change(admin, {{"op", "delete"}, {"id", rig.top}}), 200);
    QCOMPARE(rig.change(token, create(rig.ours, processor("Own", rig.top))), 403);
    QCOMPARE(rig.change(token, {{"op", "move"}, {"id", made}, {"group", rig.theirs}}), 403);
    QCOMPARE(rig.change(token, {{"op", "move"}, {"id", rig.theirMake}, {"group", rig.ours}}), 403);
    QCOMPARE(rig.change(token, {{"op", "delete"}, {"id", rig.theirMake}}), 403);
    // A group is taken away by who may change the one around it.
    QCOMPARE(rig.change(token, {{"op", "delete"}, {"id", rig.ours}}), 403);
    QCOMPARE(rig.change(token, {{"op", "move"}, {"id", made}, {"group", rig.ours}}), 200);
    QCOMPARE(rig.change(token, {{"op", "delete"}, {"id", made}}), 200);
    // One that is not allowed is enough.
    const Json both = Json::array(
        {create(rig.ours, processor("Fine", "")), Json{{"op", "delete"}, {"id", rig.theirMake}}});
    QCOMPARE(rig.status(HttpMethod::kPost, "/api/v1/changes", token, {{"changes", both}}), 403);
    QCOMPARE(rig.status(HttpMethod::kPost, "/api/v1/changes", token, {{"changes", Json::array()}}),
             403);
    for (const char* hidden : {"Theirs", "Hold"})
      QVERIFY(
          rig.send(HttpMethod::kPost, "/api/v1/changes",
                   Json{{"changes", Json::array({create(rig.ours, processor("Last", ""))})}}.dump(),
                   token)
              .body.find(hidden) == std::string::npos);
  }

  void provenanceIsThatOfTheGroup() {
    Shared rig;
    rig.act("run-once", rig.ourMake);
    rig.act("run-once", rig.theirMake);
    const auto all = [&] { return rig.get("/api/v1/provenance?fresh=true").at("events"); };
    QVERIFY(Rig::eventually([&] { return all().size() == 2; }));
    std::map<std::string, Json> events;  // by component
    for (const Json& event : all()) events[Shared::text(event, "component")] = event;
    const auto token = rig.user("ann", Role::kNone, {{rig.ours, Role::kView}});
    const Json seen = rig.seen("/api/v1/provenance?fresh=true", token).at("events");
    QCOMPARE(seen.size(), std::size_t{1});
    QVERIFY(seen.at(0).at("component") == rig.ourMake);
    const std::string ours = Shared::text(events.at(rig.ourMake), "id");
    const std::string theirs = Shared::text(events.at(rig.theirMake), "id");
    const auto get = [&](const std::string& way, const HttpHeaders& who) {
      return rig.status(HttpMethod::kGet, "/api/v1/provenance/" + way, who);
    };
    QCOMPARE(get(ours, token), 200);
    QCOMPARE(get(theirs, token), 403);
    QCOMPARE(get("99999.0", token), 403);
    QCOMPARE(get("..%2f..%2fflow", token), 403);
    // Contents ask for more than looking.
    QCOMPARE(get(ours + "/content/after", token), 403);
    const auto operates = rig.user("bob", Role::kNone, {{rig.ours, Role::kOperate}});
    QVERIFY(get(ours + "/content/after", operates) != 403);
    QCOMPARE(get(theirs + "/content/after", operates), 403);
    const auto replay = [&](const std::string& event) {
      return rig.status(HttpMethod::kPost, "/api/v1/provenance/" + event + "/replay", operates);
    };
    QVERIFY(replay(ours) != 403);
    QCOMPARE(replay(theirs), 403);
    const auto names = [&](const std::string& component) {
      const Json nodes =
          rig.seen("/api/v1/lineage/" + Shared::text(events.at(component), "uuid"), token)
              .at("nodes");
      return std::any_of(nodes.begin(), nodes.end(),
                         [](const Json& node) { return node.value("componentName", "") != ""; });
    };
    QVERIFY(names(rig.ourMake));
    QVERIFY(!names(rig.theirMake));
    QCOMPARE(rig.status(HttpMethod::kGet, "/api/v1/provenance?nothing=1", token), 400);
  }

  void actionsAreForWhatIsGranted() {
    Shared rig;
    const auto token = rig.user("ann", Role::kView, {{rig.ours, Role::kOperate}});
    const auto act = [&](const Json& ids) {
      return rig.status(HttpMethod::kPost, "/api/v1/actions", token,
                        {{"action", "stop"}, {"ids", ids}});
    };
    QCOMPARE(act({rig.ourMake, rig.deep}), 200);
    QCOMPARE(act({rig.ours}), 200);
    QCOMPARE(act({rig.ourMake, rig.theirMake}), 403);
    QCOMPARE(act({"00000000-0000-0000-0000-000000000000"}), 403);
    QCOMPARE(act(Json::array()), 403);
    QCOMPARE(rig.status(HttpMethod::kPost, "/api/v1/connections/" + rig.ourQueue + "/empty", token),
             200);
    QCOMPARE(
        rig.status(HttpMethod::kPost, "/api/v1/connections/" + rig.theirQueue + "/empty", token),
        403);
    // Out of the group is where it must be granted, too.
    const std::string requeue = "/api/v1/connections/" + rig.ourQueue + "/flowfiles/x/requeue";
    QCOMPARE(rig.status(HttpMethod::kPost, requeue, token, {{"to", rig.theirQueue}}), 403);
    QVERIFY(rig.status(HttpMethod::kPost, requeue, token, {{"to", rig.ourQueue}}) != 403);
  }
};

}  // namespace

QTEST_GUILESS_MAIN(GroupRolesTest)
#include "group_roles_test.moc"
