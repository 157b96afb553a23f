// SPDX-License-Identifier: Apache-2.0
// What NiFi's sessions promise to a processor, rule by rule (docs/nifi-semantics.md).
#include "engine/processor/processor.h"
#include "tests/harness/processor_bench.h"

#include <QtTest>
#include <array>
#include <functional>

using namespace millrace;
using millrace::tests::ProcessorBench;
using Strings = std::vector<std::string>;
using Choice = ProcessSession::Choice;

namespace {

constexpr Relationship kOut{"out", "What is sent on."};
constexpr Relationship kOther{"other", "What is sent elsewhere."};
constexpr std::array kRelationships{&kOut, &kOther};

/// The trigger of the processor below; a test's.
using Script = std::function<Result<>(ProcessContext&, ProcessSession&)>;
const Script* script = nullptr;

class Scripted final : public Processor {
 public:
  Result<> onTrigger(ProcessContext& context, ProcessSession& session) override {
    return (*script)(context, session);
  }
};

constexpr ProcessorDescriptor kScripted{.type = "Scripted",
                                        .summary = "Does what the test says.",
                                        .input = InputRequirement::kAllowed,
                                        .relationships = kRelationships,
                                        .serial = true,
                                        .make = make<Scripted>};
constexpr ProcessorDescriptor kBatching{.type = "Batching",
                                        .summary = "Does what the test says, many times a commit.",
                                        .relationships = kRelationships,
                                        .batching = true,
                                        .make = make<Scripted>};

std::string textOf(const Result<ByteView>& bytes) {
  return bytes.ok() ? std::string(asText(*bytes)) : "?" + bytes.error().message;
}

}  // namespace

class SessionSemanticsTest : public QObject {
  Q_OBJECT

 private:
  Script script_;
  /// Runs until nothing happens without the clock moving.
  void run(ProcessorBench& bench, Script trigger) {
    script_ = std::move(trigger);
    script = &script_;
    bench.run();
  }
  static Strings contents(ProcessorBench& bench, const std::string& relationship = "out") {
    Strings result;
    for (const auto& output : bench.outputs(relationship)) result.push_back(output.content);
    return result;
  }

 private slots:
  // pins: 1.1/2
  void aRemovedFlowFileIsOfNoUseAnyMore() {
    ProcessorBench bench(kScripted);
    bench.enqueue("a");
    run(bench, [](ProcessContext&, ProcessSession& session) -> Result<> {
      SessionFlowFile* file = session.get();
      session.remove(*file);
      session.putAttribute(*file, "late", "yes");
      return Done{};
    });
    QCOMPARE(bench.queued(), std::uint64_t{1});
    QCOMPARE(bench.statistics().failures.load(), std::uint64_t{1});
  }

  // pins: 1.1/4
  void flowFilesAreTakenOneByOneOrManyOrByAFilter() {
    ProcessorBench bench(kScripted);
    for (const char* content : {"a", "b", "c", "d", "e", "f"})
      bench.enqueue(content, {{"name", content}});
    Strings seen;
    run(bench, [&](ProcessContext& context, ProcessSession& session) -> Result<> {
      SessionFlowFile* first = session.get();
      const auto next = session.get(2);
      const auto chosen = session.get([&](const SessionFlowFile& file) {
        seen.emplace_back(file.value("name"));
        if (file.value("name") == "d") return Choice::kReject;
        return file.value("name") == "e" ? Choice::kAcceptAndStop : Choice::kAccept;
      });
      session.transfer(*first, kOut);
      for (SessionFlowFile* file : next) session.transfer(*file, kOut);
      for (SessionFlowFile* file : chosen) session.transfer(*file, kOther);
      context.yield(kSecond);
      return Done{};
    });
    QVERIFY(contents(bench) == (Strings{"a", "b", "c"}));
    QVERIFY(contents(bench, "other") == Strings{"e"});
    QVERIFY(seen == (Strings{"d", "e"}));  // it was not asked beyond its stop
    QCOMPARE(bench.queued(), std::uint64_t{2});
  }

  void whatIsGivenBackIsInItsPlaceAsItWas() {
    ProcessorBench bench(kScripted);
    for (const char* content : {"a", "b", "c"}) bench.enqueue(content);
    int triggers = 0;
    run(bench, [&](ProcessContext& context, ProcessSession& session) -> Result<> {
      const auto files = session.get(2);
      if (files.empty()) return Done{};
      if (++triggers == 1) {
        session.putAttribute(*files[0], "changed", "yes");
        MR_TRY(session.writeAll(*files[1], "another content"));
        for (auto file = files.rbegin(); file != files.rend(); ++file) session.giveBack(**file);
        context.yield(kMinute);
        return Done{};
      }
      for (SessionFlowFile* file : files) session.transfer(*file, kOut);
      return Done{};
    });
    QCOMPARE(bench.queued(), std::uint64_t{3});
    bench.clock().advance(2 * kMinute);
    bench.run();
    QVERIFY(contents(bench) == (Strings{"a", "b", "c"}));
    QVERIFY(!bench.outputs("out")[0].attributes.contains("changed"));
  }

  void onlyWhatWasTakenCanBeGivenBack() {
    ProcessorBench bench(kScripted);
    bench.enqueue("a");
    run(bench, [](ProcessContext&, ProcessSession& session) -> Result<> {
      session.giveBack(session.create());
      return Done{};
    });
    QVERIFY(bench.statistics().failures.load() > 0);
  }

  // pins: 1.1/5
  void aQueueHasFlowFilesInTheOrderOfTheirTransfers() {
    ProcessorBench bench(kScripted);
    for (const char* content : {"a", "b", "c", "d"}) bench.enqueue(content);
    run(bench, [](ProcessContext&, ProcessSession& session) -> Result<> {
      const auto files = session.get(4);
      if (files.empty()) return Done{};
      SessionFlowFile& made = session.create(*files[0]);
      MR_TRY(session.writeAll(made, "made"));
      session.transfer(*files[2], kOut);
      session.transfer(made, kOut);
      session.transfer(*files[3], kOut);
      session.putAttribute(*files[0], "changed", "yes");
      session.transfer(*files[0], kOut);
      session.transfer(*files[1], kOut);
      return Done{};
    });
    Strings contents;
    for (const auto& output : bench.outputs("out")) contents.push_back(output.content);
    QCOMPARE(contents, (Strings{"c", "made", "d", "a", "b"}));
  }

  void theQueuedCountLeavesOutWhatTheSessionTook() {
    ProcessorBench bench(kScripted);
    for (int i = 0; i < 5; ++i) bench.enqueue("x");
    std::uint64_t before = 0;
    std::uint64_t after = 0;
    run(bench, [&](ProcessContext& context, ProcessSession& session) -> Result<> {
      before = session.queuedCount();
      for (SessionFlowFile* file : session.get(2)) session.transfer(*file, kOut);
      after = session.queuedCount();
      context.yield(kSecond);
      return Done{};
    });
    QCOMPARE(before, std::uint64_t{5});
    QCOMPARE(after, std::uint64_t{3});
  }

  // pins: 1.1/6
  void aNewFlowFileHasUuidFilenameAndPath() {
    ProcessorBench bench(kScripted);
    bench.asSource();
    run(bench, [](ProcessContext& context, ProcessSession& session) -> Result<> {
      session.transfer(session.create(), kOut);
      context.yield(kSecond);
      return Done{};
    });
    const auto made = bench.outputs("out").at(0).attributes;
    QCOMPARE(made.at("path"), std::string("./"));
    QCOMPARE(made.at("filename"), made.at("uuid"));
    QCOMPARE(made.at("uuid").size(), std::size_t{36});
    QCOMPARE(made.size(), std::size_t{3});
  }

  // pins: 1.1/7
  void aChildInheritsAllButWhatIsTheParentsOwn() {
    ProcessorBench bench(kScripted);
    bench.enqueue("a", {{"uuid", "5a1f0b36-7c5e-4b77-9a3c-0d3f1b2c4d5e"},
                        {"filename", "f.txt"},
                        {"alternate.identifier", "x"},
                        {"discard.reason", "y"},
                        {"kept", "z"}});
    Millis parentStart = 0;
    Millis childStart = -1;
    run(bench, [&](ProcessContext&, ProcessSession& session) -> Result<> {
      SessionFlowFile* parent = session.get();
      SessionFlowFile& child = session.create(*parent);
      parentStart = parent->lineageStart();
      childStart = child.lineageStart();
      session.remove(*parent);
      session.transfer(child, kOut);
      return Done{};
    });
    const auto child = bench.outputs("out").at(0);
    QCOMPARE(child.content, std::string());
    QCOMPARE(child.attributes.at("filename"), std::string("f.txt"));
    QCOMPARE(child.attributes.at("kept"), std::string("z"));
    QVERIFY(!child.attributes.contains("alternate.identifier"));
    QVERIFY(!child.attributes.contains("discard.reason"));
    QVERIFY(child.attributes.at("uuid") != "5a1f0b36-7c5e-4b77-9a3c-0d3f1b2c4d5e");
    QCOMPARE(childStart, parentStart);
  }

  // pins: 1.1/8
  void aChildOfManyHasWhatAllHaveAlike() {
    ProcessorBench bench(kScripted);
    bench.enqueue("a", {{"same", "1"}, {"differs", "1"}, {"one", "1"}});
    bench.clock().advance(kMinute);
    bench.enqueue("b", {{"same", "1"}, {"differs", "2"}});
    Millis oldest = 0;
    Millis start = -1;
    run(bench, [&](ProcessContext&, ProcessSession& session) -> Result<> {
      const auto parents = session.get(2);
      const std::vector<const SessionFlowFile*> given(parents.begin(), parents.end());
      SessionFlowFile& child = session.create(given);
      oldest = parents[0]->lineageStart();
      start = child.lineageStart();
      for (SessionFlowFile* parent : parents) session.remove(*parent);
      session.transfer(child, kOut);
      return Done{};
    });
    const auto child = bench.outputs("out").at(0).attributes;
    QCOMPARE(child.at("same"), std::string("1"));
    QVERIFY(!child.contains("differs"));
    QVERIFY(!child.contains("one"));
    QCOMPARE(start, oldest);
  }

  // pins: 1.1/9, 1.4/5
  void aCloneSharesContentOrAPartOfItAndKeepsTheEntryDate() {
    for (const std::size_t size : {std::size_t{10}, std::size_t{10'000}}) {
      ProcessorBench bench(kScripted);
      std::string text(size, 'x');
      text.replace(2, 3, "abc");
      bench.enqueue(text, {{"kept", "z"}});
      bench.clock().advance(kMinute);
      bool sameAge = false;
      run(bench, [&](ProcessContext&, ProcessSession& session) -> Result<> {
        SessionFlowFile* file = session.get();
        SessionFlowFile& whole = session.clone(*file);
        sameAge = whole.entryDate() == file->entryDate();
        SessionFlowFile* part = MR_TRY(session.clone(*file, 2, 3));
        SessionFlowFile* empty = MR_TRY(session.clone(*file, file->size(), 0));
        if (session.clone(*file, file->size(), 1).ok()) return Error::bug("beyond its end");
        session.remove(*file);
        for (SessionFlowFile* each : {&whole, part, empty}) session.transfer(*each, kOut);
        return Done{};
      });
      QVERIFY(contents(bench) == (Strings{text, "abc", ""}));
      QCOMPARE(bench.outputs("out").at(1).attributes.at("kept"), std::string("z"));
      QVERIFY(sameAge);
    }
  }

  // pins: 1.1/10, 1.1/11
  void uuidIsNotAProcessorsToSetButFilenameAndPathAre() {
    ProcessorBench bench(kScripted);
    const std::string uuid = "5a1f0b36-7c5e-4b77-9a3c-0d3f1b2c4d5e";
    bench.enqueue("a", {{"uuid", uuid}});
    run(bench, [](ProcessContext&, ProcessSession& session) -> Result<> {
      SessionFlowFile* file = session.get();
      session.putAttribute(*file, "uuid", "another");
      session.removeAttribute(*file, "uuid");
      session.putAttribute(*file, "filename", "f.txt");
      session.putAttribute(*file, "path", "p/");
      session.transfer(*file, kOut);
      return Done{};
    });
    const auto file = bench.outputs("out").at(0).attributes;
    QCOMPARE(file.at("uuid"), uuid);
    QCOMPARE(file.at("filename"), std::string("f.txt"));
    QCOMPARE(file.at("path"), std::string("p/"));
  }

  // pins: 1.1/13, 1.1/15
  void writingLeavesTheOldContentToItsReadersAndToARollback() {
    for (const std::size_t size : {std::size_t{10}, std::size_t{10'000}}) {
      ProcessorBench bench(kScripted);
      const std::string old(size, 'o');
      bench.enqueue(old);
      bool fail = true;
      std::string readMeanwhile;
      const Script both = [&](ProcessContext&, ProcessSession& session) -> Result<> {
        SessionFlowFile* file = session.get();
        {
          auto reader = MR_TRY(session.read(*file));
          MR_TRY(session.writeAll(*file, std::string(size, 'n')));
          readMeanwhile.resize(size);
          MR_TRY(reader->read(std::as_writable_bytes(std::span(readMeanwhile))));
        }
        if (fail) return Error::environment("not now");
        session.transfer(*file, kOut);
        return Done{};
      };
      run(bench, both);
      QCOMPARE(readMeanwhile, old);
      fail = false;
      std::string afterRollback;
      bench.clock().advance(31 * kSecond);
      run(bench, [&](ProcessContext&, ProcessSession& session) -> Result<> {
        SessionFlowFile* file = session.get();
        afterRollback = textOf(session.readAll(*file, 1 << 20));
        session.transfer(*file, kOut);
        return Done{};
      });
      QCOMPARE(afterRollback, old);
    }
  }

  // pins: 1.1/14
  void appendingGoesOnBehindTheOldContent() {
    ProcessorBench bench(kScripted);
    bench.enqueue("one");
    run(bench, [](ProcessContext&, ProcessSession& session) -> Result<> {
      SessionFlowFile* file = session.get();
      for (const char* more : {" two", " three"}) {
        auto writer = MR_TRY(session.append(*file));
        MR_TRY(writer->write(std::string(more)));
        MR_TRY(writer->finish());
      }
      session.transfer(*file, kOut);
      return Done{};
    });
    QVERIFY(contents(bench) == Strings{"one two three"});
  }

  // pins: 1.1/16
  void nothingIsCommittedWhileAStreamIsOpen() {
    ProcessorBench bench(kScripted);
    bench.enqueue("a");
    run(bench, [](ProcessContext&, ProcessSession& session) -> Result<> {
      SessionFlowFile* file = session.get();
      auto reader = MR_TRY(session.read(*file));
      session.transfer(*file, kOut);
      return session.commit();
    });
    QCOMPARE(bench.count("out"), std::size_t{0});
    QCOMPARE(bench.queued(), std::uint64_t{1});
  }

  // pins: 1.1/24
  void aRollbackTakesCountersBackButNotImmediateOnes() {
    ProcessorBench bench(kScripted);
    bench.enqueue("a");
    run(bench, [](ProcessContext&, ProcessSession& session) -> Result<> {
      session.get();
      session.adjustCounter("with the commit", 1);
      session.adjustCounter("at once", 1, true);
      return Error::environment("not now");
    });
    const auto counters = bench.counters();
    QVERIFY(!counters.contains("with the commit"));
    QCOMPARE(counters.at("at once"), std::int64_t{1});
  }

  // pins: 1.1/28
  void whoYieldsIsNotTriggeredBeforeItsTimeIsOver() {
    ProcessorBench bench(kScripted);
    for (int i = 0; i < 3; ++i) bench.enqueue("x");
    const Script one = [](ProcessContext& context, ProcessSession& session) -> Result<> {
      session.transfer(*session.get(), kOut);
      context.yield();
      return Done{};
    };
    run(bench, one);
    QCOMPARE(bench.count("out"), std::size_t{1});
    bench.clock().advance(kSecond - 1);
    run(bench, one);
    QCOMPARE(bench.count("out"), std::size_t{1});
    bench.clock().advance(1);
    run(bench, one);
    QCOMPARE(bench.count("out"), std::size_t{2});
  }

  // pins: 1.1/30
  void aSourceWithNothingToDoIsLeftAloneForAMoment() {
    ProcessorBench bench(kScripted);
    bench.asSource();
    int triggers = 0;
    const Script nothing = [&](ProcessContext&, ProcessSession&) -> Result<> {
      ++triggers;
      return Done{};
    };
    run(bench, nothing);
    QCOMPARE(triggers, 1);
    bench.clock().advance(10 * kMillisecond - 1);
    run(bench, nothing);
    QCOMPARE(triggers, 1);
    bench.clock().advance(1);
    run(bench, nothing);
    QCOMPARE(triggers, 2);
  }

  // pins: 1.2/5, 1.2/7
  void aRetryTakesTheChildrenBackAndItsCountLeavesWithTheFlowFile() {
    ProcessorBench bench(kScripted);
    bench.retry("out", {1, engine::RetryPolicy::Backoff::kPenalize, kMinute});
    bench.enqueue("a");
    const Script split = [](ProcessContext&, ProcessSession& session) -> Result<> {
      SessionFlowFile* file = session.get();
      session.transfer(session.create(*file), kOther);
      session.transfer(session.clone(*file), kOut);
      session.transfer(*file, kOut);
      return Done{};
    };
    run(bench, split);
    QCOMPARE(bench.count("out"), std::size_t{0});
    QCOMPARE(bench.count("other"), std::size_t{0});
    QCOMPARE(bench.queued(), std::uint64_t{1});
    QCOMPARE(bench.statistics().out.load(), std::uint64_t{1});  // back to its own queue
    bench.clock().advance(31 * kSecond);
    run(bench, split);
    QCOMPARE(bench.count("out"), std::size_t{2});
    QCOMPARE(bench.count("other"), std::size_t{1});
    for (const std::string relationship : {"out", "other"}) {
      for (const auto& output : bench.outputs(relationship)) {
        for (const auto& [name, value] : output.attributes)
          QVERIFY2(!name.starts_with("retryCount."), name.c_str());
      }
    }
  }

  // pins: 1.2/6
  void whatASourceMakesIsNotRetried() {
    ProcessorBench bench(kScripted);
    bench.asSource().retry("out", {3, engine::RetryPolicy::Backoff::kPenalize, kMinute});
    run(bench, [](ProcessContext& context, ProcessSession& session) -> Result<> {
      session.transfer(session.create(), kOut);
      context.yield(kSecond);
      return Done{};
    });
    QCOMPARE(bench.count("out"), std::size_t{1});
  }

  // pins: 1.2/8
  void aRetriedRelationshipIsAutoTerminatedOnlyAfterTheLastTry() {
    ProcessorBench bench(kScripted);
    bench.retry("out", {1, engine::RetryPolicy::Backoff::kPenalize, kMinute}).autoTerminate("out");
    bench.enqueue("a");
    const Script pass = [](ProcessContext&, ProcessSession& session) -> Result<> {
      session.transfer(*session.get(), kOut);
      return Done{};
    };
    run(bench, pass);
    QCOMPARE(bench.queued(), std::uint64_t{1});
    QCOMPARE(bench.statistics().removed.load(), std::uint64_t{0});
    bench.clock().advance(31 * kSecond);
    run(bench, pass);
    QCOMPARE(bench.queued(), std::uint64_t{0});
    QCOMPARE(bench.statistics().removed.load(), std::uint64_t{1});
  }

  // pins: 1.2/4
  void aRetryByYieldHoldsTheProcessorAndNotTheFlowFile() {
    ProcessorBench bench(kScripted);
    bench.retry("out", {5, engine::RetryPolicy::Backoff::kYield, 3 * kSecond});
    bench.enqueue("a");
    int triggers = 0;
    const Script pass = [&](ProcessContext&, ProcessSession& session) -> Result<> {
      ++triggers;
      session.transfer(*session.get(), kOut);
      return Done{};
    };
    // The yield duration doubled each time, and never more than the most: 1, 2, 3, 3, 3 seconds.
    for (const Nanos wait : {1, 2, 3, 3, 3}) {
      const int before = triggers;
      run(bench, pass);
      QCOMPARE(triggers, before + 1);
      bench.clock().advance(wait * kSecond - 1);
      run(bench, pass);
      QCOMPARE(triggers, before + 1);
      bench.clock().advance(1);
    }
    QCOMPARE(bench.count("out"), std::size_t{0});
    run(bench, pass);
    QCOMPARE(bench.count("out"), std::size_t{1});
  }

  // pins: 1.3/7
  void aSerialProcessorHasOneTaskWhateverIsAsked() {
    engine::Schedule four;
    four.concurrency = 4;
    ProcessorBench serial(kScripted);
    serial.schedule(four).problem();
    QCOMPARE(serial.component().maxTasks(), 1U);
    ProcessorBench many(kBatching);
    many.schedule(four).problem();
    QCOMPARE(many.component().maxTasks(), 4U);
  }

  // pins: 1.7/5
  void stateIsAFlatMapThatComesWithTheCommit() {
    ProcessorBench bench(kScripted);
    bench.enqueue("a");
    Strings seen;
    bool fail = true;
    const Script count = [&](ProcessContext&, ProcessSession& session) -> Result<> {
      SessionFlowFile* file = session.get();
      session.putState("key", "changed");
      seen.emplace_back(session.state().find("key").value_or("?"));
      if (fail) return Error::environment("not now");
      session.transfer(*file, kOut);
      return Done{};
    };
    run(bench, count);
    QVERIFY(bench.state().empty());
    fail = false;
    bench.clock().advance(31 * kSecond);
    run(bench, count);
    QCOMPARE(bench.state().at("key"), std::string("changed"));
    QVERIFY(seen == (Strings{"changed", "changed"}));
  }
};

QTEST_GUILESS_MAIN(SessionSemanticsTest)
#include "session_semantics_test.moc"
