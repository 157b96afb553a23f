// SPDX-License-Identifier: Apache-2.0
// Provenance as the interface tells it: search, events, contents, lineage, replay.

#include "tests/harness/rest_rig.h"

#include <set>

using namespace rest_rig;

namespace {

constexpr Millis kHour = 3600000;

const std::string kFlow =
    "millrace: 1\n"
    "name: told\n"
    "processors:\n"
    "  - {name: Make, type: GenerateFlowFile, properties: {Custom Text: abc, Batch Size: '2', "
    "colour: blue}, schedule: {every: 1 sec, runs: 1}}\n"
    "  - {name: Change, type: ReplaceText, properties: {Replacement Strategy: Append, "
    "Replacement Value: def}, auto-terminate: [failure]}\n"
    "  - {name: End, type: LogMessage, auto-terminate: [success]}\n"
    "connections:\n"
    "  - {from: Make, relationship: success, to: Change}\n"
    "  - {from: Change, relationship: success, to: End}\n";

std::string bodyOf(const HttpResponse& response) {
  if (!response.pull) return response.body;
  std::string all;
  while (true) {
    const auto piece = response.pull();
    if (!piece.ok()) return piece.error().message;
    if (piece->empty()) return all;
    all += *piece;
  }
}

Json search(Rig& rig, const std::string& query) {
  return rig.get("/api/v1/provenance?fresh=true" + query).at("events");
}

std::string textAt(const Json& json, const char* key) { return json.at(key).get<std::string>(); }

/// Waits until both FlowFiles came to the end.
bool isOver(Rig& rig) {
  return Rig::eventually([&] { return search(rig, "&type=DROP").size() == 2; });
}

class ProvenanceTest : public QObject {
  Q_OBJECT
 private slots:
  void eventsAreFoundByEveryField() {
    Rig rig(kFlow, kHour);
    QVERIFY(isOver(rig));
    const Json drops = search(rig, "&type=drop");
    const std::string uuid = textAt(drops.at(0), "uuid");
    QCOMPARE(textAt(drops.at(0), "component"), rig.id("End"));
    QCOMPARE(textAt(drops.at(0), "componentName"), std::string("End"));
    QCOMPARE(textAt(drops.at(0), "componentType"), std::string("LogMessage"));
    std::set<std::string> types;
    for (const Json& event : search(rig, "&uuid=" + uuid)) types.insert(textAt(event, "type"));
    QVERIFY(types.contains("CREATE"));
    QVERIFY(types.contains("CONTENT_MODIFIED"));
    QVERIFY(types.contains("DROP"));
    QCOMPARE(search(rig, "&component=" + rig.id("Make")).size(), std::size_t(2));
    QCOMPARE(search(rig, "&type=CREATE&attribute=colour=blue").size(), std::size_t(2));
    QVERIFY(search(rig, "&attribute=colour=red").empty());
    QCOMPARE(search(rig, "&type=CREATE&filename=" + uuid).size(), std::size_t(1));
    const std::string at = std::to_string(drops.at(0).at("at").get<Millis>());
    QVERIFY(!search(rig, "&from=" + at).empty());
    QVERIFY(search(rig, "&to=1000").empty());
    // Page by page: the same, each once.
    std::vector<std::string> whole;
    for (const Json& event : search(rig, "")) whole.push_back(textAt(event, "id"));
    std::vector<std::string> paged;
    std::string before;
    while (true) {
      const Json page = rig.get("/api/v1/provenance?limit=1" + before);
      for (const Json& event : page.at("events")) paged.push_back(textAt(event, "id"));
      if (page.at("next").is_null()) break;
      before = "&before=" + textAt(page, "next");
    }
    QVERIFY(paged == whole);
  }

  void anEventHasItsAttributesAndContentsBeforeAndAfter() {
    Rig rig(kFlow, kHour);
    QVERIFY(isOver(rig));
    const std::string id = textAt(search(rig, "&type=CONTENT_MODIFIED").at(0), "id");
    const Json event = rig.get("/api/v1/provenance/" + id);
    QCOMPARE(textAt(event.at("attributes"), "colour"), std::string("blue"));
    QCOMPARE(textAt(event, "connectionName"), std::string("Make [success] -> Change"));
    QCOMPARE(event.at("contentBefore").at("size").get<int>(), 3);
    QCOMPARE(event.at("contentAfter").at("size").get<int>(), 6);
    const auto content = [&](const std::string& side, HttpHeaders headers = {}) {
      return bodyOf(rig.send(HttpMethod::kGet, "/api/v1/provenance/" + id + "/content/" + side, "",
                             std::move(headers)));
    };
    QCOMPARE(content("before"), std::string("abc"));
    QCOMPARE(content("after"), std::string("abcdef"));
    QCOMPARE(content("after", {{"Range", "bytes=2-3"}}), std::string("cd"));
  }

  void aLineageHasNodesAndEdgesBetweenThem() {
    Rig rig(kFlow, kHour);
    QVERIFY(isOver(rig));
    const std::string uuid = textAt(search(rig, "&type=DROP").at(0), "uuid");
    const Json graph = rig.get("/api/v1/lineage/" + uuid);
    QCOMPARE(graph.at("complete").get<bool>(), true);
    std::set<std::string> ids;
    std::set<std::string> types;
    for (const Json& node : graph.at("nodes")) {
      ids.insert(textAt(node, "id"));
      if (textAt(node, "kind") == "event") types.insert(textAt(node, "type"));
    }
    QVERIFY(types.contains("CREATE"));
    QVERIFY(types.contains("DROP"));
    QVERIFY(!graph.at("edges").empty());
    for (const Json& edge : graph.at("edges")) {
      QVERIFY(ids.contains(textAt(edge, "from")));
      QVERIFY(ids.contains(textAt(edge, "to")));
    }
    QCOMPARE(rig.get("/api/v1/lineage/" + uuid + "?limit=1").at("complete").get<bool>(), false);
  }

  void whatIsReplayedGoesItsWayAgain() {
    Rig rig(kFlow, kHour);
    QVERIFY(isOver(rig));
    const std::string id = textAt(search(rig, "&type=CONTENT_MODIFIED").at(0), "id");
    const auto replayed = rig.send(HttpMethod::kPost, "/api/v1/provenance/" + id + "/replay");
    QCOMPARE(replayed.status, 200);
    const std::string uuid = textAt(Json::parse(replayed.body), "uuid");
    QVERIFY(Rig::eventually([&] { return search(rig, "&type=DROP&uuid=" + uuid).size() == 1; }));
    const Json changed = search(rig, "&type=CONTENT_MODIFIED&uuid=" + uuid);
    QCOMPARE(changed.size(), std::size_t(1));
    QCOMPARE(bodyOf(rig.send(HttpMethod::kGet, "/api/v1/provenance/" + textAt(changed.at(0), "id") +
                                                   "/content/after")),
             std::string("abcdef"));
    const auto last =
        rig.send(HttpMethod::kPost, "/api/v1/components/" + rig.id("Change") + "/replay-last");
    QCOMPARE(last.status, 200);
    QVERIFY(Rig::eventually([&] { return search(rig, "&type=DROP").size() == 4; }));
  }

  void whatCannotBeReplayedIsSaidSo() {
    Rig rig(kFlow);  // contents are not kept
    QVERIFY(isOver(rig));
    const std::string made = textAt(search(rig, "&type=CREATE").at(0), "id");
    const auto replay = [&](const std::string& id) {
      return rig.send(HttpMethod::kPost, "/api/v1/provenance/" + id + "/replay").status;
    };
    QCOMPARE(replay(made), 422);
    const std::string changed = textAt(search(rig, "&type=CONTENT_MODIFIED").at(0), "id");
    QCOMPARE(replay(changed), 422);
    QCOMPARE(rig.send(HttpMethod::kGet, "/api/v1/provenance/" + changed + "/content/before").status,
             404);
    QCOMPARE(
        rig.send(HttpMethod::kPost, "/api/v1/components/" + rig.id("Make") + "/replay-last").status,
        404);
  }

  void wrongQuestionsAreToldWhy_data() {
    QTest::addColumn<QString>("target");
    QTest::addColumn<int>("status");
    QTest::newRow("type") << "/api/v1/provenance?type=NOTHING" << 400;
    QTest::newRow("component") << "/api/v1/provenance?component=Make" << 400;
    QTest::newRow("attribute") << "/api/v1/provenance?attribute=blue" << 400;
    QTest::newRow("from") << "/api/v1/provenance?from=yesterday" << 400;
    QTest::newRow("limit") << "/api/v1/provenance?limit=100000" << 400;
    QTest::newRow("before") << "/api/v1/provenance?before=x" << 400;
    QTest::newRow("fresh") << "/api/v1/provenance?fresh=yes" << 400;
    QTest::newRow("field") << "/api/v1/provenance?colour=blue" << 400;
    QTest::newRow("event") << "/api/v1/provenance/x" << 400;
    QTest::newRow("no event") << "/api/v1/provenance/999999.0" << 404;
    QTest::newRow("side") << "/api/v1/provenance/1.0/content/middle" << 404;
    QTest::newRow("lineage") << "/api/v1/lineage/nobody" << 404;
  }
  void wrongQuestionsAreToldWhy() {
    static Rig rig("millrace: 1\nname: empty\n");
    QFETCH(QString, target);
    QFETCH(int, status);
    const auto response = rig.send(HttpMethod::kGet, target.toStdString());
    QCOMPARE(response.status, status);
    QVERIFY(!Json::parse(response.body).at("error").get<std::string>().empty());
  }
};

}  // namespace

QTEST_GUILESS_MAIN(ProvenanceTest)
#include "provenance_test.moc"
