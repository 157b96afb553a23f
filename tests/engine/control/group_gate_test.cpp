// SPDX-License-Identifier: Apache-2.0
// FlowFile concurrency and outbound policy of groups, as NiFi has them.

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

using Queues = std::map<std::string, std::uint64_t>;

struct Rig {
  MemoryFileSystem files{1};
  VirtualClock clock;
  EngineBench engine{files, clock, 7};

  explicit Rig(const std::string& yaml) {
    require(files.createDirectories("out"));
    require(engine.open(yaml));
  }

  Queues queues() {
    Queues result;
    for (const auto& connection : engine.controller().connections())
      result[connection.path] = connection.queue.count;
    return result;
  }
  /// Steps until idle, and looks at the queues after every step.
  template <typename Look>
  void run(Look&& look) {
    for (int i = 0; i < 20000; ++i) {
      const auto moved = engine.step();
      if (!moved.ok()) qFatal("%s", moved.error().message.c_str());
      look(queues());
      if (engine.controller().isIdle()) return;
      if (!*moved) qFatal("nothing can happen any more, but the flow is not idle");
    }
    qFatal("not idle after many steps");
  }
};

/// Make → Group/in → Split into three → Group/out → End, which counts in a file.
std::string flowWith(const std::string& group, int count) {
  return "millrace: 1\nname: test\nprocessors:\n"
         "  - {name: Make, type: GenerateFlowFile, properties: {Batch Size: '" +
         std::to_string(count) +
         "', File Size: 0 B, Custom Text: \"a\\nb\\nc\"}, schedule: {every: 1 sec, runs: 1}}\n"
         "  - name: End\n    type: UpdateCounter\n    properties: {Counter Name: "
         "'batch of ${batch.output.out:replaceEmpty(\"?\")}', Delta: '1'}\n"
         "    auto-terminate: [success]\n"
         "connections:\n"
         "  - {from: Make, relationship: success, to: Group/in}\n"
         "  - {from: Group/out, to: End}\n"
         "groups:\n"
         "  - name: Group\n" +
         group +
         "    inputs: [in]\n"
         "    outputs: [out]\n"
         "    processors:\n"
         "      - {name: Split, type: SplitText, properties: {Line Split Count: 1}, "
         "auto-terminate: [original, failure]}\n"
         "      - {name: Slow, type: UpdateAttribute, properties: {x: y}}\n"
         "    connections:\n"
         "      - {from: in, to: Split}\n"
         "      - {from: Split, relationship: splits, to: Slow}\n"
         "      - {from: Slow, relationship: success, to: out}\n";
}

const std::string kIn = "Group/in -> Group/Split";
const std::string kMiddle = "Group/Split [splits] -> Group/Slow";
const std::string kOut = "Group/Slow [success] -> Group/out";
const std::string kAfter = "Group/out -> End";

}  // namespace

class GroupGateTest : public QObject {
  Q_OBJECT
 private slots:
  void namesOfTheQueuesAreThoseThatTheTestsLookAt() {
    Rig rig(flowWith("", 1));
    const Queues queues = rig.queues();
    for (const std::string& name : {kIn, kMiddle, kOut, kAfter})
      QVERIFY2(queues.contains(name), queues.begin()->first.c_str());
  }

  // pins: 1.5/1
  void oneFlowFileAtATimeIsInTheGroup() {
    Rig rig(flowWith("    flowfile-concurrency: single flowfile\n", 20));
    std::uint64_t most = 0;
    rig.run([&](Queues queues) {
      const std::uint64_t inGroup = queues[kIn] + queues[kMiddle] + queues[kOut];
      most = std::max(most, inGroup);
    });
    QCOMPARE(most, std::uint64_t{3});  // the three parts of one
    QCOMPARE(rig.engine.counter("batch of ?"), std::int64_t{60});
  }

  // pins: 1.5/1
  void aBatchGoesInWholeAndTheNextWaitsUntilItIsOut() {
    Rig rig(flowWith("    flowfile-concurrency: single batch\n", 20));
    bool sawBatch = false;
    rig.run([&](Queues queues) { sawBatch = sawBatch || queues[kIn] == 20; });
    QVERIFY(sawBatch);
    QCOMPARE(rig.engine.counter("batch of ?"), std::int64_t{60});
  }

  // pins: 1.5/2, 1.5/3
  void outputWaitsForTheWholeGroupAndSaysHowManyLeave() {
    Rig rig(
        flowWith("    flowfile-concurrency: single flowfile\n    outbound-policy: batch\n", 10));
    std::uint64_t before = 0;
    rig.run([&](Queues queues) {
      // What is on its way to the end came out when nothing was being worked on.
      if (queues[kAfter] > before && queues[kIn] + queues[kMiddle] != 0)
        qFatal("a FlowFile left while others were worked on");
      before = queues[kAfter];
    });
    QCOMPARE(rig.engine.counter("batch of 3"), std::int64_t{30});
  }

  // pins: 1.5/2
  void batchOutputIsIgnoredWithoutFlowFileConcurrency() {
    Rig rig(flowWith("    outbound-policy: batch\n", 10));
    rig.run([](const Queues&) {});
    QCOMPARE(rig.engine.counter("batch of ?"), std::int64_t{30});
  }

  // pins: 1.5/4
  void aBatchThatOneGroupPutsOutIsTakenWholeByTheNext() {
    const std::string two =
        "millrace: 1\nname: test\nprocessors:\n"
        "  - {name: Make, type: GenerateFlowFile, properties: {Batch Size: '5', File Size: 0 B}, "
        "schedule: {every: 1 sec, runs: 4}}\n"
        "  - {name: End, type: LogMessage, auto-terminate: [success]}\n"
        "connections:\n"
        "  - {from: Make, relationship: success, to: A/in}\n"
        "  - {from: A/one, to: B/in}\n"
        "  - {from: A/two, to: B/in}\n"
        "  - {from: B/out, to: End}\n"
        "groups:\n"
        "  - name: A\n    flowfile-concurrency: single flowfile\n    outbound-policy: batch\n"
        "    inputs: [in]\n    outputs: [one, two]\n"
        "    processors:\n"
        "      - {name: Copy, type: DuplicateFlowFile, properties: {Number of Copies: '3'}}\n"
        "      - {name: Route, type: RouteOnAttribute, properties: {even: "
        "'${copy.index:mod(2):equals(0)}'}}\n"
        "    connections:\n"
        "      - {from: in, to: Copy}\n"
        "      - {from: Copy, relationship: success, to: Route}\n"
        "      - {from: Route, relationship: even, to: one}\n"
        "      - {from: Route, relationship: unmatched, to: two}\n"
        "  - name: B\n    flowfile-concurrency: single batch\n"
        "    inputs: [in]\n    outputs: [out]\n"
        "    processors:\n"
        "      - {name: Work, type: UpdateAttribute, properties: {x: y}}\n"
        "    connections:\n"
        "      - {from: in, to: Work}\n"
        "      - {from: Work, relationship: success, to: out}\n";
    Rig rig(two);
    std::uint64_t before = 0;
    rig.run([&](Queues queues) {
      const std::uint64_t inB = queues["B/in -> B/Work"] + queues["B/Work [success] -> B/out"];
      // A batch of A is an original and three copies; whole batches go in, never a part of one.
      if (inB > before) QCOMPARE((inB - before) % 4, std::uint64_t{0});
      before = inB;
    });
    QCOMPARE(rig.queues()["B/in -> B/Work"], std::uint64_t{0});
  }
};

QTEST_GUILESS_MAIN(GroupGateTest)
#include "group_gate_test.moc"
