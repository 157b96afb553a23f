// SPDX-License-Identifier: Apache-2.0
// Every resource through the real router over a real running flow, without sockets.

#include "engine/base/posix_file_system.h"
#include "server/flow_check.h"
#include "server/flow_host.h"
#include "server/rest/actions_resource.h"
#include "server/rest/flow_resource.h"
#include "server/rest/look_resource.h"
#include "server/rest/metrics_resource.h"
#include "server/rest/queue_resource.h"

#include <nlohmann/json.hpp>

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>

using namespace millrace;
using namespace millrace::server;

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

/// A client that keeps what it is sent.
class Ear final : public StreamWriter {
 public:
  bool write(std::string piece) override {
    MutexLock lock(mutex_);
    if (!open_) return false;
    heard_ += piece;
    return true;
  }
  void close() override {
    MutexLock lock(mutex_);
    open_ = false;
  }
  std::string heard() {
    MutexLock lock(mutex_);
    return heard_;
  }
  std::string lastId() {
    const std::string all = heard();
    const std::size_t at = all.rfind("id: ");
    return all.substr(at + 4, all.find('\n', at) - at - 4);
  }

 private:
  Mutex mutex_;
  bool open_ = true;
  std::string heard_;
};

struct Rig {
  QTemporaryDir folder;
  std::unique_ptr<FileSystem> files = makePosixFileSystem();
  std::unique_ptr<FlowHost> host;
  std::unique_ptr<EditedFlow> flow;
  std::unique_ptr<StatusBook> status;
  std::unique_ptr<EventHub> events;
  Router router;

  explicit Rig(const std::string& text = kFlow) {
    const std::string path = folder.filePath("flow.yaml").toStdString();
    require(files->replaceAll(path, text));
    HostOptions options;
    options.data = folder.filePath("data").toStdString();
    options.durability = Durability::kProcess;
    options.incomplete = engine::Incomplete::kKeep;
    auto read = flow::parseFlow(text, "flow");
    if (!read.ok()) qFatal("%s", read.error().message.c_str());
    auto opened = FlowHost::open(*read, options);
    if (!opened.ok()) qFatal("%s", opened.error().message.c_str());
    host = std::move(*opened);
    const auto check = [](const flow::Flow& each) { return checkFlow(each, {}); };
    auto edited = EditedFlow::open(*files, host->clock(),
                                   {path, options.data, [](auto, auto) { return false; }, check,
                                    [this](const flow::Flow& each) { host->apply(each); }});
    if (!edited.ok()) qFatal("%s", edited.error().message.c_str());
    flow = std::move(*edited);
    status = std::make_unique<StatusBook>(*flow, host->controller(), host->clock());
    events = std::make_unique<EventHub>(*status, host->clock(), "e");
    flow->listen([this](const ChangeRecord& record) { events->flowChanged(record); });
    addFlowRoutes(router, {*flow, check});
    addActionRoutes(router, {*flow, host->controller()});
    addLookRoutes(router, {*flow, *status, *events, host->controller(), host->expressions(),
                           [] { return true; }});
    addQueueRoutes(router, {host->controller(), host->sessions()});
    addMetricsRoute(router, host->controller());
    require(host->start());
  }
  ~Rig() {
    events->stop();
    require(host->stop());
  }
  static void require(const Result<>& result) {
    if (!result.ok()) qFatal("%s", result.error().message.c_str());
  }

  HttpResponse send(HttpMethod method, const std::string& target, const std::string& body = "",
                    HttpHeaders headers = {}) {
    return router.handle({method, target, std::move(headers), body});
  }
  Json get(const std::string& target) {
    const HttpResponse response = send(HttpMethod::kGet, target);
    if (response.status != 200) qFatal("%d %s", response.status, response.body.c_str());
    return Json::parse(response.body);
  }
  HttpResponse post(const std::string& target, const Json& body) {
    return send(HttpMethod::kPost, target, body.dump());
  }
  std::string id(const std::string& name, const std::string& list = "processors") {
    const Json json = get("/api/v1/flow");
    for (const Json& item : json.at("flow").at(list)) {
      if (item.value("name", "") == name) return item.at("id").get<std::string>();
    }
    qFatal("there is no %s", name.c_str());
  }
  Json statusOf(const std::string& name) {
    const std::string wanted = id(name);
    const Json all = get("/api/v1/status");
    for (const Json& each : all.at("components")) {
      if (each.at("id") == wanted) return each;
    }
    qFatal("there is no status of %s", name.c_str());
  }
  template <typename Condition>
  static bool eventually(Condition condition) {
    QElapsedTimer waited;
    waited.start();
    while (!condition()) {
      if (waited.elapsed() > 60000) return false;
      QTest::qWait(5);
    }
    return true;
  }
  Json act(const std::string& action, const std::string& target) {
    const HttpResponse response = post("/api/v1/actions", {{"action", action}, {"ids", {target}}});
    if (response.status != 200) qFatal("%d %s", response.status, response.body.c_str());
    return Json::parse(response.body);
  }
};

}  // namespace

class ResourcesTest : public QObject {
  Q_OBJECT
 private slots:
  void theFlowIsReadAsJsonAndAsTheTextOfItsFile() {
    Rig rig;
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

  void aFlowIsReplacedOnlyOnTheRevisionThatItWasReadAt() {
    Rig rig;
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
    Rig rig;
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
    Rig rig;
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
    QVERIFY(rig.flow->state()->text.find("state: stopped") != std::string::npos);
  }

  void aConnectionDeletedWithFlowFilesGetsThemBackWithItsUndoing() {
    Rig rig;
    const auto queued = [&] {
      return rig.get("/api/v1/status").at("connections").at(0).at("count").get<int>();
    };
    QVERIFY(Rig::eventually([&] { return queued() == 3; }));
    const std::string wire =
        rig.get("/api/v1/flow").at("flow").at("connections").at(0).at("id").get<std::string>();
    const auto gone =
        rig.post("/api/v1/changes", {{"changes", {{{"op", "delete"}, {"id", wire}}}}});
    QCOMPARE(gone.status, 200);
    QCOMPARE(rig.get("/api/v1/status").at("connections").size(), std::size_t(0));
    QCOMPARE(rig.send(HttpMethod::kPost, "/api/v1/changes/2/revert").status, 200);
    QCOMPARE(queued(), 3);
    const Json changes = rig.get("/api/v1/changes?after=1");
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
    QTest::newRow("bad text") << post << "/api/v1/actions"
                              << "\"\xff\"" << 400 << "line 1";
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
    static Rig rig;
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
    Rig rig;
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
    rig.events->start();
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
    QVERIFY(follow("e-99999")->heard().find("event: reset") != std::string::npos);
  }

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
    Rig rig;
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
};

QTEST_GUILESS_MAIN(ResourcesTest)
#include "resources_test.moc"
