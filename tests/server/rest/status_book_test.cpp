// SPDX-License-Identifier: Apache-2.0
// The kept texts of a status say what a tree made of the engine's snapshots says, whatever changed
// since the last look.

#include "server/rest/status_book.h"

#include "engine/base/random.h"
#include "engine/control/flow_controller.h"
#include "engine/flow/elements.h"
#include "host/flow_check.h"
#include "tests/harness/rest_rig.h"

#include <fmt/format.h>

#include <set>

using namespace rest_rig;

namespace {

constexpr const char* kFlow =
    "millrace: 1\n"
    "name: looked at\n"
    "services:\n"
    "  - {name: Off, type: DistributedMapCacheServer, state: disabled}\n"
    "labels:\n"
    "  - {name: Says, text: nothing}\n"
    "processors:\n"
    "  - {name: Make, type: GenerateFlowFile, properties: {Custom Text: abc, Batch Size: '7'}, "
    "state: stopped}\n"
    "  - {name: Keep, type: LogMessage, auto-terminate: [success], state: stopped}\n"
    "  - {name: Wrong, type: UpdateAttribute, state: stopped}\n"
    "connections:\n"
    "  - {from: Make, relationship: success, to: Keep, back-pressure: {count: 100}}\n"
    "groups:\n"
    "  - name: inner\n"
    "    processors:\n"
    "      - {name: Deep, type: GenerateFlowFile, properties: {File Size: 3B}, state: stopped,\n"
    "         auto-terminate: [success]}\n"
    "    groups:\n"
    "      - name: innermost\n"
    "        funnels: [{name: Joins}]\n";

/// The answer as a tree of JSON, made of what the controller tells whoever asks: totals are those
/// of the whole time, as they are before the first five minutes are over.
class StatusTree {
 public:
  StatusTree(EditedFlow& flow, engine::FlowController& controller, std::string group)
      : state_(flow.state()), controller_(controller), group_(std::move(group)) {}

  std::string text(Millis at) {
    Json answer;
    answer["revision"] = state_->revision;
    answer["at"] = at;
    answer["components"] = Json::array();
    answer["connections"] = Json::array();
    inside_[idText(flow::ElementId(0))] = {idText(flow::ElementId(0))};
    flow::forEachElement(state_->flow, [&](flow::ElementKind kind, const std::string& path,
                                           const flow::Element& element, const flow::Group& owner) {
      const bool atRoot = &owner == &state_->flow.root;
      const auto around = inside_[idText(atRoot ? flow::ElementId(0) : owner.id)];
      if (kind == flow::ElementKind::kGroup) {
        inside_[idText(element.id)] = around;
        inside_[idText(element.id)].insert(idText(element.id));
        return;
      }
      if (!group_.empty() && !around.contains(group_)) return;
      Json row{{"id", idText(element.id)}};
      if (kind == flow::ElementKind::kConnection) {
        connection(static_cast<const flow::Connection&>(element), path, row);
        answer["connections"].push_back(std::move(row));
      } else if (kind == flow::ElementKind::kService) {
        const bool on = static_cast<const flow::Service&>(element).enabled;
        row["state"] = on ? "enabled" : "disabled";
        row["findings"] = saidOf(path);
        answer["components"].push_back(std::move(row));
      } else if (component(element, path, row)) {
        answer["components"].push_back(std::move(row));
      }
    });
    return jsonText(answer);
  }

 private:
  Json saidOf(const std::string& path) const {
    Json said = Json::array();
    for (const Json& finding : findingsToJson(state_->findings)) {
      if (finding.at("component") == path) said.push_back(finding);
    }
    return said;
  }
  void connection(const flow::Connection& element, const std::string& path, Json& row) const {
    for (const auto& each : controller_.connections()) {
      if (each.id.raw() != element.id.raw()) continue;
      row["count"] = each.queue.count;
      row["bytes"] = each.queue.bytes;
      row["held"] = each.queue.held;
      const auto share = [](std::uint64_t value, std::uint64_t most) {
        return static_cast<double>(value) / static_cast<double>(most);
      };
      // As people write numbers: 0, not 0.0.
      row["share"] = Json::parse(fmt::format(
          "{}", std::min(1.0, std::max(share(each.queue.count, element.backPressure.count),
                                       share(each.queue.bytes, element.backPressure.size)))));
      row["timeToFull"] = Json();  // without marks nobody knows
    }
    row["findings"] = saidOf(path);
  }
  bool component(const flow::Element& element, const std::string& path, Json& row) const {
    for (const auto& each : controller_.components()) {
      if (each.id.raw() != element.id.raw()) continue;
      const bool isOff = each.state == engine::ComponentState::kDisabled;
      const bool runs = each.state == engine::ComponentState::kRunning;
      row["state"] = isOff                   ? "disabled"
                     : !each.invalid.empty() ? "invalid"
                     : runs                  ? "running"
                                             : "stopped";
      for (const char* prefix : {"", "total"}) {
        const auto name = [&](std::string word) {
          if (*prefix == '\0') return word;
          word[0] = static_cast<char>(std::toupper(word[0]));
          return prefix + word;
        };
        row[name("in")] = each.in;
        row[name("out")] = each.out;
        row[name("bytesIn")] = each.inBytes;
        row[name("bytesOut")] = each.outBytes;
        row[name("read")] = each.bytesRead;
        row[name("written")] = each.bytesWritten;
        row[name("tasks")] = each.triggers;
        row[name("busyNanos")] = each.busy;
      }
      for (const auto& latency : controller_.latencies()) {
        if (latency.id != each.id) continue;
        const auto figures = [](const auto& known) {
          return known ? Json{{"p50", known->p50}, {"p99", known->p99}} : Json();
        };
        row["queueingNanos"] = figures(latency.queueing);
        row["processingNanos"] = figures(latency.processing);
      }
      row["activeThreads"] = each.activeThreads;
      row["bulletins"] = 0;
      for (const auto& bulletin : controller_.bulletins().since()) {
        if (bulletin.component == each.id) row["bulletins"] = row["bulletins"].get<int>() + 1;
      }
      Json said = saidOf(path);
      const auto sentence = [](const std::string& message) {
        return Json{{"severity", "error"}, {"message", message}, {"property", ""}};
      };
      if (!each.invalid.empty() && said.empty()) said.push_back(sentence(each.invalid));
      if (!each.startProblem.empty()) said.push_back(sentence(each.startProblem));
      row["findings"] = std::move(said);
      return true;
    }
    return false;
  }

  const std::shared_ptr<const FlowState> state_;
  engine::FlowController& controller_;
  const std::string group_;
  std::map<std::string, std::set<std::string>> inside_;
};

/// A book over the flow of a rig, with a clock of its own.
struct Looked {
  VirtualClock clock;
  std::unique_ptr<EditedFlow> flow;
  std::unique_ptr<StatusBook> book;

  explicit Looked(Rig& rig) {
    EditedFlowOptions options;
    options.flow = rig.path();
    options.data = rig.folder.filePath("other").toStdString();
    options.check = [](const flow::Flow& read) { return host::checkFlow(read, {}); };
    options.namesService = [](std::string_view, std::string_view) { return false; };
    options.isSensitive = [](std::string_view, std::string_view) { return false; };
    options.apply = [](const flow::Flow&) {};  // the rig itself does
    Rig::require(rig.files->createDirectories(options.data));
    auto opened = EditedFlow::open(*rig.files, clock, options);
    if (!opened.ok()) qFatal("%s", opened.error().message.c_str());
    flow = std::move(*opened);
    book = std::make_unique<StatusBook>(*flow, rig.host->controller(), clock);
  }
  std::string tree(Rig& rig, const std::string& group = "") const {
    return StatusTree(*flow, rig.host->controller(), group).text(clock.wall());
  }
};

}  // namespace

class StatusBookTest : public QObject {
  Q_OBJECT
 private slots:
  void keptTextsAreThoseOfTheTreeWhateverChanged() {
    Rig rig(kFlow);
    Looked looked(rig);
    const std::string make = rig.id("Make");
    const std::string keep = rig.id("Keep");
    const std::string inner = rig.id("inner", "groups");
    Random random(20);
    for (int round = 0; round < 60; ++round) {
      switch (random.below(6)) {
        case 0:
          rig.act("run-once", make);
          break;
        case 1:
          rig.act("run-once", keep);
          break;
        case 2:
          rig.act(round % 2 == 0 ? "disable" : "enable", keep);
          break;
        case 3:
          rig.host->controller().bulletins().raise(
              BulletinLevel::kWarn, ComponentId(idOf(keep)->raw()), "Keep", "something");
          break;
        case 4: {
          const Json value{{"name", fmt::format("Keep {}", round)}};
          const Json change{{"op", "update"}, {"id", keep}, {"value", value}};
          const HttpResponse done = rig.post("/api/v1/changes", {{"changes", {change}}});
          QVERIFY2(done.status == 200, done.body.c_str());
          QVERIFY(looked.flow->pickUp().has_value());
          break;
        }
        default:
          break;  // nothing at all
      }
      QVERIFY(Rig::eventually([&] {
        const std::string tree = looked.tree(rig);  // a slice may still be counted meanwhile
        return looked.book->fresh("").json == tree && looked.tree(rig) == tree;
      }));
      QCOMPARE(looked.book->fresh(inner).json, looked.tree(rig, inner));
    }
  }

  void aReportAfterAnotherHasWhatChangedSince() {
    Rig rig(kFlow);
    Looked looked(rig);
    const StatusReport all = looked.book->fresh("");
    QVERIFY(!all.isEmpty);
    looked.book->look();
    const StatusReport nothing = looked.book->report("", all.version);
    QVERIFY(nothing.isEmpty);
    QCOMPARE(Json::parse(nothing.json).at("components").size(), std::size_t{0});
    rig.act("run-once", rig.id("Make"));
    QVERIFY(Rig::eventually([&] {
      looked.book->look();
      const Json told = Json::parse(looked.book->report("", all.version).json);
      return told.at("components").size() == 1 && told.at("connections").size() == 1 &&
             told.at("components")[0].at("id") == rig.id("Make") &&
             told.at("connections")[0].at("count") == 7;
    }));
    QVERIFY(looked.book->report(rig.id("inner", "groups"), all.version).isEmpty);
  }

  void aChangeOfTheFlowTellsOnlyWhatItChanged() {
    Rig rig(kFlow);
    Looked looked(rig);
    const std::uint64_t before = looked.book->fresh("").version;
    const Json change{
        {"op", "update"}, {"id", rig.id("Wrong")}, {"value", {{"auto-terminate", {"success"}}}}};
    QCOMPARE(rig.post("/api/v1/changes", {{"changes", {change}}}).status, 200);
    QVERIFY(looked.flow->pickUp().has_value());
    looked.book->look();
    const Json told = Json::parse(looked.book->report("", before).json);
    QCOMPARE(told.at("components").size(), std::size_t{1});
    QCOMPARE(told.at("components")[0].at("id").get<std::string>(), rig.id("Wrong"));
    QCOMPARE(told.at("connections").size(), std::size_t{0});
  }

  void countersAreThoseSinceTheWindowBegan() {
    Rig rig(kFlow);
    Looked looked(rig);
    const auto make = [&] {
      const Json all = Json::parse(looked.book->fresh("").json);
      for (const Json& each : all.at("components")) {
        if (each.at("id") == rig.id("Make")) return each;
      }
      return Json();
    };
    rig.act("run-once", rig.id("Make"));
    QVERIFY(Rig::eventually([&] { return make().at("totalOut") == 7; }));
    QCOMPARE(make().at("out").get<int>(), 7);
    for (int mark = 0; mark < 30; ++mark) {
      looked.book->mark();
      looked.clock.advance(StatusMarks::kApart);
    }
    QCOMPARE(make().at("out").get<int>(), 0);
    rig.act("run-once", rig.id("Make"));
    QVERIFY(Rig::eventually([&] { return make().at("totalOut") == 14; }));
    QCOMPARE(make().at("out").get<int>(), 7);
  }

  void bulletinsOfLongAgoAreForgotten() {
    Rig rig(kFlow);
    const Json before = rig.statusOf("Keep");
    QCOMPARE(before.at("bulletins").get<int>(), 0);
    auto& bulletins = rig.host->controller().bulletins();
    const ComponentId keep(idOf(rig.id("Keep"))->raw());
    bulletins.raise(BulletinLevel::kWarn, keep, "Keep", "something");
    bulletins.raise(BulletinLevel::kWarn, keep, "Keep", "something");
    QCOMPARE(rig.statusOf("Keep").at("bulletins").get<int>(), 2);
    const Millis now = rig.host->clock().wall();
    QCOMPARE(bulletins.countsSince(now - 60'000).at(keep), std::uint64_t{2});
    QVERIFY(bulletins.countsSince(now + 60'000).empty());
  }
};

QTEST_GUILESS_MAIN(StatusBookTest)
#include "status_book_test.moc"
