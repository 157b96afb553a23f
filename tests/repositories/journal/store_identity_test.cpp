// SPDX-License-Identifier: Apache-2.0
#include "repositories/journal/store_identity.h"

#include "engine/base/fault_file_system.h"

#include <QTest>

using namespace millrace;
using repo::StoreIdentity;

class StoreIdentityTest : public QObject {
  Q_OBJECT
  Random random_{1};

 private slots:
  void keepsItsIdAndRaisesItsEpoch() {
    MemoryFileSystem files;
    repo::StoreId id;
    for (std::uint64_t epoch = 1; epoch < 4; ++epoch) {
      auto store = *StoreIdentity::open(files, "/data/deep", random_);
      QCOMPARE(store->epoch(), epoch);
      if (epoch == 1) id = store->id();
      QVERIFY(store->id() == id);
    }
  }

  void aSecondOpenerIsToldWhoHoldsTheStore() {
    MemoryFileSystem files;
    auto store = *StoreIdentity::open(files, "/data", random_);
    const auto second = StoreIdentity::open(files, "/data", random_);
    QVERIFY(!second.ok());
    QVERIFY(second.error().message.find("in use by process") != std::string::npos);
  }

  void idsAreNeverGivenTwiceWhereverThePowerGoes() {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
      auto files = std::make_unique<MemoryFileSystem>(seed);
      std::uint64_t highest = 0;
      std::uint64_t epoch = 0;
      repo::StoreId id;
      for (int life = 0; life < 4; ++life) {
        files->cutPowerAt(1 + (seed + static_cast<std::uint64_t>(life) * 7) % 40);
        auto store = StoreIdentity::open(*files, "/data", random_);
        if (store.ok()) {
          QVERIFY((*store)->epoch() > epoch);
          QVERIFY(epoch == 0 || (*store)->id() == id);
          id = (*store)->id();
          epoch = (*store)->epoch();
          while (true) {
            const auto range = (*store)->reserveIds(10);
            if (!range.ok()) break;
            QVERIFY(range->first > highest);
            QCOMPARE(range->count, std::uint64_t{10});
            highest = range->first + range->count - 1;
          }
        }
        files = files->crash();
      }
    }
  }

  void aCleanStopIsRemembered() {
    MemoryFileSystem files;
    { QVERIFY((*StoreIdentity::open(files, "/data", random_))->noteCleanStop(Lsn(77)).ok()); }
    QCOMPARE((*StoreIdentity::open(files, "/data", random_))->cleanDurable(), Lsn(77));
  }

  void anAdoptedDirectoryIsSomebodyElseAndKeepsItsFiles() {
    MemoryFileSystem files;
    repo::StoreId id;
    {
      auto store = *StoreIdentity::open(files, "/data", random_);
      id = store->id();
      QVERIFY(store->seen() == id);
      QVERIFY(store->reserveIds(10).ok());
      QVERIFY(store->noteCleanStop(Lsn(77)).ok());
      QVERIFY(!StoreIdentity::adopt(files, "/data", random_).ok());  // somebody has it open
    }
    const repo::StoreId first = *StoreIdentity::adopt(files, "/data", random_);
    QVERIFY(first != id);
    const repo::StoreId second = *StoreIdentity::adopt(files, "/data", random_);
    QVERIFY(second != id && second != first);
    for (std::uint64_t epoch = 2; epoch < 4; ++epoch) {
      auto store = *StoreIdentity::open(files, "/data", random_);
      QVERIFY(store->id() == id);
      QVERIFY(store->seen() == second);
      QCOMPARE(store->epoch(), epoch);
      QCOMPARE(store->cleanDurable(), Lsn(77));
      QCOMPARE(store->reserveIds(1)->first, 9 + epoch);
    }
    QVERIFY(!StoreIdentity::adopt(files, "/elsewhere", random_).ok());
    QVERIFY(!files.exists("/elsewhere"));
  }

  void damageAndNewerVersionsAreRefused() {
    MemoryFileSystem files;
    { QVERIFY(StoreIdentity::open(files, "/data", random_).ok()); }
    const std::string good = *files.readAll("/data/store");
    for (std::size_t at = 0; at < good.size(); ++at) {
      std::string bad = good;
      bad[at] = bad[at] == '7' ? '8' : '7';
      QVERIFY(files.replaceAll("/data/store", bad).ok());
      QVERIFY2(!StoreIdentity::open(files, "/data", random_).ok(), bad.c_str());
    }
    for (std::size_t length = 0; length < good.size(); ++length) {
      QVERIFY(files.replaceAll("/data/store", good.substr(0, length)).ok());
      QVERIFY(!StoreIdentity::open(files, "/data", random_).ok());
    }
    QVERIFY(files.replaceAll("/data/store", "millrace-store 3\nanything\n").ok());
    const auto newer = StoreIdentity::open(files, "/data", random_);
    QVERIFY(newer.error().message.find("version 3") != std::string::npos);
  }
};

QTEST_GUILESS_MAIN(StoreIdentityTest)
#include "store_identity_test.moc"
