// SPDX-License-Identifier: Apache-2.0
// A trigger that commits several times, also with FlowFiles that it held before.
#include "engine/processor/processor.h"
#include "tests/harness/processor_bench.h"

#include <QtTest>
#include <array>

using namespace millrace;
using millrace::tests::ProcessorBench;
using Strings = std::vector<std::string>;

namespace {

constexpr Relationship kOut{"out", "What came in."};
constexpr std::array kRelationships{&kOut};

/// What the processor below does when it is triggered; a test's steps.
enum class Behavior : std::uint8_t { kCommitsEach, kFailsAfterTheFirst, kHoldsPairs };
constinit Behavior behavior = Behavior::kCommitsEach;
constinit bool pairsFail = false;

class Committing final : public Processor {
 public:
  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    if (behavior == Behavior::kHoldsPairs) return holdPairs(context, session);
    int count = 0;
    while (SessionFlowFile* file = session.get()) {
      session.putAttribute(*file, "place", std::to_string(count));
      session.transfer(*file, kOut);
      session.adjustCounter("seen", 1);
      MR_TRY(session.commit());
      if (++count == 1 && behavior == Behavior::kFailsAfterTheFirst) {
        SessionFlowFile* next = session.get();
        if (next == nullptr) return Done{};
        session.putAttribute(*next, "lost", "yes");
        session.adjustCounter("seen", 1);
        return Error::environment("the disk is full");
      }
    }
    return Done{};
  }
  void onStopped(ProcessContext&) override { held_.clear(); }

 private:
  Result<> holdPairs(ProcessContext& context, ProcessSession& session) {
    while (SessionFlowFile* file = session.get()) held_.push_back(session.hold(*file));
    if (held_.size() < 2) {
      context.yield();
      return Done{};
    }
    while (held_.size() >= 2) {
      for (int i = 0; i < 2; ++i) {
        SessionFlowFile& file = session.take(std::move(held_.front()));
        held_.erase(held_.begin());
        session.putAttribute(file, "paired", "yes");
        session.transfer(file, kOut);
      }
      if (pairsFail) return Error::environment("the disk is full");
      MR_TRY(session.commit());
    }
    return Done{};
  }
  std::vector<std::unique_ptr<HeldFlowFile>> held_;
};

constexpr ProcessorDescriptor kCommitting{.type = "Committing",
                                          .summary = "Commits within its trigger.",
                                          .relationships = kRelationships,
                                          .serial = true,
                                          .triggerWhenEmpty = true,
                                          .make = make<Committing>};

}  // namespace

class CommitInTriggerTest : public QObject {
  Q_OBJECT

 private:
  static Strings contents(ProcessorBench& bench) {
    Strings all;
    for (const auto& output : bench.outputs("out")) all.push_back(output.content);
    return all;
  }

 private slots:
  void init() {
    behavior = Behavior::kCommitsEach;
    pairsFail = false;
  }

  void everyCommitCountsInTheStatistics() {
    ProcessorBench bench(kCommitting);
    for (const std::string content : {"a", "bc", "d"}) bench.enqueue(content);
    bench.run();
    QCOMPARE(contents(bench), (Strings{"a", "bc", "d"}));
    QCOMPARE(bench.outputs("out").at(2).attributes.at("place"), std::string("2"));
    QCOMPARE(bench.statistics().in.load(), std::uint64_t(3));
    QCOMPARE(bench.statistics().inBytes.load(), std::uint64_t(4));
    QCOMPARE(bench.statistics().out.load(), std::uint64_t(3));
    QCOMPARE(bench.counters().at("seen"), std::int64_t(3));
    QCOMPARE(bench.queued(), std::uint64_t(0));
  }

  void aTriggerThatOnlyCommittedDidSomething() {
    ProcessorBench bench(kCommitting);
    bench.enqueue("a");
    bench.run(1);
    // Else nobody would look again at what followed from the commit.
    QVERIFY(!bench.component().isExhausted());
    bench.run();
    QCOMPARE(contents(bench), (Strings{"a"}));
  }

  void aFailureUndoesOnlyWhatCameAfterTheCommit() {
    behavior = Behavior::kFailsAfterTheFirst;
    ProcessorBench bench(kCommitting);
    for (const std::string content : {"a", "b", "c"}) bench.enqueue(content);
    bench.run(1);
    // b was undone and waits out its penalty; c had a trigger of its own.
    QCOMPARE(contents(bench), (Strings{"a", "c"}));
    QCOMPARE(bench.queued(), std::uint64_t(1));
    QCOMPARE(bench.counters().at("seen"), std::int64_t(2));
    QCOMPARE(bench.statistics().in.load(), std::uint64_t(2));
    QCOMPARE(bench.statistics().failures.load(), std::uint64_t(1));
    behavior = Behavior::kCommitsEach;
    bench.clock().advance(kMinute);
    bench.run();
    QCOMPARE(contents(bench), (Strings{"a", "c", "b"}));
    for (const auto& output : bench.outputs("out")) QVERIFY(!output.attributes.contains("lost"));
  }

  // pins: 1.1/26
  void heldFlowFilesOutliveACommit() {
    behavior = Behavior::kHoldsPairs;
    ProcessorBench bench(kCommitting);
    for (const std::string content : {"a", "b", "c", "d", "e"}) bench.enqueue(content);
    bench.run();
    QCOMPARE(contents(bench), (Strings{"a", "b", "c", "d"}));
    QCOMPARE(bench.component().heldCount(), std::uint32_t(1));
    QCOMPARE(bench.queued(), std::uint64_t(1));
    QCOMPARE(bench.statistics().in.load(), std::uint64_t(4));
    bench.stop();
    QCOMPARE(bench.queued(), std::uint64_t(1));
    bench.clock().advance(kMinute);
    bench.enqueue("f");
    bench.run();
    QCOMPARE(contents(bench), (Strings{"a", "b", "c", "d", "e", "f"}));
    QCOMPARE(bench.queued(), std::uint64_t(0));
  }

  void heldFlowFilesThatFailTogetherWaitOutTheirPenalty() {
    behavior = Behavior::kHoldsPairs;
    pairsFail = true;
    ProcessorBench bench(kCommitting);
    bench.enqueue("a");
    bench.enqueue("b");
    // Without a penalty they would be tried again as long as the clock stands.
    QVERIFY(bench.run(50) < 50);
    QCOMPARE(bench.queued(), std::uint64_t(2));
    QCOMPARE(bench.count("out"), std::size_t(0));
    pairsFail = false;
    bench.clock().advance(kMinute);
    bench.run();
    QCOMPARE(contents(bench), (Strings{"a", "b"}));
    QCOMPARE(bench.outputs("out").at(0).attributes.at("paired"), std::string("yes"));
  }
};

QTEST_GUILESS_MAIN(CommitInTriggerTest)
#include "commit_in_trigger_test.moc"
