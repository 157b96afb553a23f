// SPDX-License-Identifier: Apache-2.0
// Conversations with agents, assembled by hand from what MiNiFi C++ and MiNiFi Java send.

#include "tests/server/agents/agents_rig.h"

#include <sodium.h>

using namespace agents_rig;

namespace {

/// A full heartbeat as MiNiFi C++ writes it.
const std::string kCppHeartbeat =
    "{\n    \"operation\": \"heartbeat\",\n"
    "    \"agentInfo\": {\n"
    "        \"agentManifest\": {\n"
    "            \"identifier\": \"Fpb5oTiCP5rFtWHxg\",\n"
    "            \"agentType\": \"cpp\",\n"
    "            \"buildInfo\": {\"version\": \"0.99.2\", \"revision\": \"92fb88dca\",\n"
    "                \"timestamp\": 1758800000, \"targetArch\": \"x86_64\"},\n"
    "            \"bundles\": [{\"group\": \"org.apache.nifi.minifi\", \"artifact\": \"system\",\n"
    "                \"version\": \"0.99.2\"}],\n"
    "            \"schedulingDefaults\": {\"defaultSchedulingStrategy\": \"TIMER_DRIVEN\"},\n"
    "            \"supportedOperations\": [{\"type\": \"acknowledge\"}]\n"
    "        },\n"
    "        \"identifier\": \"gauge-7\",\n        \"agentClass\": \"rivers\",\n"
    "        \"agentManifestHash\": \"a6f2\",\n"
    "        \"status\": {\"uptime\": 10120, \"repositories\": {\"flowfile\": {\"running\": "
    "true}},\n"
    "            \"components\": {\"FlowController\": {\"running\": true,\n"
    "                \"uuid\": \"2438e3c8-015a-1000-79ca-83af40ec1990\"}}}\n"
    "    },\n"
    "    \"deviceInfo\": {\"identifier\": \"13579\", \"systemInfo\": {\"vCores\": 2},\n"
    "        \"networkInfo\": {\"hostname\": \"gauge7\", \"ipAddress\": \"10.0.0.7\"}},\n"
    "    \"flowInfo\": {\n"
    "        \"versionedFlowSnapshotURI\": {\"bucketId\": \"default\", \"flowId\": \"old\"},\n"
    "        \"queues\": {\"c1\": {\"name\": \"a/success/b\", \"uuid\": \"c1\", \"size\": 3,\n"
    "            \"sizeMax\": 2000, \"dataSize\": 30, \"dataSizeMax\": 104857600}},\n"
    "        \"components\": {\"FlowController\": {\"running\": true}},\n"
    "        \"flowId\": \"old\"\n    }\n}";

/// One of MiNiFi Java.
const std::string kJavaHeartbeat =
    "{\"identifier\":\"5f1f3c1e-5d0b-4f0c-8a5e-9d3f8a2c7b11\",\"created\":1700000000000,"
    "\"deviceInfo\":{\"identifier\":\"99\",\"systemInfo\":{\"machineArch\":\"amd64\"},"
    "\"networkInfo\":{\"deviceId\":\"99\",\"hostname\":\"h\",\"ipAddress\":\"10.0.0.9\"}},"
    "\"agentInfo\":{\"identifier\":\"java-1\",\"agentClass\":\"rivers\","
    "\"agentManifestHash\":\"77\",\"agentManifest\":{\"identifier\":\"m\","
    "\"agentType\":\"minifi-java\",\"version\":\"1\",\"buildInfo\":{\"version\":\"2.4.0\"}}},"
    "\"flowInfo\":{\"flowId\":\"old\",\"processorBulletins\":[{\"id\":4,\"level\":\"ERROR\","
    "\"sourceName\":\"Put\",\"message\":\"disk\"}],\"runStatus\":\"RUNNING\"}}";

class C2DeskTest : public QObject {
  Q_OBJECT
 private slots:
  void anAgentInCppIsToldItsFlowAndAcknowledgesIt() {
    Rig rig;
    QVERIFY(Rig::operations(rig.heartbeat(kCppHeartbeat)).empty());
    const auto seen = rig.registry->agent("gauge-7");
    QVERIFY(seen.has_value() && seen->online);
    QCOMPARE(seen->agent.agentClass, std::string("rivers"));
    QCOMPARE(seen->agent.kind, std::string("cpp"));
    QCOMPARE(seen->agent.version, std::string("0.99.2"));
    QCOMPARE(seen->agent.flowId, std::string("old"));
    QVERIFY(Json::parse(seen->manifest).at("agentType") == "cpp");
    QVERIFY(Json::parse(seen->status).at("flowInfo").at("queues").at("c1").at("size") == 3);
    QVERIFY(!Json::parse(seen->status).at("agentInfo").contains("agentManifest"));

    const std::string text = "MiNiFi Config Version: 3\n";
    const auto made = Rig::good(rig.registry->deploy({TargetKind::kClass, "rivers"}, text, "ann"));
    const std::string id = rig.registry->fleet().flowIdOf(made.serial);
    const HttpResponse told = rig.heartbeat(kCppHeartbeat);
    // The operation's name stands for the agent: 676175 6765 2d37 is gauge-7.
    QCOMPARE(told.body,
             "{\"requestedOperations\":[{\"identifier\":\"flow-1-67617567652d37\","
             "\"operation\":\"UPDATE\",\"operand\":\"configuration\",\"args\":{"
             "\"flowId\":\"" +
                 id +
                 "\",\"persist\":\"true\",\"location\":\"http://server.example:8082/c2/"
                 "api/flows/" +
                 id + "\",\"flowUrl\":\"http://server.example:8082/c2/api/flows/" + id +
                 "\"},\"dependencies\":[]}]}");
    const HttpResponse flow = rig.send(HttpMethod::kGet, "/c2/api/flows/" + id);
    QCOMPARE(flow.status, 200);
    QCOMPARE(flow.body, text);
    // As MiNiFi C++ acknowledges.
    const HttpResponse taken = rig.acknowledge(
        "{\n    \"operation\": \"acknowledge\",\n"
        "    \"operationId\": \"flow-1-67617567652d37\",\n"
        "    \"operationState\": {\"state\": \"FULLY_APPLIED\", \"details\": \"\"},\n"
        "    \"identifier\": \"flow-1-67617567652d37\"\n}");
    QCOMPARE(taken.status, 200);
    QCOMPARE(taken.body, std::string("{}"));
    const auto after = rig.registry->agent("gauge-7");
    QVERIFY(after->agent.outcome == Outcome::kApplied);
    QCOMPARE(after->agent.serial, std::uint64_t{1});
    QVERIFY(Rig::operations(rig.heartbeat(Rig::beat("gauge-7", "rivers", id))).empty());
  }

  void anAgentInJavaIsUnderstoodUnderItsServersAddressToo() {
    Rig rig;
    Rig::good(rig.registry->deploy({TargetKind::kClass, "rivers"}, "x", ""));
    const HttpResponse told =
        rig.send(HttpMethod::kPost, "/efm/api/c2-protocol/heartbeat", kJavaHeartbeat);
    const Json operations = Rig::operations(told);
    QCOMPARE(operations.size(), std::size_t{1});
    QVERIFY(operations[0]["args"]["flowUrl"].get<std::string>().starts_with(
        "http://server.example:8082/efm/api/flows/"));
    const auto seen = rig.registry->agent("java-1");
    QCOMPARE(seen->agent.kind, std::string("minifi-java"));
    QCOMPARE(seen->agent.version, std::string("2.4.0"));
    QCOMPARE(seen->bulletins.size(), std::size_t{1});
    QVERIFY(Json::parse(seen->bulletins[0]).at("message") == "disk");
    // The same bulletin again is the same bulletin.
    rig.heartbeat(kJavaHeartbeat);
    QCOMPARE(rig.registry->agent("java-1")->bulletins.size(), std::size_t{1});
    const std::string refusal =
        "{\"operationId\":\"" + operations[0]["identifier"].get<std::string>() +
        "\",\"operationState\":{\"state\":\"NOT_APPLIED\",\"details\":\"no such processor\"}}";
    QCOMPARE(rig.acknowledge(refusal).status, 200);
    QVERIFY(rig.registry->agent("java-1")->agent.outcome == Outcome::kRefused);
    QVERIFY2(rig.trouble.find("no such processor") != std::string::npos, rig.trouble.c_str());
    // It is not sent to it again.
    rig.clock.advance(3600 * kSecond);
    QVERIFY(Rig::operations(rig.heartbeat(kJavaHeartbeat)).empty());
  }

  void theRunningFlowSaysTheSameAsAnAcknowledgement() {
    Rig rig;
    rig.heartbeat(Rig::beat("a"));
    const auto made = Rig::good(rig.registry->deploy({TargetKind::kAgent, "a"}, "x", ""));
    const std::string id = rig.registry->fleet().flowIdOf(made.serial);
    QVERIFY(Rig::operations(rig.heartbeat(Rig::beat("a", "", id))).empty());
    QVERIFY(rig.registry->agent("a")->agent.outcome == Outcome::kApplied);
  }

  void whoFirstNamesAComponentInCppAndWhoNamesItInJava() {
    Rig rig;
    rig.heartbeat(kCppHeartbeat);
    rig.heartbeat(kJavaHeartbeat);
    for (const char* agent : {"gauge-7", "java-1"}) {
      Rig::good(rig.registry->ask(agent, "STOP", "flow", {}, ""));
      Rig::good(rig.registry->ask(agent, "START", "processor", {{"processorId", "p-1"}}, ""));
      Rig::good(rig.registry->ask(agent, "CLEAR", "connection", {{"connection", "c1"}}, ""));
    }
    const Json cpp = Rig::operations(rig.heartbeat(kCppHeartbeat));
    QCOMPARE(cpp.size(), std::size_t{3});
    QVERIFY(cpp[0]["operand"] == "FlowController");
    QVERIFY(cpp[1]["operand"] == "p-1");
    QVERIFY(cpp[2]["operand"] == "connection");
    QVERIFY(cpp[2]["args"]["connection"] == "c1");
    const Json java = Rig::operations(rig.heartbeat(kJavaHeartbeat));
    QVERIFY(java[0]["operand"] == "flow");
    QVERIFY(java[1]["operand"] == "processor");
    QVERIFY(java[1]["args"]["processorId"] == "p-1");
  }

  void whatIsNotAcknowledgedIsSentAgainAMinuteLaterAndLostAfterFiveTimes() {
    Rig rig;
    rig.heartbeat(Rig::beat("a"));
    const Order order = Rig::good(rig.registry->ask("a", "DESCRIBE", "logs", {}, ""));
    const std::string id = "order-" + std::to_string(order.number);
    for (int times = 0; times < 5; ++times) {
      const Json first = Rig::operations(rig.heartbeat(Rig::beat("a")));
      QCOMPARE(first.size(), std::size_t{1});
      QVERIFY(first[0]["identifier"] == id);
      QVERIFY(Rig::operations(rig.heartbeat(Rig::beat("a"))).empty());
      rig.clock.advance(61 * kSecond);
    }
    QVERIFY(Rig::operations(rig.heartbeat(Rig::beat("a"))).empty());
    QVERIFY(rig.registry->order(order.number)->state == OrderState::kLost);
  }

  void anAnswerToAnOrderIsThereForWhoAsked() {
    Rig rig;
    rig.heartbeat(Rig::beat("a"));
    const Order order = Rig::good(rig.registry->ask("a", "DESCRIBE", "logs", {}, "ann"));
    rig.heartbeat(Rig::beat("a"));
    QCOMPARE(rig.acknowledge("{\"operation\":\"acknowledge\",\"operationId\":\"order-1\","
                             "\"operationState\":{\"state\":\"FULLY_APPLIED\"},"
                             "\"logs\":[\"one\",\"two\"]}")
                 .status,
             200);
    const auto done = rig.registry->order(order.number);
    QVERIFY(done->state == OrderState::kDone);
    QCOMPARE(done->answer, std::string("{\"logs\":[\"one\",\"two\"]}"));
  }

  void aManifestThatIsNotKnownIsAskedFor() {
    Rig rig;
    const std::string bare = "{\"agentInfo\":{\"identifier\":\"a\"}}";
    const Json asked = Rig::operations(rig.heartbeat(bare));
    QCOMPARE(asked.size(), std::size_t{1});
    QVERIFY(asked[0]["operation"] == "DESCRIBE");
    QVERIFY(asked[0]["operand"] == "manifest");
    QVERIFY(Rig::operations(rig.heartbeat(bare)).empty());
    rig.acknowledge(
        "{\"operationId\":\"manifest-61\",\"agentInfo\":{\"agentManifest\":"
        "{\"agentType\":\"cpp\"}}}");
    QCOMPARE(rig.registry->agent("a")->manifest, std::string("{\"agentType\":\"cpp\"}"));
  }

  void aFlowIsSignedSoThatAnotherImplementationAgrees() {
    Rig rig;
    rig.heartbeat(Rig::beat("gauge", "rivers"));
    const auto made = Rig::good(
        rig.registry->deploy({TargetKind::kClass, "rivers"}, "millrace: 1\nname: f\n", ""));
    const HttpResponse flow =
        rig.send(HttpMethod::kGet, "/c2/api/flows/" + rig.registry->fleet().flowIdOf(made.serial));
    const std::string* header = flow.header("Millrace-Signature");
    QVERIFY(header != nullptr);
    QCOMPARE(header->substr(0, 10), std::string("1 1 class "));
    // The message is put together here by hand.
    const std::string message = "millrace flow 1\n1\nclass\nrivers\nmillrace: 1\nname: f\n";
    unsigned char signature[64];
    unsigned char key[32];
    std::size_t length = 0;
    QCOMPARE(sodium_hex2bin(signature, 64, header->data() + 10, 128, nullptr, &length, nullptr), 0);
    QCOMPARE(length, std::size_t{64});
    const std::string& open = rig.registry->publicKey();
    QCOMPARE(sodium_hex2bin(key, 32, open.data(), open.size(), nullptr, &length, nullptr), 0);
    const auto fits = [&](const std::string& text) {
      return crypto_sign_verify_detached(signature,
                                         reinterpret_cast<const unsigned char*>(text.data()),
                                         text.size(), key) == 0;
    };
    QVERIFY(fits(message));
    QVERIFY(!fits(message + " "));
    QCOMPARE(rig.files->info("data/agents/signing.key")->mode, 0600U);
  }

  void whoShowsNothingIsLetInOnlyWhileNobodyIsEnrolled() {
    Rig rig;
    QCOMPARE(rig.heartbeat(Rig::beat("a")).status, 200);
    const std::string token = Rig::good(rig.registry->enrol("", "rivers", "ann"));
    QCOMPARE(rig.heartbeat(Rig::beat("b")).status, 401);
    QCOMPARE(rig.heartbeat(Rig::beat("b"), "mra-nonsense").status, 401);
    QCOMPARE(rig.heartbeat(Rig::beat("b", "lakes"), token).status, 200);
    // The token says what class it is of.
    QCOMPARE(rig.registry->agent("b")->agent.agentClass, std::string("rivers"));
    // Nothing of the token is on the disk.
    const auto kept = rig.files->readAll("data/agents/registry");
    QVERIFY(kept->find(token) == std::string::npos);
    Rig::must(rig.open({true, false}));
    QCOMPARE(rig.heartbeat(Rig::beat("b", ""), token).status, 200);
    Rig::good(rig.registry->withdraw(rig.registry->fleet().enrolments[0].id));
    QCOMPARE(rig.heartbeat(Rig::beat("b"), token).status, 401);
    QCOMPARE(rig.heartbeat(Rig::beat("b")).status, 401);
  }

  void anAgentIsTheOneThatItWasFirst() {
    Rig rig;
    const std::string one = Rig::good(rig.registry->enrol("", "", ""));
    const std::string two = Rig::good(rig.registry->enrol("", "", ""));
    const std::string named = Rig::good(rig.registry->enrol("c", "", ""));
    QCOMPARE(rig.heartbeat(Rig::beat("a"), one).status, 200);
    QCOMPARE(rig.heartbeat(Rig::beat("a"), two).status, 403);
    QCOMPARE(rig.heartbeat(Rig::beat("b"), two).status, 200);
    QCOMPARE(rig.heartbeat(Rig::beat("a"), named).status, 403);
    const Order order = Rig::good(rig.registry->ask("a", "STOP", "flow", {}, ""));
    const std::string done = "{\"operationId\":\"order-" + std::to_string(order.number) + "\"}";
    QCOMPARE(rig.acknowledge(done, two).status, 403);
    QCOMPARE(rig.acknowledge(done, one).status, 200);
    // A new enrolment by name takes the place of the first one.
    const std::string again = Rig::good(rig.registry->enrol("a", "", ""));
    QCOMPARE(rig.heartbeat(Rig::beat("a"), one).status, 403);
    QCOMPARE(rig.heartbeat(Rig::beat("a"), again).status, 200);
    const auto made = Rig::good(rig.registry->deploy({TargetKind::kAgent, "a"}, "x", ""));
    const std::string target = "/c2/api/flows/" + rig.registry->fleet().flowIdOf(made.serial);
    QCOMPARE(rig.send(HttpMethod::kGet, target, "", named).status, 403);
    QCOMPARE(rig.send(HttpMethod::kGet, target, "", again).status, 200);
  }

  void aCertificateNamesAnAgentAsAToken() {
    Rig rig;
    Rig::good(rig.registry->enrol("", "", ""));
    const auto beatOf = [&](const std::string& subject) {
      return rig.desk
          ->handle({HttpMethod::kPost,
                    "/c2/api/c2-protocol/heartbeat",
                    {{"Host", "h"}, {kPeerHeader, subject}},
                    Rig::beat("a")})
          .status;
    };
    QCOMPARE(beatOf("CN=gauge"), 200);
    QCOMPARE(beatOf("CN=other"), 403);
    QCOMPARE(rig.registry->agent("a")->agent.credential, std::string("certificate CN=gauge"));
  }

  void whatIsNoHeartbeatIsRefusedInASentence() {
    Rig rig;
    const std::string deep = std::string(5000, '[') + std::string(5000, ']');
    for (const std::string& body :
         {std::string(), std::string("[]"), std::string("{"), std::string("{}"), deep,
          std::string("{\"agentInfo\":7}"), std::string("{\"agentInfo\":{\"identifier\":7}}"),
          std::string("{\"agentInfo\":{\"identifier\":\"\"}}"),
          std::string("{\"agentInfo\":{\"identifier\":\"a\\nb\"}}"),
          "{\"agentInfo\":{\"identifier\":\"" + std::string(129, 'a') + "\"}}"})
      QCOMPARE(rig.heartbeat(body).status, 400);
    QCOMPARE(rig.acknowledge("{}").status, 400);
    QCOMPARE(rig.acknowledge("{\"operationId\":\"order-99\"}").status, 404);
    QCOMPARE(rig.acknowledge("{\"operationId\":\"flow-1-61\"}").status, 404);
    QCOMPARE(rig.send(HttpMethod::kGet, "/c2/api/flows/nothing").status, 404);
    QVERIFY(rig.registry->agents().empty());
    const HttpResponse packed = rig.desk->handle(
        {HttpMethod::kPost, "/c2/api/c2-protocol/heartbeat", {{"Content-Encoding", "gzip"}}, "x"});
    QCOMPARE(packed.status, 400);
  }
};

}  // namespace

QTEST_GUILESS_MAIN(C2DeskTest)
#include "c2_desk_test.moc"
