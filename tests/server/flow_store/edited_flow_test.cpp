// SPDX-License-Identifier: Apache-2.0
// The edited flow: changes at random keep every comment, are undone by their inverses, and survive
// a power cut at any step. MILLRACE_ROUNDS scales the counts, MILLRACE_SEED chooses the chances.

#include "server/flow_store/edited_flow.h"

#include "engine/base/fault_file_system.h"
#include "engine/base/random.h"

#include <nlohmann/json.hpp>

#include <QTest>

using namespace millrace;
using namespace millrace::server;

namespace {

const std::string kFlow =
    "# What this flow is for.\n"
    "millrace: 1\n"
    "name: flow\n"
    "processors:\n"
    "  # makes them\n"
    "  - name: Make\n"
    "    type: GenerateFlowFile   # of this program\n"
    "    properties:\n"
    "      Batch Size: 5          # at once\n"
    "      File Size: 1 KB\n"
    "  # ends them\n"
    "  - name: End\n"
    "    type: LogMessage\n"
    "    auto-terminate: [success]\n"
    "connections:\n"
    "  - {from: Make, relationship: success, to: End}   # the only way\n";

int rounds(int stated) {
  const QByteArray factor = qgetenv("MILLRACE_ROUNDS");
  return std::max(10, static_cast<int>(stated * (factor.isEmpty() ? 0.1 : factor.toDouble())));
}
std::uint64_t seed() { return qEnvironmentVariable("MILLRACE_SEED", "1").toULongLong(); }

struct Rig {
  std::unique_ptr<MemoryFileSystem> files = std::make_unique<MemoryFileSystem>(seed());
  VirtualClock clock;
  std::unique_ptr<EditedFlow> flow;
  int applied = 0;

  explicit Rig(const std::string& text = kFlow) {
    write(text);
    if (!files->createDirectories("data").ok() || !files->syncDirectory(".").ok())
      qFatal("no folder");
    open();
  }
  void write(const std::string& text) {
    if (!files->replaceAll("flow.yaml", text).ok()) qFatal("not written");
  }
  void open() {
    EditedFlowOptions options;
    options.flow = "flow.yaml";
    options.data = "data";
    options.namesService = [](auto, std::string_view name) { return name == "Lookup Service"; };
    options.isSensitive = [](auto, std::string_view name) { return name == "Password"; };
    options.check = [](const flow::Flow&) { return flow::Findings(); };
    options.apply = [this](const flow::Flow&) { ++applied; };
    auto opened = EditedFlow::open(*files, clock, std::move(options));
    if (!opened.ok()) qFatal("%s", opened.error().message.c_str());
    flow = std::move(*opened);
  }
  std::string onDisk() { return files->readAll("flow.yaml").valueOr("?"); }
  ChangeOutcome change(const std::string& changes, std::optional<std::uint64_t> revision = {}) {
    return flow->change({revision, "me", ""}, Json::parse(changes));
  }
  std::string id(const std::string& list, const std::string& name) {
    const Json flowJson = *flow->state()->json;
    for (const Json& item : flowJson.at(list)) {
      if (item.value("name", "") == name) return item.at("id").get<std::string>();
    }
    qFatal("there is no %s", name.c_str());
  }
  std::string connection(std::size_t index) {
    return flow->state()->json->at("connections").at(index).at("id").get<std::string>();
  }
};

std::string update(const std::string& id, const std::string& value) {
  return "{\"op\":\"update\",\"id\":\"" + id + "\",\"value\":" + value + "}";
}
const std::string kRoot = "00000000-0000-0000-0000-000000000000";

/// A random change that mostly can be made.
Json randomChange(const Json& flow, Random& random, int number) {
  std::vector<std::pair<std::string, std::string>> components;  // id, list
  std::vector<std::string> groups{kRoot};
  const std::function<void(const Json&)> walk = [&](const Json& group) {
    for (const char* list : {"processors", "funnels", "labels", "connections", "groups"}) {
      if (!group.contains(list)) continue;
      for (const Json& item : group.at(list)) {
        components.emplace_back(item.at("id").get<std::string>(), list);
        if (std::string(list) == "groups") {
          groups.push_back(item.at("id").get<std::string>());
          walk(item);
        }
      }
    }
  };
  walk(flow);
  const std::string name = "N" + std::to_string(number);
  const std::string group = groups[random.below(groups.size())];
  const auto create = [&](const char* kind, Json value) {
    value["name"] = name;
    return Json{{"op", "create"}, {"kind", kind}, {"group", group}, {"value", std::move(value)}};
  };
  const auto& [id, list] = components[random.below(components.size())];
  switch (random.below(10)) {
    case 0:
      return create("processor",
                    {{"type", "LogMessage"}, {"properties", {{"Log Prefix", "a: #"}}}});
    case 1:
      return create("funnel", Json::object());
    case 2:
      return create("label", {{"text", "line 1\nline 2"}});
    case 3:
      return create("group", {{"comment", "made"}});
    case 4: {
      Json value = Json::object();
      value["layout"]["at"] = {static_cast<int>(random.below(500)), 20.5};
      return {{"op", "update"}, {"id", id}, {"value", value}};
    }
    case 5:
      if (list != "connections")
        return {{"op", "update"}, {"id", id}, {"value", {{"name", name + "/x"}}}};
      return {{"op", "update"}, {"id", id}, {"value", {{"expire", "5 min"}}}};
    case 6:
      if (list == "processors") {
        Json value = Json::object();
        value["properties"][name] = "value: " + name;
        value["comment"] = random.oneIn(2) ? Json("two\nlines") : Json();
        return {{"op", "update"}, {"id", id}, {"value", value}};
      }
      return {{"op", "delete"}, {"id", id}};
    case 7:
      return {{"op", "move"}, {"id", id}, {"group", group}};
    case 8:
      return {{"op", "delete"}, {"id", id}};
    default:
      if (list == "processors")
        return {{"op", "update"},
                {"id", id},
                {"value", {{"state", random.oneIn(2) ? "stopped" : "running"}}}};
      return {{"op", "update"}, {"id", id}, {"value", {{"comment", name}}}};
  }
}

}  // namespace

class EditedFlowTest : public QObject {
  Q_OBJECT
 private slots:
  // The path of the innermost processor is longer than a key of YAML may be.
  void whatIsDeepInGroupsOfLongNamesIsChangedAsAnythingElse() {
    std::string text = "millrace: 1\nname: deep\n";
    std::string indent;
    for (int depth = 0; depth < 12; ++depth) {
      text += indent + "groups:\n" + indent + "  - name: " + std::string(100, 'g') + "\n";
      indent += "    ";
    }
    text += indent + "processors:\n" + indent + "  - {name: Make, type: GenerateFlowFile}\n";
    Rig rig(text);
    Json inner = *rig.flow->state()->json;
    while (inner.contains("groups")) inner = Json(inner.at("groups").at(0));
    const std::string make = inner.at("processors").at(0).at("id").get<std::string>();
    const ChangeOutcome outcome =
        rig.change("[" + update(make, "{\"layout\":{\"at\":[1,2]},\"comment\":\"new\"}") + "]");
    QVERIFY2(outcome.kind == ChangeOutcome::Kind::kDone, outcome.message.c_str());
    QVERIFY2(rig.onDisk().find("comment: new") != std::string::npos, rig.onDisk().c_str());
    rig.flow.reset();
    rig.open();
  }
  void theValueOfASensitivePropertyIsRefused() {
    Rig rig;
    const auto update = [&](const std::string& password) {
      return rig.change(R"([{"op": "update", "id": ")" + rig.id("processors", "Make") +
                        R"(", "value": {"properties": {"Password": ")" + password + R"("}}}])");
    };
    const ChangeOutcome refused = update("hunter2");
    QCOMPARE(refused.kind, ChangeOutcome::Kind::kImpossible);
    QVERIFY(refused.message.starts_with("Make, property 'Password': "));
    QVERIFY(refused.message.find("hunter2") == std::string::npos);
    QCOMPARE(update("#{a} and more").kind, ChangeOutcome::Kind::kImpossible);
    QCOMPARE(rig.onDisk(), kFlow);
    QCOMPARE(update("#{the password}").kind, ChangeOutcome::Kind::kDone);
    QVERIFY(rig.onDisk().find("#{the password}") != std::string::npos);
  }

  void anEditChangesItsPlaceInTheTextAndNothingElse() {
    Rig rig;
    const auto outcome =
        rig.change("[" +
                   update(rig.id("processors", "Make"),
                          "{\"properties\":{\"Batch Size\":\"7\"},\"state\":\"stopped\"}") +
                   "]");
    QCOMPARE(outcome.kind, ChangeOutcome::Kind::kDone);
    QCOMPARE(outcome.revision, std::uint64_t(2));
    std::string expected = kFlow;
    expected.replace(expected.find("Batch Size: 5"), 13, "Batch Size: 7");
    const std::string last = "      File Size: 1 KB\n";
    expected.insert(expected.find(last) + last.size(), "    state: stopped\n");
    QCOMPARE(rig.onDisk(), expected);
    QCOMPARE(rig.applied, 1);
  }

  void aRenameKeepsTheIdAndCorrectsConnections() {
    Rig rig;
    const std::string make = rig.id("processors", "Make");
    const std::string wire = rig.connection(0);
    QCOMPARE(rig.change("[" + update(make, "{\"name\":\"Source\"}") + "]").kind,
             ChangeOutcome::Kind::kDone);
    QCOMPARE(rig.id("processors", "Source"), make);
    QCOMPARE(rig.connection(0), wire);
    QVERIFY(rig.onDisk().find("{from: Source, relationship: success, to: End}   # the only way") !=
            std::string::npos);
  }

  void whatIsWrongChangesNothing_data() {
    QTest::addColumn<QString>("changes");
    QTest::addColumn<bool>("malformed");
    const QString some = "00000000-0000-0000-0000-00000000000a";
    QTest::newRow("no op") << "[{}]" << true;
    QTest::newRow("no object") << "[5]" << true;
    QTest::newRow("no list") << "{}" << true;
    QTest::newRow("no id") << "[{\"op\":\"delete\",\"id\":\"7\"}]" << true;
    QTest::newRow("foreign id") << "[{\"op\":\"create\",\"kind\":\"funnel\",\"group\":\"" +
                                       QString::fromStdString(kRoot) +
                                       "\",\"value\":{\"name\":\"f\",\"id\":\"12345678-1234-1234-"
                                       "1234-123456789012\"}}]"
                                << true;
    QTest::newRow("not there") << "[{\"op\":\"delete\",\"id\":\"" + some + "\"}]" << false;
    QTest::newRow("root deleted") << "[{\"op\":\"delete\",\"id\":\"" +
                                         QString::fromStdString(kRoot) + "\"}]"
                                  << false;
    QTest::newRow("unknown key") << "[{\"op\":\"update\",\"id\":\"" +
                                        QString::fromStdString(kRoot) +
                                        "\",\"value\":{\"colour\":\"red\"}}]"
                                 << false;
    QTest::newRow("list by update")
        << "[{\"op\":\"update\",\"id\":\"" + QString::fromStdString(kRoot) +
               "\",\"value\":{\"processors\":[]}}]"
        << true;
    QTest::newRow("null name") << "[{\"op\":\"update\",\"id\":\"" + QString::fromStdString(kRoot) +
                                      "\",\"value\":{\"name\":null}}]"
                               << false;
  }
  void whatIsWrongChangesNothing() {
    QFETCH(QString, changes);
    QFETCH(bool, malformed);
    Rig rig;
    const auto outcome = rig.change(changes.toStdString());
    QCOMPARE(outcome.kind,
             malformed ? ChangeOutcome::Kind::kMalformed : ChangeOutcome::Kind::kImpossible);
    QVERIFY(!outcome.message.empty());
    QCOMPARE(rig.onDisk(), kFlow);
    QCOMPARE(rig.applied, 0);
    QCOMPARE(rig.flow->state()->revision, std::uint64_t(1));
  }

  void aComponentOnWhichAConnectionHangsGoesOnlyWithIt() {
    Rig rig;
    const std::string end = "{\"op\":\"delete\",\"id\":\"" + rig.id("processors", "End") + "\"}";
    const std::string wire = "{\"op\":\"delete\",\"id\":\"" + rig.connection(0) + "\"}";
    QCOMPARE(rig.change("[" + end + "]").kind, ChangeOutcome::Kind::kImpossible);
    QCOMPARE(rig.change("[" + end + "," + wire + "]").kind, ChangeOutcome::Kind::kDone);
    QVERIFY(!rig.flow->state()->json->contains("connections"));
    QCOMPARE(rig.flow->revert({}, 2).kind, ChangeOutcome::Kind::kDone);
    QCOMPARE(rig.flow->state()->json->at("connections").size(), std::size_t(1));
  }

  void whoComesLateToAComponentIsTold() {
    Rig rig;
    const std::string make = rig.id("processors", "Make");
    const std::string end = rig.id("processors", "End");
    QCOMPARE(rig.change("[" + update(make, "{\"comment\":\"a\"}") + "]", 1).kind,
             ChangeOutcome::Kind::kDone);
    const auto late = rig.change("[" + update(make, "{\"comment\":\"b\"}") + "]", 1);
    QCOMPARE(late.kind, ChangeOutcome::Kind::kConflict);
    QCOMPARE(Json::parse(late.newer).at(make).at("comment").get<std::string>(), std::string("a"));
    // Another component is nobody's business.
    QCOMPARE(rig.change("[" + update(end, "{\"comment\":\"c\"}") + "]", 1).kind,
             ChangeOutcome::Kind::kDone);
    rig.open();  // after a restart, too
    QCOMPARE(rig.change("[" + update(make, "{\"comment\":\"b\"}") + "]", 1).kind,
             ChangeOutcome::Kind::kConflict);
    QCOMPARE(rig.flow->replaceText({1, "", ""}, kFlow).kind, ChangeOutcome::Kind::kConflict);
  }

  void changesAtRandomAreUndoneByTheirInverses() {
    Rig rig;
    Random random(seed());
    const Json first = *rig.flow->state()->json;
    std::vector<Json> states{Json(), first};  // by revision
    int refused = 0;
    for (int i = 0; i < rounds(1000); ++i) {
      const Json change = randomChange(*rig.flow->state()->json, random, i);
      const auto outcome = rig.flow->change({}, Json::array({change}));
      QVERIFY2(outcome.kind == ChangeOutcome::Kind::kDone ||
                   outcome.kind == ChangeOutcome::Kind::kImpossible,
               (outcome.message + jsonText(change) + rig.onDisk()).c_str());
      if (outcome.kind == ChangeOutcome::Kind::kImpossible) {
        ++refused;
        continue;
      }
      if (outcome.revision == states.size()) states.push_back(*rig.flow->state()->json);
      QCOMPARE(outcome.revision + 1, states.size());
      QVERIFY(rig.onDisk().starts_with("# What this flow is for.\n"));
    }
    QVERIFY2(states.size() > 8, std::to_string(refused).c_str());
    rig.open();
    QVERIFY(*rig.flow->state()->json == states.back());
    for (int i = 0; i < 5; ++i) {
      const std::uint64_t revision = 1 + random.below(states.size() - 1);
      // What it was is looked at first, and nothing is changed by that.
      const Json now = *rig.flow->state()->json;
      const auto was = rig.flow->flowAt(revision);
      QVERIFY2(was.ok(), was.ok() ? "" : was.error().message.c_str());
      QVERIFY(changesBetween(*was, states[revision]).empty());
      const auto text = rig.flow->textAt(revision);
      QVERIFY(text.ok() && text->starts_with("# What this flow is for.\n"));
      QVERIFY(changesBetween(flowToJson(flow::readFlow(*text).flow), states[revision]).empty());
      QVERIFY(*rig.flow->state()->json == now);
      const auto outcome = rig.flow->revertTo({}, revision);
      QVERIFY2(outcome.kind == ChangeOutcome::Kind::kDone, outcome.message.c_str());
      // Order in the lists does not count.
      QVERIFY2(changesBetween(*rig.flow->state()->json, states[revision]).empty(),
               jsonText(changesBetween(*rig.flow->state()->json, states[revision])).c_str());
      while (states.size() <= outcome.revision) states.push_back(*rig.flow->state()->json);
    }
  }

  void aPowerCutAtAnyStepLeavesFileAndJournalInStep() {
    const int most = rounds(400);
    int cut = 0;
    for (int step = 1; step <= most; ++step) {
      Rig rig;
      const std::string make = rig.id("processors", "Make");
      rig.files->cutPowerAt(static_cast<std::uint64_t>(step));
      int answered = 0;
      for (int i = 1; i <= 3; ++i) {
        const std::string text = "{\"comment\":\"" + std::to_string(i) + "\"}";
        if (rig.change("[" + update(make, text) + "]").kind != ChangeOutcome::Kind::kDone) break;
        answered = i;
      }
      if (rig.files->powered()) break;  // all steps were cut once
      ++cut;
      rig.flow.reset();
      rig.files = rig.files->crash();
      rig.open();
      const auto state = rig.flow->state();
      const Json& first = state->json->at("processors").at(0);
      const int found = std::stoi(first.value("comment", "0"));
      QVERIFY2(found == answered || found == answered + 1, std::to_string(step).c_str());
      QCOMPARE(state->revision, static_cast<std::uint64_t>(found + 1));
      QCOMPARE(rig.flow->changesAfter(0, 100)->size(), static_cast<std::size_t>(found + 1));
      QCOMPARE(rig.onDisk(), state->text);
      // And it goes on, and what was before the cut can be undone.
      QCOMPARE(rig.change("[" + update(make, "{\"comment\":\"9\"}") + "]").kind,
               ChangeOutcome::Kind::kDone);
      QCOMPARE(rig.flow->revertTo({}, 1).kind, ChangeOutcome::Kind::kDone);
      QVERIFY(!rig.flow->state()->json->at("processors").at(0).contains("comment"));
    }
    QVERIFY(cut >= 9);
  }

  void aFullDiskRefusesTheChangeAndKeepsTheOldOne() {
    Rig rig;
    rig.files->fail(MemoryFileSystem::Operation::kWrite, 1, MemoryFileSystem::Times::kOnce,
                    "flow.yaml");
    const std::string change =
        "[" + update(rig.id("processors", "Make"), "{\"comment\":\"x\"}") + "]";
    QCOMPARE(rig.change(change).kind, ChangeOutcome::Kind::kFailed);
    QCOMPARE(rig.onDisk(), kFlow);
    QCOMPARE(rig.applied, 0);
    QCOMPARE(rig.change(change).revision, std::uint64_t(2));
    rig.open();
    QCOMPARE(rig.flow->state()->revision, std::uint64_t(2));
  }

  void aChangeByHandIsAChangeLikeAnyOther() {
    Rig rig;
    std::string edited = kFlow;
    edited.replace(edited.find("Batch Size: 5"), 13, "Batch Size: 6");
    rig.clock.advance(kSecond);
    QVERIFY(rig.files->replaceAll("flow.yaml", edited).ok());
    QVERIFY(rig.files->setModified("flow.yaml", 77 * kSecond).ok());
    const auto picked = rig.flow->pickUp();
    QVERIFY(picked.has_value());
    QCOMPARE(picked->revision, std::uint64_t(2));
    QCOMPARE(rig.applied, 1);
    QVERIFY(!rig.flow->pickUp().has_value());
    QVERIFY(rig.files->replaceAll("flow.yaml", "millrace: 1\nname: [\n").ok());
    QVERIFY(rig.files->setModified("flow.yaml", 78 * kSecond).ok());
    QCOMPARE(rig.flow->pickUp()->kind, ChangeOutcome::Kind::kImpossible);
    rig.write(kFlow);
    rig.open();  // by hand while nothing ran
    QCOMPARE(rig.flow->state()->revision, std::uint64_t(3));
    QCOMPARE(rig.flow->changesAfter(2, 10)->front().who, std::string("file"));
    QCOMPARE(rig.flow->revert({}, 3).kind, ChangeOutcome::Kind::kDone);
    QCOMPARE(rig.onDisk(), edited);
  }

  void aJournalWithADamagedLineIsNotTrusted() {
    Rig rig;
    const std::string make = rig.id("processors", "Make");
    for (const char* text : {"{\"comment\":\"1\"}", "{\"comment\":\"2\"}"})
      QCOMPARE(rig.change("[" + update(make, text) + "]").kind, ChangeOutcome::Kind::kDone);
    std::string journal = *rig.files->readAll("data/flow.changes");
    journal[journal.find('\n') + 20] ^= 1;
    QVERIFY(rig.files->replaceAll("data/flow.changes", journal).ok());
    const auto opened = ChangeJournal::open(*rig.files, "data/flow.changes");
    QVERIFY(!opened.ok());
    QVERIFY(opened.error().message.find("revision 2") != std::string::npos);
  }

  void theJournalIsWrittenAsItsFormatSays() {
    // CRC-32C of the body, as crc32c of the RFC's reference gives it, stands before it.
    MemoryFileSystem files(1);
    QVERIFY(files.createDirectories("d").ok());
    QVERIFY(files.syncDirectory(".").ok());
    QFile golden(QString(MR_SOURCE_DIR) + "/tests/server/flow_store/golden.changes");
    QVERIFY(golden.open(QIODevice::ReadOnly));
    QVERIFY(files.replaceAll("d/flow.changes", golden.readAll().toStdString()).ok());
    const auto opened = ChangeJournal::open(files, "d/flow.changes");
    QVERIFY2(opened.ok(), opened.ok() ? "" : opened.error().message.c_str());
    QCOMPARE((*opened)->revision(), std::uint64_t(2));
    const auto record = (*opened)->read(2);
    QCOMPARE(record->who, std::string("ann"));
    QCOMPARE(record->at, Millis(1700000000000));
    QCOMPARE(record->after, std::uint32_t(4294967295U));
    QCOMPARE((*opened)->changeOf("00000000-0000-0000-0000-00000000000a"), std::uint64_t(2));
    QCOMPARE((*opened)->changeOf("00000000-0000-0000-0000-00000000000b"), std::uint64_t(0));
  }
};

QTEST_GUILESS_MAIN(EditedFlowTest)
#include "edited_flow_test.moc"
