// SPDX-License-Identifier: Apache-2.0
#include "engine/commit/group_commit.h"

#include "engine/base/fault_file_system.h"
#include "repositories/memory/memory_journal.h"

#include <QTest>
#include <atomic>
#include <thread>

using namespace millrace;
using repo::MemoryJournal;

namespace {

Commit commitOf(const std::string& record) {
  Commit commit;
  const ByteView bytes = asBytes(record);
  commit.record.assign(bytes.begin(), bytes.end());
  return commit;
}

std::vector<std::string> recordsOf(const MemoryJournal& journal) {
  std::vector<std::string> records;
  for (const auto& group : journal.groups()) {
    GroupReader reader(group.bytes, group.first);
    while (true) {
      auto item = reader.next();
      if (!item.ok() || !item->has_value()) break;
      if (!(*item)->commit) continue;
      records.push_back(std::to_string((*item)->commit->lsn.raw()) + "=" +
                        std::string(asText((*item)->commit->record)));
    }
  }
  return records;
}

/// A sink that fails where it is told, and writes down what it was asked.
class ScriptedSink final : public JournalSink {
 public:
  Result<> reserve(std::uint64_t bytes) override {
    asked = bytes;
    if (full) return Error::environment("No space left on device");
    return Done{};
  }
  Result<> append(const JournalGroup&) override {
    calls += "a";
    if (failAppend) return Error::environment("cannot write");
    return Done{};
  }
  Result<> sync() override {
    calls += "s";
    if (failSync) return Error::environment("cannot sync");
    return Done{};
  }
  std::string calls;
  std::uint64_t asked = 0;
  bool full = false;
  bool failAppend = false;
  bool failSync = false;
};

/// A sink that writes down which thread wrote each group.
class WitnessSink final : public JournalSink {
 public:
  Result<> reserve(std::uint64_t) override { return Done{}; }
  Result<> append(const JournalGroup&) override {
    writers.push_back(std::this_thread::get_id());
    return Done{};
  }
  Result<> sync() override {
    ++syncs;
    return Done{};
  }
  std::vector<std::thread::id> writers;  // read it when nobody writes
  std::atomic<int> syncs{0};
};

class CountingParticipant final : public Participant {
 public:
  explicit CountingParticipant(std::string& calls) : calls_(calls) {}
  Result<> sync() override {
    calls_ += "p";
    if (fail) return Error::environment("cannot sync content");
    return Done{};
  }
  bool fail = false;

 private:
  std::string& calls_;
};

}  // namespace

class GroupCommitTest : public QObject {
  Q_OBJECT
  MemoryFileSystem files_;
  VirtualClock clock_;

 private slots:
  void theOrderOfHandOverIsTheLsn() {
    MemoryJournal journal(MemoryJournal::Keep::kGroups);
    GroupCommit commits(journal, files_, clock_, {}, Lsn(41));
    QCOMPARE(commits.submit(commitOf("a")), Lsn(42));
    QCOMPARE(commits.submit(commitOf("b")), Lsn(43));
    QCOMPARE(commits.durable(), Lsn(41));
    QVERIFY(*commits.runOnce());
    QCOMPARE(commits.durable(), Lsn(43));
    QCOMPARE(recordsOf(journal), (std::vector<std::string>{"42=a", "43=b"}));
    QVERIFY(!*commits.runOnce());
    QCOMPARE(journal.groups().size(), std::size_t{1});
  }

  void aGroupSyncsEachParticipantOnceBeforeItsFrame() {
    ScriptedSink sink;
    GroupCommit commits(sink, files_, clock_, {});
    auto participant = std::make_shared<CountingParticipant>(sink.calls);
    for (int i = 0; i < 3; ++i) {
      Commit commit = commitOf("x");
      commit.syncs = {participant, participant};
      commits.submit(std::move(commit));
    }
    QVERIFY(*commits.runOnce());
    QCOMPARE(sink.calls, std::string("pas"));
  }

  // pins: 1.1/21
  void nothingRunsBeforeDurabilityAndAllInOrderAfter() {
    ScriptedSink sink;
    GroupCommit commits(sink, files_, clock_, {});
    for (int i = 0; i < 3; ++i) {
      Commit commit = commitOf("x");
      commit.onDurable.push_back([&sink, i] { sink.calls += std::to_string(i); });
      commits.submit(std::move(commit));
    }
    QCOMPARE(sink.calls, std::string());
    QVERIFY(*commits.runOnce());
    QCOMPARE(sink.calls, std::string("as012"));
  }

  void afterAFailedWriteOrSyncNothingIsReleasedEverAgain() {
    for (const int where : {0, 1, 2}) {
      ScriptedSink sink;
      auto participant = std::make_shared<CountingParticipant>(sink.calls);
      participant->fail = where == 0;
      sink.failAppend = where == 1;
      sink.failSync = where == 2;
      int told = 0;
      GroupCommitOptions options;
      options.onFailure = [&told](const Error&) { ++told; };
      GroupCommit commits(sink, files_, clock_, options);
      Commit commit = commitOf("x");
      commit.syncs = {participant};
      commit.onDurable.push_back([&sink] { sink.calls += "!"; });
      const Lsn lsn = commits.submit(std::move(commit));
      QVERIFY(!commits.runOnce().ok());
      const std::string calls = sink.calls;
      sink.failAppend = sink.failSync = participant->fail = false;
      commits.submit(commitOf("later"));
      QVERIFY(!commits.runOnce().ok());
      QVERIFY(!commits.waitDurable(lsn).ok());
      QVERIFY(!commits.reserve(1).ok());
      QVERIFY(!commits.stop().ok());
      QCOMPARE(sink.calls, calls);
      QCOMPARE(told, 1);
      QVERIFY(commits.failed());
      QCOMPARE(commits.durable(), Lsn(0));
    }
  }

  void aFullDiskIsMetBeforeTheLsn() {
    ScriptedSink sink;
    sink.full = true;
    GroupCommit commits(sink, files_, clock_, {});
    QVERIFY(!commits.reserve(1000).ok());
    sink.full = false;
    QVERIFY(commits.reserve(1000).ok());
    QCOMPARE(sink.asked, std::uint64_t{1000});
    QVERIFY(commits.reserve(500).ok());
    QCOMPARE(sink.asked, std::uint64_t{1500});
    commits.unreserve(1000);
    QVERIFY(commits.reserve(1).ok());
    QCOMPARE(sink.asked, std::uint64_t{501});
    QVERIFY(!commits.failed());
  }

  void reserveMakesRoomWhenTooMuchIsVisibleAndNotDurable() {
    ScriptedSink sink;
    GroupCommitOptions options;
    options.windowBytes = 1000;
    GroupCommit commits(sink, files_, clock_, options);
    commits.submit(commitOf(std::string(600, 'x')));
    QVERIFY(commits.reserve(1).ok());
    QCOMPARE(commits.durable(), Lsn(0));
    commits.submit(commitOf(std::string(600, 'x')));
    QVERIFY(commits.reserve(1).ok());
    QCOMPARE(commits.durable(), Lsn(2));
  }

  void reserveMakesRoomWhenVisibleWorkIsTooOld() {
    ScriptedSink sink;
    GroupCommit commits(sink, files_, clock_, {});
    commits.submit(commitOf("x"));
    clock_.advance(499 * kMillisecond);
    QVERIFY(commits.reserve(1).ok());
    QCOMPARE(commits.durable(), Lsn(0));
    clock_.advance(kMillisecond);
    QVERIFY(commits.reserve(1).ok());
    QCOMPARE(commits.durable(), Lsn(1));
  }

  void contentDroppedWithinTheGroupIsNotWritten() {
    for (const bool keep : {false, true}) {
      MemoryJournal journal(MemoryJournal::Keep::kGroups);
      GroupCommitOptions options;
      options.keepDropped = keep;
      GroupCommit commits(journal, files_, clock_, options);
      const std::string text = "content";
      const ByteView bytes = asBytes(text);
      auto dead =
          std::make_shared<InlineBuffer>(std::vector<std::byte>(bytes.begin(), bytes.end()));
      auto alive =
          std::make_shared<InlineBuffer>(std::vector<std::byte>(bytes.begin(), bytes.end()));
      dead->retain();
      alive->retain();
      Commit commit = commitOf("made");
      commit.inlined = {dead, alive};
      commits.submit(std::move(commit));
      dead->releaseAt(commits.submit(commitOf("dropped")));
      QVERIFY(*commits.runOnce());
      const auto group = journal.groups().at(0);
      GroupReader reader(group.bytes, group.first);
      const auto item = reader.next();
      QCOMPARE((*item)->commit->inlined.size(), std::size_t{2});
      QCOMPARE((*item)->commit->inlined[0].elided, !keep);
      QCOMPARE((*item)->commit->inlined[0].bytes.size(), keep ? std::size_t{7} : std::size_t{0});
      QCOMPARE(asText((*item)->commit->inlined[1].bytes), std::string_view("content"));
    }
  }

  void contentDroppedByALaterGroupIsWritten() {
    MemoryJournal journal(MemoryJournal::Keep::kGroups);
    GroupCommitOptions options;
    options.groupBytes = 1;  // each commit a group of its own
    GroupCommit commits(journal, files_, clock_, options);
    auto buffer = std::make_shared<InlineBuffer>(std::vector<std::byte>(3));
    buffer->retain();
    Commit commit = commitOf("made");
    commit.inlined = {buffer};
    commits.submit(std::move(commit));
    buffer->releaseAt(commits.submit(commitOf("dropped")));
    QVERIFY(*commits.runOnce());
    const auto group = journal.groups().at(0);
    QCOMPARE(group.last, Lsn(1));
    GroupReader reader(group.bytes, group.first);
    QVERIFY(!(*reader.next())->commit->inlined[0].elided);
  }

  void processModeSyncsEachSecondAndReleasesAtOnce() {
    ScriptedSink sink;
    GroupCommitOptions options;
    options.durability = Durability::kProcess;
    GroupCommit commits(sink, files_, clock_, options);
    auto participant = std::make_shared<CountingParticipant>(sink.calls);
    Commit commit = commitOf("x");
    commit.syncs = {participant};
    commit.onDurable.push_back([&sink] { sink.calls += "!"; });
    commits.submit(std::move(commit));
    QVERIFY(*commits.runOnce());
    QCOMPARE(sink.calls, std::string("a!"));
    QCOMPARE(commits.durable(), Lsn(1));
    QCOMPARE(commits.synced(), Lsn(0));
    QVERIFY(!*commits.runOnce());
    clock_.advance(kSecond);
    QVERIFY(*commits.runOnce());
    QCOMPARE(sink.calls, std::string("a!ps"));
    QCOMPARE(commits.synced(), Lsn(1));
  }

  void aSyncRequestSharesTheGroupAndWritesNoFrame() {
    ScriptedSink sink;
    GroupCommit commits(sink, files_, clock_, {});
    auto participant = std::make_shared<CountingParticipant>(sink.calls);
    commits.requestSync(participant, [&sink] { sink.calls += "!"; });
    commits.requestSync(participant, {});
    QVERIFY(*commits.runOnce());
    QCOMPARE(sink.calls, std::string("p!"));
  }

  void settledEffectsAreNotedInALaterGroup() {
    MemoryJournal journal(MemoryJournal::Keep::kGroups);
    MemoryFileSystem files;
    GroupCommit commits(journal, files, clock_, {});
    QVERIFY(files.open("/source", OpenMode::kCreate).ok());
    Commit commit = commitOf("x");
    Effect effect;
    effect.path = "/source";
    commit.effects.push_back(effect);
    commits.submit(std::move(commit));
    QVERIFY(*commits.runOnce());
    QVERIFY(!files.exists("/source"));
    QVERIFY(commits.stop().ok());
    const auto groups = journal.groups();
    QCOMPARE(groups.size(), std::size_t{2});
    QCOMPARE(groups[1].last, Lsn(1));
    GroupReader reader(groups[1].bytes, groups[1].first);
    QCOMPARE((*reader.next())->settled, (std::vector<EffectId>{{Lsn(1), 0}}));
  }

  // Handing a small commit to an idle thread takes longer than writing it.
  void whatIsLittleIsWrittenByItsCommitter() {
    for (const Durability mode : {Durability::kProcess, Durability::kNone}) {
      WitnessSink sink;
      SystemClock clock;
      GroupCommitOptions options;
      options.durability = mode;
      options.backgroundSync = kMillisecond;
      GroupCommit commits(sink, files_, clock, options);
      commits.start();
      bool told = false;
      Commit commit = commitOf("x");
      commit.notices.emplace_back([&told] { told = true; });
      const Lsn lsn = commits.submit(std::move(commit), 0, Writing::kNext);
      QVERIFY(commits.durable() < lsn);
      QVERIFY(!told);
      commits.writeNext();
      QCOMPARE(commits.durable(), lsn);
      QVERIFY(told);
      QCOMPARE(sink.writers, std::vector<std::thread::id>{std::this_thread::get_id()});
      commits.writeNext();  // nothing has gathered
      QCOMPARE(sink.writers.size(), std::size_t{1});
      // It does not wait for another commit before it is on the medium, whenever it comes.
      QTRY_COMPARE(commits.synced(), lsn);
      for (int i = 0; i < 30; ++i) {
        const Lsn next = commits.submit(commitOf("y"), 0, Writing::kNext);
        commits.writeNext();
        QTRY_COMPARE(commits.synced(), next);
      }
      QCOMPARE(sink.syncs.load() > 0, mode == Durability::kProcess);
      QVERIFY(commits.stop().ok());
    }
  }

  void whatIsMuchOrMustBeSyncedIsForTheDiskWriter_data() {
    QTest::addColumn<bool>("power");
    QTest::addColumn<int>("bytes");
    QTest::newRow("a sync each group") << true << 1;
    QTest::newRow("much") << false << 100'000;
  }
  void whatIsMuchOrMustBeSyncedIsForTheDiskWriter() {
    QFETCH(const bool, power);
    QFETCH(const int, bytes);
    WitnessSink sink;
    SystemClock clock;
    GroupCommitOptions options;
    options.durability = power ? Durability::kPower : Durability::kProcess;
    GroupCommit commits(sink, files_, clock, options);
    commits.start();
    const Lsn lsn = commits.submit(commitOf(std::string(static_cast<std::size_t>(bytes), 'x')), 0,
                                   Writing::kNext);
    commits.writeNext();
    QVERIFY(commits.waitDurable(lsn).ok());
    QVERIFY(commits.stop().ok());
    QCOMPARE(sink.writers.size(), std::size_t{1});
    QVERIFY(sink.writers[0] != std::this_thread::get_id());
  }

  void anErrorOfTheCommitterIsThatOfTheStore() {
    ScriptedSink sink;
    sink.failAppend = true;
    SystemClock clock;
    GroupCommitOptions options;
    options.durability = Durability::kProcess;
    int failures = 0;
    options.onFailure = [&failures](const Error&) { ++failures; };
    GroupCommit commits(sink, files_, clock, options);
    commits.start();
    bool told = false;
    Commit commit = commitOf("x");
    commit.notices.emplace_back([&told] { told = true; });
    const Lsn lsn = commits.submit(std::move(commit), 0, Writing::kNext);
    commits.writeNext();
    QVERIFY(commits.failed());
    QVERIFY(!told);
    QCOMPARE(failures, 1);
    QVERIFY(!commits.waitDurable(lsn).ok());
    commits.submit(commitOf("y"), 0, Writing::kNext);
    commits.writeNext();
    QCOMPARE(sink.calls, std::string("a"));  // nothing is written after a failure
    QVERIFY(!commits.stop().ok());
  }

  void threadsOfItsOwnMakeAllCommitsDurable_data() {
    QTest::addColumn<bool>("power");
    QTest::newRow("power") << true;
    QTest::newRow("process, written by who comes first") << false;
  }
  void threadsOfItsOwnMakeAllCommitsDurable() {
    QFETCH(const bool, power);
    MemoryJournal journal(MemoryJournal::Keep::kGroups);
    SystemClock clock;
    GroupCommitOptions options;
    options.durability = power ? Durability::kPower : Durability::kProcess;
    GroupCommit commits(journal, files_, clock, options);
    commits.start();
    std::atomic<int> ran{0};
    std::atomic<int> told{0};
    {
      std::vector<std::jthread> workers;
      for (int w = 0; w < 4; ++w) {
        workers.emplace_back([&commits, &ran, &told] {
          for (int i = 0; i < 500; ++i) {
            Commit commit = commitOf("record");
            commit.onDurable.push_back([&ran] { ++ran; });
            commit.notices.emplace_back([&told] { ++told; });
            if (!commits.reserve(bytesOf(commit)).ok()) return;
            const Lsn lsn = commits.submit(std::move(commit), 0, Writing::kNext);
            commits.writeNext();
            if (i % 50 == 0 && !commits.waitDurable(lsn).ok()) return;
          }
        });
      }
    }
    QVERIFY(commits.stop().ok());
    QCOMPARE(commits.durable(), Lsn(2000));
    QCOMPARE(ran.load(), 2000);
    QCOMPARE(told.load(), 2000);
    QCOMPARE(recordsOf(journal).size(), std::size_t{2000});
  }
};

QTEST_GUILESS_MAIN(GroupCommitTest)
#include "group_commit_test.moc"
