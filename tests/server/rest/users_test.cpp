// SPDX-License-Identifier: Apache-2.0
// Users over the interface: added, changed and removed by administrators alone; what is secret is
// only ever taken, or given once.

#include "server/users/user_changes.h"
#include "tests/harness/rest_rig.h"

#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace rest_rig;

namespace {

const std::string kFlow =
    "millrace: 1\n"
    "name: shared\n"
    "groups:\n"
    "  - name: inner\n"
    "    processors:\n"
    "      - {name: Make, type: GenerateFlowFile, auto-terminate: [success], state: stopped}\n";

/// A server with the administrator ann.
struct Guarded : Rig {
  HttpHeaders ann;
  Guarded() : Rig(kFlow) {
    const HttpResponse made = put("ann", {{"role", "admin"}, {"password", "password of ann"}});
    if (made.status != 200) qFatal("%s", made.body.c_str());
    ann = as(tokenFor("ann"));
  }
  static HttpHeaders as(const std::string& token) { return {{"Authorization", "Bearer " + token}}; }
  std::string tokenFor(const std::string& name) {
    const HttpResponse in =
        post("/api/v1/login", {{"user", name}, {"password", "password of " + name}});
    return in.status == 200 ? Json::parse(in.body).at("token").get<std::string>() : std::string();
  }
  HttpResponse put(const std::string& name, const Json& body) {
    return send(HttpMethod::kPut, "/api/v1/users/" + name, body.dump(), ann);
  }
  int look(const HttpHeaders& headers) {
    return send(HttpMethod::kGet, "/api/v1/flow", "", headers).status;
  }
  std::string groupId() {
    const HttpResponse flow = send(HttpMethod::kGet, "/api/v1/flow", "", ann);
    return Json::parse(flow.body).at("flow").at("groups")[0].at("id").get<std::string>();
  }
};

}  // namespace

class UsersTest : public QObject {
  Q_OBJECT
 private slots:
  void usersAreAddedChangedAndRemoved() {
    Guarded rig;
    const HttpResponse made = rig.put("ben", {{"password", "password of ben"}});
    QCOMPARE(made.status, 200);
    QCOMPARE(Json::parse(made.body).at("role").get<std::string>(), std::string("view"));
    const HttpHeaders ben = Guarded::as(rig.tokenFor("ben"));
    QCOMPARE(rig.look(ben), 200);
    QCOMPARE(rig.send(HttpMethod::kPost, "/api/v1/counters/reset", "", ben).status, 403);
    QCOMPARE(rig.put("ben", {{"role", "operate"}}).status, 200);  // the password stays
    QCOMPARE(rig.send(HttpMethod::kPost, "/api/v1/counters/reset", "", ben).status, 200);
    const HttpResponse all = rig.send(HttpMethod::kGet, "/api/v1/users", "", rig.ann);
    const Json users = Json::parse(all.body).at("users");
    QCOMPARE(users.size(), std::size_t{2});
    QCOMPARE(users[1].at("tokens").get<int>(), 1);
    QVERIFY(users[1].at("hasPassword").get<bool>());
    QCOMPARE(rig.send(HttpMethod::kDelete, "/api/v1/users/ben", "", rig.ann).status, 200);
    QCOMPARE(rig.look(ben), 401);
    QCOMPARE(rig.send(HttpMethod::kDelete, "/api/v1/users/ben", "", rig.ann).status, 404);
    // Somebody new of that name does not get the old one's tokens.
    QCOMPARE(rig.put("ben", {{"password", "password of ben"}}).status, 200);
    QCOMPARE(rig.look(ben), 401);
  }

  void rolesAreGivenInGroupsThatThereAre() {
    Guarded rig;
    const std::string group = rig.groupId();
    const Json body{{"password", "password of eve"}, {"groups", {{group, "modify"}}}};
    const HttpResponse made = rig.put("eve", body);
    QCOMPARE(made.status, 200);
    QCOMPARE(Json::parse(made.body).at("role").get<std::string>(), std::string("none"));
    const HttpHeaders eve = Guarded::as(rig.tokenFor("eve"));
    QCOMPARE(rig.look(eve), 200);
    const std::string nowhere = "00000000-0000-0000-0000-00000000abcd";
    QCOMPARE(rig.put("eve", {{"groups", {{nowhere, "view"}}}}).status, 400);
    QCOMPARE(rig.put("eve", {{"groups", {{group, "none"}}}}).status, 400);
    QCOMPARE(rig.put("eve", {{"groups", Json::object()}}).status, 409);  // then nothing is left
    QCOMPARE(rig.put("eve", {{"groups", Json::object()}, {"role", "view"}}).status, 200);
  }

  void aPasswordOrATokenThatEndsLetsNobodyIn() {
    Guarded rig;
    QCOMPARE(rig.put("ben", {{"password", "password of ben"}}).status, 200);
    const HttpHeaders first = Guarded::as(rig.tokenFor("ben"));
    const std::string tokens = "/api/v1/users/ben/tokens";
    const HttpResponse given = rig.send(HttpMethod::kPost, tokens, "", rig.ann);
    QCOMPARE(given.status, 200);
    const std::string token = Json::parse(given.body).at("token").get<std::string>();
    QCOMPARE(rig.look(Guarded::as(token)), 200);
    const HttpResponse ended = rig.send(HttpMethod::kDelete, tokens, "", rig.ann);
    QCOMPARE(Json::parse(ended.body).at("ended").get<int>(), 2);
    QCOMPARE(rig.look(first), 401);
    QCOMPARE(rig.look(Guarded::as(token)), 401);
    const HttpHeaders again = Guarded::as(rig.tokenFor("ben"));
    QCOMPARE(rig.put("ben", {{"password", "another password"}}).status, 200);
    QCOMPARE(rig.look(again), 401);
    QVERIFY(rig.tokenFor("ben").empty());
    QCOMPARE(rig.send(HttpMethod::kPost, "/api/v1/users/nobody/tokens", "", rig.ann).status, 404);
    // A certificate instead; one of the two is needed, and each certificate is one user's.
    QCOMPARE(rig.put("ben", {{"password", nullptr}}).status, 409);
    QCOMPARE(rig.put("ben", {{"password", nullptr}, {"certificate", "CN=ben"}}).status, 200);
    QCOMPARE(rig.put("ann", {{"certificate", "CN=ben"}}).status, 409);
    QCOMPARE(rig.put("ben", {{"certificate", nullptr}}).status, 409);
  }

  void theLastAdministratorStays() {
    Guarded rig;
    const auto remove = [&] {
      return rig.send(HttpMethod::kDelete, "/api/v1/users/ann", "", rig.ann);
    };
    const HttpResponse refused = remove();
    QCOMPARE(refused.status, 409);
    QVERIFY(refused.body.find("last administrator") != std::string::npos);
    QCOMPARE(rig.put("ann", {{"role", "modify"}}).status, 409);
    const Json other{{"role", "admin"}, {"password", "password of zoe"}};
    QCOMPARE(rig.put("zoe", other).status, 200);
    QCOMPARE(remove().status, 200);
    QCOMPARE(rig.look(rig.ann), 401);
  }

  void theFirstUserIsAnAdministrator() {
    Rig rig(kFlow);
    const Json body{{"role", "modify"}, {"password", "a long password"}};
    QCOMPARE(rig.send(HttpMethod::kPut, "/api/v1/users/ben", body.dump()).status, 409);
    QCOMPARE(rig.send(HttpMethod::kGet, "/api/v1/flow").status, 200);  // still open to everybody
  }

  void onlyAdministratorsMay() {
    Guarded rig;
    const std::string group = rig.groupId();
    QCOMPARE(rig.put("mo", {{"role", "modify"}, {"password", "password of mo"}}).status, 200);
    const Json inside{{"password", "password of in"}, {"groups", {{group, "admin"}}}};
    QCOMPARE(rig.put("in", inside).status, 200);
    for (const char* name : {"mo", "in", ""}) {
      const HttpHeaders who = *name == '\0' ? HttpHeaders() : Guarded::as(rig.tokenFor(name));
      const int wanted = *name == '\0' ? 401 : 403;
      for (const auto& [method, target] :
           {std::pair(HttpMethod::kGet, "/api/v1/users"),
            std::pair(HttpMethod::kPut, "/api/v1/users/mo"),
            std::pair(HttpMethod::kDelete, "/api/v1/users/mo"),
            std::pair(HttpMethod::kPost, "/api/v1/users/ann/tokens"),
            std::pair(HttpMethod::kDelete, "/api/v1/users/ann/tokens")})
        QCOMPARE(rig.send(method, target, R"({"role":"admin"})", who).status, wanted);
    }
  }

  void whatIsMalformedIsSaidWithoutTheSecret() {
    Guarded rig;
    for (const char* body :
         {"", "[]", "{\"role\":\"king\"}", "{\"password\":\"\"}", "{\"password\":\"short\"}",
          "{\"password\":12345678}", "{\"pasword\":\"a secret that is long\"}", "{\"groups\":[]}",
          "{\"certificate\":\"\"}", "{\"password\":\"a secret that is long"}) {
      const HttpResponse answer = rig.send(HttpMethod::kPut, "/api/v1/users/ben", body, rig.ann);
      QVERIFY2(answer.status == 400, body);
      QVERIFY(answer.body.find("secret") == std::string::npos);
    }
    QCOMPARE(rig.put("a%20b", {{"password", "a long password"}}).status, 400);
    QCOMPARE(rig.put("..%2fben", {{"role", "view"}}).status, 409);  // a name, and no path
    // Neither what is kept nor what is written down has it.
    QCOMPARE(rig.put("ben", {{"password", "a secret that is long"}}).status, 200);
    for (const char* file : {"/users", "/audit.log"}) {
      const auto text = rig.files->readAll(rig.data() + file);
      QVERIFY(text.ok() && text->find("ben") != std::string::npos);
      QVERIFY(text->find("a secret") == std::string::npos);
    }
  }

  void ofChangesAtOnceNoneIsLost() {
    Guarded rig;
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&rig, i] {
          const UserWish wish{"u" + std::to_string(i), Role::kView, {}, "CN=" + std::to_string(i)};
          Rig::require(setUser(*rig.files, rig.data(), wish, FirstUser::kAnybody).ok()
                           ? Result<>(Done{})
                           : Result<>(Error::user("a change failed")));
        });
      }
    }
    const HttpResponse all = rig.send(HttpMethod::kGet, "/api/v1/users", "", rig.ann);
    QCOMPARE(Json::parse(all.body).at("users").size(), std::size_t{5});
  }
};

QTEST_GUILESS_MAIN(UsersTest)
#include "users_test.moc"
