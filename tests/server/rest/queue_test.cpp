// SPDX-License-Identifier: Apache-2.0
// What waits in a connection: paged through at any depth, filtered, dropped, edited, moved.

#include "engine/expression/escapes.h"
#include "server/rest/queue_place.h"
#include "tests/harness/rest_rig.h"

#include <set>

using namespace rest_rig;

namespace {

constexpr std::uint64_t kLittleMemory = 65'536;  // bytes; most of a deep queue is on disk

std::string flowOf(int count) {
  return "millrace: 1\n"
         "name: queued\n"
         "processors:\n"
         "  - {name: Make, type: GenerateFlowFile, properties: {Custom Text: 'a text', Batch Size: "
         "'" +
         std::to_string(count) +
         "', colour: blue, number: '${nextInt()}'}, state: stopped}\n"
         "  - {name: Keep, type: LogMessage, auto-terminate: [success], state: stopped}\n"
         "  - {name: Other, type: UpdateAttribute, state: stopped}\n"
         "  - {name: End, type: LogMessage, auto-terminate: [success], state: stopped}\n"
         "connections:\n"
         "  - {from: Make, relationship: success, to: Keep, back-pressure: {count: 0, size: 0 B}}\n"
         "  - {from: Other, relationship: success, to: End}\n";
}

std::string connection(Rig& rig, std::size_t index) {
  return rig.get("/api/v1/flow").at("flow").at("connections").at(index).at("id").get<std::string>();
}
std::string base(Rig& rig, std::size_t index = 0) {
  return "/api/v1/connections/" + connection(rig, index);
}
std::string escaped(const std::string& text) { return expression::urlEncode(text); }

std::string text(const Json& json, const char* key) { return json.at(key).get<std::string>(); }

bool holds(Rig& rig, std::size_t index, int count) {
  return rig.get(base(rig, index) + "/queue?limit=0").at("count").get<int>() == count;
}
/// The FlowFiles are made, once.
bool filled(Rig& rig, int count) {
  rig.act("run-once", rig.id("Make"));
  return Rig::eventually([&] { return holds(rig, 0, count); });
}

/// The events, as soon as there are so many.
Json eventsOf(Rig& rig, const std::string& query, std::size_t count) {
  Json events;
  Rig::eventually([&] {
    events = rig.get("/api/v1/provenance?fresh=true&limit=1000" + query).at("events");
    return events.size() >= count;
  });
  return events;
}

std::string contentOf(Rig& rig, const std::string& address) {
  HttpResponse response = rig.send(HttpMethod::kGet, address);
  std::string all = response.body;
  while (response.pull) {
    const auto piece = response.pull();
    if (!piece.ok() || piece->empty()) break;
    all += *piece;
  }
  return all;
}

class QueueTest : public QObject {
  Q_OBJECT
 private slots:
  void aDeepQueueIsPagedThroughWithoutMissingAny() {
    constexpr int kCount = 30'000;
    Rig rig(flowOf(kCount));
    rig.close();
    HostOptions options;
    options.queueMemory = kLittleMemory;
    rig.open(options);
    QVERIFY(filled(rig, kCount));
    std::set<std::string> uuids;
    std::string after;
    std::string deep;
    std::uint64_t position = 0;
    while (true) {
      const Json page = rig.get(base(rig) + "/queue?limit=1000" + after);
      for (const Json& each : page.at("flowfiles")) {
        QVERIFY(uuids.insert(text(each, "uuid")).second);
        QCOMPARE(each.at("position").get<std::uint64_t>(), position++);
      }
      if (page.at("next").is_null()) break;
      after = "&after=" + page.at("next").get<std::string>();
      if (position == 25'000)
        deep = text(page.at("flowfiles").at(999), "uuid") +
               "?place=" + text(page.at("flowfiles").at(999), "place");
    }
    QCOMPARE(uuids.size(), std::size_t{kCount});
    // One far behind the first ten thousand is looked at and dropped by its place.
    const std::string one = base(rig) + "/flowfiles/" + deep;
    QCOMPARE(rig.get(one).at("position").get<int>(), 24'999);
    QCOMPARE(rig.send(HttpMethod::kGet, one.substr(0, one.find('?'))).status, 404);
    QCOMPARE(rig.send(HttpMethod::kDelete, one).status, 200);
    QCOMPARE(rig.send(HttpMethod::kGet, one).status, 404);
    QVERIFY(holds(rig, 0, kCount - 1));
    // Places stay right over a restart.
    rig.close();
    rig.open(options);
    const Json behind =
        rig.get(base(rig) + "/queue?limit=2&after=" + one.substr(one.find('=') + 1));
    QCOMPARE(behind.at("flowfiles").at(0).at("position").get<int>(), 25'000);
    QVERIFY(text(behind.at("flowfiles").at(0), "uuid") != deep.substr(0, 36));
  }

  void aFilterListsAndDropsWhatItIsTrueFor() {
    Rig rig(flowOf(5000));
    QVERIFY(filled(rig, 5000));
    const auto filtered = [&](const std::string& filter, const std::string& more = "") {
      return rig.get(base(rig) + "/queue?filter=" + escaped(filter) + more);
    };
    QCOMPARE(filtered("${queueDateIndex:mod(1000):equals(0)}").at("flowfiles").size(),
             std::size_t(5));
    QCOMPARE(filtered("${colour:equals('red')}").at("flowfiles").size(), std::size_t(0));
    QCOMPARE(filtered("${fileSize:equals(6)}").at("flowfiles").size(), std::size_t(100));
    QCOMPARE(filtered("${now():toNumber():minus(${entryDate}):lt(600000)}", "&limit=7")
                 .at("flowfiles")
                 .size(),
             std::size_t(7));
    // What cannot be judged is told and left alone.
    const Json odd = filtered("${colour:toNumber():gt(1)}");
    QVERIFY(odd.at("flowfiles").empty());
    const auto refused = [&](const std::string& filter, const char* words) {
      for (const auto& [method, target] :
           {std::pair(HttpMethod::kGet, "/queue"), std::pair(HttpMethod::kPost, "/empty")}) {
        const auto response = rig.send(method, base(rig) + target + "?filter=" + escaped(filter));
        QCOMPARE(response.status, 400);
        QVERIFY2(response.body.find(words) != std::string::npos, response.body.c_str());
      }
    };
    refused("blue", "the same of every FlowFile");
    refused("${colour:nothing()}", "nothing");
    QCOMPARE(rig.send(HttpMethod::kPost, base(rig) + "/empty?filter=").status, 400);
    QCOMPARE(rig.send(HttpMethod::kGet, base(rig) + "/queue?after=x").status, 400);
    QCOMPARE(rig.send(HttpMethod::kGet, base(rig) + "/queue?offset=1&after=1.2.3.4").status, 400);
    const auto dropped =
        rig.send(HttpMethod::kPost,
                 base(rig) + "/empty?filter=" + escaped("${queueDateIndex:mod(2):equals(0)}"));
    QCOMPARE(dropped.body, std::string("{\"dropped\":2500,\"bytes\":15000}"));
    QVERIFY(holds(rig, 0, 2500));
    QVERIFY(filtered("${queueDateIndex:mod(2):equals(0)}").at("flowfiles").empty());
    QCOMPARE(eventsOf(rig, "&type=DROP", 1000).size(), std::size_t(1000));
  }

  void oneIsEditedAndRequeued() {
    Rig rig(flowOf(3));
    QVERIFY(filled(rig, 3));
    const Json first = rig.get(base(rig) + "/queue").at("flowfiles").at(0);
    const std::string uuid = text(first, "uuid");
    const std::string one = base(rig) + "/flowfiles/" + uuid;
    const Json edit{{"attributes", {{"colour", "gr\xc3\xbcn"}, {"number", nullptr}, {"new", ""}}},
                    {"content", {{"base64", "AAEC"}}},
                    {"who", "ann"}};
    const auto done = rig.post(one + "/requeue?place=" + text(first, "place"), edit);
    QCOMPARE(done.status, 200);
    const Json all = rig.get(base(rig) + "/queue").at("flowfiles");
    QCOMPARE(all.size(), std::size_t(3));
    const Json& last = all.at(2);
    QCOMPARE(text(last, "uuid"), uuid);
    QCOMPARE(text(last.at("attributes"), "colour"), std::string("gr\xc3\xbcn"));
    QCOMPARE(text(last.at("attributes"), "new"), std::string());
    QVERIFY(!last.at("attributes").contains("number"));
    QCOMPARE(contentOf(rig, one + "/content"), std::string("\x00\x01\x02", 3));
    QCOMPARE(last.at("entryDate").get<Millis>(), first.at("entryDate").get<Millis>());
    // It is no longer where it was listed.
    QCOMPARE(rig.post(one + "/requeue?place=" + text(first, "place"), edit).status, 404);
    std::map<std::string, std::string> events;
    const Json told = eventsOf(rig, "&uuid=" + uuid, 3);
    for (const Json& event : told)
      events[text(event, "type")] =
          rig.get("/api/v1/provenance/" + text(event, "id")).value("details", "");
    QCOMPARE(events.size(), std::size_t(3));
    QVERIFY(events.contains("CREATE"));
    QCOMPARE(events["CONTENT_MODIFIED"], std::string("requeued by ann"));
    QCOMPARE(events["ATTRIBUTES_MODIFIED"], std::string("requeued by ann"));
    rig.reopen();
    QCOMPARE(contentOf(rig, one + "/content"), std::string("\x00\x01\x02", 3));
    QVERIFY(holds(rig, 0, 3));
  }

  void oneIsMovedToAnotherConnection() {
    Rig rig(flowOf(2));
    QVERIFY(filled(rig, 2));
    const std::string uuid = text(rig.get(base(rig) + "/queue").at("flowfiles").at(1), "uuid");
    const std::string one = base(rig) + "/flowfiles/" + uuid + "/requeue";
    const auto moved = rig.post(one, {{"to", connection(rig, 1)}});
    QCOMPARE(moved.status, 200);
    QCOMPARE(text(Json::parse(moved.body), "connection"), connection(rig, 1));
    QVERIFY(holds(rig, 0, 1));
    QCOMPARE(text(rig.get(base(rig, 1) + "/queue").at("flowfiles").at(0), "uuid"), uuid);
    QCOMPARE(eventsOf(rig, "&type=ROUTE&uuid=" + uuid, 1).size(), std::size_t(1));
    QCOMPARE(rig.post(one, {{"to", connection(rig, 1)}}).status, 404);
  }

  void anEditThatCannotBeMadeChangesNothing() {
    Rig rig(flowOf(1));
    QVERIFY(filled(rig, 1));
    const Json before = rig.get(base(rig) + "/queue").at("flowfiles").at(0);
    const std::string one = base(rig) + "/flowfiles/" + text(before, "uuid") + "/requeue";
    const std::vector<std::pair<Json, int>> wrong{
        {{{"attributes", {{"uuid", "x"}}}}, 400},
        {{{"attributes", {{"", "x"}}}}, 400},
        {{{"attributes", {{"a", 1}}}}, 400},
        {{{"attributes", "a"}}, 400},
        {{{"content", "text"}}, 400},
        {{{"content", {{"base64", "???"}}}}, 400},
        {{{"content", {{"text", "a"}, {"base64", "AA=="}}}}, 400},
        {{{"contents", {{"text", "a"}}}}, 400},
        {{{"to", "00000000-0000-0000-0000-000000000000"}}, 422},
        {{{"to", 7}}, 422},
    };
    for (const auto& [body, status] : wrong)
      QVERIFY2(rig.post(one, body).status == status, body.dump().c_str());
    QCOMPARE(rig.send(HttpMethod::kPost, one, "{").status, 400);
    QCOMPARE(rig.send(HttpMethod::kPost, one, "[]").status, 400);
    QVERIFY(rig.get(base(rig) + "/queue").at("flowfiles").at(0) == before);
  }

  void placesComeBackAsTheyWere() {
    FlowFile file;
    file.key = {Lsn(77), 3};
    file.entryDate = 123;
    const std::string plain = QueuePlace::of(file, 9).text();
    QCOMPARE(plain, std::string("9.77.3.123"));
    file.attributes = Attributes()
                          .with("priority",
                                "h\xc3\xb6"
                                "chste")
                          .with("other", "x");
    const auto place = QueuePlace::parse(QueuePlace::of(file, 9).text());
    QVERIFY(place.ok());
    QCOMPARE(place->seen.attributes.find("priority").value_or(""), std::string_view("h\xc3\xb6"
                                                                                    "chste"));
    QVERIFY(place->seen.key == file.key);
    for (const char* wrong : {"", ".", "1.2.3", "1.2.3.4.5.6", "1.2.3.4.x", "1.2.3.4.5", "-1.2.3.4",
                              "1.2.4294967296.4", "99999999999999999999.1.1.1"})
      QVERIFY2(!QueuePlace::parse(wrong).ok(), wrong);
  }
};

}  // namespace

QTEST_GUILESS_MAIN(QueueTest)
#include "queue_test.moc"
