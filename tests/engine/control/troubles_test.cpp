// SPDX-License-Identifier: Apache-2.0
// Processors that misbehave: they throw, forget what they hold, or feed each other until nothing
// fits any more. Nothing is lost, it is told, and whoever gets better goes on.

#include "tests/harness/engine_bench.h"
#include "tests/harness/processor_bench.h"

#include <QTest>
#include <stdexcept>

using namespace millrace;
using millrace::tests::EngineBench;
using millrace::tests::ProcessorBench;

namespace {

constexpr Relationship kSuccess{"success", "What went well."};
constexpr const Relationship* kRelationships[] = {&kSuccess};

/// Does what the attribute `trouble` of the FlowFiles that it takes, ten at once, says.
class Troubled final : public Processor {
 public:
  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    const auto files = session.get(10);
    for (SessionFlowFile* file : files) {
      const std::string trouble(file->value("trouble"));
      session.putAttribute(*file, "seen", "yes");
      if (trouble == "throw") throw std::runtime_error("as told");
      if (trouble == "throw a number") throw 7;
      if (trouble == "once" && context.clock().monotonic() < kSecond)
        throw std::runtime_error("only now");
      if (trouble == "forget") continue;
      if (trouble == "make and forget") session.create(*file);
      if (trouble == "keep a reader") reader_ = std::move(session.read(*file)).value();
      if (trouble == "keep a writer") {
        writer_ = std::move(session.write(*file)).value();
        if (!writer_->write(std::string(100000, 'x')).ok()) throw std::runtime_error("not written");
      }
      if (trouble == "use what was kept") {
        std::byte one[1];
        if (reader_ != nullptr && reader_->read(one).ok()) throw std::runtime_error("was read");
        if (writer_ != nullptr && writer_->finish().ok()) throw std::runtime_error("was written");
      }
      if (trouble == "twice") session.transfer(*file, kSuccess);
      session.transfer(*file, kSuccess);
    }
    return Done{};
  }

 private:
  std::unique_ptr<ContentReader> reader_;
  std::unique_ptr<ContentWriter> writer_;
};

const ProcessorDescriptor& troubled() {
  static const ProcessorDescriptor kDescriptor{.type = "Troubled",
                                               .summary = "Misbehaves.",
                                               .relationships = kRelationships,
                                               .batching = true,
                                               .make = make<Troubled>};
  return kDescriptor;
}

std::size_t errors(const ProcessorBench& bench, const std::string& part) {
  std::size_t count = 0;
  for (const auto& bulletin : bench.bulletins()) {
    const bool said = bulletin.message.find(part) != std::string::npos;
    if (bulletin.level == BulletinLevel::kError && said) ++count;
  }
  return count;
}

void require(const Result<>& result) {
  if (!result.ok()) qFatal("%s", result.error().message.c_str());
}

}  // namespace

class TroublesTest : public QObject {
  Q_OBJECT
 private slots:
  // pins: 1.1/27, 1.1/31
  void whoThrowsOnceGoesOnAfterThePenalty() {
    ProcessorBench bench(troubled());
    bench.enqueue("a", {{"trouble", "once"}});
    bench.run();
    QCOMPARE(bench.count("success"), std::size_t{0});
    QCOMPARE(bench.queued(), std::uint64_t{1});
    QCOMPARE(errors(bench, "only now"), std::size_t{1});
    bench.clock().advance(31 * kSecond);
    bench.run();
    QCOMPARE(bench.count("success"), std::size_t{1});
    QCOMPARE(bench.outputs("success").at(0).content, std::string("a"));
  }

  // pins: 1.1/29, 1.1/31
  void whoAlwaysThrowsIsAskedOnceAPenalty() {
    for (const std::string kind : {"throw", "throw a number"}) {
      ProcessorBench bench(troubled());
      bench.enqueue("a", {{"trouble", kind}});
      for (int minute = 1; minute <= 5; ++minute) {
        for (int i = 0; i < 10; ++i) bench.run();
        QCOMPARE(bench.statistics().failures.load(), static_cast<std::uint64_t>(minute));
        QCOMPARE(bench.queued(), std::uint64_t{1});
        bench.clock().advance(kMinute);
      }
      QCOMPARE(bench.count("success"), std::size_t{0});
    }
  }

  // pins: 1.1/25, 1.1/35
  void aThrowInTheMiddleOfABatchUndoesThatFlowFileAlone() {
    for (int poison = 0; poison < 25; ++poison) {
      ProcessorBench bench(troubled());
      for (int i = 0; i < 25; ++i)
        bench.enqueue(std::to_string(i), {{"trouble", i == poison ? "throw" : ""}});
      for (int i = 0; i < 50 && bench.run() > 0; ++i) {
      }
      std::vector<std::string> expected;
      for (int i = 0; i < 25; ++i) {
        if (i != poison) expected.push_back(std::to_string(i));
      }
      std::vector<std::string> passed;
      for (const auto& output : bench.outputs("success")) {
        passed.push_back(output.content);
        QCOMPARE(output.attributes.at("seen"), std::string("yes"));
      }
      QVERIFY(passed == expected);
      QCOMPARE(bench.queued(), std::uint64_t{1});
      QCOMPARE(errors(bench, "as told"), std::size_t{1});
    }
  }

  // pins: 1.1/16
  void aStreamThatIsKeptIsToldAndOfNoUseLater() {
    for (const std::string kind : {"keep a reader", "keep a writer"}) {
      ProcessorBench bench(troubled());
      bench.enqueue("kept", {{"trouble", kind}});
      bench.run();
      QCOMPARE(bench.count("success"), std::size_t{0});
      QCOMPARE(errors(bench, "stream of FlowFile"), std::size_t{1});
      // Others go through the same entries of the session; the stream must not count among theirs.
      for (int i = 0; i < 5; ++i)
        bench.enqueue(std::string(10000, 'a'), {{"trouble", i == 2 ? "use what was kept" : ""}});
      bench.run();
      QCOMPARE(bench.count("success"), std::size_t{5});
      QCOMPARE(bench.outputs("success").at(4).content, std::string(10000, 'a'));
      bench.clock().advance(31 * kSecond);
      bench.run();  // the same again: told again
      QCOMPARE(errors(bench, "stream of FlowFile"), std::size_t{2});
      QCOMPARE(bench.queued(), std::uint64_t{1});
    }
  }

  // pins: 1.1/1, 1.1/2
  void whatIsForgottenGoesBackAndIsTold() {
    const std::vector<std::pair<std::string, std::string>> troubles{
        {"forget", "neither transferred nor removed"},
        {"make and forget", "neither transferred nor removed"},
        {"twice", "after it had been transferred"}};
    for (const auto& [trouble, told] : troubles) {
      ProcessorBench bench(troubled());
      bench.enqueue("good");
      bench.enqueue("bad", {{"trouble", trouble}});
      bench.enqueue("good too");
      for (int i = 0; i < 10 && bench.run() > 0; ++i) {
      }
      QCOMPARE(bench.count("success"), std::size_t{2});
      QCOMPARE(bench.queued(), std::uint64_t{1});
      QVERIFY2(errors(bench, told) == 1, trouble.c_str());
      bench.clock().advance(31 * kSecond);
      QVERIFY(bench.run() > 0);  // it is asked again, in vain
      QCOMPARE(bench.queued(), std::uint64_t{1});
      QCOMPARE(bench.count("success"), std::size_t{2});
    }
  }

  void aLoopWhoseWiresAreAllFullWaitsWithoutLosingAnything() {
    const auto flow = [](const std::string& count) {
      return "millrace: 1\nname: loop\nprocessors:\n"
             "  - {name: Make, type: GenerateFlowFile, properties: {Batch Size: '5'}, schedule: "
             "{every: 1 sec, runs: 4}}\n"
             "  - {name: A, type: UpdateAttribute, properties: {a: '1'}}\n"
             "  - {name: B, type: UpdateAttribute, properties: {b: '1'}}\n"
             "  - {name: End, type: UpdateCounter, properties: {Counter Name: out}, "
             "auto-terminate: [success], state: stopped}\n"
             "connections:\n"
             "  - {from: Make, relationship: success, to: A, back-pressure: {count: 5}}\n"
             "  - {from: A, relationship: success, to: B, back-pressure: {count: 5}}\n"
             "  - {from: B, relationship: success, to: A, back-pressure: {count: 5}}\n"
             "  - {from: B, relationship: success, to: End, back-pressure: {count: " +
             count + "}}\n";
    };
    MemoryFileSystem files(1);
    VirtualClock clock;
    EngineBench bench(files, clock, 1);
    require(bench.open(flow("5")));
    bool still = false;
    for (int i = 0; i < 2000 && !still; ++i) {
      auto moved = bench.step();
      QVERIFY(moved.ok());
      still = !*moved;
    }
    QVERIFY(still);  // no timer is armed and nobody is ready: it costs nothing
    std::uint64_t queued = 0;
    std::uint64_t atEnd = 0;
    for (const auto& connection : bench.controller().connections()) {
      queued += connection.queue.count;
      if (connection.path == "B [success] -> End") atEnd = connection.queue.count;
    }
    const auto out = [&](const std::string& path) {
      for (const auto& component : bench.controller().components()) {
        if (component.path == path) return component.out;
      }
      return std::uint64_t{0};
    };
    // Each turn through B leaves a copy at End; beside those there is what Make made.
    QVERIFY(atEnd >= 5);
    QCOMPARE(queued, out("Make") + atEnd);
    // Room at the way out lets it go on.
    require(bench.edit(flow("50")));
    bool moved = false;
    for (int i = 0; i < 20; ++i) {
      auto stepped = bench.step();
      QVERIFY(stepped.ok());
      moved = moved || *stepped;
    }
    QVERIFY(moved);
  }
};

QTEST_GUILESS_MAIN(TroublesTest)
#include "troubles_test.moc"
