// SPDX-License-Identifier: Apache-2.0
// Cuts the power at random points under a whole engine: unsynced sectors and names are dropped,
// torn and reordered. After the last restart every line must be in the output exactly once, inside
// merged files too, and every source file's effect done. Where the losses fell is counted.

#include "engine/base/fault_file_system.h"
#include "tests/harness/engine_bench.h"

#include <QTest>
#include <map>

using namespace millrace;
using millrace::tests::EngineBench;

namespace {

constexpr const char* kFlow =
    "millrace: 1\n"
    "name: power-loss\n"
    "processors:\n"
    "  - {name: Tail, type: TailFile, properties: {Files to Tail: in/log.txt}, schedule: {every: "
    "100 ms}}\n"
    "  - {name: Split, type: SplitText, properties: {Line Split Count: 1}, auto-terminate: "
    "[original, failure]}\n"
    "  - name: Mark\n"
    "    type: UpdateAttribute\n"
    "    properties: {filename: lines.txt, mark: '${fragment.index}'}\n"
    "  - name: Route\n"
    "    type: RouteOnAttribute\n"
    "    properties: {even: '${mark:mod(2):equals(0)}'}\n"
    "  - {name: Even, type: UpdateAttribute, properties: {side: even}}\n"
    "  - {name: Odd, type: UpdateAttribute, properties: {side: odd}}\n"
    "  - name: Write\n"
    "    type: PutFile\n"
    "    properties: {Directory: out, Conflict Resolution Strategy: append}\n"
    "    auto-terminate: [success, failure]\n"
    "  - name: Merge\n"
    "    type: MergeContent\n"
    "    properties: {Minimum Number of Entries: '20', Maximum Number of Entries: '20', Max Bin "
    "Age: 2 sec}\n"
    "    auto-terminate: [original]\n"
    "  - {name: Name, type: UpdateAttribute, properties: {filename: '${uuid}'}}\n"
    "  - name: Bundle\n"
    "    type: PutFile\n"
    "    properties: {Directory: merged, Conflict Resolution Strategy: replace}\n"
    "    auto-terminate: [success, failure]\n"
    "  - {name: Take, type: GetFile, properties: {Input Directory: drop, Polling Interval: 0 sec}, "
    "schedule: {every: 100 ms}}\n"
    "  - name: Place\n"
    "    type: PutFile\n"
    "    properties: {Directory: placed, Conflict Resolution Strategy: replace}\n"
    "    auto-terminate: [success, failure]\n"
    "connections:\n"
    "  - {from: Tail, relationship: success, to: Split}\n"
    "  - {from: Split, relationship: splits, to: Mark}\n"
    "  - {from: Mark, relationship: success, to: Route}\n"
    "  - {from: Route, relationship: even, to: Even}\n"
    "  - {from: Route, relationship: unmatched, to: Odd}\n"
    "  - {from: Even, relationship: success, to: Write}\n"
    "  - {from: Odd, relationship: success, to: Merge}\n"
    "  - {from: Merge, relationships: [merged, failure], to: Name}\n"
    "  - {from: Name, relationship: success, to: Bundle}\n"
    "  - {from: Take, relationship: success, to: Place}\n";

constexpr int kLines = 300;
constexpr int kFiles = 12;
constexpr int kLossesARow = 30;

void require(const Result<>& result) {
  if (!result.ok()) qFatal("%s", result.error().message.c_str());
}

std::string line(int n) { return "line " + std::to_string(n) + " of the log"; }

/// File n has 100, 1,100, 2,100 … bytes, so that some travel in the journal and some do not.
std::string fileContent(int n) {
  return std::string(static_cast<std::size_t>(100 + n * 1000), static_cast<char>('a' + n));
}

void lay(MemoryFileSystem& files) {
  for (const char* folder : {"in", "out", "drop", "placed", "merged"})
    require(files.createDirectories(folder));
  std::string text;
  for (int n = 0; n < kLines; ++n) text += line(n) + "\n";
  const auto put = [&](const std::string& path, const std::string& content) {
    auto file = files.open(path, OpenMode::kTruncate);
    require((*file)->writeAt(0, asBytes(content)));
    require((*file)->sync());
  };
  put("in/log.txt", text);
  for (int n = 0; n < kFiles; ++n) put("drop/file" + std::to_string(n), fileContent(n));
  for (const char* folder : {"in", "out", "drop", "placed", "merged", "."})
    require(files.syncDirectory(folder));
}

int rounds() {
  const QByteArray factor = qgetenv("MILLRACE_ROUNDS");
  return std::max(10, static_cast<int>(300 * (factor.isEmpty() ? 0.1 : factor.toDouble())));
}

/// Where power losses fell; one may fall into several.
struct Fallen {
  int all = 0;
  int queued = 0;    // the life had found FlowFiles in queues
  int snapshot = 0;  // while a snapshot was written or named
  int roll = 0;      // while a journal segment was prepared, named or recycled
  int paging = 0;    // while a page of a queue was written
  int merge = 0;     // with FlowFiles in MergeContent's bins
  int reclaim = 0;   // while content was given back

  void count(EngineBench& engine, const std::string& path) {
    ++all;
    if (engine.recovered() > 0) ++queued;
    const auto within = [&](std::string_view part) { return path.find(part) != std::string::npos; };
    if (within("data/snapshot")) ++snapshot;
    if (within("journal/spare-") || path == "data/journal") ++roll;
    if (within("data/pages")) ++paging;
    if (engine.maintaining() && within("data/content")) ++reclaim;
    for (const auto& connection : engine.controller().connections()) {
      if (connection.path.ends_with("-> Merge") && connection.queue.unacknowledged > 0) ++merge;
    }
  }
};

/// How often each line is in a text. SplitText takes the newlines off, so that lines stand back to
/// back; they all begin alike.
void countLines(const std::string& text, std::map<std::string, int>& seen) {
  for (std::size_t at = text.find("line "); at != std::string::npos;) {
    const std::size_t next = text.find("line ", at + 1);
    ++seen[text.substr(at, next == std::string::npos ? next : next - at)];
    at = next;
  }
}

}  // namespace

class PowerLossTest : public QObject {
  Q_OBJECT

  Fallen fallen_;
  std::uint64_t seed_ = 0;

  /// One life, which a power loss ends, or which runs dry. `files` is what the next one finds.
  void live(std::uint64_t seed, int life, Random& random, VirtualClock& clock,
            std::unique_ptr<MemoryFileSystem>& files) {
    std::unique_ptr<MemoryFileSystem> before;  // goes after the engine that ran on it
    EngineBench engine(*files, clock, seed * 100 + static_cast<std::uint64_t>(life));
    files->cutPowerAt(1 + random.below(life == 0 ? 500 : 250));
    if (seed % 3 == 0) {
      // A third of the seeds aims at the store's own work, which is a small part of all.
      engine.beforeMaintenance([&] {
        if (random.oneIn(4)) files->cutPowerAt(1 + random.below(6));
      });
    }
    const Result<> opened = engine.open(kFlow);
    if (opened.ok()) {
      for (int step = 0; step < 20000 && files->powered(); ++step) {
        if (!engine.step().ok() || engine.controller().isIdle()) break;
      }
    }
    QVERIFY2(opened.ok() || !files->powered(), opened.ok() ? "" : opened.error().message.c_str());
    if (files->powered()) return;
    if (opened.ok()) {
      fallen_.count(engine, files->cutPath());
    } else {
      ++fallen_.all;
    }
    before = std::exchange(files, files->crash());
  }

  void checkOutput(MemoryFileSystem& files) {
    std::map<std::string, int> seen;
    auto written = files.readAll("out/lines.txt");
    QVERIFY(written.ok());
    countLines(*written, seen);
    auto merged = files.list("merged");
    QVERIFY(merged.ok());
    for (const DirectoryEntry& entry : *merged) {
      if (entry.name.starts_with('.')) continue;  // cut short; its FlowFile was written anew
      countLines(files.readAll("merged/" + entry.name).valueOr(""), seen);
    }
    for (int n = 0; n < kLines; ++n) {
      QVERIFY2(seen[line(n)] == 1,
               qPrintable(QString("line %1 is there %2 times").arg(n).arg(seen[line(n)])));
    }
    QCOMPARE(static_cast<int>(seen.size()), kLines);
    for (int n = 0; n < kFiles; ++n) {
      const std::string name = "file" + std::to_string(n);
      QVERIFY2(!files.exists("drop/" + name),
               qPrintable(QString("the source %1 is still there").arg(n)));
      auto placed = files.readAll("placed/" + name);
      QVERIFY2(placed.ok() && *placed == fileContent(n), qPrintable(QString("file %1").arg(n)));
    }
  }

  /// All lives of one seed.
  void lives(std::uint64_t seed) {
    Random random(seed);
    auto files = std::make_unique<MemoryFileSystem>(seed);
    lay(*files);
    VirtualClock clock;
    for (int life = 0; life < 5; ++life) {
      const int before = fallen_.all;
      live(seed, life, random, clock, files);
      if (QTest::currentTestFailed()) return;
      if (fallen_.all == before) break;
    }
    files = files->crash(MemoryFileSystem::Crash::kProcess);
    files->clearFaults();
    EngineBench engine(*files, clock, seed);
    require(engine.open(kFlow));
    require(engine.runUntilIdle());
    require(engine.close());
    checkOutput(*files);
  }

 private slots:
  // In rows, as Qt Test bounds the time of each call.
  void everyLineIsThereOnceAndEveryFileIsPlaced_data() {
    QTest::addColumn<int>("upTo");
    for (int upTo = 0; upTo < rounds();) {
      upTo = std::min(upTo + kLossesARow, rounds());
      QTest::addRow("up to %d power losses", upTo) << upTo;
    }
  }
  void everyLineIsThereOnceAndEveryFileIsPlaced() {
    QFETCH(int, upTo);
    while (fallen_.all < upTo) {
      lives(++seed_);
      if (QTest::currentTestFailed()) qWarning("with seed %llu", static_cast<qulonglong>(seed_));
      if (QTest::currentTestFailed()) return;
    }
  }

  void theLossesFellEverywhere() {
    qInfo(
        "%d power losses; in lives that found FlowFiles in queues %d; in a snapshot %d, a segment "
        "roll %d, paging %d, a merge %d, reclaim %d",
        fallen_.all, fallen_.queued, fallen_.snapshot, fallen_.roll, fallen_.paging, fallen_.merge,
        fallen_.reclaim);
    QVERIFY(fallen_.queued * 10 >= fallen_.all);
    // Fewer losses may all miss.
    for (const int count :
         {fallen_.snapshot, fallen_.roll, fallen_.paging, fallen_.merge, fallen_.reclaim})
      QVERIFY(fallen_.all < 300 || count >= 10);
  }
};

QTEST_GUILESS_MAIN(PowerLossTest)
#include "power_loss_test.moc"
