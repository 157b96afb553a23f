// SPDX-License-Identifier: Apache-2.0
// State, counters, verification, termination, and queues that lost their connection.

#include "engine/session/engine_session.h"
#include "tests/harness/rest_rig.h"

#include <limits>

using namespace rest_rig;

namespace {

const std::string kFlow =
    "millrace: 1\n"
    "name: kept\n"
    "processors:\n"
    "  - {name: Make, type: GenerateFlowFile, properties: {Custom Text: abc, Batch Size: '3'}, "
    "schedule: {every: 1 sec, runs: 1}}\n"
    "  - {name: Count, type: UpdateCounter, properties: {Counter Name: seen}}\n"
    "  - {name: Keep, type: LogMessage, auto-terminate: [success], state: stopped}\n"
    "connections:\n"
    "  - {from: Make, relationship: success, to: Count}\n"
    "  - {from: Count, relationship: success, to: Keep}\n";

/// What a processor does that keeps something for later.
void putState(Rig& rig, const std::string& id, const std::string& key, const std::string& value) {
  auto wiring = std::make_shared<engine::Wiring>();
  wiring->component = ComponentId(idOf(id)->raw());
  engine::EngineSession session(rig.host->sessions());
  session.begin(wiring, Lsn(std::numeric_limits<std::uint64_t>::max()), 1);
  session.startTrigger();
  session.putState(key, value);
  Rig::require(session.endTrigger());
  const auto committed = session.commitSlice();
  if (!committed.ok()) qFatal("%s", committed.error().message.c_str());
}

std::string errorOf(const HttpResponse& response) {
  return Json::parse(response.body).at("error").get<std::string>();
}

class ComponentsTest : public QObject {
  Q_OBJECT
 private slots:
  void aRemoteGroupStandsForItsPortsWhichAreStartedAndStoppedOneByOne() {
    Rig rig(
        "millrace: 1\n"
        "name: far\n"
        "processors:\n"
        "  - {name: Make, type: GenerateFlowFile, state: stopped}\n"
        "remote-groups:\n"
        "  - name: Far\n"
        "    urls: [\"http://127.0.0.1:1/nifi\"]\n"
        "    inputs:\n"
        "      - {name: near, state: stopped}\n"
        "      - {name: next, state: stopped}\n"
        "connections:\n"
        "  - {from: Make, relationship: success, to: Far/near}\n"
        "  - {from: Make, relationship: success, to: Far/next}\n");
    const std::string far = rig.id("Far", "remote-groups");
    const auto ports = [&] {
      return rig.get("/api/v1/flow").at("flow").at("remote-groups").at(0).at("inputs");
    };
    const auto stateOf = [&](std::size_t port) {
      return ports().at(port).value("state", "running");
    };
    const std::string near = ports().at(0).at("id").get<std::string>();
    QVERIFY(rig.act("start", near).at("failed").empty());
    QCOMPARE(stateOf(0), std::string("running"));
    QCOMPARE(stateOf(1), std::string("stopped"));
    const Json status = rig.get("/api/v1/status");
    for (const Json& each : status.at("components")) {
      if (each.at("id") == near)
        QCOMPARE(each.at("state").get<std::string>(), std::string("running"));
    }
    rig.act("start", far);
    QCOMPARE(stateOf(1), std::string("running"));
    const Json stopped = rig.act("stop", far);
    QCOMPARE(stateOf(0), std::string("stopped"));
    QCOMPARE(stateOf(1), std::string("stopped"));
    // Undone like any change.
    const std::string back = "/api/v1/changes/" + std::to_string(stopped.at("revision").get<int>());
    QCOMPARE(rig.post(back + "/revert", Json::object()).status, 200);
    QCOMPARE(stateOf(0), std::string("running"));
    // What is no part of it to change alone.
    const auto change = [&](const Json& one) {
      return rig.post("/api/v1/changes", {{"changes", {one}}}).status;
    };
    QCOMPARE(change({{"op", "delete"}, {"id", near}}), 422);
    QCOMPARE(change({{"op", "update"}, {"id", near}, {"value", {{"name", "other"}}}}), 400);
    QCOMPARE(ports().at(0).at("name").get<std::string>(), std::string("near"));
  }

  // pins: 1.7/6
  void stateIsShownAndClearedForGood() {
    Rig rig(kFlow);
    const std::string keep = rig.id("Keep");
    const std::string address = "/api/v1/components/" + keep + "/state";
    QVERIFY(rig.get(address).at("entries").empty());
    putState(rig, keep, "position", "17");
    putState(rig, keep, "name", "caf\xc3\xa9");
    const Json state = rig.get(address);
    QCOMPARE(state.at("entries").size(), std::size_t(2));
    QCOMPARE(state.at("entries").at(0).at("key").get<std::string>(), std::string("position"));
    QCOMPARE(state.at("entries").at(0).at("value").get<std::string>(), std::string("17"));
    rig.reopen();
    QCOMPARE(rig.get(address).at("entries").size(), std::size_t(2));
    const auto cleared = rig.send(HttpMethod::kDelete, address);
    QCOMPARE(cleared.body, std::string("{\"cleared\":2}"));
    QVERIFY(rig.get(address).at("entries").empty());
    rig.reopen();
    QVERIFY(rig.get(address).at("entries").empty());
  }

  void theStateOfWhatRunsIsNotCleared() {
    Rig rig(kFlow);
    const std::string count = rig.id("Count");
    putState(rig, count, "a", "b");
    const std::string address = "/api/v1/components/" + count + "/state";
    const auto refused = rig.send(HttpMethod::kDelete, address);
    QCOMPARE(refused.status, 409);
    QVERIFY(errorOf(refused).find("stop it") != std::string::npos);
    QCOMPARE(rig.get(address).at("entries").size(), std::size_t(1));
    rig.act("stop", count);
    QCOMPARE(rig.send(HttpMethod::kDelete, address).status, 200);
  }

  void countersAreShownAndReset() {
    Rig rig(kFlow);
    const auto all = [&] { return rig.get("/api/v1/counters").at("counters"); };
    QVERIFY(Rig::eventually([&] {
      const Json counters = all();
      return !counters.empty() && counters.at(0).at("value").get<int>() == 3;
    }));
    const Json counter = all().at(0);
    QCOMPARE(counter.at("name").get<std::string>(), std::string("seen"));
    const auto reset = [&](const Json& body) {
      return Json::parse(rig.post("/api/v1/counters/reset", body).body).at("reset").get<int>();
    };
    QCOMPARE(reset({{"component", "Somebody"}}), 0);
    QCOMPARE(reset({{"component", counter.at("component")}, {"name", "other"}}), 0);
    QCOMPARE(reset({{"component", counter.at("component")}, {"name", "seen"}}), 1);
    QVERIFY(all().empty());
  }

  void howLongFlowFilesWaitAndWorkTakesIsTold() {
    Rig rig(kFlow);
    QVERIFY(Rig::eventually([&] { return rig.statusOf("Count").at("totalIn").get<int>() == 3; }));
    Json count;
    QVERIFY(Rig::eventually([&] {
      count = rig.statusOf("Count");
      return !count.at("processingNanos").is_null();
    }));
    const Json& took = count.at("processingNanos");
    QVERIFY(took.at("p50").get<Nanos>() > 0);
    QVERIFY(took.at("p99").get<Nanos>() >= took.at("p50").get<Nanos>());
    QVERIFY(took.at("p99").get<Nanos>() < 10 * kMinute);
    QVERIFY(!count.at("queueingNanos").is_null());
    const Json make = rig.statusOf("Make");
    QVERIFY(make.at("queueingNanos").is_null());  // nothing waits for a source
    QVERIFY(!make.at("processingNanos").is_null());
    QVERIFY(rig.statusOf("Keep").at("processingNanos").is_null());
    const auto metrics = rig.send(HttpMethod::kGet, "/metrics").body;
    QVERIFY2(metrics.find("millrace_component_processing_seconds{id=\"" + rig.id("Count") +
                          "\",path=\"Count\",quantile=\"0.99\"} ") != std::string::npos,
             metrics.c_str());
  }

  void whatAChangeWouldBreakIsSaidAndNothingIsChanged() {
    Rig rig(kFlow);
    const std::string address = "/api/v1/components/" + rig.id("Make") + "/verify";
    const auto verified = [&](const Json& body) {
      return Json::parse(rig.post(address, body).body);
    };
    QCOMPARE(verified(Json::object()).at("valid").get<bool>(), true);
    const Json wrong = verified({{"value", {{"properties", {{"Batch Size", "many"}}}}}});
    QCOMPARE(wrong.at("valid").get<bool>(), false);
    QCOMPARE(wrong.at("findings").at(0).at("component").get<std::string>(), std::string("Make"));
    QCOMPARE(wrong.at("findings").at(0).at("property").get<std::string>(),
             std::string("Batch Size"));
    QCOMPARE(rig.post(address, {{"value", {{"id", "x"}}}}).status, 400);
    QCOMPARE(rig.get("/api/v1/flow").at("revision").get<int>(), 1);
  }

  void whatComponentsDidIsKept() {
    Rig rig(kFlow);
    const auto history = [&](const std::string& id, const char* step) {
      return rig.get("/api/v1/history/" + id + "?step=" + step);
    };
    const std::string count = rig.id("Count");
    QVERIFY(Rig::eventually([&] {
      int in = 0;
      const Json rows = history(count, "1s").at("rows");
      for (const Json& row : rows) in += row.at(1).get<int>();
      return in == 3;
    }));
    // The flow's own group: all components together; only Count took something in.
    const std::string all = "00000000-0000-0000-0000-000000000000";
    QVERIFY(Rig::eventually([&] {
      int in = 0, out = 0;
      const Json rows = history(all, "1s").at("rows");
      for (const Json& row : rows) {
        in += row.at(1).get<int>();
        out += row.at(2).get<int>();
      }
      return in == 3 && out == 6;
    }));
    QCOMPARE(history(count, "1s").at("fields").at(0).get<std::string>(), std::string("in"));
    const std::string wire = rig.get("/api/v1/flow").at("flow").at("connections").at(1).at("id");
    QVERIFY(Rig::eventually([&] {
      const Json rows = history(wire, "1s").at("rows");
      return !rows.empty() && rows.back().at(1) == 3 && rows.back().at(2) == 9;
    }));
    QCOMPARE(history(wire, "1s").at("fields").at(2).get<std::string>(), std::string("mostCount"));
    QVERIFY(history(count, "5m").at("rows").is_array());
    QCOMPARE(rig.send(HttpMethod::kGet, "/api/v1/history/" + count + "?step=2s").status, 400);
    QCOMPARE(rig.send(HttpMethod::kGet, "/api/v1/history/x").status, 400);
  }

  void onlyWhatWasStoppedIsTerminated() {
    Rig rig(kFlow);
    const Json refused = rig.act("terminate", rig.id("Count"));
    QVERIFY(refused.at("failed").at(0).at("message").get<std::string>().find("stop it") !=
            std::string::npos);
    QVERIFY(rig.act("terminate", rig.id("Keep")).at("failed").empty());
    QCOMPARE(rig.statusOf("Keep").at("state").get<std::string>(), std::string("stopped"));
  }

  void aQueueWhoseConnectionIsGoneIsListedKeptAndDroppedWhenAsked() {
    Rig rig(kFlow);
    const auto wires = rig.get("/api/v1/flow").at("flow").at("connections");
    const std::string wire = wires.at(1).at("id").get<std::string>();
    const auto waiting = [&] {
      return rig.get("/api/v1/status").at("connections").at(1).at("count").get<int>();
    };
    QVERIFY(Rig::eventually([&] { return waiting() == 3; }));
    rig.act("stop", rig.id("Make"));  // or the next start makes more
    QVERIFY(rig.get("/api/v1/parked").at("parked").empty());
    const Json change = {{"op", "delete"}, {"id", wire}};
    QCOMPARE(rig.post("/api/v1/changes", {{"changes", Json::array({change})}}).status, 200);
    rig.reopen();
    const Json parked = rig.get("/api/v1/parked").at("parked");
    QCOMPARE(parked.size(), std::size_t(1));
    QCOMPARE(parked.at(0).at("id").get<std::string>(), wire);
    QCOMPARE(parked.at(0).at("name").get<std::string>(), std::string("Count [success] -> Keep"));
    QCOMPARE(parked.at(0).at("count").get<int>(), 3);
    QCOMPARE(parked.at(0).at("bytes").get<int>(), 9);
    const auto dropped = rig.send(HttpMethod::kPost, "/api/v1/parked/" + wire + "/empty");
    QCOMPARE(dropped.body, std::string("{\"dropped\":3,\"bytes\":9}"));
    QVERIFY(rig.get("/api/v1/parked").at("parked").empty());
    // What came back was empty, and stays so.
    QCOMPARE(rig.send(HttpMethod::kPost, "/api/v1/changes/3/revert").status, 200);
    QCOMPARE(waiting(), 0);
  }

  void whatIsParkedForTooLongOrIsTooMuchIsDroppedWhereThatIsAllowed() {
    for (const ParkedRules& rules :
         {ParkedRules{Millis{0}, std::nullopt}, ParkedRules{std::nullopt, 8}}) {
      Rig rig(kFlow);
      const auto wires = rig.get("/api/v1/flow").at("flow").at("connections");
      const std::string wire = wires.at(1).at("id").get<std::string>();
      QVERIFY(Rig::eventually([&] {
        return rig.get("/api/v1/status").at("connections").at(1).at("count").get<int>() == 3;
      }));
      rig.act("stop", rig.id("Make"));
      const Json change = {{"op", "delete"}, {"id", wire}};
      QCOMPARE(rig.post("/api/v1/changes", {{"changes", Json::array({change})}}).status, 200);
      const auto parked = [&] { return rig.get("/api/v1/parked").at("parked").size(); };
      rig.reopen({Millis{3600000}, 9});  // it is no older, and no more
      QCOMPARE(parked(), std::size_t(1));
      rig.reopen(rules);
      QVERIFY(Rig::eventually([&] { return parked() == 0; }));
      Json said;
      QVERIFY(Rig::eventually([&] {
        said = rig.get("/api/v1/bulletins?level=warn&contains=--parked").at("bulletins");
        return said.size() == 1;
      }));
      QVERIFY(said.at(0).at("message").get<std::string>().starts_with(
          "3 FlowFiles of Count [success] -> Keep"));
      QVERIFY(rig.get("/api/v1/bulletins?level=error").at("bulletins").empty());
      QCOMPARE(rig.send(HttpMethod::kGet, "/api/v1/bulletins?level=loud").status, 400);
    }
  }

  void whatIsNotThereIsSaidSo_data() {
    QTest::addColumn<int>("method");
    QTest::addColumn<QString>("target");
    QTest::addColumn<int>("status");
    const int get = static_cast<int>(HttpMethod::kGet);
    const int post = static_cast<int>(HttpMethod::kPost);
    const QString none = "00000000-0000-0000-0000-0000000000aa";
    QTest::newRow("state") << get << "/api/v1/components/" + none + "/state" << 404;
    QTest::newRow("state of no id") << get << "/api/v1/components/x/state" << 400;
    QTest::newRow("clear") << static_cast<int>(HttpMethod::kDelete)
                           << "/api/v1/components/" + none + "/state" << 404;
    QTest::newRow("verify") << post << "/api/v1/components/" + none + "/verify" << 404;
    QTest::newRow("verify no id") << post << "/api/v1/components/x/verify" << 400;
    QTest::newRow("parked") << post << "/api/v1/parked/" + none + "/empty" << 404;
    QTest::newRow("parked no id") << post << "/api/v1/parked/x/empty" << 400;
  }
  void whatIsNotThereIsSaidSo() {
    static Rig rig(kFlow);
    QFETCH(int, method);
    QFETCH(QString, target);
    QFETCH(int, status);
    const auto response = rig.send(static_cast<HttpMethod>(method), target.toStdString());
    QCOMPARE(response.status, status);
    QVERIFY(!errorOf(response).empty());
  }
};

}  // namespace

QTEST_GUILESS_MAIN(ComponentsTest)
#include "components_test.moc"
