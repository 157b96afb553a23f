// SPDX-License-Identifier: Apache-2.0
// Cuts the power at random points under a whole engine: unsynced sectors and names are dropped,
// torn and reordered. After the last restart every line must be in the output exactly once, and
// every source file's effect done.

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
    "  - {from: Odd, relationship: success, to: Write}\n"
    "  - {from: Take, relationship: success, to: Place}\n";

constexpr int kLines = 300;
constexpr int kFiles = 8;

void require(const Result<>& result) {
  if (!result.ok()) qFatal("%s", result.error().message.c_str());
}

std::string line(int n) { return "line " + std::to_string(n) + " of the log"; }

/// File n has 100, 1,100, 2,100 … bytes, so that some travel in the journal and some do not.
std::string fileContent(int n) {
  return std::string(static_cast<std::size_t>(100 + n * 1000), static_cast<char>('a' + n));
}

void lay(MemoryFileSystem& files) {
  for (const char* folder : {"in", "out", "drop", "placed"})
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
  for (const char* folder : {"in", "out", "drop", "placed", "."})
    require(files.syncDirectory(folder));
}

int rounds() {
  const QByteArray factor = qgetenv("MILLRACE_ROUNDS");
  return std::max(1, static_cast<int>(300 * (factor.isEmpty() ? 0.1 : factor.toDouble())));
}

}  // namespace

class PowerLossTest : public QObject {
  Q_OBJECT
 private slots:
  void everyLineIsThereOnceAndEveryFileIsPlaced() {
    int crashes = 0;
    int crashesWithQueues = 0;
    const int wanted = rounds();
    for (std::uint64_t seed = 1; crashes < wanted; ++seed) {
      Random random(seed);
      auto files = std::make_unique<MemoryFileSystem>(seed);
      lay(*files);
      VirtualClock clock;
      for (int life = 0; life < 5; ++life) {
        std::unique_ptr<MemoryFileSystem> before;  // goes after the engine that ran on it
        EngineBench engine(*files, clock, seed * 100 + static_cast<std::uint64_t>(life));
        files->cutPowerAt(1 + random.below(life == 0 ? 400 : 200));
        Result<> opened = engine.open(kFlow);
        if (opened.ok()) {
          if (engine.recovered() > 0) ++crashesWithQueues;
          for (int step = 0; step < 20'000 && files->powered(); ++step) {
            if (!engine.step().ok() || engine.controller().isIdle()) break;
          }
        } else if (files->powered()) {
          QFAIL(qPrintable(QString("seed %1 life %2: %3")
                               .arg(seed)
                               .arg(life)
                               .arg(opened.error().message.c_str())));
        }
        if (files->powered()) break;
        ++crashes;
        before = std::exchange(files, files->crash());
      }
      if (!files->powered()) files = files->crash();
      auto quiet = files->crash(MemoryFileSystem::Crash::kProcess);
      files = std::move(quiet);
      EngineBench engine(*files, clock, seed);
      const auto opened = engine.open(kFlow);
      QVERIFY2(opened.ok(),
               qPrintable(QString("seed %1: %2")
                              .arg(seed)
                              .arg(opened.ok() ? "" : opened.error().message.c_str())));
      const auto idle = engine.runUntilIdle();
      QVERIFY2(
          idle.ok(),
          qPrintable(
              QString("seed %1: %2").arg(seed).arg(idle.ok() ? "" : idle.error().message.c_str())));
      const auto closed = engine.close();
      QVERIFY2(closed.ok(),
               qPrintable(QString("seed %1: %2")
                              .arg(seed)
                              .arg(closed.ok() ? "" : closed.error().message.c_str())));

      std::map<std::string, int> seen;
      auto written = files->readAll("out/lines.txt");
      QVERIFY2(written.ok(), qPrintable(QString("seed %1").arg(seed)));
      // SplitText takes the trailing newline off, so that lines stand back to back; they all begin
      // alike.
      std::string all = *written;
      for (std::size_t at = all.find("line "); at != std::string::npos;) {
        const std::size_t next = all.find("line ", at + 1);
        ++seen[all.substr(at, next == std::string::npos ? next : next - at)];
        at = next;
      }
      for (int n = 0; n < kLines; ++n) {
        QVERIFY2(
            seen[line(n)] == 1,
            qPrintable(
                QString("seed %1: line %2 is there %3 times").arg(seed).arg(n).arg(seen[line(n)])));
      }
      QCOMPARE(static_cast<int>(seen.size()), kLines);
      for (int n = 0; n < kFiles; ++n) {
        const std::string name = "file" + std::to_string(n);
        QVERIFY2(!files->exists("drop/" + name),
                 qPrintable(QString("seed %1: the source %2 is still there").arg(seed).arg(n)));
        auto placed = files->readAll("placed/" + name);
        QVERIFY2(placed.ok() && *placed == fileContent(n),
                 qPrintable(QString("seed %1: file %2").arg(seed).arg(n)));
      }
    }
    qInfo("%d power losses, %d restarts with FlowFiles in queues", crashes, crashesWithQueues);
    QVERIFY(crashesWithQueues * 10 >= crashes);
  }
};

QTEST_GUILESS_MAIN(PowerLossTest)
#include "power_loss_test.moc"
