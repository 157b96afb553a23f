// SPDX-License-Identifier: Apache-2.0
// Values of sensitive parameters, given to a flow that runs.

#include "server/secrets/secret_store.h"
#include "tests/harness/rest_rig.h"

using namespace rest_rig;

namespace {

// A password that nobody listens to is enough to see which value a processor has: it encrypts.
const std::string kFlow =
    "millrace: 1\n"
    "name: hidden\n"
    "parameters:\n"
    "  pass word: {sensitive: true}\n"
    "  open: seen\n"
    "processors:\n"
    "  - {name: Make, type: GenerateFlowFile, properties: {Custom Text: abc}, "
    "schedule: {every: 1 sec, runs: 1}}\n"
    "  - name: Seal\n"
    "    type: EncryptContent\n"
    "    properties: {Mode: Encrypt, Password: '#{pass word}'}\n"
    "    auto-terminate: [failure]\n"
    "  - {name: Keep, type: LogMessage, auto-terminate: [success], state: stopped}\n"
    "connections:\n"
    "  - {from: Make, relationship: success, to: Seal}\n"
    "  - {from: Seal, relationship: success, to: Keep}\n";
const std::string kAddress = "/api/v1/secrets/pass%20word";
const std::string kValue = "correct horse battery";

std::string errorOf(const HttpResponse& response) {
  return Json::parse(response.body).at("error").get<std::string>();
}

HttpResponse give(Rig& rig, const std::string& value) {
  return rig.send(HttpMethod::kPut, kAddress, Json{{"value", value}}.dump());
}

KeptSecrets keptIn(Rig& rig) {
  const auto kept = SecretStore(*rig.files, rig.data(), {}).load();
  if (!kept.ok()) qFatal("%s", kept.error().message.c_str());
  return *kept;
}

std::uint64_t sealed(Rig& rig) { return rig.statusOf("Seal").at("out").get<std::uint64_t>(); }

class SecretsTest : public QObject {
  Q_OBJECT
 private slots:
  void aValueIsGivenUsedAndNeverShown() {
    Rig rig(kFlow);
    const Json before = rig.get("/api/v1/secrets").at("secrets");
    QCOMPARE(before.size(), std::size_t(1));
    QVERIFY(before.at(0) ==
            (Json{{"name", "pass word"}, {"set", false}, {"used", true}, {"undoable", false}}));
    QCOMPARE(rig.statusOf("Seal").at("state").get<std::string>(), std::string("invalid"));
    const auto given = give(rig, kValue);
    QCOMPARE(given.status, 200);
    QCOMPARE(Json::parse(given.body).at("set").get<bool>(), true);
    QVERIFY(Rig::eventually([&] { return sealed(rig) == 1; }));
    for (const char* place : {"secrets", "flow", "status", "bulletins", "changes", "counters"}) {
      const auto answer = rig.send(HttpMethod::kGet, std::string("/api/v1/") + place);
      QVERIFY2(answer.body.find(kValue) == std::string::npos, place);
    }
    QCOMPARE(keptIn(rig).values.at("pass word"), kValue);
    const std::string journal = rig.files->readAll(rig.data() + "/flow.changes").valueOr("");
    QVERIFY(journal.find(kValue) == std::string::npos);
    QCOMPARE(rig.send(HttpMethod::kDelete, kAddress).status, 200);
    QVERIFY(Rig::eventually(
        [&] { return rig.statusOf("Seal").at("state").get<std::string>() == "invalid"; }));
    QVERIFY(!keptIn(rig).values.contains("pass word"));
  }

  void aChangeIsUndone() {
    Rig rig(kFlow);
    const auto undo = [&] { return rig.send(HttpMethod::kPost, kAddress + "/undo"); };
    QCOMPARE(undo().status, 409);
    QCOMPARE(give(rig, "one").status, 200);
    QCOMPARE(give(rig, "two").status, 200);
    QCOMPARE(undo().status, 200);
    QCOMPARE(keptIn(rig).values.at("pass word"), std::string("one"));
    QCOMPARE(undo().status, 200);
    QCOMPARE(keptIn(rig).values.at("pass word"), std::string("two"));
    QCOMPARE(rig.send(HttpMethod::kDelete, kAddress).status, 200);
    QCOMPARE(undo().status, 200);
    QCOMPARE(keptIn(rig).values.at("pass word"), std::string("two"));
    QVERIFY(Rig::eventually(
        [&] { return rig.statusOf("Seal").at("state").get<std::string>() == "running"; }));
  }

  void onlyWhatIsSensitiveTakesAValue() {
    Rig rig(kFlow);
    QCOMPARE(rig.send(HttpMethod::kPut, "/api/v1/secrets/open", "{\"value\":\"x\"}").status, 404);
    QCOMPARE(rig.send(HttpMethod::kPut, "/api/v1/secrets/none", "{\"value\":\"x\"}").status, 404);
    QVERIFY(!rig.files->exists(rig.data() + "/secrets/values"));
  }

  void whatIsNoValueIsRefusedAndNotRepeated() {
    Rig rig(kFlow);
    for (const std::string& body :
         {std::string("hush-hush"), std::string("\"hush-hush\""), std::string("{}"),
          std::string("{\"value\":\"\"}"), std::string("{\"value\":{\"is\":\"hush-hush\"}}"),
          std::string("{\"value\":\"hush-hush\",\"more\":1}"),
          std::string("{\"value\":\"hush-hush"),
          "{\"value\":\"" + std::string(70'000, 'x') + "\"}"}) {
      const auto refused = rig.send(HttpMethod::kPut, kAddress, body);
      QCOMPARE(refused.status, 400);
      QVERIFY(errorOf(refused).find("hush") == std::string::npos);
    }
    QVERIFY(!rig.files->exists(rig.data() + "/secrets/values"));
  }

  void aWrongKeyLeavesAllAsItWasAndNamesTheParameter() {
    Rig rig(kFlow);
    QCOMPARE(give(rig, "one").status, 200);
    const std::string sealedBefore = *rig.files->readAll(rig.data() + "/secrets/values");
    Rig::require(rig.files->replaceAll(rig.data() + "/secret.key", std::string(64, 'c') + "\n"));
    const auto refused = give(rig, "two");
    QCOMPARE(refused.status, 503);
    QVERIFY(errorOf(refused).find("'pass word'") != std::string::npos);
    QVERIFY(errorOf(refused).find("secret.key") != std::string::npos);
    QCOMPARE(*rig.files->readAll(rig.data() + "/secrets/values"), sealedBefore);
    QCOMPARE(rig.statusOf("Seal").at("state").get<std::string>(), std::string("running"));
  }
};

}  // namespace

QTEST_GUILESS_MAIN(SecretsTest)
#include "secrets_test.moc"
