// SPDX-License-Identifier: Apache-2.0
// One processor on samples, in a sandbox.

#include "tests/harness/rest_rig.h"

using namespace rest_rig;

namespace {

const std::string kFlow =
    "millrace: 1\n"
    "name: tried\n"
    "parameters:\n"
    "  late: 15\n"
    "processors:\n"
    "  - {name: Make, type: GenerateFlowFile, properties: {Custom Text: abc}, auto-terminate: "
    "[success], state: stopped}\n"
    "  - name: Route\n"
    "    type: RouteOnAttribute\n"
    "    properties:\n"
    "      delayed: ${delay:gt(#{late})}\n"
    "    auto-terminate: [unmatched, delayed]\n"
    "    state: disabled\n"
    "  - {name: Split, type: SplitText, properties: {Line Split Count: 1}, auto-terminate: "
    "[splits, original, failure], state: stopped}\n"
    "  - {name: Put, type: PutFile, properties: {Directory: out}, auto-terminate: [success, "
    "failure]}\n"
    "groups:\n"
    "  - name: Inner\n"
    "    processors:\n"
    "      - {name: Append, type: ReplaceText, properties: {Replacement Strategy: Append, "
    "Replacement Value: '!'}, auto-terminate: [success, failure], state: stopped}\n"
    "      - {name: Count, type: UpdateCounter, properties: {Counter Name: seen}, auto-terminate: "
    "[success], state: stopped}\n";

Json outputOf(const Json& answer, const std::string& relationship) {
  const Json outputs = answer.at("outputs");
  for (const Json& output : outputs) {
    if (output.at("relationship") == relationship) return output.at("flowfiles");
  }
  qFatal("there is no output %s", relationship.c_str());
}

class SampleTest : public QObject {
  Q_OBJECT

  static std::string innerId(Rig& rig, const std::string& name) {
    const Json flow = rig.get("/api/v1/flow");
    for (const Json& each : flow.at("flow").at("groups").at(0).at("processors")) {
      if (each.at("name") == name) return each.at("id").get<std::string>();
    }
    qFatal("there is no %s", name.c_str());
  }
  static Json tried(Rig& rig, const std::string& id, const Json& body) {
    const auto response = rig.post("/api/v1/components/" + id + "/try", body);
    if (response.status != 200) qFatal("%d %s", response.status, response.body.c_str());
    return Json::parse(response.body);
  }

 private slots:
  void samplesGoWhereTheProcessorSendsThem() {
    Rig rig(kFlow);
    const Json late = {{"content", "a"}, {"attributes", {{"delay", "20"}}}};
    const Json early = {{"content", "b"}, {"attributes", {{"delay", "10"}}}};
    const Json answer = tried(rig, rig.id("Route"), {{"flowfiles", Json::array({late, early})}});
    QVERIFY(answer.at("troubles").empty());
    const Json delayed = outputOf(answer, "delayed");
    QCOMPARE(delayed.size(), std::size_t(1));
    QCOMPARE(delayed.at(0).at("content").get<std::string>(), std::string("a"));
    QCOMPARE(delayed.at(0).at("attributes").at("delay").get<std::string>(), std::string("20"));
    QCOMPARE(outputOf(answer, "unmatched").size(), std::size_t(1));
    // With another property it would go elsewhere; the flow stays as it was.
    const Json changed = {{"properties", {{"delayed", "${delay:gt(5)}"}}}};
    const Json other =
        tried(rig, rig.id("Route"), {{"flowfiles", Json::array({early})}, {"value", changed}});
    QCOMPARE(outputOf(other, "delayed").size(), std::size_t(1));
    QCOMPARE(rig.get("/api/v1/flow").at("revision").get<int>(), 1);
    QCOMPARE(rig.statusOf("Route").at("totalIn").get<int>(), 0);
  }

  void aProcessorInAGroupAndASourceAreTriedToo() {
    Rig rig(kFlow);
    const Json sample = {{"content", "hello"}};
    const Json answer = tried(rig, innerId(rig, "Append"), {{"flowfiles", Json::array({sample})}});
    QCOMPARE(outputOf(answer, "success").at(0).at("content").get<std::string>(),
             std::string("hello!"));
    const Json counted =
        tried(rig, innerId(rig, "Count"), {{"flowfiles", Json::array({sample, sample})}});
    QCOMPARE(counted.at("counters").at("seen").get<int>(), 2);
    QVERIFY(rig.get("/api/v1/counters").at("counters").empty());
    const Json made = tried(rig, rig.id("Make"), Json::object());
    QCOMPARE(outputOf(made, "success").size(), std::size_t(1));
    QCOMPARE(outputOf(made, "success").at(0).at("content").get<std::string>(), std::string("abc"));
  }

  void servicesOfOthersAreLeftOut() {
    // A table that is not in the sandbox is read by a service that the tried one does not use.
    std::string flow = kFlow;
    flow.insert(flow.find("processors:"),
                "  cache: Seen\n"
                "services:\n"
                "  - {name: Places, type: SimpleCsvFileLookupService, properties: {CSV File: "
                "places.csv, Lookup Key Column: code, Lookup Value Column: city}}\n"
                "  - {name: Seen, type: MapCacheServer}\n");
    flow.insert(flow.find("groups:"),
                "  - {name: City, type: LookupAttribute, properties: {Lookup Service: Places, "
                "city: '${code}'}, auto-terminate: [matched, unmatched, failure], state: "
                "stopped}\n"
                "  - {name: Once, type: DetectDuplicate, properties: {Distributed Cache Service: "
                "'#{cache}', Cache Entry Identifier: '${code}'}, auto-terminate: [duplicate, "
                "non-duplicate, failure], state: stopped}\n");
    Rig rig(flow);
    const Json sample = {{"content", "x"}, {"attributes", {{"code", "MUC"}, {"delay", "20"}}}};
    const Json samples = Json::array({sample});
    const Json routed = tried(rig, rig.id("Route"), {{"flowfiles", samples}});
    QVERIFY2(routed.at("troubles").empty(), routed.dump().c_str());
    QCOMPARE(outputOf(routed, "delayed").size(), std::size_t(1));
    // The one that it names, by a parameter, is there.
    const Json twice = Json::array({sample, sample});
    const Json once = tried(rig, rig.id("Once"), {{"flowfiles", twice}});
    QVERIFY2(once.at("troubles").empty(), once.dump().c_str());
    QCOMPARE(outputOf(once, "duplicate").size(), std::size_t(1));
    QCOMPARE(outputOf(once, "non-duplicate").size(), std::size_t(1));
    // Whoever uses the other one hears that its table is not there.
    const Json lost = tried(rig, rig.id("City"), {{"flowfiles", samples}});
    QVERIFY2(lost.at("troubles").dump().find("Places") != std::string::npos, lost.dump().c_str());
  }

  void nothingOfItReachesTheMachine() {
    Rig rig(kFlow);
    const Json sample = {{"content", "x"}, {"attributes", {{"filename", "escaped"}}}};
    const Json value = {{"properties", {{"Directory", rig.folder.filePath("out").toStdString()}}}};
    const Json answer =
        tried(rig, rig.id("Put"), {{"flowfiles", Json::array({sample})}, {"value", value}});
    QCOMPARE(outputOf(answer, "success").size() + outputOf(answer, "failure").size(),
             std::size_t(1));
    QVERIFY(!QFile::exists(rig.folder.filePath("out")));
  }

  void whatIsTooMuchForASandboxIsATrouble_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("properties");
    QTest::addColumn<int>("lines");
    QTest::addColumn<QString>("said");
    const char* const shown = "more comes out than 10000 FlowFiles, or 67108864 bytes";
    QTest::newRow("one content") << "Make"
                                 << R"({"Custom Text": null, "File Size": "1 GB"})" << 0
                                 << "its contents take more than they may";
    QTest::newRow("one content many times")
        << "Make"
        << R"({"Custom Text": null, "File Size": "1 MB", "Batch Size": "5000"})" << 0 << shown;
    QTest::newRow("many FlowFiles") << "Split"
                                    << "{}" << 20'000 << shown;
  }
  /// Whoever may look may try: it must not cost the server its memory.
  void whatIsTooMuchForASandboxIsATrouble() {
    QFETCH(QString, name);
    QFETCH(QString, properties);
    QFETCH(int, lines);
    QFETCH(QString, said);
    Rig rig(kFlow);
    Json body = {{"value", {{"properties", Json::parse(properties.toStdString())}}}};
    std::string content;
    for (int i = 0; i < lines; ++i) content += "a\n";
    if (lines > 0) body["flowfiles"] = Json::array({{{"content", content}}});
    const auto answer = rig.post("/api/v1/components/" + rig.id(name.toStdString()) + "/try", body);
    QCOMPARE(answer.status, 200);
    const std::string troubles = Json::parse(answer.body).at("troubles").dump();
    QVERIFY2(QString::fromStdString(troubles).contains("the run is ended: " + said),
             troubles.c_str());
  }

  void whatCannotBeTriedIsSaidSo() {
    Rig rig(kFlow);
    const auto status = [&](const std::string& id, const std::string& body) {
      return rig.send(HttpMethod::kPost, "/api/v1/components/" + id + "/try", body).status;
    };
    const std::string route = rig.id("Route");
    QCOMPARE(status("x", "{}"), 400);
    QCOMPARE(status("00000000-0000-0000-0000-0000000000aa", "{}"), 404);
    QCOMPARE(status(rig.id("Inner", "groups"), "{}"), 422);
    QCOMPARE(status(route, "{}"), 422);  // it works on what it gets
    QCOMPARE(status(route, "{\"flowfiles\":[7]}"), 400);
    QCOMPARE(status(route, "{\"flowfiles\":7}"), 400);
    QCOMPARE(status(route, "{\"flowfiles\":[{\"attributes\":{\"a\":1}}]}"), 400);
    QCOMPARE(status(route, "{\"value\":{\"name\":7}}"), 422);
    QCOMPARE(status(rig.id("Make"), "{\"flowfiles\":[{}]}"), 422);
    const Json broken = {{"properties", {{"delayed", "${delay:nothing()}"}}}};
    const Json answer = tried(rig, route, {{"flowfiles", {Json::object()}}, {"value", broken}});
    QVERIFY(!answer.at("troubles").empty());
  }
};

}  // namespace

QTEST_GUILESS_MAIN(SampleTest)
#include "sample_test.moc"
