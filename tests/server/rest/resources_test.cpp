// SPDX-License-Identifier: Apache-2.0
// Every resource through the real router over a real running flow, without sockets.

#include "tests/harness/rest_rig.h"

using namespace rest_rig;

namespace {

const std::string kRoot = "00000000-0000-0000-0000-000000000000";
const std::string kFlow =
    "millrace: 1\n"
    "name: shown\n"
    "processors:\n"
    "  - {name: Make, type: GenerateFlowFile, properties: {Batch Size: '3'}, "
    "schedule: {every: 1 sec, runs: 1}}\n"
    "  # keeps what it gets\n"
    "  - {name: Keep, type: LogMessage, auto-terminate: [success], state: stopped}\n"
    "  - {name: Loose, type: LogMessage}\n"
    "connections:\n"
    "  - {from: Make, relationship: success, to: Keep}\n"
    "groups:\n"
    "  - name: Inner\n"
    "    processors:\n"
    "      - {name: Lone, type: GenerateFlowFile, auto-terminate: [success], state: stopped}\n";

}  // namespace

class ResourcesTest : public QObject {
  Q_OBJECT
 private slots:
  void theFlowIsReadAsJsonAndAsTheTextOfItsFile() {
    Rig rig(kFlow);
    const Json json = rig.get("/api/v1/flow");
    QCOMPARE(json.at("revision").get<int>(), 1);
    const Json& make = json.at("flow").at("processors").at(0);
    QCOMPARE(make.at("name").get<std::string>(), std::string("Make"));
    QCOMPARE(make.at("schedule").at("runs").get<int>(), 1);
    QCOMPARE(make.at("properties").at("Batch Size").get<std::string>(), std::string("3"));
    const auto yaml =
        rig.send(HttpMethod::kGet, "/api/v1/flow", "", {{"accept", "application/yaml"}});
    QCOMPARE(yaml.body, kFlow);
    QCOMPARE(*yaml.header("ETag"), std::string("\"1\""));
  }

  void theFlowIsReadAsItWasAtARevision() {
    Rig rig(kFlow);
    const Json change = {{"op", "update"}, {"id", rig.id("Make")}, {"value", {{"name", "Made"}}}};
    QCOMPARE(rig.post("/api/v1/changes", {{"changes", Json::array({change})}}).status, 200);
    const Json was = rig.get("/api/v1/changes/1/flow");
    QCOMPARE(was.at("revision").get<int>(), 1);
    QCOMPARE(was.at("flow").at("processors").at(0).at("name").get<std::string>(),
             std::string("Make"));
    const auto yaml = [&](const char* revision) {
      return rig.send(HttpMethod::kGet, std::string("/api/v1/changes/") + revision + "/flow", "",
                      {{"accept", "application/yaml"}});
    };
    QCOMPARE(flow::readFlow(yaml("1").body).flow.root.processors[0].name, std::string("Make"));
    QCOMPARE(*yaml("1").header("ETag"), std::string("\"1\""));
    QCOMPARE(yaml("2").body,
             rig.send(HttpMethod::kGet, "/api/v1/flow", "", {{"accept", "application/yaml"}}).body);
    for (const char* none : {"0", "3", "99999999999999"}) QCOMPARE(yaml(none).status, 404);
    for (const char* none : {"x", "-1", "1x", "999999999999999999999999"})
      QCOMPARE(yaml(none).status, 400);
  }

  void aFlowIsReplacedOnlyOnTheRevisionThatItWasReadAt() {
    Rig rig(kFlow);
    const std::string other = "millrace: 1\nname: other\n";
    const auto put = [&](const std::string& tag, const std::string& body) {
      return rig.send(HttpMethod::kPut, "/api/v1/flow", body, {{"If-Match", tag}}).status;
    };
    QCOMPARE(put("\"7\"", other), 409);
    QCOMPARE(put("seven", other), 400);
    QCOMPARE(put("\"1\"", "millrace: 1\nname: [\n"), 422);
    QCOMPARE(put("\"1\"", other), 200);
    QCOMPARE(rig.get("/api/v1/flow").at("flow").at("name").get<std::string>(),
             std::string("other"));
    QCOMPARE(rig.get("/api/v1/status").at("components").size(), std::size_t(0));
    // And back, as JSON this time, from what a change undone gives.
    QCOMPARE(rig.send(HttpMethod::kPost, "/api/v1/changes/2/revert").status, 200);
    QCOMPARE(rig.get("/api/v1/status").at("components").size(), std::size_t(4));
    const Json back = rig.get("/api/v1/flow");
    QCOMPARE(rig.send(HttpMethod::kPut, "/api/v1/flow", back.dump(),
                      {{"Content-Type", "application/json"}})
                 .status,
             200);
    QCOMPARE(rig.get("/api/v1/flow").at("revision").get<int>(), 3);
  }

  void whatIsIncompleteIsShownAndNotRun() {
    Rig rig(kFlow);
    const Json loose = rig.statusOf("Loose");
    QCOMPARE(loose.at("state").get<std::string>(), std::string("invalid"));
    QVERIFY(!loose.at("findings").empty());
    const Json answer = rig.act("start", rig.id("Loose"));
    QCOMPARE(answer.at("failed").at(0).at("id").get<std::string>(), rig.id("Loose"));
    QVERIFY(Rig::eventually([&] { return rig.statusOf("Make").at("out").get<int>() == 3; }));
    // Completed, it runs at once: its state never said otherwise.
    const auto fixed = rig.post(
        "/api/v1/changes",
        {{"changes",
          Json::array(
              {{{"op", "update"},
                {"id", rig.id("Loose")},
                {"value", {{"auto-terminate", Json::array({"success"})}}}},
               {{"op", "create"},
                {"kind", "connection"},
                {"group", kRoot},
                {"value", {{"from", "Make"}, {"relationship", "success"}, {"to", "Loose"}}}}})}});
    QCOMPARE(fixed.status, 200);
    QCOMPARE(rig.statusOf("Loose").at("state").get<std::string>(), std::string("running"));
    // The comment above the one before it is where it was.
    const auto yaml = rig.send(HttpMethod::kGet, "/api/v1/flow", "", {{"Accept", "text/yaml"}});
    QVERIFY(yaml.body.find("  # keeps what it gets\n  - {name: Keep") != std::string::npos);
  }

  void componentsAreStartedStoppedDisabledAndRunOnce() {
    Rig rig(kFlow);
    QVERIFY(Rig::eventually([&] { return rig.statusOf("Make").at("totalOut").get<int>() == 3; }));
    const std::string keep = rig.id("Keep");
    const auto state = [&] { return rig.statusOf("Keep").at("state").get<std::string>(); };
    const auto queued = [&] {
      return rig.get("/api/v1/status").at("connections").at(0).at("count").get<int>();
    };
    QCOMPARE(queued(), 3);
    QVERIFY(rig.act("run-once", keep).at("failed").empty());
    QVERIFY(queued() < 3);
    QCOMPARE(state(), std::string("stopped"));
    rig.act("disable", keep);
    QCOMPARE(state(), std::string("disabled"));
    QCOMPARE(rig.act("start", keep).at("failed").size(), std::size_t(1));
    rig.act("enable", keep);
    QCOMPARE(state(), std::string("stopped"));
    QVERIFY(rig.act("start", keep).at("failed").empty());
    QVERIFY(Rig::eventually([&] { return queued() == 0; }));
    QCOMPARE(rig.act("run-once", keep).at("failed").size(), std::size_t(1));
    rig.act("stop", kRoot);
    QCOMPARE(state(), std::string("stopped"));
    QCOMPARE(rig.statusOf("Make").at("state").get<std::string>(), std::string("stopped"));
    const auto yaml = rig.send(HttpMethod::kGet, "/api/v1/flow", "", {{"Accept", "text/yaml"}});
    QVERIFY(yaml.body.find("state: stopped") != std::string::npos);
  }

  void aConnectionDeletedWithFlowFilesGetsThemBackWithItsUndoing() {
    Rig rig(kFlow);
    const auto queued = [&] {
      return rig.get("/api/v1/status").at("connections").at(0).at("count").get<int>();
    };
    QVERIFY(Rig::eventually([&] { return queued() == 3; }));
    rig.act("stop", rig.id("Make"));  // it would make more as soon as it may again
    const std::string wire =
        rig.get("/api/v1/flow").at("flow").at("connections").at(0).at("id").get<std::string>();
    const auto gone =
        rig.post("/api/v1/changes", {{"changes", {{{"op", "delete"}, {"id", wire}}}}});
    QCOMPARE(gone.status, 200);
    QCOMPARE(rig.get("/api/v1/status").at("connections").size(), std::size_t(0));
    QCOMPARE(rig.send(HttpMethod::kPost, "/api/v1/changes/3/revert").status, 200);
    QCOMPARE(queued(), 3);
    const Json changes = rig.get("/api/v1/changes?after=2");
    QCOMPARE(changes.at("changes").size(), std::size_t(2));
    QCOMPARE(changes.at("changes").at(0).at("changes").at(0).at("op").get<std::string>(),
             std::string("delete"));
  }

  void wrongRequestsAreToldWhy_data() {
    QTest::addColumn<int>("method");
    QTest::addColumn<QString>("target");
    QTest::addColumn<QString>("body");
    QTest::addColumn<int>("status");
    QTest::addColumn<QString>("says");
    const int get = static_cast<int>(HttpMethod::kGet);
    const int post = static_cast<int>(HttpMethod::kPost);
    const int put = static_cast<int>(HttpMethod::kPut);
    QTest::newRow("place") << post << "/api/v1/changes"
                           << "{\n  \"changes\": [}" << 400 << "line 2, column 15";
    QTest::newRow("deep") << post << "/api/v1/changes" << QString(300, '[') << 400 << "deeply";
    QTest::newRow("bad text") << post << "/api/v1/actions" << QString::fromLatin1("\"\xff\"") << 400
                              << "line 1";
    QTest::newRow("no list") << post << "/api/v1/changes"
                             << "{\"changes\":{}}" << 400 << "list";
    QTest::newRow("negative") << post << "/api/v1/changes"
                              << "{\"revision\":-1,\"changes\":[]}" << 400 << "revision";
    QTest::newRow("verb") << post << "/api/v1/actions"
                          << "{\"action\":\"explode\",\"ids\":[]}" << 400 << "start";
    QTest::newRow("no ids") << post << "/api/v1/actions"
                            << "{\"action\":\"stop\",\"ids\":[]}" << 400 << "ids";
    QTest::newRow("bad id") << post << "/api/v1/actions"
                            << "{\"action\":\"stop\",\"ids\":[\"../etc\"]}" << 400 << "ids";
    QTest::newRow("group") << get << "/api/v1/status?group=x"
                           << "" << 400 << "group";
    QTest::newRow("no group") << get << "/api/v1/status?group=00000000-0000-0000-0000-00000000000a"
                              << "" << 404 << "group";
    QTest::newRow("after") << get << "/api/v1/changes?after=-1"
                           << "" << 400 << "after";
    QTest::newRow("revision") << post << "/api/v1/changes/x/revert"
                              << "" << 400 << "number";
    QTest::newRow("none") << post << "/api/v1/changes/99/revert"
                          << "" << 422 << "99";
    QTest::newRow("climbing") << get << "/api/v1/changes/%2e%2e/flow"
                              << "" << 400 << "climbing";
    QTest::newRow("escape") << get << "/api/v1/%zz"
                            << "" << 400 << "hexadecimal";
    QTest::newRow("nothing") << get << "/api/v2/flow"
                             << "" << 404 << "rest.md";
    QTest::newRow("method") << put << "/api/v1/status"
                            << "" << 405 << "GET";
    QTest::newRow("expr") << post << "/api/v1/expression"
                          << "{}" << 400 << "expr";
  }
  void wrongRequestsAreToldWhy() {
    static Rig rig(kFlow);
    QFETCH(int, method);
    QFETCH(QString, target);
    QFETCH(QString, body);
    QFETCH(int, status);
    QFETCH(QString, says);
    const auto response = rig.send(static_cast<HttpMethod>(method), target.toStdString(),
                                   body.toLatin1().toStdString());
    QCOMPARE(response.status, status);
    const std::string error = Json::parse(response.body).at("error").get<std::string>();
    QVERIFY2(error.find(says.toStdString()) != std::string::npos, error.c_str());
    QVERIFY(!error.ends_with('.'));
  }

  void eventsTellOfChangesAndAreResumed() {
    Rig rig(kFlow);
    const auto follow = [&](const std::string& last) {
      HttpHeaders headers;
      if (!last.empty()) headers.emplace_back("Last-Event-ID", last);
      const auto response = rig.send(HttpMethod::kGet, "/api/v1/events", "", headers);
      auto ear = std::make_shared<Ear>();
      response.push(ear);
      return ear;
    };
    const auto first = follow("");
    QVERIFY(first->heard().find("event: status\n") != std::string::npos);
    rig.act("stop", rig.id("Make"));
    QVERIFY(
        Rig::eventually([&] { return first->heard().find("event: flow\n") != std::string::npos; }));
    const std::string last = first->lastId();
    first->close();
    rig.act("start", rig.id("Make"));
    const auto again = follow(last);
    QVERIFY(again->heard().find("\"revision\":3,") != std::string::npos);
    QVERIFY(again->heard().find("event: reset") == std::string::npos);
    QVERIFY(again->heard().find("\"comment\":\"stop\"") == std::string::npos);
    QVERIFY(follow("other-5")->heard().find("event: reset") != std::string::npos);
    const std::string future = last.substr(0, last.rfind('-')) + "-99999";
    QVERIFY(follow(future)->heard().find("event: reset") != std::string::npos);
  }

  void aBackupGoesToAFolderOfItsOwnOutsideOfTheData() {
    Rig rig("millrace: 1\nname: kept\n");
    rig.close();
    rig.durability = Durability::kPower;  // as a server has it
    rig.open({});
    QCOMPARE(rig.get("/api/v1/backup").at("state").get<std::string>(), std::string("none"));
    const auto begin = [&](const Json& body) { return rig.post("/api/v1/backup", body).status; };
    QCOMPARE(begin(Json::object()), 400);
    QCOMPARE(begin({{"to", "relative"}}), 400);
    QCOMPARE(begin({{"to", rig.data() + "/inside"}}), 400);
    QCOMPARE(begin({{"to", rig.data() + "/../data/inside"}}), 400);
    QCOMPARE(begin({{"to", rig.folder.path().toStdString()}}), 400);  // it is not empty
    QCOMPARE(begin({{"to", rig.folder.filePath("b").toStdString()}, {"withKey", 1}}), 400);
    const std::string to = rig.folder.filePath("backup").toStdString();
    QCOMPARE(begin({{"to", to}}), 202);
    QVERIFY(Rig::eventually([&] { return rig.get("/api/v1/backup").at("state") != "running"; }));
    const Json done = rig.get("/api/v1/backup");
    QVERIFY2(done.at("state") == "done", done.dump().c_str());
    QVERIFY(rig.files->exists(to + "/backup.json"));
    QVERIFY(rig.files->exists(to + "/flow.yaml"));
    QVERIFY(!rig.files->exists(rig.data() + "/backup.links"));
  }

  void diagnosticsSayHowTheServerIs() {
    Rig rig("millrace: 1\nname: well\n", 0, WithLog::kYes);
    const Json found = rig.get("/api/v1/diagnostics");
    QVERIFY(found.at("healthy").get<bool>());
    QVERIFY(!found.at("program").at("commit").get<std::string>().empty());
    QVERIFY(found.at("program").at("libraries").contains("sqlite"));
    QVERIFY(found.at("process").at("residentBytes").get<std::uint64_t>() > 1'000'000);
    QVERIFY(found.at("process").at("threads").get<int>() > 1);
    QVERIFY(found.at("process").at("openFiles").get<int>() > 3);
    QVERIFY(found.at("data").at("freeBytes").get<std::uint64_t>() > 0);
    std::map<std::string, std::uint64_t> parts;
    for (const Json& part : found.at("data").at("parts"))
      parts[part.at("name").get<std::string>()] = part.at("bytes").get<std::uint64_t>();
    for (const char* part : {"journal", "content", "log", "history.sqlite"})
      QVERIFY2(parts.contains(part), part);
    QVERIFY(parts["store"] > 0);
    QCOMPARE(found.at("log").at("topics").get<int>(), 0);
    QCOMPARE(found.at("flow").at("queuedFlowFiles").get<int>(), 0);
    Rig without("millrace: 1\nname: well\n");
    QVERIFY(without.get("/api/v1/diagnostics").at("log").is_null());
  }

  // pins: 1.4/17
  void whatWaitsIsListedLookedAtAndDropped() {
    Rig rig(
        "millrace: 1\n"
        "name: queued\n"
        "processors:\n"
        "  - {name: Make, type: GenerateFlowFile, properties: {Custom Text: 'a text', Batch Size: "
        "'3', colour: blue}, schedule: {every: 1 sec, runs: 1}}\n"
        "  - {name: Keep, type: LogMessage, auto-terminate: [success], state: stopped}\n"
        "connections:\n"
        "  - {from: Make, relationship: success, to: Keep}\n");
    const std::string base =
        "/api/v1/connections/" +
        rig.get("/api/v1/flow").at("flow").at("connections").at(0).at("id").get<std::string>();
    const auto listed = [&](const std::string& query) { return rig.get(base + "/queue" + query); };
    QVERIFY(Rig::eventually([&] { return listed("").at("count").get<int>() == 3; }));
    const Json all = listed("");
    QCOMPARE(all.at("bytes").get<int>(), 18);
    QCOMPARE(all.at("flowfiles").size(), std::size_t(3));
    QVERIFY(listed("?offset=1&limit=1").at("flowfiles").at(0) == all.at("flowfiles").at(1));
    const Json& second = all.at("flowfiles").at(1);
    QCOMPARE(second.at("position").get<int>(), 1);
    QCOMPARE(second.at("attributes").at("colour").get<std::string>(), std::string("blue"));
    const std::string one = base + "/flowfiles/" + second.at("uuid").get<std::string>();
    QVERIFY(rig.get(one) == second);
    const auto content = [&](const std::string& range) {
      HttpHeaders headers;
      if (!range.empty()) headers.emplace_back("Range", range);
      HttpResponse response = rig.send(HttpMethod::kGet, one + "/content", "", headers);
      std::string bytes = std::to_string(response.status) + " ";
      for (bool more = bool(response.pull); more;) {
        const auto piece = response.pull();
        if (!piece.ok()) return piece.error().message;
        bytes += *piece;
        more = !piece->empty();
      }
      return bytes;
    };
    QCOMPARE(content(""), std::string("200 a text"));
    QCOMPARE(content("bytes=2-3"), std::string("206 te"));
    QCOMPARE(content("bytes=4-"), std::string("206 xt"));
    QCOMPARE(content("bytes=-1"), std::string("206 t"));
    QCOMPARE(content("bytes=0-99"), std::string("200 a text"));
    QCOMPARE(content("bytes=6-"), std::string("416 "));
    QCOMPARE(content("lines=1-2"), std::string("200 a text"));
    QCOMPARE(rig.send(HttpMethod::kDelete, one).status, 200);
    QCOMPARE(rig.send(HttpMethod::kDelete, one).status, 404);
    QCOMPARE(rig.send(HttpMethod::kGet, one).status, 404);
    QCOMPARE(rig.send(HttpMethod::kGet, base + "/flowfiles/..%2f..%2fetc").status, 404);
    QCOMPARE(listed("").at("count").get<int>(), 2);
    const auto metrics = rig.send(HttpMethod::kGet, "/metrics").body;
    QVERIFY(metrics.find("path=\"Make [success] -> Keep\"} 2\n") != std::string::npos);
    const auto emptied = rig.send(HttpMethod::kPost, base + "/empty");
    QCOMPARE(emptied.body, std::string("{\"dropped\":2,\"bytes\":12}"));
    QCOMPARE(listed("").at("count").get<int>(), 0);
    QCOMPARE(rig.send(HttpMethod::kGet, base + "/queue?limit=5000").status, 400);
    QCOMPARE(rig.send(HttpMethod::kGet, "/api/v1/connections/" + kRoot + "/queue").status, 404);
    QCOMPARE(rig.send(HttpMethod::kGet, "/api/v1/connections/x/queue").status, 400);
  }

  void typesExpressionsBulletinsAndValidationAnswer() {
    Rig rig(kFlow);
    QVERIFY(rig.get("/api/v1/processors").at("processors").size() > 20);
    QVERIFY(!rig.get("/api/v1/services").at("services").empty());
    QVERIFY(rig.get("/api/v1/bulletins").at("bulletins").is_array());
    QCOMPARE(rig.get("/healthz").at("ok").get<bool>(), true);
    const auto evaluated = rig.post("/api/v1/expression", {{"expr", "${a:toUpper()}-#{p}"},
                                                           {"attributes", {{"a", "x"}}},
                                                           {"parameters", {{"p", "q"}}}});
    QCOMPARE(Json::parse(evaluated.body).at("value").get<std::string>(), std::string("X-q"));
    const auto wrong = rig.post("/api/v1/expression", {{"expr", "${a:no()}"}});
    QVERIFY(Json::parse(wrong.body).contains("error"));
    const auto found =
        rig.send(HttpMethod::kPost, "/api/v1/validate",
                 "millrace: 1\nname: a\nprocessors:\n  - {name: B, type: Nothing}\n");
    const Json finding = Json::parse(found.body).at("findings").at(0);
    QCOMPARE(finding.at("line").get<int>(), 4);
    QCOMPARE(finding.at("component").get<std::string>(), std::string("B"));
  }

  void anExpressionIsEvaluatedStepByStep() {
    Rig rig(kFlow);
    const auto steps = [&](const std::string& text) {
      const auto answer = rig.post("/api/v1/expression", {{"expr", text},
                                                          {"steps", true},
                                                          {"attributes", {{"a", " x"}, {"b", "2"}}},
                                                          {"parameters", {{"p", "1"}}}});
      std::string all;
      const Json json = Json::parse(answer.body);
      for (const Json& step : json.at("steps")) {
        all += step.at("expr").get<std::string>() + " = " +
               (step.contains("value") ? step.at("value").get<std::string>() : "?") + "\n";
      }
      return all;
    };
    QCOMPARE(steps("is ${a:trim():append('}:'):length():plus(${b:minus(#{p})})}, $${a}"),
             std::string("${a} =  x\n"
                         "${a:trim()} = x\n"
                         "${a:trim():append('}:')} = x}:\n"
                         "${a:trim():append('}:'):length()} = 3\n"
                         "${b} = 2\n"
                         "${b:minus(#{p})} = 1\n"
                         "${a:trim():append('}:'):length():plus(${b:minus(#{p})})} = 4\n"));
    // What fails is told where it does.
    const std::string failing = steps("${b}${a:toDate('yyyy'):toNumber()}");
    QVERIFY2(failing.starts_with("${b} = 2\n${a} =  x\n${a:toDate('yyyy')} = ?\n"),
             failing.c_str());
    QCOMPARE(steps("no ${ expression"), std::string());
    std::string many = "${a";
    for (int i = 0; i < 300; ++i) many += ":trim()";
    QCOMPARE(QByteArray::fromStdString(steps(many + "}")).count('\n'), 100);
  }
};

QTEST_GUILESS_MAIN(ResourcesTest)
#include "resources_test.moc"
