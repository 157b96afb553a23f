// SPDX-License-Identifier: Apache-2.0
// NiFi's rules between components, where no other test pins them (docs/nifi-semantics.md).
#include "engine/base/fault_file_system.h"
#include "processors/registry.h"
#include "tests/harness/engine_bench.h"

#include <QTest>
#include <array>
#include <map>

using namespace millrace;
using millrace::tests::EngineBench;
using millrace::tests::EngineBenchOptions;
using Strings = std::vector<std::string>;

namespace {

constexpr Relationship kLeft{"left", "Where there is room."};
constexpr Relationship kRight{"right", "The other one."};
constexpr std::array kBoth{&kLeft, &kRight};
constexpr Property<std::string> kNote{{.name = "Note",
                                       .description = "Said at each call.",
                                       .defaultValue = "none",
                                       .required = true}};
constexpr std::array kNotes{&kNote.info};

Strings* calls = nullptr;  // of the test that runs

/// Notes each call with its property, and sends each FlowFile where there is room.
class Diary final : public Processor {
 public:
  Result<> onScheduled(ProcessContext& context) override {
    const std::string note(context.get(kNote));
    if (note == "refuse") return Error::user("told to refuse");
    calls->push_back("scheduled " + note);
    context.log(BulletinLevel::kInfo, "only said");
    context.log(BulletinLevel::kWarn, "told");
    return Done{};
  }
  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    SessionFlowFile* file = session.get();
    if (file == nullptr) return Done{};
    calls->push_back("triggered " + std::string(context.get(kNote)));
    const auto left = context.relationship("left");
    session.transfer(*file, context.hasRoom(*left) ? kLeft : kRight);
    return Done{};
  }
  void onUnscheduled(ProcessContext&) override { calls->emplace_back("unscheduled"); }
  void onStopped(ProcessContext&) override { calls->emplace_back("stopped"); }
};

constinit const ProcessorDescriptor kEitherDoor{.type = "EitherDoor",
                                                .summary = "Goes on while one way is free.",
                                                .properties = kNotes,
                                                .relationships = kBoth,
                                                .triggerWhenAnyAvailable = true,
                                                .make = make<Diary>};
constinit const ProcessorDescriptor kBothDoors{.type = "BothDoors",
                                               .summary = "Goes on while all ways are free.",
                                               .input = InputRequirement::kAllowed,
                                               .properties = kNotes,
                                               .relationships = kBoth,
                                               .make = make<Diary>};

struct Rig {
  MemoryFileSystem files{1};
  VirtualClock clock;
  Strings told;  // before the engine, whose end calls hooks
  EngineBench engine{files, clock, 7, options()};
  Result<> opened = Done{};

  explicit Rig(const std::string& yaml) {
    calls = &told;
    opened = engine.open("millrace: 1\nname: test\n" + yaml);
  }
  static EngineBenchOptions options() {
    EngineBenchOptions options;
    options.findType = [](std::string_view type) {
      if (type == "EitherDoor") return &kEitherDoor;
      return type == "BothDoors" ? &kBothDoors : findProcessorType(type);
    };
    return options;
  }
  void edit(const std::string& yaml) {
    const auto applied = engine.edit("millrace: 1\nname: test\n" + yaml);
    if (!applied.ok()) qFatal("%s", applied.error().message.c_str());
  }
  std::uint64_t queue(const std::string& path) {
    for (const auto& connection : engine.controller().connections()) {
      if (connection.path == path) return connection.queue.count;
    }
    qFatal("there is no connection %s", path.c_str());
  }
  /// Steps until nothing happens any more but timers.
  void settle() {
    for (int i = 0; i < 10'000; ++i) {
      if (engine.controller().runOne()) continue;
      auto group = engine.store().commits().runOnce();
      if (!group.ok() || !*group) return;
    }
  }
};

const std::string kMake =
    "  - {name: Make, type: GenerateFlowFile, properties: {Batch Size: '5'}, schedule: {every: 1 "
    "sec, runs: 1}}\n";
std::string stopped(const std::string& name) {
  return "  - {name: " + name + ", type: LogMessage, auto-terminate: [success], state: stopped}\n";
}

}  // namespace

class NifiSemanticsTest : public QObject {
  Q_OBJECT
 private slots:
  // pins: 1.1/36
  void aFullQueueHoldsAProcessorBackUnlessOneFreeWayIsEnough() {
    const std::map<std::string, std::uint64_t> expected{{"BothDoors", 2}, {"EitherDoor", 5}};
    for (const auto& [type, passed] : expected) {
      Rig rig("processors:\n" + kMake + "  - {name: Sort, type: " + type +
              ", schedule: {run-duration: 0 ms}}\n" + stopped("L") + stopped("R") +
              "connections:\n  - {from: Make, relationship: success, to: Sort}\n"
              "  - {from: Sort, relationship: left, to: L, back-pressure: {count: 2}}\n"
              "  - {from: Sort, relationship: right, to: R}\n");
      QVERIFY(rig.opened.ok());
      rig.settle();
      QCOMPARE(rig.queue("Sort [left] -> L"), std::uint64_t{2});
      QCOMPARE(rig.queue("Sort [right] -> R"), passed - 2);
      QCOMPARE(rig.queue("Make [success] -> Sort"), 5 - passed);
    }
  }

  // pins: 1.3/5
  void aFullWireFromAProcessorToItselfDoesNotHoldItBack() {
    Rig rig("processors:\n" + kMake +
            "  - {name: Try, type: DebugFlow, properties: {FlowFile Success Iterations: '1', "
            "FlowFile Failure Iterations: '4'}}\n" +
            stopped("End") +
            "connections:\n  - {from: Make, relationship: success, to: Try}\n"
            "  - {from: Try, relationship: failure, to: Try, back-pressure: {count: 1}}\n"
            "  - {from: Try, relationship: success, to: End}\n");
    QVERIFY(rig.opened.ok());
    rig.settle();
    QCOMPARE(rig.queue("Try [success] -> End"), std::uint64_t{5});
  }

  // pins: 1.3/11
  void hooksComeInTheirOrderAndAStoppedProcessorIsNotTriggered() {
    const auto flow = [](const std::string& state) {
      return "processors:\n" + kMake +
             "  - {name: D, type: BothDoors, auto-terminate: [left, "
             "right], state: " +
             state +
             "}\n"
             "connections:\n  - {from: Make, relationship: success, to: D}\n";
    };
    Rig rig(flow("stopped"));
    QVERIFY(rig.opened.ok());
    rig.settle();
    QVERIFY(rig.told.empty());
    QCOMPARE(rig.queue("Make [success] -> D"), std::uint64_t{5});
    rig.edit(flow("running"));
    rig.settle();
    rig.edit(flow("stopped"));
    QVERIFY(rig.told ==
            (Strings{"scheduled none", "triggered none", "triggered none", "triggered none",
                     "triggered none", "triggered none", "unscheduled", "stopped"}));
  }

  // pins: 1.3/12
  void whoCannotBeScheduledDoesNotRunAndSaysWhy() {
    const auto flow = [](const std::string& note) {
      return "processors:\n" + kMake + "  - {name: D, type: BothDoors, properties: {Note: " + note +
             "}, auto-terminate: [left, right]}\n"
             "connections:\n  - {from: Make, relationship: success, to: D}\n";
    };
    Rig rig(flow("refuse"));
    QVERIFY(!rig.opened.ok());
    QVERIFY(rig.opened.error().message.find("told to refuse") != std::string::npos);
    rig.settle();
    QCOMPARE(rig.queue("Make [success] -> D"), std::uint64_t{5});
    rig.edit(flow("fine"));
    rig.settle();
    QCOMPARE(rig.queue("Make [success] -> D"), std::uint64_t{0});
  }

  // pins: 1.4/11
  void aStoppedPortMovesNothing() {
    const auto flow = [](const std::string& state) {
      return "processors:\n" + kMake +
             "groups:\n  - name: G\n    inputs: [{name: in, state: " + state +
             "}]\n    processors:\n      - {name: End, type: LogMessage, auto-terminate: [success],"
             " state: stopped}\n    connections:\n      - {from: in, to: End}\n"
             "connections:\n  - {from: Make, relationship: success, to: G/in}\n";
    };
    Rig rig(flow("stopped"));
    QVERIFY(rig.opened.ok());
    rig.settle();
    QCOMPARE(rig.queue("Make [success] -> G/in"), std::uint64_t{5});
    rig.edit(flow("running"));
    rig.settle();
    QCOMPARE(rig.queue("G/in -> G/End"), std::uint64_t{5});
  }

  // pins: 1.4/10
  void aFunnelWithSeveralWaysOutClones() {
    Rig rig("funnels: [F]\nprocessors:\n" + kMake + stopped("A") + stopped("B") +
            "connections:\n  - {from: Make, relationship: success, to: F}\n"
            "  - {from: F, to: A}\n  - {from: F, to: B}\n");
    QVERIFY(rig.opened.ok());
    rig.settle();
    QCOMPARE(rig.queue("F -> A"), std::uint64_t{5});
    QCOMPARE(rig.queue("F -> B"), std::uint64_t{5});
  }

  void whatComesToAFunnelOrPortThatLeadsNowhereWaitsUntilItDoes() {
    const std::string begin = "funnels: [F]\noutputs: [O]\nprocessors:\n" + kMake + stopped("A") +
                              "connections:\n  - {from: Make, relationship: success, to: F}\n"
                              "  - {from: Make, relationship: success, to: O}\n";
    Rig rig(begin);
    QVERIFY(rig.opened.ok());
    rig.settle();
    QCOMPARE(rig.queue("Make [success] -> F"), std::uint64_t{5});
    QCOMPARE(rig.queue("Make [success] -> O"), std::uint64_t{5});
    rig.edit(begin + "  - {from: F, to: A}\n");
    rig.settle();
    QCOMPARE(rig.queue("Make [success] -> F"), std::uint64_t{0});
    QCOMPARE(rig.queue("F -> A"), std::uint64_t{5});
    rig.edit(begin);
    rig.settle();
    QCOMPARE(rig.queue("Make [success] -> O"), std::uint64_t{5});
  }

  // pins: 1.6/11
  void aChangedParameterRestartsOnlyWhoReadsIt() {
    const auto flow = [](const std::string& value) {
      return "parameters: {p: " + value +
             ", q: same}\nprocessors:\n"
             "  - {name: P, type: BothDoors, properties: {Note: '#{p}'}, auto-terminate: [left, "
             "right]}\n"
             "  - {name: Q, type: BothDoors, properties: {Note: '#{q}'}, auto-terminate: [left, "
             "right]}\n";
    };
    Rig rig(flow("old"));
    QVERIFY(rig.opened.ok());
    std::sort(rig.told.begin(), rig.told.end());
    QVERIFY(rig.told == (Strings{"scheduled old", "scheduled same"}));
    rig.told.clear();
    rig.edit(flow("new"));
    QVERIFY(rig.told == (Strings{"unscheduled", "stopped", "scheduled new"}));
  }

  // pins: 1.7/1
  void aServiceIsEnabledWhenItIsValidAndAsksAgainWhenItIsNot() {
    const auto flow = [](const std::string& file) {
      return "services:\n  - {name: Table, type: SimpleCsvFileLookupService, properties: {CSV "
             "File: " +
             file +
             ", Lookup Key Column: k, Lookup Value Column: v}}\n"
             "processors:\n" +
             kMake +
             "  - {name: Find, type: LookupAttribute, properties: {Lookup Service: Table, city: "
             "a}, "
             "auto-terminate: [unmatched, failure]}\n" +
             stopped("End") +
             "connections:\n  - {from: Make, relationship: success, to: Find}\n"
             "  - {from: Find, relationship: matched, to: End}\n";
    };
    Rig none(flow("nowhere.csv"));
    QVERIFY(!none.opened.ok());
    QVERIFY2(none.opened.error().message.find("nowhere.csv") != std::string::npos,
             none.opened.error().message.c_str());
    Rig rig("processors:\n" + kMake + stopped("End") +
            "connections:\n  - {from: Make, relationship: success, to: End}\n");
    QVERIFY(rig.files.replaceAll("table.csv", "k,v\na,Bergen\n").ok());
    rig.edit(flow("table.csv"));
    rig.settle();
    QCOMPARE(rig.queue("Find [matched] -> End"), std::uint64_t{5});
  }

  // pins: 1.7/8, 1.7/9
  void bulletinsAreThoseOfTheComponentsLevelAndCanBeAskedForSinceTheLast() {
    Rig rig("processors:\n  - {name: D, type: BothDoors, auto-terminate: [left, right]}\n");
    QVERIFY(rig.opened.ok());
    const auto all = rig.engine.controller().bulletins().since();
    QCOMPARE(all.size(), std::size_t{1});
    QCOMPARE(all[0].message, std::string("told"));
    QVERIFY(all[0].level == BulletinLevel::kWarn);
    QVERIFY(rig.engine.controller().bulletins().since(all[0].id).empty());
  }
};

QTEST_GUILESS_MAIN(NifiSemanticsTest)
#include "nifi_semantics_test.moc"
