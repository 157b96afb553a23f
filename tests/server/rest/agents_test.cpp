// SPDX-License-Identifier: Apache-2.0
// Agents for people: the routes over a registry, called without sockets.

#include "engine/base/posix_file_system.h"
#include "server/rest/access.h"
#include "server/rest/agents_resource.h"
#include "server/rest/openapi.h"
#include "tests/harness/openapi_check.h"
#include "tests/server/agents/agents_rig.h"

using namespace agents_rig;

namespace {

/// Every answer is compared with the description of the interface.
struct RestRig : Rig {
  Router router;
  openapi::Description description;

  RestRig() : description(described()) { addAgentRoutes(router, registry.get()); }
  static Json described() {
    const auto text = makePosixFileSystem()->readAll(MR_SOURCE_DIR "/server/rest/openapi.json");
    if (!text.ok()) qFatal("%s", text.error().message.c_str());
    return Json::parse(*text);
  }
  HttpResponse rest(HttpMethod method, const std::string& target, const std::string& body = {}) {
    const HttpResponse response = router.handle({method, target, {}, body});
    const auto segments = parseTarget(target)->segments;
    for (const Router::Route& route : router.routes()) {
      if (route.method != method || !Router::fits(route, segments)) continue;
      std::string name(methodName(method));
      for (char& c : name) c = static_cast<char>(std::tolower(c));
      const std::string* type = response.header("Content-Type");
      const std::string wrong = description.against(name, route.pattern, response.status,
                                                    type == nullptr ? "" : *type, response.body);
      if (!wrong.empty()) qFatal("%s", wrong.c_str());
    }
    return response;
  }
  Json good(HttpMethod method, const std::string& target, const std::string& body = {}) {
    const HttpResponse response = rest(method, target, body);
    if (response.status != 200) qFatal("%d %s", response.status, response.body.c_str());
    return Json::parse(response.body);
  }
};

class AgentsTest : public QObject {
  Q_OBJECT
 private slots:
  void agentsAndClassesAreShownAndForgotten() {
    RestRig rig;
    QVERIFY(rig.good(HttpMethod::kGet, "/api/v1/agents").at("agents").empty());
    rig.heartbeat(Rig::beat("gauge 1", "rivers"));
    rig.heartbeat(Rig::beat("gauge 2", "rivers"));
    rig.heartbeat("{\"agentInfo\":{\"identifier\":\"bare\"}}");
    const Json all = rig.good(HttpMethod::kGet, "/api/v1/agents").at("agents");
    QCOMPARE(all.size(), std::size_t{3});
    QVERIFY(all[1].at("id") == "gauge 1" && all[1].at("online") == true);
    QVERIFY(!all[1].contains("outcome"));
    const Json one = rig.good(HttpMethod::kGet, "/api/v1/agents/gauge%201");
    QVERIFY(one.at("status").at("agentInfo").at("agentClass") == "rivers");
    QVERIFY(rig.good(HttpMethod::kGet, "/api/v1/agents/gauge%201/manifest").at("agentType") ==
            "cpp");
    QCOMPARE(rig.rest(HttpMethod::kGet, "/api/v1/agents/bare/manifest").status, 404);
    QCOMPARE(rig.rest(HttpMethod::kGet, "/api/v1/agents/nobody").status, 404);
    const Json classes = rig.good(HttpMethod::kGet, "/api/v1/agent-classes").at("classes");
    QCOMPARE(classes.size(), std::size_t{2});
    QVERIFY(classes[1].at("name") == "rivers" && classes[1].at("agents") == 2);
    rig.good(HttpMethod::kDelete, "/api/v1/agents/bare");
    QCOMPARE(rig.rest(HttpMethod::kDelete, "/api/v1/agents/bare").status, 404);
    QCOMPARE(rig.rest(HttpMethod::kGet, "/api/v1/agents/bare").status, 404);
  }

  void aFlowIsDeployedToAnAgentOrAClass() {
    RestRig rig;
    rig.heartbeat(Rig::beat("a", "rivers"));
    rig.heartbeat(Rig::beat("b", "rivers"));
    const Json all = rig.good(HttpMethod::kPut, "/api/v1/agent-classes/rivers/flow", "for all");
    QVERIFY(all.at("class") == "rivers" && all.at("serial") == 1);
    const Json own = rig.good(HttpMethod::kPut, "/api/v1/agents/a/flow", "for a");
    QCOMPARE(rig.rest(HttpMethod::kPut, "/api/v1/agents/nobody/flow", "x").status, 404);
    QCOMPARE(rig.rest(HttpMethod::kPut, "/api/v1/agents/a/flow", "").status, 400);
    QCOMPARE(rig.good(HttpMethod::kGet, "/api/v1/agent-deployments").at("deployments").size(),
             std::size_t{2});
    const std::string id = own.at("flowId").get<std::string>();
    QCOMPARE(rig.send(HttpMethod::kGet, "/c2/api/flows/" + id).body, std::string("for a"));
    QVERIFY(rig.good(HttpMethod::kGet, "/api/v1/agents/a").at("outcome") == "waiting");
    rig.acknowledge(
        "{\"operationId\":\"flow-2-61\",\"operationState\":{\"state\":\"NOT_APPLIED\","
        "\"details\":\"it does not start\"}}");
    rig.acknowledge(
        "{\"operationId\":\"flow-1-62\",\"operationState\":{\"state\":\"FULLY_APPLIED\"}}");
    const Json refused = rig.good(HttpMethod::kGet, "/api/v1/agents/a");
    QVERIFY(refused.at("outcome") == "refused");
    QVERIFY(refused.at("details") == "it does not start");
    const Json row = rig.good(HttpMethod::kGet, "/api/v1/agent-classes").at("classes")[0];
    QVERIFY(row.at("wanted") == 1);
    QVERIFY(row.at("outcomes") == Json({{"applied", 1}, {"refused", 1}}));
  }

  void anAgentOrAClassIsGivenOrders() {
    RestRig rig;
    rig.heartbeat(Rig::beat("a", "rivers"));
    rig.heartbeat(Rig::beat("b", "rivers"));
    const std::string orders = "/api/v1/agents/a/orders";
    for (const char* body : {"{\"order\":\"start\"}", "{\"order\":\"stop\",\"component\":\"p\"}",
                             "{\"order\":\"clear\",\"connection\":\"c\"}", "{\"order\":\"logs\"}"})
      rig.good(HttpMethod::kPost, orders, body);
    const Json told = Rig::operations(rig.heartbeat(Rig::beat("a", "rivers")));
    QCOMPARE(told.size(), std::size_t{4});
    QVERIFY(told[0].at("operation") == "START" && told[1].at("operation") == "STOP");
    QVERIFY(told[2].at("operation") == "CLEAR" && told[3].at("operation") == "DESCRIBE");
    QVERIFY(rig.good(HttpMethod::kGet, orders + "/4").at("state") == "sent");
    rig.acknowledge("{\"operationId\":\"order-4\",\"logs\":[\"x\"]}");
    const Json done = rig.good(HttpMethod::kGet, orders + "/4");
    QVERIFY(done.at("state") == "done" && done.at("answer").at("logs")[0] == "x");
    QVERIFY(rig.good(HttpMethod::kGet, "/api/v1/agents/a").at("orders").size() == 4);
    for (const char* body : {"{", "[]", "{\"order\":\"dance\"}", "{\"order\":\"clear\"}"})
      QCOMPARE(rig.rest(HttpMethod::kPost, orders, body).status, 400);
    QCOMPARE(rig.rest(HttpMethod::kPost, "/api/v1/agents/x/orders", "{\"order\":\"stop\"}").status,
             404);
    for (const char* number : {"0", "99", "x", "4x"})
      QCOMPARE(rig.rest(HttpMethod::kGet, orders + "/" + number).status, 404);
    QCOMPARE(rig.rest(HttpMethod::kGet, "/api/v1/agents/b/orders/4").status, 404);
    const std::string all = "/api/v1/agent-classes/rivers/orders";
    QVERIFY(rig.good(HttpMethod::kPost, all, "{\"order\":\"stop\"}").at("orders").size() == 2);
    QCOMPARE(rig.rest(HttpMethod::kPost, "/api/v1/agent-classes/x/orders", "{\"order\":\"stop\"}")
                 .status,
             404);
  }

  void agentsAreEnrolledAndEnrolmentsWithdrawn() {
    RestRig rig;
    const std::string enrolments = "/api/v1/agent-enrolments";
    const Json made = rig.good(HttpMethod::kPost, enrolments, "{\"class\":\"rivers\"}");
    const std::string token = made.at("token").get<std::string>();
    QCOMPARE(made.at("key").get<std::string>(), rig.registry->publicKey());
    QCOMPARE(rig.heartbeat(Rig::beat("a"), token).status, 200);
    const HttpResponse listed = rig.rest(HttpMethod::kGet, enrolments);
    QVERIFY(listed.body.find(token) == std::string::npos);
    const Json rows = Json::parse(listed.body).at("enrolments");
    QCOMPARE(rows.size(), std::size_t{1});
    QVERIFY(rows[0].at("class") == "rivers");
    const std::string id = rows[0].at("id").get<std::string>();
    rig.good(HttpMethod::kDelete, enrolments + "/" + id);
    QCOMPARE(rig.rest(HttpMethod::kDelete, enrolments + "/" + id).status, 404);
    QCOMPARE(rig.heartbeat(Rig::beat("a"), token).status, 401);
    QCOMPARE(rig.rest(HttpMethod::kPost, enrolments, "[]").status, 400);
  }

  void whoMayWhat() {
    QVERIFY(roleFor(HttpMethod::kGet, "/api/v1/agents") == Role::kView);
    QVERIFY(roleFor(HttpMethod::kPost, "/api/v1/agents/{id}/orders") == Role::kOperate);
    QVERIFY(roleFor(HttpMethod::kPut, "/api/v1/agent-classes/{name}/flow") == Role::kModify);
    QVERIFY(roleFor(HttpMethod::kDelete, "/api/v1/agents/{id}") == Role::kModify);
    QVERIFY(roleFor(HttpMethod::kGet, "/api/v1/agent-enrolments") == Role::kAdmin);
    QVERIFY(roleFor(HttpMethod::kDelete, "/api/v1/agent-enrolments/{id}") == Role::kAdmin);
  }

  void aServerWithoutAgentsSaysSo() {
    RestRig rig;
    Router bare;
    addAgentRoutes(bare, nullptr);
    for (const Router::Route& route : bare.routes()) {
      std::string target = route.pattern;
      for (std::size_t at = target.find('{'); at != std::string::npos; at = target.find('{'))
        target.replace(at, target.find('}') - at + 1, "1");
      QCOMPARE(bare.handle({route.method, target, {}, "{}"}).status, 404);
    }
  }
};

}  // namespace

QTEST_GUILESS_MAIN(AgentsTest)
#include "agents_test.moc"
