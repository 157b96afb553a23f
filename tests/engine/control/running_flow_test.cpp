// SPDX-License-Identifier: Apache-2.0
// Whole flows on a virtual clock: NiFi's semantics between components, troubles, and live edits.

#include "engine/base/fault_file_system.h"
#include "tests/harness/engine_bench.h"

#include <QTest>
#include <map>

using namespace millrace;
using millrace::tests::EngineBench;

namespace {

void require(const Result<>& result) {
  if (!result.ok()) qFatal("%s", result.error().message.c_str());
}

struct Rig {
  MemoryFileSystem files{1};
  VirtualClock clock;
  EngineBench engine{files, clock, 7};

  explicit Rig(const std::string& yaml) { require(engine.open(yaml)); }

  /// FlowFiles by the path of their connection.
  std::map<std::string, std::uint64_t> queues() {
    std::map<std::string, std::uint64_t> result;
    for (const auto& connection : engine.controller().connections())
      result[connection.path] = connection.queue.count;
    return result;
  }
  engine::ComponentSnapshot component(const std::string& path) {
    for (const auto& snapshot : engine.controller().components()) {
      if (snapshot.path == path) return snapshot;
    }
    qFatal("there is no component %s", path.c_str());
  }
  /// Steps until nothing happens any more but timers.
  void settle() {
    for (int i = 0; i < 10'000; ++i) {
      if (!engine.controller().runOne()) {
        auto group = engine.store().commits().runOnce();
        if (!group.ok() || !*group) return;
      }
    }
  }
};

std::string generate(int count, const std::string& more = "") {
  return "  - {name: Make, type: GenerateFlowFile, properties: {Batch Size: '" +
         std::to_string(count) + "'" + more + "}, schedule: {every: 1 sec, runs: 1}}\n";
}

const std::string kHead = "millrace: 1\nname: test\nprocessors:\n";

}  // namespace

class RunningFlowTest : public QObject {
  Q_OBJECT
 private slots:
  // pins: 1.1/17
  void everyConnectionOfARelationshipGetsEveryFlowFile() {
    Rig rig(kHead + generate(5) +
            "  - {name: A, type: LogMessage, auto-terminate: [success], state: stopped}\n"
            "  - {name: B, type: LogMessage, auto-terminate: [success], state: stopped}\n"
            "connections:\n"
            "  - {from: Make, relationship: success, to: A}\n"
            "  - {from: Make, relationship: success, to: B}\n");
    rig.settle();
    const auto queues = rig.queues();
    QCOMPARE(queues.at("Make [success] -> A"), std::uint64_t{5});
    QCOMPARE(queues.at("Make [success] -> B"), std::uint64_t{5});
  }

  void aDisabledProcessorOfAnUnknownTypeKeepsItsPlaceAndItsQueues() {
    Rig rig(kHead + generate(5) +
            "  - {name: Strange, type: ReadFieldbus, unsupported: true, state: disabled}\n"
            "  - {name: End, type: LogMessage, auto-terminate: [success]}\n"
            "connections:\n"
            "  - {from: Make, relationship: success, to: Strange}\n"
            "  - {from: Strange, relationship: anything, to: End}\n");
    rig.settle();
    const auto queues = rig.queues();
    QCOMPARE(queues.at("Make [success] -> Strange"), std::uint64_t{5});
    QCOMPARE(queues.at("Strange [anything] -> End"), std::uint64_t{0});
  }

  // pins: 1.4/10, 1.4/11
  void flowFilesCrossPortsAndChainsOfFunnels() {
    Rig rig(kHead + generate(3) +
            "  - {name: End, type: LogMessage, auto-terminate: [success], state: stopped}\n"
            "funnels: [one, two]\n"
            "groups:\n"
            "  - name: Inner\n"
            "    inputs: [in]\n"
            "    outputs: [out]\n"
            "    processors:\n"
            "      - {name: Mark, type: UpdateAttribute, properties: {seen: inside}}\n"
            "    connections:\n"
            "      - {from: in, to: Mark}\n"
            "      - {from: Mark, relationship: success, to: out}\n"
            "connections:\n"
            "  - {from: Make, relationship: success, to: one}\n"
            "  - {from: one, to: two}\n"
            "  - {from: two, to: Inner/in}\n"
            "  - {from: Inner/out, to: End}\n");
    rig.settle();
    QCOMPARE(rig.queues().at("Inner/out -> End"), std::uint64_t{3});
    QCOMPARE(rig.component("Inner/Mark").in, std::uint64_t{3});
  }

  // pins: 1.1/36, 1.3/5, 1.4/1
  void aFullQueueStopsItsSourceAndLetsItGoOnLater() {
    const std::string flow =
        kHead +
        "  - {name: Make, type: GenerateFlowFile, properties: {Batch Size: '10'}, schedule: "
        "{every: 1 sec}}\n"
        "  - {name: End, type: LogMessage, auto-terminate: [success], state: STATE}\n"
        "connections:\n"
        "  - {from: Make, relationship: success, to: End, back-pressure: {count: 25, size: 1 "
        "GB}}\n";
    const auto with = [&](const std::string& state) {
      std::string text = flow;
      return text.replace(text.find("STATE"), 5, state);
    };
    Rig rig(with("stopped"));
    for (int second = 0; second < 20; ++second) {
      rig.settle();
      rig.clock.advance(kSecond);
    }
    QCOMPARE(rig.queues().at("Make [success] -> End"),
             std::uint64_t{30});  // soft: the trigger at 20 overshoots
    require(rig.engine.edit(with("running")));
    rig.settle();
    rig.clock.advance(kSecond);
    rig.settle();
    QVERIFY(rig.component("Make").out >= 40);
  }

  // pins: 1.2/4
  void aRetriedRelationshipSendsBackThreeTimesAndThenGivesUp() {
    Rig rig(
        kHead + generate(4) +
        "  - name: Fail\n"
        "    type: DebugFlow\n"
        "    properties: {FlowFile Success Iterations: '0', FlowFile Failure Iterations: '1'}\n"
        "    auto-terminate: [success]\n"
        "    penalty: 1 sec\n"
        "    retry: {relationships: [failure], count: 3, backoff: penalize, max-backoff: 1 min}\n"
        "  - {name: End, type: LogMessage, auto-terminate: [success], state: stopped}\n"
        "connections:\n"
        "  - {from: Make, relationship: success, to: Fail}\n"
        "  - {from: Fail, relationship: failure, to: End}\n");
    rig.settle();
    QCOMPARE(rig.queues().at("Fail [failure] -> End"), std::uint64_t{0});
    // Back-off doubles: 1 + 2 + 4 seconds.
    rig.clock.advance(6 * kSecond);
    rig.settle();
    for (int second = 0; second < 10; ++second) {
      rig.clock.advance(kSecond);
      rig.settle();
    }
    QCOMPARE(rig.queues().at("Fail [failure] -> End"), std::uint64_t{4});
    QCOMPARE(rig.component("Fail").in, std::uint64_t{16});  // four times each
  }

  // pins: 1.1/22, 1.1/23, 1.1/31
  void whatAProcessorThrowsIsUndonePenalizedAndTold() {
    Rig rig(
        kHead + generate(1) +
        "  - name: Throw\n"
        "    type: DebugFlow\n"
        "    properties: {FlowFile Success Iterations: '0', FlowFile Exception Iterations: '1'}\n"
        "    auto-terminate: [success, failure]\n"
        "    penalty: 5 sec\n"
        "connections:\n"
        "  - {from: Make, relationship: success, to: Throw}\n");
    rig.settle();
    QCOMPARE(rig.queues().at("Make [success] -> Throw"), std::uint64_t{1});
    QCOMPARE(rig.component("Throw").failures, std::uint64_t{1});
    rig.settle();
    QCOMPARE(rig.component("Throw").failures, std::uint64_t{1});  // the penalty is not over
    rig.clock.advance(5 * kSecond);
    rig.settle();
    QCOMPARE(rig.component("Throw").failures, std::uint64_t{2});
    bool told = false;
    for (const auto& bulletin : rig.engine.controller().bulletins().since())
      told = told || bulletin.componentName == "Throw";
    QVERIFY(told);
  }

  // pins: 1.4/4
  void expiredFlowFilesLeaveTheFlow() {
    Rig rig(
        kHead + generate(6) +
        "  - {name: Slow, type: LogMessage, auto-terminate: [success], schedule: {every: 1 hour}}\n"
        "connections:\n"
        "  - {from: Make, relationship: success, to: Slow, expire: 10 sec}\n");
    rig.settle();
    const std::uint64_t first =
        rig.component("Slow").in;  // its first turn may come before or after Make's
    rig.clock.advance(3600 * kSecond);
    rig.settle();
    QCOMPARE(rig.queues().at("Make [success] -> Slow"), std::uint64_t{0});
    QCOMPARE(rig.component("Slow").in, std::uint64_t{6});
    QVERIFY(rig.component("Slow").removed >= 6 - first);
  }

  void aClockThatJumpsADayExpiresNothingAndFreesNobody() {
    constexpr Millis kDay = Millis{24} * 3600 * 1000;
    for (const Millis jump : {kDay, -kDay}) {
      Rig rig(kHead + generate(3) +
              "  - {name: Fail, type: DebugFlow, properties: {FlowFile Success Iterations: '0', "
              "FlowFile Exception Iterations: '1'}, auto-terminate: [success, failure], penalty: 1 "
              "hour}\n"
              "  - {name: End, type: LogMessage, auto-terminate: [success], state: stopped}\n"
              "connections:\n"
              "  - {from: Make, relationship: success, to: Fail, expire: 2 hours}\n"
              "  - {from: Make, relationship: success, to: End, expire: 2 hours}\n");
      rig.settle();
      const std::uint64_t failures = rig.component("Fail").failures;
      rig.clock.stepWall(jump);
      rig.clock.advance(30 * kMinute);
      rig.settle();
      QCOMPARE(rig.component("Fail").failures, failures);  // penalties know no wall clock
      rig.clock.advance(31 * kMinute);
      rig.settle();
      QCOMPARE(rig.component("Fail").failures, 2 * failures);
      rig.clock.stepWall(-jump);
      rig.clock.advance(30 * kMinute);
      rig.settle();
      QCOMPARE(rig.component("Fail").failures, 2 * failures);
      QCOMPARE(rig.queues().at("Make [success] -> Fail"), std::uint64_t{3});
      QCOMPARE(rig.queues().at("Make [success] -> End"), std::uint64_t{3});
      int told = 0;
      for (const auto& bulletin : rig.engine.controller().bulletins().since())
        told += bulletin.message.starts_with("the wall clock was set ") ? 1 : 0;
      QVERIFY(told >= 1);
      // In its own time everything does expire.
      rig.clock.advance(2 * 60 * kMinute);
      rig.settle();
      QCOMPARE(rig.queues().at("Make [success] -> Fail"), std::uint64_t{0});
    }
  }

  // pins: 1.6/10
  void aRefusedFlowChangesNothing() {
    const std::string good =
        kHead + generate(2) +
        "  - {name: End, type: LogMessage, auto-terminate: [success], state: stopped}\n"
        "connections:\n  - {from: Make, relationship: success, to: End}\n";
    Rig rig(good);
    rig.settle();
    const auto refused =
        rig.engine.edit(kHead + generate(2) +
                        "  - {name: End, type: NoSuchType}\n"
                        "connections:\n  - {from: Make, relationship: success, to: End}\n");
    QVERIFY(!refused.ok());
    QVERIFY2(refused.error().message.find("NoSuchType") != std::string::npos,
             refused.error().message.c_str());
    QCOMPARE(rig.queues().at("Make [success] -> End"), std::uint64_t{2});
    QCOMPARE(rig.component("End").type, std::string_view("LogMessage"));
  }

  // pins: 1.4/14, 1.8/4, 1.11/6
  void aRemovedConnectionParksItsQueueAndTheSameOneBringsItBack() {
    const std::string with =
        kHead + generate(7) +
        "  - {name: End, type: LogMessage, auto-terminate: [success], state: stopped}\n"
        "connections:\n  - {from: Make, relationship: success, to: End}\n";
    const std::string without =
        kHead +
        "  - {name: Make, type: GenerateFlowFile, properties: {Batch Size: '7'}, schedule: {every: "
        "1 sec, runs: 1}, auto-terminate: [success]}\n";
    Rig rig(with);
    rig.settle();
    require(rig.engine.edit(without));
    bool parked = false;
    for (const auto& connection : rig.engine.controller().connections()) {
      parked = parked || (connection.parked && connection.queue.count == 7);
    }
    QVERIFY(parked);
    require(rig.engine.edit(with));
    rig.settle();
    QVERIFY(rig.queues().at("Make [success] -> End") >= 7);
  }

  // pins: 1.4/15
  void aThousandEditsUnderLoadLoseNothing() {
    // The middle of the flow is rewired, re-configured, removed and added again while FlowFiles run
    // through it.
    const auto flow = [](std::uint64_t n) {
      const std::string value = std::to_string(n);
      std::string text = kHead +
                         "  - {name: Make, type: GenerateFlowFile, properties: {Batch Size: '3'}, "
                         "schedule: {every: 10 ms}}\n"
                         "  - {name: Mark, type: UpdateAttribute, properties: {edit: '" +
                         value + "'}}\n";
      if (n % 3 == 0)
        text += "  - {name: Extra, type: UpdateAttribute, properties: {extra: '" + value + "'}}\n";
      text +=
          "  - {name: End, type: UpdateCounter, properties: {Counter Name: out}, auto-terminate: "
          "[success]}\nconnections:\n"
          "  - {from: Make, relationship: success, to: Mark}\n";
      if (n % 3 == 0) {
        text +=
            "  - {from: Mark, relationship: success, to: Extra}\n  - {from: Extra, relationship: "
            "success, to: End}\n";
      } else {
        text += "  - {from: Mark, relationship: success, to: End, back-pressure: {count: " +
                std::to_string(5 + n % 7) + ", size: 1 GB}}\n";
      }
      return text;
    };
    Rig rig(flow(0));
    for (std::uint64_t edit = 1; edit <= 1000; ++edit) {
      for (std::uint64_t step = 0; step < edit % 5; ++step) {
        auto moved = rig.engine.step();
        QVERIFY(moved.ok());
      }
      require(rig.engine.edit(flow(edit)));
    }
    // Both ways through the middle once more, so that what was parked flows out.
    for (const std::uint64_t last : {std::uint64_t{999}, std::uint64_t{1000}}) {
      require(rig.engine.edit(flow(last)));
      for (int i = 0; i < 2000; ++i) QVERIFY(rig.engine.step().ok());
    }
    std::uint64_t queued = 0;
    for (const auto& connection : rig.engine.controller().connections())
      queued += connection.queue.count;
    QCOMPARE(rig.component("End").removed + queued, rig.component("Make").out);
    QVERIFY(rig.component("End").removed > 1000);
  }

  // pins: 1.10/5
  void aFullDiskStopsTheSourceUntilThereIsSpaceAgain() {
    Rig rig(
        kHead +
        "  - {name: Make, type: GenerateFlowFile, properties: {File Size: 3 KB, Batch Size: '10', "
        "Unique FlowFiles: 'true'}, schedule: {every: 10 ms}}\n"
        "  - {name: End, type: LogMessage, auto-terminate: [success], state: stopped}\n"
        "connections:\n"
        "  - {from: Make, relationship: success, to: End, back-pressure: {count: 0, size: 0 B}}\n");
    rig.files.setCapacity(2 << 20);
    for (int i = 0; i < 400; ++i) {
      rig.settle();
      rig.clock.advance(kSecond);
    }
    const std::uint64_t stuck = rig.component("Make").out;
    QVERIFY(stuck > 0);
    QVERIFY(rig.component("Make").failures > 0);
    QVERIFY(!rig.engine.controller().bulletins().since().empty());
    QVERIFY(!rig.engine.store().commits().failed());
    QCOMPARE(rig.queues().at("Make [success] -> End"), stuck);
    rig.files.setCapacity(64 << 20);
    for (int i = 0; i < 20; ++i) {
      rig.settle();
      rig.clock.advance(kSecond);
    }
    QVERIFY(rig.component("Make").out > stuck);
    QCOMPARE(rig.queues().at("Make [success] -> End"), rig.component("Make").out);
  }

  void aFailedSyncStopsEverythingAndReopeningGivesTheDurablePrefix() {
    const std::string flow =
        kHead +
        "  - {name: Make, type: GenerateFlowFile, properties: {Batch Size: '2'}, schedule: {every: "
        "1 sec}}\n"
        "  - {name: End, type: LogMessage, auto-terminate: [success], state: stopped}\n"
        "connections:\n  - {from: Make, relationship: success, to: End}\n";
    MemoryFileSystem files(3);
    VirtualClock clock;
    Lsn durable;
    {
      EngineBench engine(files, clock, 1);
      require(engine.open(flow));
      for (int i = 0; i < 40; ++i) QVERIFY(engine.step().ok());
      durable = engine.store().commits().durable();
      files.fail(MemoryFileSystem::Operation::kSync, 1, MemoryFileSystem::Times::kForEver,
                 "journal");
      bool failed = false;
      for (int i = 0; i < 100 && !failed; ++i) failed = !engine.step().ok();
      QVERIFY(failed);
      QVERIFY(engine.store().commits().failed());
      QVERIFY(engine.store().commits().durable() >= durable);
      durable = engine.store().commits().durable();
    }
    auto after = files.crash();
    EngineBench engine(*after, clock, 2);
    require(engine.open(flow));
    // Two FlowFiles a commit: all of the durable ones, none that never was submitted.
    QVERIFY(engine.recovered() >= 2 * durable.raw());
    QVERIFY(engine.recovered() % 2 == 0);
  }

  // What others do may be what a source waits for, but it need not be waited for as long.
  void whoWaitsForTheEndWaitsOutNoYield() {
    MemoryFileSystem files{1};
    VirtualClock clock;
    EngineBench engine{files, clock, 7};
    require(files.createDirectories("in"));
    require(files.createDirectories("out"));
    {
      auto file = files.open("in/app.log", OpenMode::kCreate);
      QVERIFY(file.ok() && (*file)->writeAt(0, asBytes("one\ntwo\n")).ok());
    }
    require(engine.open(
        kHead +
        "  - {name: Tail, type: TailFile, properties: {Files to Tail: in/app.log, "
        "Result Mode: Flow file per delimiter}, schedule: {every: 50 ms}, yield: 1 hour}\n"
        "  - {name: Limit, type: ControlRate, properties: {Rate Control Criteria: "
        "flowfile count, Maximum FlowFile Rate: '1', Time Duration: 10 sec}, "
        "auto-terminate: [failure]}\n"
        "  - {name: Write, type: PutFile, properties: {Directory: out}, "
        "auto-terminate: [success, failure]}\n"
        "connections:\n"
        "  - {from: Tail, relationship: success, to: Limit}\n"
        "  - {from: Limit, relationship: success, to: Write}\n"));
    require(engine.runUntilIdle());
    QCOMPARE(files.list("out")->size(), std::size_t{2});
    QVERIFY(clock.monotonic() >= 10 * kSecond);
    QVERIFY2(clock.monotonic() < 60 * kSecond, qPrintable(QString::number(clock.monotonic())));
  }
};

QTEST_GUILESS_MAIN(RunningFlowTest)
#include "running_flow_test.moc"
