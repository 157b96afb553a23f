// SPDX-License-Identifier: Apache-2.0
// The server's own log: how it is, its levels, and what of requests and secrets is in it.

#include "tests/harness/rest_rig.h"

using namespace rest_rig;

namespace {

const std::string kFlow =
    "millrace: 1\n"
    "name: said\n"
    "parameters:\n"
    "  password: {sensitive: true}\n"
    "groups:\n"
    "  - name: Inner\n"
    "    processors:\n"
    "      - {name: Make, type: GenerateFlowFile, schedule: {every: 1 h}, state: stopped}\n"
    "      - {name: Tell, type: LogMessage, properties: {Log Message: 'it is here'}, "
    "auto-terminate: [success]}\n"
    "    connections:\n"
    "      - {from: Make, relationship: success, to: Tell}\n";

HttpResponse setLevels(Rig& rig, const Json& levels) {
  return rig.send(HttpMethod::kPut, "/api/v1/logging/levels", Json({{"levels", levels}}).dump());
}

/// What is written from now on.
std::string written(Rig& rig) {
  rig.book->writeNow();
  return std::exchange(rig.written, {});
}

std::string idInside(Rig& rig, const std::string& name) {
  const Json json = rig.get("/api/v1/flow");
  for (const Json& item : json.at("flow").at("groups").at(0).at("processors")) {
    if (item.value("name", "") == name) return item.at("id").get<std::string>();
  }
  qFatal("there is no %s", name.c_str());
}

class LoggingTest : public QObject {
  Q_OBJECT
 private slots:
  void levelsAreChangedWhileItRuns() {
    Rig rig(kFlow);
    const std::string make = idInside(rig, "Make");
    const std::string tell = idInside(rig, "Tell");
    const auto told = [&] {
      const Json status = rig.get("/api/v1/status");
      for (const Json& each : status.at("components")) {
        if (each.at("id") == tell) return each.at("totalIn").get<int>();
      }
      return -1;
    };
    const auto tellOnce = [&] {
      (void)written(rig);
      const int before = told();
      rig.act("run-once", make);
      if (!Rig::eventually([&] { return told() > before; })) qFatal("nothing came");
      return written(rig).find("it is here") != std::string::npos;
    };
    QVERIFY(tellOnce());
    const std::string scopes[] = {"group:Inner", "type:LogMessage", "id:" + tell, "components"};
    for (const std::string& scope : scopes) {
      QCOMPARE(setLevels(rig, {{scope, "error"}}).status, 200);
      QCOMPARE(rig.get("/api/v1/logging").at("levels").at(scope).get<std::string>(),
               std::string("error"));
      QVERIFY2(!tellOnce(), scope.c_str());
      QCOMPARE(setLevels(rig, {{scope, nullptr}}).status, 200);
      QVERIFY(!rig.get("/api/v1/logging").at("levels").contains(scope));
      QVERIFY2(tellOnce(), scope.c_str());
    }
    // Who is spoken of closest wins.
    QCOMPARE(setLevels(rig, {{"root", "off"}, {"id:" + tell, "info"}}).status, 200);
    QVERIFY(tellOnce());
  }

  void whatIsNoLevelChangesNothing() {
    Rig rig(kFlow);
    const Json before = rig.get("/api/v1/logging").at("levels");
    for (const std::string& body :
         {std::string("nonsense"), std::string("[]"), std::string("{}"),
          std::string(R"({"levels": []})"), std::string(R"({"levels": {"htp": "info"}})"),
          std::string(R"({"levels": {"http": "loud"}})"), std::string(R"({"levels": {"http": 3}})"),
          std::string(R"({"levels": {"http": "debug", "type:Nothing": "debug"}})"),
          std::string(R"({"levels": {"http": "debug"}, "more": 1})")}) {
      const auto answer = rig.send(HttpMethod::kPut, "/api/v1/logging/levels", body);
      QVERIFY2(answer.status == 400, body.c_str());
    }
    QVERIFY(rig.get("/api/v1/logging").at("levels") == before);
  }

  void requestsAreInItWithoutWhatWasAskedFor() {
    Rig rig(kFlow);
    QCOMPARE(setLevels(rig, {{"http", "debug"}}).status, 200);
    (void)written(rig);
    rig.get("/api/v1/bulletins?after=0");
    const std::string lines = written(rig);
    QVERIFY2(lines.find("http: GET /api/v1/bulletins 200 -\n") != std::string::npos, lines.c_str());
    QVERIFY(lines.find("after") == std::string::npos);
  }

  void aSensitiveValueThatIsSetIsHidden() {
    Rig rig(kFlow);
    const auto set = rig.send(HttpMethod::kPut, "/api/v1/secrets/password",
                              Json({{"value", "correct horse"}}).dump());
    QCOMPARE(set.status, 200);
    rig.book->write(LogLevel::kError, "engine", "cannot log in with correct horse");
    const std::string lines = written(rig);
    QVERIFY(lines.find("correct horse") == std::string::npos);
    QVERIFY(lines.find("log in with ********") != std::string::npos);
  }
};

}  // namespace

QTEST_GUILESS_MAIN(LoggingTest)
#include "logging_test.moc"
