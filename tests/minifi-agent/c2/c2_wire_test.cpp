// SPDX-License-Identifier: Apache-2.0
// Conversations with a server, byte by byte, assembled by hand: what the agent sends must be
// exactly this, and what it makes of the answers.

#include "engine/base/posix_file_system.h"
#include "engine/net/asio_network.h"
#include "minifi-agent/c2/device_facts.h"
#include "minifi-agent/c2/flow_seal.h"
#include "minifi-agent/c2/manifest.h"
#include "processors/registry.h"
#include "tests/harness/scripted_server.h"
#include "tests/minifi-agent/c2/c2_rig.h"

#include <sodium.h>

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

using namespace c2_rig;
using tests::ScriptedServer;

namespace {

HeartbeatFacts someFacts() {
  HeartbeatFacts facts;
  facts.agent = "gauge-7";
  facts.agentClass = "rivers";
  facts.manifest = "{\"agentType\":\"millrace\"}";
  facts.device = {"00000000000013579", "gauge7", "aarch64", "Linux 6.1.0", 536870912, 2};
  facts.address = "10.0.0.7";
  facts.uptime = 10'120 * kMillisecond;
  facts.flowId = "old";
  facts.running = true;
  facts.components = {{"p1", "Take", true}, {"p2", "Group/Put \"it\"", false}};
  facts.queues = {{"c1", "Take/success/Put", 3, 2000, 30, 104857600}};
  facts.bulletins = {{4, 1700000000000, "ERROR", "p2", "Put", "no space\nleft"}};
  return facts;
}

// 0a2ebdb7 is the CRC-32C of the manifest above, computed apart.
const std::string kHeartbeatBody =
    "{\"operation\":\"heartbeat\","
    "\"deviceInfo\":{\"identifier\":\"00000000000013579\",\"systemInfo\":{\"machineArch\":"
    "\"aarch64\",\"physicalMem\":536870912,\"vCores\":2,\"operatingSystem\":\"Linux 6.1.0\"},"
    "\"networkInfo\":{\"hostname\":\"gauge7\",\"ipAddress\":\"10.0.0.7\"}},"
    "\"agentInfo\":{\"identifier\":\"gauge-7\",\"agentClass\":\"rivers\",\"agentManifestHash\":"
    "\"0a2ebdb7\",\"agentManifest\":{\"agentType\":\"millrace\"},\"status\":{\"uptime\":10120,"
    "\"components\":{\"FlowController\":{\"running\":true}}}},"
    "\"flowInfo\":{\"flowId\":\"old\",\"versionedFlowSnapshotURI\":{\"bucketId\":\"default\","
    "\"flowId\":\"old\"},\"runStatus\":\"RUNNING\",\"components\":{\"Take\":{\"running\":true,"
    "\"uuid\":\"p1\"},\"Group\\/Put \\\"it\\\"\":{\"running\":false,\"uuid\":\"p2\"}},\"queues\":{"
    "\"c1\":{\"name\":\"Take\\/success\\/Put\",\"uuid\":\"c1\",\"size\":3,\"sizeMax\":2000,"
    "\"dataSize\":30,\"dataSizeMax\":104857600}},\"processorBulletins\":[{\"id\":4,\"timestamp\":"
    "1700000000000,\"level\":\"ERROR\",\"sourceId\":\"p2\",\"sourceName\":\"Put\",\"message\":"
    "\"no space\\nleft\"}]}}";

std::string hex(const unsigned char* bytes, std::size_t count) {
  return QByteArray(reinterpret_cast<const char*>(bytes), static_cast<qsizetype>(count))
      .toHex()
      .toStdString();
}

/// A key of the test's, and what it signs.
struct Signer {
  unsigned char open[32];
  unsigned char secret[64];
  explicit Signer(unsigned char first) {
    unsigned char seed[32] = {first};
    crypto_sign_seed_keypair(open, secret, seed);
  }
  std::string key() const { return hex(open, sizeof open); }
  std::string header(std::uint64_t serial, const std::string& kind, const std::string& target,
                     const std::string& flow) const {
    const std::string message =
        "millrace flow 1\n" + std::to_string(serial) + "\n" + kind + "\n" + target + "\n" + flow;
    unsigned char signature[64];
    crypto_sign_detached(signature, nullptr, reinterpret_cast<const unsigned char*>(message.data()),
                         message.size(), secret);
    return "1 " + std::to_string(serial) + " " + kind + " " + hex(signature, sizeof signature);
  }
};

class C2WireTest : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() { QVERIFY(sodium_init() >= 0); }

  void aHeartbeatIsThis() {
    QCOMPARE(writeHeartbeat(someFacts(), true), kHeartbeatBody);
    HeartbeatFacts bare;
    bare.agent = "a";
    bare.manifest = "{}";
    bare.trialFlowId = "new";
    QCOMPARE(writeHeartbeat(bare, false),
             std::string("{\"operation\":\"heartbeat\",\"deviceInfo\":{\"identifier\":\"\","
                         "\"systemInfo\":{\"machineArch\":\"\",\"operatingSystem\":\"\"},"
                         "\"networkInfo\":{\"hostname\":\"\"}},\"agentInfo\":{\"identifier\":\"a\","
                         "\"agentManifestHash\":\"297bd0aa\",\"status\":{\"uptime\":0,"
                         "\"components\":{\"FlowController\":{\"running\":false}}}},\"flowInfo\":{"
                         "\"trialFlowId\":\"new\",\"runStatus\":\"STOPPED\",\"components\":{},"
                         "\"queues\":{}}}"));
  }

  void whatIsNoUtf8DoesNotSpoilTheMessage() {
    HeartbeatFacts facts = someFacts();
    facts.bulletins[0].message = "caf\xe9 \x01 \xf0\x9f\x98\x80";
    const auto read =
        QJsonDocument::fromJson(QByteArray::fromStdString(writeHeartbeat(facts, false)));
    QVERIFY(read.isObject());
    QCOMPARE(read["flowInfo"]["processorBulletins"][0]["message"].toString(),
             QString::fromUtf8("caf\xef\xbf\xbd \x01 \xf0\x9f\x98\x80"));
  }

  /// A server's side as it stands in the logs of one: heartbeat, operations, flow, acknowledgement.
  void aConversationIsThis() {
    const std::string flow = "millrace: 1\nname: f\n";
    const Signer signer(1);
    // The address of the flow has no port yet: it is under the server's.
    const std::string operations =
        "{\"requestedOperations\":[{\"identifier\":\"flow-1-67617567652d37\",\"operation\":"
        "\"UPDATE\",\"operand\":\"configuration\",\"args\":{\"flowId\":\"f-1\",\"persist\":"
        "\"true\","
        "\"location\":\"/flows/f-1\"},\"dependencies\":[]},{\"identifier\":\"order-3\","
        "\"operation\":\"CLEAR\",\"operand\":\"connection\",\"args\":{\"connection\":\"c1\"}}]}";
    const auto answer = [](const std::string& body, const std::string& more = {}) {
      return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + more +
             "\r\n" + body;
    };
    ScriptedServer server({answer(operations),
                           // In chunks, as Java's servers send.
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nmillrace-signature: " +
                               signer.header(1, "class", "rivers", flow) + "\r\n\r\n14\r\n" + flow +
                               "\r\n0\r\n\r\n",
                           answer("{}"), answer("")});
    const auto network = net::makeAsioNetwork();
    const auto files = makePosixFileSystem();
    SystemClock clock;
    C2Settings settings;
    const std::string authority = "127.0.0.1:" + std::to_string(server.port());
    settings.url = "http://" + authority;
    settings.agent = "gauge-7";
    settings.agentClass = "rivers";
    settings.token = "mra-secret";
    settings.key = signer.key();
    QVERIFY(completeC2Settings(settings, C2SettingNames{}).ok());
    const auto channel = makeC2Channel(*network, clock, *files, settings);
    QVERIFY(channel.ok());
    std::vector<ServerWord> words;
    C2Link::Hooks hooks;
    hooks.heartbeat = [](bool full, const std::string&, std::uint64_t) {
      return C2Link::Beat{full ? "{\"full\":1}" : "{}", 0};
    };
    hooks.isOnTrial = [] { return false; };
    hooks.hear = [&](ServerWord word) { words.push_back(std::move(word)); };
    hooks.say = [](const std::string& line) { qFatal("%s", line.c_str()); };
    C2Link link(clock, **channel, settings, Random(7), std::move(hooks));
    link.step();
    QCOMPARE(words.size(), std::size_t{3});
    QCOMPARE(words[1].refusal, std::string());
    QCOMPARE(words[1].flow->bytes, flow);
    QCOMPARE(words[1].flow->serial, std::uint64_t{1});
    QCOMPARE(words[2].operation.argument({"connection"}), std::string("c1"));
    Acknowledgement applied;
    applied.operation = "flow-1-67617567652d37";
    link.acknowledge(applied);
    Acknowledgement refused;
    refused.operation = "order-3";
    refused.state = OperationState::kNotApplied;
    refused.details = "the flow has no connection 'c1'";
    refused.answer = {{"logs", "[\"one\"]"}};
    link.acknowledge(refused);
    link.step();
    const auto requests = server.requests();
    QCOMPARE(requests.size(), std::size_t{4});
    const std::string shown =
        "Accept: application/json, application/octet-stream\r\n"
        "Connection: close\r\nAuthorization: Bearer mra-secret\r\n";
    const auto post = [&](const std::string& path, const std::string& body) {
      return "POST /c2/api/c2-protocol/" + path + " HTTP/1.1\r\nHost: " + authority +
             "\r\nContent-Type: application/json\r\n" + shown +
             "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    };
    QCOMPARE(requests[0], post("heartbeat", "{\"full\":1}"));
    QCOMPARE(requests[1],
             "GET /c2/api/flows/f-1 HTTP/1.1\r\nHost: " + authority + "\r\n" + shown + "\r\n");
    QCOMPARE(requests[2],
             post("acknowledge",
                  "{\"operation\":\"acknowledge\",\"operationId\":\"flow-1-67617567652d37\","
                  "\"operationState\":{\"state\":\"FULLY_APPLIED\",\"details\":\"\"},"
                  "\"identifier\":\"flow-1-67617567652d37\"}"));
    QCOMPARE(requests[3],
             post("acknowledge",
                  "{\"operation\":\"acknowledge\",\"operationId\":\"order-3\",\"operationState\":{"
                  "\"state\":\"NOT_APPLIED\",\"details\":\"the flow has no connection 'c1'\"},"
                  "\"logs\":[\"one\"],\"identifier\":\"order-3\"}"));
  }

  void theTokenIsShownToNobodyElse() {
    ScriptedServer other({"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"});
    const auto network = net::makeAsioNetwork();
    const auto files = makePosixFileSystem();
    SystemClock clock;
    C2Settings settings;
    settings.url = "http://127.0.0.1:1";
    settings.token = "mra-secret";
    QVERIFY(completeC2Settings(settings, C2SettingNames{}).ok());
    const auto channel = makeC2Channel(*network, clock, *files, settings);
    QVERIFY((*channel)->get("http://127.0.0.1:" + std::to_string(other.port()) + "/f").ok());
    QVERIFY(other.requests().at(0).find("Authorization") == std::string::npos);
    QVERIFY(other.requests().at(0).find("mra-secret") == std::string::npos);
  }

  void operationsAreReadAsBothKindsOfServersWriteThem() {
    const auto read = readOperations(
        "{\"requested_operations\":[{\"operation\":\"describe\",\"operand\":\"manifest\","
        "\"identifier\":7},{\"operation\":\"START\"},{\"identifier\":\"x\"},7,"
        "{\"identifier\":\"y\",\"operation\":\"stop\",\"args\":{\"a\":true,\"b\":null,\"c\":{}}}]"
        "}");
    QVERIFY(read.ok());
    QCOMPARE(read->size(), std::size_t{2});
    QCOMPARE((*read)[0].id, std::string("7"));
    QCOMPARE((*read)[0].name, std::string("DESCRIBE"));
    QCOMPARE((*read)[1].argument({"none", "a"}), std::string("true"));
    QCOMPARE((*read)[1].argument({"b", "c"}), std::string());
    QVERIFY(readOperations("  \n")->empty());
    QVERIFY(readOperations("{}")->empty());
    QVERIFY(readOperations("{\"requestedOperations\":null}")->empty());
    for (const char* wrong : {"[", "[]", "7", "{\"requestedOperations\":{}}", "<html>"})
      QVERIFY2(!readOperations(wrong).ok(), wrong);
    const std::string deep = std::string(100000, '[') + std::string(100000, ']');
    QVERIFY(!readOperations("{\"requestedOperations\":" + deep + "}").ok());
  }

  void aSealHoldsForItsFlowKeyAndTargetAlone() {
    const Signer signer(1);
    const Signer other(2);
    const std::string flow("a flow\0with \xff bytes", 18);
    const auto check = [&](const std::string& header, const std::string& key,
                           const std::string& agent, const std::string& agentClass,
                           const std::string& bytes) {
      const auto seal = readSeal(header);
      const auto done =
          seal.ok() ? checkSeal(*seal, key, agent, agentClass, bytes) : Result<>(seal.error());
      return done.ok() ? std::string() : done.error().message;
    };
    const std::string ofClass = signer.header(7, "class", "rivers", flow);
    const std::string ofAgent = signer.header(7, "agent", "gauge", flow);
    QCOMPARE(check(ofClass, signer.key(), "gauge", "rivers", flow), std::string());
    QCOMPARE(check(ofAgent, signer.key(), "gauge", "rivers", flow), std::string());
    for (const std::string& wrong :
         {check(ofClass, other.key(), "gauge", "rivers", flow),
          check(other.header(7, "class", "rivers", flow), signer.key(), "gauge", "rivers", flow),
          check(ofClass, signer.key(), "gauge", "lakes", flow),
          check(ofAgent, signer.key(), "gauge-2", "rivers", flow),
          check(ofClass, signer.key(), "gauge", "rivers", flow + "x"),
          check("1 8" + ofClass.substr(3), signer.key(), "gauge", "rivers", flow),
          check("1 7 agent" + ofClass.substr(9), signer.key(), "rivers", "rivers", flow)})
      QVERIFY2(wrong.find("does not hold") != std::string::npos, wrong.c_str());
    QVERIFY(check("", signer.key(), "gauge", "rivers", flow).find("not signed") !=
            std::string::npos);
    for (const std::string& wrong :
         {std::string("1"), "2" + ofClass.substr(1), ofClass + "0", ofClass + " x",
          "1 0" + ofClass.substr(3), "1 x" + ofClass.substr(3), std::string("1 7 class zz")})
      QVERIFY2(
          check(wrong, signer.key(), "gauge", "rivers", flow).find("newer") != std::string::npos,
          wrong.c_str());
  }

  void theManifestSaysWhatTheAgentCanRun() {
    const std::string text = writeManifest("1.2", "x86_64", builtinProcessors(), builtinServices());
    const auto json = QJsonDocument::fromJson(QByteArray::fromStdString(text)).object();
    QCOMPARE(json["agentType"].toString(), QString("millrace"));
    QCOMPARE(json["buildInfo"].toObject()["version"].toString(), QString("1.2"));
    const auto types = json["bundles"].toArray()[0].toObject()["componentManifest"].toObject();
    QCOMPARE(types["processors"].toArray().size(),
             static_cast<qsizetype>(builtinProcessors().size()));
    QCOMPARE(types["controllerServices"].toArray().size(),
             static_cast<qsizetype>(builtinServices().size()));
    bool found = false;
    for (const auto each : types["processors"].toArray()) {
      const auto type = each.toObject();
      if (type["type"] != "PutFile") continue;
      found = true;
      QVERIFY(type["propertyDescriptors"].toObject()["Directory"].toObject()["required"].toBool());
      QCOMPARE(type["supportedRelationships"].toArray().size(), 2);
    }
    QVERIFY(found);
    QCOMPARE(json["supportedOperations"].toArray().size(), 6);
  }

  void theMachineIsTold() {
    const auto files = makePosixFileSystem();
    const DeviceFacts facts = readDeviceFacts(*files);
    QCOMPARE(facts.id.size(), std::size_t{16});
    QVERIFY(facts.memory > 0 && facts.cores > 0);
    QVERIFY(!facts.hostname.empty() && facts.system.starts_with("Linux "));
    const auto own = files->readAll("/etc/machine-id");
    if (own.ok()) QVERIFY(own->find(facts.id) == std::string::npos);
  }
};

}  // namespace

QTEST_GUILESS_MAIN(C2WireTest)
#include "c2_wire_test.moc"
