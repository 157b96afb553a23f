// SPDX-License-Identifier: Apache-2.0
#include "engine/commit/effect_runner.h"

#include "engine/base/fault_file_system.h"
#include "engine/commit/effect.h"

#include <QTest>

using namespace millrace;

namespace {

Effect effectOn(FileSystem& files, const std::string& path, std::uint64_t component = 1) {
  auto file = files.open(path, OpenMode::kCreate);
  if (file.ok()) (void)(*file)->writeAt(0, asBytes(path));
  const auto info = files.info(path);
  Effect effect;
  effect.component = component;
  effect.path = path;
  if (!info.ok()) return effect;
  effect.inode = info->inode;
  effect.size = info->size;
  effect.modified = info->modified;
  return effect;
}

}  // namespace

class EffectRunnerTest : public QObject {
  Q_OBJECT
 private slots:
  void deletesTheFileMeantAndNoOther() {
    MemoryFileSystem files;
    const Effect effect = effectOn(files, "/a");
    QVERIFY(runEffect(files, effect).ok());
    QVERIFY(!files.exists("/a"));
    QVERIFY(runEffect(files, effect).ok());
    effectOn(files, "/a");  // somebody made a new one
    QVERIFY(runEffect(files, effect).ok());
    QVERIFY(files.exists("/a"));
  }

  void leavesAFileThatChanged() {
    MemoryFileSystem files;
    const Effect effect = effectOn(files, "/a");
    {
      auto file = *files.open("/a", OpenMode::kReadWrite);
      QVERIFY(file->writeAt(0, asBytes("more than before")).ok());
    }
    QVERIFY(runEffect(files, effect).ok());
    QVERIFY(files.exists("/a"));
  }

  void movesOnceAndCreatesTheFolder() {
    MemoryFileSystem files;
    Effect effect = effectOn(files, "/a");
    effect.kind = Effect::Kind::kMoveFile;
    effect.target = "/done/today/a";
    for (int i = 0; i < 2; ++i) {
      QVERIFY(runEffect(files, effect).ok());
      QVERIFY(!files.exists("/a"));
      QCOMPARE(*files.readAll("/done/today/a"), std::string("/a"));
    }
  }

  void aSettledEffectSurvivesAPowerLoss() {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      MemoryFileSystem files(seed);
      VirtualClock clock;
      EffectRunner runner(files, clock, {});
      QVERIFY(files.createDirectories("/in").ok());
      QVERIFY(files.syncDirectory("/").ok());
      const Effect effect = effectOn(files, "/in/a");
      QVERIFY(files.syncDirectory("/in").ok());
      runner.add(Lsn(1), {effect}, {});
      QVERIFY(runner.runDue());
      QCOMPARE(runner.takeSettled(), (std::vector<EffectId>{{Lsn(1), 0}}));
      QVERIFY(!files.crash()->exists("/in/a"));
    }
  }

  void aFailingEffectHoldsBackItsComponentAloneAndIsTriedAgain() {
    MemoryFileSystem files;
    VirtualClock clock;
    int bulletins = 0;
    EffectOptions options;
    options.onBulletin = [&bulletins](const std::string&) { ++bulletins; };
    EffectRunner runner(files, clock, options);
    runner.add(Lsn(1), {effectOn(files, "/stuck", 1)}, {});
    runner.add(Lsn(2), {effectOn(files, "/behind", 1)}, {});
    runner.add(Lsn(3), {effectOn(files, "/other", 2)}, {});
    files.fail(MemoryFileSystem::Operation::kName, 1, MemoryFileSystem::Times::kForEver, "/stuck");
    QVERIFY(runner.runDue());
    QVERIFY(files.exists("/stuck") && files.exists("/behind") && !files.exists("/other"));
    QCOMPARE(bulletins, 1);
    QCOMPARE(runner.oldestPending(), std::optional(Lsn(1)));
    QVERIFY(!runner.runDue());  // it pauses
    QCOMPARE(bulletins, 1);
    const Nanos pause = *runner.dueIn();
    QCOMPARE(pause, 100 * kMillisecond);
    clock.advance(pause);
    QVERIFY(!runner.runDue());
    QCOMPARE(*runner.dueIn(), 200 * kMillisecond);
    files.clearFaults();
    clock.advance(200 * kMillisecond);
    QVERIFY(runner.runDue());
    QVERIFY(!files.exists("/stuck") && !files.exists("/behind"));
    QCOMPARE(runner.pending(), std::size_t{0});
    QVERIFY(!runner.dueIn().has_value());
    QCOMPARE(runner.takeSettled().size(), std::size_t{3});
    QVERIFY(runner.takeSettled().empty());
  }

  void anEffectWhoseFolderCannotBeSyncedIsNotSettled() {
    MemoryFileSystem files;
    VirtualClock clock;
    EffectRunner runner(files, clock, {});
    runner.add(Lsn(1), {effectOn(files, "/a")}, {});
    files.fail(MemoryFileSystem::Operation::kSyncDirectory, 1);
    runner.runDue();
    QVERIFY(runner.takeSettled().empty());
    QCOMPARE(runner.pending(), std::size_t{1});
    clock.advance(kSecond);
    QVERIFY(runner.runDue());
    QCOMPARE(runner.takeSettled().size(), std::size_t{1});
  }
};

QTEST_GUILESS_MAIN(EffectRunnerTest)
#include "effect_runner_test.moc"
