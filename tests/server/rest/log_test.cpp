// SPDX-License-Identifier: Apache-2.0
// The log over HTTP: topics, records, groups, and their figures for Prometheus.

#include "log-backend/browse/log_overview.h"
#include "log-backend/partition/batch_records.h"
#include "tests/harness/rest_rig.h"

using namespace rest_rig;

namespace {

const std::string kEmpty = "millrace: 1\nname: nothing\n";

/// Three records come into `t`, and one group reads them.
const std::string kFlow =
    "millrace: 1\n"
    "name: topics\n"
    "services:\n"
    "  - {name: Topics, type: Kafka3ConnectionService}\n"
    "processors:\n"
    "  - {name: Make, type: GenerateFlowFile, properties: {Custom Text: abc, Batch Size: '3'}, "
    "schedule: {every: 1 sec, runs: 1}}\n"
    "  - name: Publish\n"
    "    type: PublishKafka\n"
    "    properties: {Kafka Connection Service: Topics, Topic Name: t}\n"
    "    auto-terminate: [success, failure]\n"
    "  - name: Read\n"
    "    type: ConsumeKafka\n"
    "    properties: {Kafka Connection Service: Topics, Group ID: a/b c, Topics: t, "
    "Auto Offset Reset: earliest}\n"
    "    auto-terminate: [success]\n"
    "connections:\n"
    "  - {from: Make, relationship: success, to: Publish}\n";

struct Written {
  std::string key;
  std::optional<std::string> value;
  Millis timestamp = 0;
};

/// A topic with these records, each in a batch of its own.
void publish(Rig& rig, const std::string& topic, const std::vector<Written>& records,
             log::BatchHeader fields = {}) {
  Rig::require(rig.host->log()->serveWires({{topic, 2, "wire of " + topic}}));
  const auto partition = rig.host->log()->overview().partition(topic, 0);
  for (const Written& each : records) {
    log::BatchBuilder builder(fields);
    log::RecordView record;
    record.timestamp = each.timestamp;
    record.key = asBytes(each.key);
    if (each.value) record.value = asBytes(*each.value);
    builder.add(record);
    auto batch = builder.finish();
    if (!batch.ok() || !partition->append(*batch).ok()) qFatal("append");
  }
}

const std::string kRecords = "/api/v1/log/topics/t/records";

std::vector<int> offsetsOf(const Json& page) {
  std::vector<int> offsets;
  for (const Json& each : page.at("records")) offsets.push_back(each.at("offset").get<int>());
  return offsets;
}
using Numbers = std::vector<int>;

class LogTest : public QObject {
  Q_OBJECT
 private slots:
  void aServerWithoutALogSaysSo() {
    Rig rig(kEmpty);
    for (const char* target :
         {"/api/v1/log/topics", "/api/v1/log/groups", "/api/v1/log/topics/t"}) {
      const auto response = rig.send(HttpMethod::kGet, target);
      QCOMPARE(response.status, 404);
      QVERIFY(response.body.find("without a log") != std::string::npos);
    }
    QVERIFY(rig.send(HttpMethod::kGet, "/metrics").body.find("millrace_log_") == std::string::npos);
  }

  void topicsAreListedWithTheirPartitions() {
    Rig rig(kEmpty, 0, WithLog::kYes);
    QVERIFY(rig.get("/api/v1/log/topics").at("topics").empty());
    publish(rig, "t", {{"k", "one"}, {"k", "two"}});
    const Json list = rig.get("/api/v1/log/topics").at("topics");
    QCOMPARE(list.size(), std::size_t(1));
    QCOMPARE(list.at(0).at("topic").get<std::string>(), std::string("t"));
    QCOMPARE(list.at(0).at("records").get<int>(), 2);
    QVERIFY(list.at(0).at("bytes").get<int>() > 120);
    QCOMPARE(list.at(0).at("partitions").size(), std::size_t(2));
    QCOMPARE(list.at(0).at("partitions").at(0).at("endOffset").get<int>(), 2);
    const Json topic = rig.get("/api/v1/log/topics/t");
    QCOMPARE(topic.at("partitions").at(0).at("lastStableOffset").get<int>(), 2);
    QCOMPARE(topic.at("partitions").at(1).at("logEndOffset").get<int>(), 0);
    QCOMPARE(topic.at("settings").at("retention.ms").get<std::string>(), std::string("604800000"));
    QVERIFY(topic.at("configs").empty());
    QCOMPARE(rig.send(HttpMethod::kGet, "/api/v1/log/topics/none").status, 404);
    QCOMPARE(rig.send(HttpMethod::kGet, "/api/v1/log/topics?internal=perhaps").status, 400);
  }

  void recordsArePagedInBothDirections() {
    Rig rig(kEmpty, 0, WithLog::kYes);
    std::vector<Written> records;
    for (int i = 0; i < 10; ++i)
      records.push_back({i % 2 == 0 ? "even" : "odd", std::to_string(i), 1000 + i});
    publish(rig, "t", records);
    const auto page = [&](const std::string& query) { return rig.get(kRecords + query); };
    QCOMPARE(offsetsOf(page("")).size(), std::size_t(10));
    const Json first = page("?limit=4");
    QCOMPARE(offsetsOf(first), Numbers({0, 1, 2, 3}));
    QVERIFY(first.at("atStart").get<bool>() && !first.at("atEnd").get<bool>());
    const Json second = page("?limit=4&offset=" + std::to_string(first.at("next").get<int>()));
    QCOMPARE(offsetsOf(second), Numbers({4, 5, 6, 7}));
    const Json last = page("?limit=4&before=end");
    QCOMPARE(offsetsOf(last), Numbers({6, 7, 8, 9}));
    QVERIFY(last.at("atEnd").get<bool>() && !last.at("atStart").get<bool>());
    const Json earlier = page("?limit=4&before=" + std::to_string(last.at("from").get<int>()));
    QCOMPARE(offsetsOf(earlier), Numbers({2, 3, 4, 5}));
    QCOMPARE(offsetsOf(page("?timestamp=1007")), Numbers({7, 8, 9}));
    QCOMPARE(offsetsOf(page("?timestamp=9999")), Numbers({}));
    QCOMPARE(offsetsOf(page("?offset=end")), Numbers({}));
    QCOMPARE(offsetsOf(page("?offset=999999")), Numbers({}));
    QCOMPARE(offsetsOf(page("?key=odd&limit=2&before=end")), Numbers({7, 9}));
    QCOMPARE(offsetsOf(page("?contains=8")), Numbers({8}));
    QCOMPARE(offsetsOf(page("?partition=1")), Numbers({}));
    QCOMPARE(offsetsOf(page("?limit=0")), Numbers({}));
    const Json one = page("?offset=3&limit=1").at("records").at(0);
    QCOMPARE(one.at("key").at("text").get<std::string>(), std::string("odd"));
    QCOMPARE(one.at("value").at("text").get<std::string>(), std::string("3"));
    QCOMPARE(one.at("timestamp").get<int>(), 1003);
    for (const char* wrong :
         {"?offset=-1", "?offset=x", "?offset=", "?limit=1001", "?bytes=2000000",
          "?offset=1&before=2", "?timestamp=then", "?partition=x"}) {
      QCOMPARE(rig.send(HttpMethod::kGet, kRecords + wrong).status, 400);
    }
    const auto none = rig.send(HttpMethod::kGet, kRecords + "?partition=7");
    QCOMPARE(none.status, 404);
    QVERIFY(none.body.find("partitions 0 to 1") != std::string::npos);
  }

  void whatIsNoTextIsShownAsBytesAndWhatIsLongIsCut() {
    Rig rig(kEmpty, 0, WithLog::kYes);
    const std::string umlauts = "\xc3\xbc\xc3\xbc\xc3\xbc";
    log::BatchHeader fields;
    fields.attributes = static_cast<std::int16_t>(log::Codec::kLz4);
    publish(rig, "t",
            {{"", std::string("\x00\xff", 2)}, {"k", umlauts}, {"k", std::nullopt}, {"k", ""}},
            fields);
    const Json records = rig.get(kRecords + "?bytes=3").at("records");
    QCOMPARE(records.at(0).at("value").at("base64").get<std::string>(), std::string("AP8="));
    QCOMPARE(records.at(0).at("codec").get<std::string>(), std::string("lz4"));
    // The character in the middle of which it would end is left out.
    QCOMPARE(records.at(1).at("value").at("text").get<std::string>(), std::string("\xc3\xbc"));
    QCOMPARE(records.at(1).at("value").at("size").get<int>(), 6);
    QCOMPARE(records.at(1).at("value").at("cut").get<bool>(), true);
    QVERIFY(records.at(2).at("value").is_null());
    QCOMPARE(records.at(3).at("value").at("text").get<std::string>(), std::string());
    const auto content = [&](const std::string& place, HttpHeaders headers = {}) {
      return rig.send(HttpMethod::kGet, kRecords + place, "", std::move(headers));
    };
    QCOMPARE(content("/0/1/content/value").body, umlauts);
    QCOMPARE(content("/0/1/content/key").body, std::string("k"));
    const auto part = content("/0/1/content/value", {{"Range", "bytes=2-3"}});
    QCOMPARE(part.status, 206);
    QCOMPARE(part.body, std::string("\xc3\xbc"));
    QCOMPARE(content("/0/1/content/value", {{"Range", "bytes=9-"}}).status, 416);
    QCOMPARE(content("/0/2/content/value").status, 404);
    QCOMPARE(content("/0/4/content/value").status, 404);
    QCOMPARE(content("/2/0/content/value").status, 404);
    QCOMPARE(content("/x/0/content/value").status, 400);
    QCOMPARE(content("/0/0/content/headers").status, 400);
  }

  void groupsAreShownWithTheirLag() {
    Rig rig(kFlow, 0, WithLog::kYes);
    const std::string address = "/api/v1/log/groups/a%2Fb%20c";
    QVERIFY(Rig::eventually([&] {
      if (rig.send(HttpMethod::kGet, address).status != 200) return false;
      const Json places = rig.get(address).at("partitions");
      return !places.empty() && places.at(0).at("offset") == 3;
    }));
    const Json group = rig.get(address);
    QCOMPARE(group.at("state").get<std::string>(), std::string("Stable"));
    QCOMPARE(group.at("members").size(), std::size_t(1));
    const Json member = group.at("members").at(0);
    QCOMPARE(member.at("assignment").at(0).at("topic").get<std::string>(), std::string("t"));
    const Json place = group.at("partitions").at(0);
    QCOMPARE(place.at("lag").get<int>(), 0);
    QVERIFY(place.at("member") == member.at("member"));
    QCOMPARE(rig.get("/api/v1/log/topics").at("topics").size(), std::size_t(1));
    QVERIFY(rig.get("/api/v1/log/topics?internal=true").at("topics").size() > 1);

    rig.act("stop", rig.id("Read"));
    publish(rig, "t", {{"k", "more"}});
    QVERIFY(Rig::eventually([&] { return rig.get(address).at("state") == "Empty"; }));
    QCOMPARE(rig.get(address).at("partitions").at(0).at("lag").get<int>(), 1);
    const Json list = rig.get("/api/v1/log/groups").at("groups");
    QCOMPARE(list.size(), std::size_t(1));
    QCOMPARE(list.at(0).at("lag").get<int>(), 1);
    const auto metrics = rig.send(HttpMethod::kGet, "/metrics").body;
    for (const char* line : {
             "millrace_log_group_lag{group=\"a/b c\",topic=\"t\",partition=\"0\"} 1\n",
             "millrace_log_group_offset{group=\"a/b c\",topic=\"t\",partition=\"0\"} 3\n",
             "millrace_log_partition_end_offset{topic=\"t\",partition=\"0\"} 4\n",
         }) {
      QVERIFY2(metrics.find(line) != std::string::npos, metrics.c_str());
    }
    QCOMPARE(rig.send(HttpMethod::kGet, "/api/v1/log/groups/none").status, 404);
  }
};

}  // namespace

QTEST_GUILESS_MAIN(LogTest)
#include "log_test.moc"
