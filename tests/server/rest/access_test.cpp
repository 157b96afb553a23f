// SPDX-License-Identifier: Apache-2.0
// Who is let in: users, roles, tokens that are wrong, and what is written down.

#include "server/rest/access.h"

#include "server/rest/who.h"
#include "server/users/password.h"
#include "tests/harness/rest_rig.h"

#include <map>

using namespace rest_rig;

namespace {

const std::string kFlow =
    "millrace: 1\n"
    "name: guarded\n"
    "processors:\n"
    "  - {name: Make, type: GenerateFlowFile, auto-terminate: [success], state: stopped}\n";

void addUser(Rig& rig, const std::string& name, Role role) {
  auto list = UserList::read(*rig.files, rig.data());
  if (!list.ok()) qFatal("%s", list.error().message.c_str());
  auto hash = hashPassword("password of " + name);
  if (!hash.ok()) qFatal("%s", hash.error().message.c_str());
  list->set({name, role, *hash});
  Rig::require(list->save(*rig.files, rig.data()));
}

HttpResponse login(Rig& rig, const std::string& name, const std::string& password) {
  return rig.post("/api/v1/login", {{"user", name}, {"password", password}});
}

HttpHeaders tokenOf(Rig& rig, const std::string& name) {
  const auto response = login(rig, name, "password of " + name);
  if (response.status != 200) qFatal("%d %s", response.status, response.body.c_str());
  return {{"Authorization", "Bearer " + Json::parse(response.body).at("token").get<std::string>()}};
}

class AccessTest : public QObject {
  Q_OBJECT
 private slots:
  void everybodyMayDoEverythingUntilThereIsAUser() {
    Rig rig(kFlow);
    QCOMPARE(rig.get("/api/v1/me").at("role").get<std::string>(), std::string("admin"));
    QVERIFY(rig.get("/api/v1/users").at("users").empty());
    addUser(rig, "ann", Role::kAdmin);
    QCOMPARE(rig.send(HttpMethod::kGet, "/api/v1/flow").status, 401);
    QCOMPARE(rig.send(HttpMethod::kGet, "/api/v1/nothing").status, 401);
    QCOMPARE(rig.send(HttpMethod::kGet, "/healthz").status, 200);
    QCOMPARE(rig.send(HttpMethod::kGet, "/api/openapi.json").status, 200);
    QCOMPARE(rig.send(HttpMethod::kGet, "/api/v1/flow", "", tokenOf(rig, "ann")).status, 200);
  }

  void aRoleReachesAsFarAsItSays() {
    Rig rig(kFlow);
    const std::string make = rig.id("Make");
    std::map<Role, HttpHeaders> tokens;
    addUser(rig, "v", Role::kView);
    addUser(rig, "o", Role::kOperate);
    addUser(rig, "m", Role::kModify);
    addUser(rig, "a", Role::kAdmin);
    tokens = {{Role::kView, tokenOf(rig, "v")},
              {Role::kOperate, tokenOf(rig, "o")},
              {Role::kModify, tokenOf(rig, "m")},
              {Role::kAdmin, tokenOf(rig, "a")}};
    const std::string update = Json({{"changes", Json::array()}}).dump();
    const std::string stop = Json({{"action", "stop"}, {"ids", {make}}}).dump();
    struct Case {
      HttpMethod method;
      std::string target;
      std::string body;
      Role least;
    };
    const std::vector<Case> cases{
        {HttpMethod::kGet, "/api/v1/flow", "", Role::kView},
        {HttpMethod::kGet, "/api/v1/provenance", "", Role::kView},
        {HttpMethod::kPost, "/api/v1/validate", "millrace: 1\nname: x\n", Role::kView},
        {HttpMethod::kPost, "/api/v1/actions", stop, Role::kOperate},
        {HttpMethod::kPost, "/api/v1/counters/reset", "", Role::kOperate},
        {HttpMethod::kGet, "/api/v1/provenance/1.0/content/after", "", Role::kOperate},
        {HttpMethod::kGet, "/api/v1/log/topics", "", Role::kView},
        {HttpMethod::kGet, "/api/v1/log/topics/t/records", "", Role::kOperate},
        {HttpMethod::kGet, "/api/v1/log/topics/t/records/0/0/content/value", "", Role::kOperate},
        {HttpMethod::kPost, "/api/v1/changes", update, Role::kModify},
        {HttpMethod::kGet, "/api/v1/users", "", Role::kAdmin},
        {HttpMethod::kGet, "/api/v1/logging", "", Role::kAdmin},
        {HttpMethod::kPut, "/api/v1/logging/levels", "{}", Role::kAdmin},
        {HttpMethod::kGet, "/api/v1/backup", "", Role::kAdmin},
        {HttpMethod::kPost, "/api/v1/backup", "", Role::kAdmin},
    };
    for (const Case& each : cases) {
      for (const auto& [role, token] : tokens) {
        const int status = rig.send(each.method, each.target, each.body, token).status;
        QVERIFY2((status == 403) == (role < each.least), each.target.c_str());
        QVERIFY2(status != 401, each.target.c_str());
      }
    }
  }

  void everyRouteAsksForARoleUnlessItIsMeantToBeOpen() {
    Rig rig(kFlow);
    std::set<std::string> open;
    for (const Router::Route& route : rig.rest->router().routes()) {
      const auto role = roleFor(route.method, route.pattern);
      if (!role) open.insert(route.pattern);
      // What changes something is not for those who look on.
      static const std::set<std::string> asking{"/api/v1/validate", "/api/v1/expression",
                                                "/api/v1/components/{id}/verify",
                                                "/api/v1/components/{id}/try", "/api/v1/logout"};
      if (role && route.method != HttpMethod::kGet && !asking.contains(route.pattern))
        QVERIFY2(*role > Role::kView, route.pattern.c_str());
    }
    QVERIFY((open ==
             std::set<std::string>{"/healthz", "/readyz", "/api/openapi.json", "/api/v1/login"}));
  }

  void tokensThatAreForgedEndedOrOfNobodyAreRefused() {
    Rig rig(kFlow);
    addUser(rig, "ann", Role::kAdmin);
    const HttpHeaders token = tokenOf(rig, "ann");
    const auto status = [&](const std::string& header) {
      return rig.send(HttpMethod::kGet, "/api/v1/flow", "", {{"Authorization", header}}).status;
    };
    const std::string good = token[0].second;
    QCOMPARE(status(good), 200);
    QCOMPARE(status("bearer" + good.substr(6)), 200);
    std::string forged = good;
    forged.back() = forged.back() == 'A' ? 'E' : 'A';
    for (const std::string& bad :
         {forged, good + "A", good.substr(7), std::string("Bearer "), std::string("Basic YTpi"),
          std::string("Bearer ") + std::string(10000, 'A'), std::string("Bearer \xff\xfe")})
      QCOMPARE(status(bad), 401);
    // The server's own header lets nobody in.
    QCOMPARE(rig.send(HttpMethod::kGet, "/api/v1/flow", "", {{kUserHeader, "ann"}}).status, 401);
    QCOMPARE(rig.send(HttpMethod::kPost, "/api/v1/logout", "", token).status, 200);
    QCOMPARE(status(good), 401);
    const HttpHeaders second = tokenOf(rig, "ann");
    auto list = UserList::read(*rig.files, rig.data());
    QVERIFY(list.ok() && list->remove("ann"));
    addUser(rig, "bob", Role::kView);
    QVERIFY(list->all().empty());
    list = UserList::read(*rig.files, rig.data());
    QVERIFY(list.ok() && list->remove("ann"));
    Rig::require(list->save(*rig.files, rig.data()));
    QCOMPARE(rig.send(HttpMethod::kGet, "/api/v1/flow", "", second).status, 401);
  }

  void guessingIsSlowedDown() {
    Rig rig(kFlow);
    addUser(rig, "ann", Role::kAdmin);
    QCOMPARE(login(rig, "nobody", "a password").status, 401);
    QCOMPARE(login(rig, "ann", "").status, 400);
    for (std::uint32_t i = 0; i < LoginGate::kFree; ++i)
      QCOMPARE(login(rig, "ann", "wrong password").status, 401);
    const auto refused = login(rig, "ann", "password of ann");
    QCOMPARE(refused.status, 429);
    QVERIFY(refused.header("Retry-After") != nullptr);
  }

  void aChangeIsTheUsersWhateverItSays() {
    Rig rig(kFlow);
    const std::string make = rig.id("Make");
    addUser(rig, "ann", Role::kModify);
    HttpHeaders token = tokenOf(rig, "ann");
    token.emplace_back(kUserHeader, "bob");
    const Json change = {{"op", "update"}, {"id", make}, {"value", {{"comment", "x"}}}};
    const Json body = {{"who", "carl"}, {"changes", Json::array({change})}};
    QCOMPARE(rig.send(HttpMethod::kPost, "/api/v1/changes", body.dump(), token).status, 200);
    const auto changes = rig.send(HttpMethod::kGet, "/api/v1/changes?after=1", "", token);
    QCOMPARE(Json::parse(changes.body).at("changes").at(0).at("who").get<std::string>(),
             std::string("ann"));
  }

  void whatIsDoneIsWrittenDownAndNoSecret() {
    Rig rig(kFlow);
    addUser(rig, "ann", Role::kView);
    const HttpHeaders token = tokenOf(rig, "ann");
    login(rig, "ann", "a wrong password");
    QCOMPARE(rig.send(HttpMethod::kPost, "/api/v1/counters/reset", "", token).status, 403);
    const auto log = rig.files->readAll(rig.data() + "/audit.log");
    QVERIFY(log.ok());
    QVERIFY(log->find("\"user\":\"ann\",\"method\":\"POST\",\"target\":\"/api/v1/counters/reset\","
                      "\"status\":403") != std::string::npos);
    QVERIFY(log->find("\"target\":\"/api/v1/login\",\"status\":401") != std::string::npos);
    for (const std::string& secret :
         {std::string("password of ann"), std::string("wrong"), token[0].second.substr(7)}) {
      QVERIFY(log->find(secret) == std::string::npos);
      const auto users = rig.files->readAll(UserList::pathIn(rig.data()));
      QVERIFY(users.ok() && users->find(secret) == std::string::npos);
    }
  }

  void aFileOfUsersThatIsDamagedLetsNobodyIn() {
    Rig rig(kFlow);
    addUser(rig, "ann", Role::kAdmin);
    const HttpHeaders token = tokenOf(rig, "ann");
    Rig::require(rig.files->replaceAll(UserList::pathIn(rig.data()), "nonsense\n"));
    QCOMPARE(rig.send(HttpMethod::kGet, "/api/v1/flow", "", token).status, 401);
    QCOMPARE(rig.send(HttpMethod::kGet, "/api/v1/flow").status, 401);
    QCOMPARE(login(rig, "ann", "password of ann").status, 401);
  }
};

}  // namespace

QTEST_GUILESS_MAIN(AccessTest)
#include "access_test.moc"
