// SPDX-License-Identifier: Apache-2.0
// What every ContentRepository promises, run over each implementation.
#include "engine/base/crc32c.h"
#include "engine/base/fault_file_system.h"
#include "repositories/content/disk_content.h"
#include "repositories/memory/memory_content.h"

#include <QTest>
#include <thread>

using namespace millrace;
using namespace millrace::repo;

namespace {

struct Store {
  MemoryFileSystem files;
  VirtualClock clock;
  std::unique_ptr<ContentRepository> content;
};

std::unique_ptr<Store> storeOf(const QString& kind) {
  auto store = std::make_unique<Store>();
  if (kind == "memory") {
    store->content = std::make_unique<MemoryContent>(store->files);
  } else {
    store->content = *DiskContent::open(store->files, "/content", store->clock, {},
                                        DiskContent::LastStop::kClean);
  }
  store->content->finishReplay();
  return store;
}

std::string readAll(ContentRepository& content, const ContentClaim& claim) {
  std::string text(claim.length, '?');
  const auto got = content.read(claim, 0, std::as_writable_bytes(std::span(text)));
  return got.ok() ? text.substr(0, *got) : got.error().message;
}

Result<ContentClaim> put(ContentAppender& appender, const std::string& text) {
  MR_TRY(appender.write(asBytes(text)));
  return appender.finish();
}

}  // namespace

class ContentContractTest : public QObject {
  Q_OBJECT

  static void kinds() {
    QTest::addColumn<QString>("kind");
    QTest::newRow("disk") << "disk";
    QTest::newRow("memory") << "memory";
  }

 private slots:
  void readsBackWhatWasWritten_data() { kinds(); }
  void readsBackWhatWasWritten() {
    QFETCH(QString, kind);
    auto store = storeOf(kind);
    auto appender = *store->content->appender();
    const std::string large(300'000, 'x');
    const ContentClaim first = *put(*appender, "first");
    const ContentClaim second = *put(*appender, large);
    QCOMPARE(readAll(*store->content, first), std::string("first"));
    QCOMPARE(readAll(*store->content, second), large);
    QCOMPARE(second.length, std::uint64_t{300'000});
    QCOMPARE(first.crc, crc32c(asBytes("first")));
    std::string part(3, '?');
    QCOMPARE(*store->content->read(first, 3, std::as_writable_bytes(std::span(part))),
             std::size_t{2});
    QCOMPARE(part.substr(0, 2), std::string("st"));
    QCOMPARE(*store->content->read(first, 99, std::as_writable_bytes(std::span(part))),
             std::size_t{0});
  }

  void manySmallWritesAreOneContent_data() { kinds(); }
  // pins: 1.10/2
  void manySmallWritesAreOneContent() {
    QFETCH(QString, kind);
    auto store = storeOf(kind);
    auto appender = *store->content->appender();
    std::string expected;
    for (int i = 0; i < 20'000; ++i) {
      const std::string piece = std::to_string(i) + ",";
      expected += piece;
      QVERIFY(appender->write(asBytes(piece)).ok());
    }
    const ContentClaim claim = *appender->finish();
    QCOMPARE(readAll(*store->content, claim), expected);
    QCOMPARE(claim.crc, crc32c(asBytes(expected)));
  }

  void emptyContentHasNoClaim_data() { kinds(); }
  void emptyContentHasNoClaim() {
    QFETCH(QString, kind);
    auto store = storeOf(kind);
    auto appender = *store->content->appender();
    QCOMPARE(*appender->finish(), ContentClaim{});
    QVERIFY(appender->takeParticipants().empty());
    QCOMPARE(readAll(*store->content, ContentClaim{}), std::string());
    QVERIFY(store->content->lease(ContentClaim{}).ok());
    store->content->retain(ContentClaim{});
    store->content->release(ContentClaim{}, Lsn(1));
  }

  void abandonedBytesAreNotInTheNextContent_data() { kinds(); }
  void abandonedBytesAreNotInTheNextContent() {
    QFETCH(QString, kind);
    auto store = storeOf(kind);
    auto appender = *store->content->appender();
    QVERIFY(appender->write(asBytes(std::string(200'000, 'a'))).ok());
    appender->abandon();
    const ContentClaim claim = *put(*appender, "kept");
    QCOMPARE(readAll(*store->content, claim), std::string("kept"));
  }

  void countsWhoRefers_data() { kinds(); }
  // pins: 1.10/1
  void countsWhoRefers() {
    QFETCH(QString, kind);
    auto store = storeOf(kind);
    auto appender = *store->content->appender();
    const ContentClaim claim = *put(*appender, "shared");
    QCOMPARE(store->content->references(claim), std::uint64_t{1});
    store->content->retain(claim, 2);
    store->content->release(claim, Lsn(4));
    QCOMPARE(store->content->references(claim), std::uint64_t{2});
    store->content->release(claim, Lsn(3), 2);
    QCOMPARE(store->content->references(claim), std::uint64_t{0});
  }

  void spaceComesBackOnlyAfterADurableDropAndWithoutLease_data() { kinds(); }
  // pins: 1.10/3
  void spaceComesBackOnlyAfterADurableDropAndWithoutLease() {
    QFETCH(QString, kind);
    auto store = storeOf(kind);
    auto appender = *store->content->appender();
    const ContentClaim claim = *put(*appender, std::string(10'000, 'x'));
    appender.reset();
    QCOMPARE(*store->content->reclaim(Lsn(100), 10), std::uint64_t{0});
    auto lease = *store->content->lease(claim);
    store->content->release(claim, Lsn(7));
    QCOMPARE(*store->content->reclaim(Lsn(6), 10), std::uint64_t{0});
    QCOMPARE(*store->content->reclaim(Lsn(7), 10), std::uint64_t{0});
    QCOMPARE(readAll(*store->content, claim), std::string(10'000, 'x'));
    lease.reset();
    QVERIFY(*store->content->reclaim(Lsn(7), 10) >= 10'000);
    QVERIFY(!store->content->lease(claim).ok());
  }

  void aRolledBackContentGoesAtOnce_data() { kinds(); }
  void aRolledBackContentGoesAtOnce() {
    QFETCH(QString, kind);
    auto store = storeOf(kind);
    auto appender = *store->content->appender();
    const ContentClaim claim = *put(*appender, std::string(10'000, 'x'));
    appender.reset();
    store->content->release(claim, Lsn(0));
    QVERIFY(*store->content->reclaim(Lsn(0), 10) >= 10'000);
  }

  void contentRetainedAgainStays_data() { kinds(); }
  void contentRetainedAgainStays() {
    QFETCH(QString, kind);
    auto store = storeOf(kind);
    auto appender = *store->content->appender();
    const ContentClaim claim = *put(*appender, "replayed");
    appender.reset();
    store->content->release(claim, Lsn(3));
    store->content->retain(claim);
    QCOMPARE(*store->content->reclaim(Lsn(9), 10), std::uint64_t{0});
    QCOMPARE(readAll(*store->content, claim), std::string("replayed"));
  }

  void takesAFileInAndRefusesOneThatChanged_data() { kinds(); }
  void takesAFileInAndRefusesOneThatChanged() {
    QFETCH(QString, kind);
    auto store = storeOf(kind);
    const std::string text(100'000, 'f');
    {
      auto file = *store->files.open("/source", OpenMode::kCreate);
      QVERIFY(file->writeAt(0, asBytes(text)).ok());
    }
    const FileInfo info = *store->files.info("/source");
    auto appender = *store->content->appender();
    const AdoptableFile seen{"/source", info.inode, info.size, info.modified};
    const auto claim = appender->adopt(seen);
    QVERIFY(claim.ok());
    QVERIFY(store->files.exists("/source"));
    QVERIFY(store->files.remove("/source").ok());
    QCOMPARE(readAll(*store->content, *claim), text);
    QCOMPARE(claim->crc, crc32c(asBytes(text)));
    {
      auto file = *store->files.open("/source", OpenMode::kCreate);
      QVERIFY(file->writeAt(0, asBytes(text)).ok());
    }
    QVERIFY(!appender->adopt(seen).ok());
    QVERIFY(!appender->adopt({"/missing", 1, 1, 1}).ok());
  }

  void severalWorkersAppendAtOnce_data() { kinds(); }
  // pins: 1.10/2
  void severalWorkersAppendAtOnce() {
    QFETCH(QString, kind);
    auto store = storeOf(kind);
    std::vector<std::vector<ContentClaim>> claims(4);
    {
      std::vector<std::jthread> workers;
      for (std::size_t w = 0; w < claims.size(); ++w) {
        workers.emplace_back([&store, &claims, w] {
          auto appender = store->content->appender();
          for (int i = 0; i < 100; ++i) {
            const auto claim = put(**appender, std::string(1000, static_cast<char>('a' + w)));
            if (claim.ok()) claims[w].push_back(*claim);
          }
        });
      }
    }
    for (std::size_t w = 0; w < claims.size(); ++w) {
      QCOMPARE(claims[w].size(), std::size_t{100});
      for (const ContentClaim& claim : claims[w])
        QCOMPARE(readAll(*store->content, claim), std::string(1000, static_cast<char>('a' + w)));
    }
  }
};

QTEST_GUILESS_MAIN(ContentContractTest)
#include "content_contract_test.moc"
