// SPDX-License-Identifier: Apache-2.0
// A machine with nothing to do sleeps: no time that passes wakes the threads of a store.

#include "repositories/memory/memory_provenance.h"
#include "repositories/store/memory_store.h"
#include "tests/repositories/store/store_rig.h"

#include <QTest>

using namespace millrace;
using namespace millrace::repo;

namespace {

constexpr int kPatience = 120000;  // milliseconds; only what is broken takes so long

/// Rounds follow each other closely as long as there is a reason for one.
DiskStoreOptions hastyOptions() {
  DiskStoreOptions options = smallOptions();
  options.maintenanceEvery = kMillisecond;
  options.provenanceEvery = kMillisecond;
  return options;
}

}  // namespace

class QuietStoreTest : public QObject {
  Q_OBJECT
 private slots:
  void nothingWakesAStoreInWhichNothingHappens() {
    MemoryFileSystem files;
    Rig rig(files, hastyOptions());
    QVERIFY2(rig.store, rig.error.c_str());
    rig.store->start();
    QTRY_VERIFY_WITH_TIMEOUT(rig.store->maintenanceRests(), kPatience);
    const std::uint64_t rounds = rig.store->maintenanceRounds();
    QTest::qWait(100);  // a hundred times the pause between rounds
    QCOMPARE(rig.store->maintenanceRounds(), rounds);
    // A commit is looked at once, and then there is nothing to do again.
    QVERIFY(rig.store->commits().waitDurable(rig.queueSmall(100)).ok());
    QTRY_VERIFY_WITH_TIMEOUT(rig.store->maintenanceRounds() > rounds, kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(rig.store->maintenanceRests(), kPatience);
    QVERIFY(rig.store->stop().ok());
  }

  void contentThatIsDroppedWakesIt() {
    MemoryFileSystem files;
    Rig rig(files, hastyOptions());
    QVERIFY2(rig.store, rig.error.c_str());
    rig.store->start();
    auto appender = *rig.store->content().appender();
    ContentClaim claim;
    const Lsn queued = rig.queueLarge(*appender, 20000, claim);
    const Lsn dropped = rig.drop({queued, 0});
    QVERIFY(rig.store->commits().waitDurable(dropped).ok());
    QTRY_VERIFY_WITH_TIMEOUT(rig.store->maintenanceRests(), kPatience);
    // Released when the commit was durable long ago, into a file that is still written to.
    rig.store->content().release(claim, dropped);
    QTRY_VERIFY_WITH_TIMEOUT(rig.store->maintenanceRests(), kPatience);
    QCOMPARE(filesIn(files, "/data/content"), std::size_t{1});
    appender.reset();
    QTRY_COMPARE_WITH_TIMEOUT(filesIn(files, "/data/content"), std::size_t{0}, kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(rig.store->maintenanceRests(), kPatience);
    QVERIFY(rig.store->stop().ok());
  }

  void itDoesNotRestWhileSomebodyReadsWhatIsDead() {
    MemoryFileSystem files;
    Rig rig(files, hastyOptions());
    QVERIFY2(rig.store, rig.error.c_str());
    rig.store->start();
    auto appender = *rig.store->content().appender();
    ContentClaim claim;
    const Lsn queued = rig.queueLarge(*appender, 20000, claim);
    appender.reset();
    auto reader = *rig.store->content().lease(claim);
    const Lsn dropped = rig.drop({queued, 0});
    QVERIFY(rig.store->commits().waitDurable(dropped).ok());
    rig.store->content().release(claim, dropped);
    const std::uint64_t rounds = rig.store->maintenanceRounds();
    QTRY_VERIFY_WITH_TIMEOUT(rig.store->maintenanceRounds() > rounds + 3, kPatience);
    QVERIFY(!rig.store->maintenanceRests());
    QCOMPARE(filesIn(files, "/data/content"), std::size_t{1});
    reader.reset();
    QTRY_COMPARE_WITH_TIMEOUT(filesIn(files, "/data/content"), std::size_t{0}, kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(rig.store->maintenanceRests(), kPatience);
    QVERIFY(rig.store->stop().ok());
  }

  void itRestsOnceItsEventsCanBeSearched() {
    MemoryFileSystem files;
    Rig rig(files, hastyOptions());
    QVERIFY2(rig.store, rig.error.c_str());
    MemoryProvenance events(7);
    rig.store->setProvenance(&events);
    rig.store->start();
    for (int i = 0; i < 3; ++i) {
      const Lsn committed = rig.queueSmall(100);
      QVERIFY(rig.store->commits().waitDurable(committed).ok());
      // Only what rests has told all.
      QTRY_VERIFY_WITH_TIMEOUT(events.mark() >= committed, kPatience);
      QTRY_VERIFY_WITH_TIMEOUT(rig.store->maintenanceRests(), kPatience);
    }
    QVERIFY(rig.store->stop().ok());
  }

  void whoAsksWakesItAndSoDoesTheEndOfAStillness() {
    MemoryFileSystem files;
    Rig rig(files, hastyOptions());
    QVERIFY2(rig.store, rig.error.c_str());
    rig.store->start();
    QVERIFY(rig.store->commits().waitDurable(rig.queueSmall(100)).ok());
    QTRY_VERIFY_WITH_TIMEOUT(rig.store->maintenanceRests(), kPatience);
    QVERIFY(!files.exists("/data/snapshot"));
    QVERIFY(rig.store->mergeNow(kPatience * kMillisecond));
    QVERIFY(files.exists("/data/snapshot"));

    QTRY_VERIFY_WITH_TIMEOUT(rig.store->maintenanceRests(), kPatience);
    auto still = rig.store->keepStill();
    auto appender = *rig.store->content().appender();
    ContentClaim claim;
    const Lsn queued = rig.queueLarge(*appender, 20000, claim);
    const Lsn dropped = rig.drop({queued, 0});
    QVERIFY(rig.store->commits().waitDurable(dropped).ok());
    rig.store->content().release(claim, dropped);
    appender.reset();
    QTRY_VERIFY_WITH_TIMEOUT(rig.store->maintenanceRests(), kPatience);
    QCOMPARE(filesIn(files, "/data/content"), std::size_t{1});
    still.reset();
    QTRY_COMPARE_WITH_TIMEOUT(filesIn(files, "/data/content"), std::size_t{0}, kPatience);
    QVERIFY(rig.store->stop().ok());
  }

  void aStoreInMemoryRestsToo() {
    MemoryFileSystem files;
    SystemClock clock;
    MemoryStore store(files, clock, {});
    store.start();
    QTRY_VERIFY_WITH_TIMEOUT(store.reclaimerRests(), kPatience);
    auto appender = *store.content().appender();
    QVERIFY(appender->write(std::vector<std::byte>(20000)).ok());
    const ContentClaim claim = *appender->finish();
    store.content().retain(claim);
    store.content().release(claim, Lsn(0));
    QVERIFY(store.reclaimerRests());  // somebody has it still
    store.content().release(claim, Lsn(0));
    // A claim that is given back cannot come to life again.
    const auto isGone = [&] { return !store.content().lease(claim).ok(); };
    QTRY_VERIFY_WITH_TIMEOUT(isGone(), kPatience);
    QTRY_VERIFY_WITH_TIMEOUT(store.reclaimerRests(), kPatience);
    QVERIFY(store.stop().ok());
  }
};

QTEST_GUILESS_MAIN(QuietStoreTest)
#include "quiet_store_test.moc"
