// SPDX-License-Identifier: Apache-2.0
// What every FlowFilePages promises, run over each implementation; and what is the disk's own.
#include "engine/base/crc32c.h"
#include "engine/base/fault_file_system.h"
#include "repositories/memory/memory_pages.h"
#include "repositories/pages/disk_pages.h"

#include <QTest>

using namespace millrace;
using namespace millrace::repo;

namespace {

std::unique_ptr<FlowFilePages> pagesOf(const QString& kind, FileSystem& files) {
  if (kind == "memory") return std::make_unique<MemoryPages>();
  return std::move(DiskPages::open(files, "/pages")).value();
}

FlowFile inlineFile(std::uint64_t id, const std::string& text) {
  FlowFile file;
  file.id = FlowFileId(id);
  file.key = {Lsn(id), 3};
  file.entryDate = -5;
  file.lineageStart = 7;
  file.queuedAt = 1700000000000;
  file.defaultFilename = true;
  file.attributes = Attributes()
                        .with(
                            "gr\xc3\xb6\xc3\x9f"
                            "e",
                            "L")
                        .with("empty", "");
  file.content.kind = Content::Kind::kInline;
  file.content.length = text.size();
  file.content.crc = crc32c(asBytes(text));
  file.content.buffer = std::make_shared<InlineBuffer>(std::vector<std::byte>());
  file.content.buffer->add(asBytes(text));
  return file;
}

FlowFile storedFile(std::uint64_t id) {
  FlowFile file;
  file.id = FlowFileId(id);
  file.key = {Lsn(id), 0};
  file.ownUuid = true;
  file.attributes = Attributes().with("uuid", "6c0f6b36-6a5c-4c2e-9d8e-2f0c3a1b7a55");
  file.content.kind = Content::Kind::kStored;
  file.content.length = 300;
  file.content.offset = 200;
  file.content.claim = {6, 5096, 1000, 0x12345678};
  return file;
}

}  // namespace

class FlowFilePagesTest : public QObject {
  Q_OBJECT

  static void kinds() {
    QTest::addColumn<QString>("kind");
    QTest::newRow("disk") << "disk";
    QTest::newRow("memory") << "memory";
  }

 private slots:
  void readsBackWhatWasWrittenAsOftenAsAsked_data() { kinds(); }
  void readsBackWhatWasWrittenAsOftenAsAsked() {
    QFETCH(QString, kind);
    MemoryFileSystem files;
    auto pages = pagesOf(kind, files);
    const std::vector<FlowFile> written{inlineFile(9, std::string(4096, 'x')), storedFile(4),
                                        FlowFile{}};
    const auto page = pages->write(written);
    QVERIFY(page.ok());
    QCOMPARE((*page)->facts().count, std::uint64_t{3});
    QCOMPARE((*page)->facts().bytes, std::uint64_t{4396});
    QCOMPARE((*page)->facts().first.lsn.raw(), std::uint64_t{0});
    QCOMPARE((*page)->facts().last.lsn.raw(), std::uint64_t{9});
    pages.reset();  // a page outlives its repository
    for (int i = 0; i < 2; ++i) {
      const auto read = (*page)->read();
      QVERIFY(read.ok());
      QCOMPARE(read->size(), written.size());
      for (std::size_t f = 0; f < written.size(); ++f) {
        const FlowFile& a = written[f];
        const FlowFile& b = (*read)[f];
        QCOMPARE(b.id.raw(), a.id.raw());
        QVERIFY(b.key == a.key);
        QCOMPARE(b.entryDate, a.entryDate);
        QCOMPARE(b.lineageStart, a.lineageStart);
        QCOMPARE(b.queuedAt, a.queuedAt);
        QVERIFY(b.attributes == a.attributes);
        QCOMPARE(b.defaultFilename, a.defaultFilename);
        QCOMPARE(b.ownUuid, a.ownUuid);
        QVERIFY(b.content.kind == a.content.kind);
        QCOMPARE(b.content.length, a.content.length);
        QCOMPARE(asText(b.content.inlineBytes()), asText(a.content.inlineBytes()));
        QVERIFY(b.content.claim == a.content.claim);
      }
    }
  }

  void aFileGoesWithItsLastPage() {
    MemoryFileSystem files;
    auto pages = std::move(DiskPages::open(files, "/pages", {1000})).value();
    std::vector<std::unique_ptr<FlowFilePage>> all;
    for (std::uint64_t i = 0; i < 20; ++i) {
      const std::vector<FlowFile> one{inlineFile(i, std::string(400, 'a'))};
      all.push_back(std::move(pages->write(one)).value());
    }
    const auto before = files.list("/pages")->size();
    QVERIFY(before >= 6);
    all.erase(all.begin(), all.begin() + 10);
    const auto after = files.list("/pages")->size();
    QVERIFY(after < before);
    for (const auto& page : all) QVERIFY(page->read().ok());
    all.clear();
    pages.reset();
    QCOMPARE(files.list("/pages")->size(), std::size_t{0});
  }

  void whatACrashLeftIsThrownAway() {
    MemoryFileSystem files;
    QVERIFY(files.createDirectories("/pages").ok());
    QVERIFY(files.replaceAll("/pages/00000000000000000001.pages", "old").ok());
    auto pages = std::move(DiskPages::open(files, "/pages")).value();
    QCOMPARE(files.list("/pages")->size(), std::size_t{0});
  }

  void damageIsAnErrorThatNamesFileAndPlace() {
    MemoryFileSystem files;
    auto pages = std::move(DiskPages::open(files, "/pages")).value();
    const std::vector<FlowFile> first{storedFile(1)};
    const std::vector<FlowFile> second{storedFile(2)};
    const auto a = std::move(pages->write(first)).value();
    const auto b = std::move(pages->write(second)).value();
    const std::string path = "/pages/" + files.list("/pages")->front().name;
    auto file = std::move(files.open(path, OpenMode::kReadWrite)).value();
    const std::uint64_t size = *file->size();
    QVERIFY(file->writeAt(size - 1, asBytes("\xff")).ok());
    QVERIFY(a->read().ok());
    const auto damaged = b->read();
    QVERIFY(!damaged.ok());
    QVERIFY(damaged.error().message.find(path) != std::string::npos);
    QVERIFY(damaged.error().message.find("byte " + std::to_string(size / 2)) != std::string::npos);
  }
};

QTEST_GUILESS_MAIN(FlowFilePagesTest)
#include "flowfile_pages_test.moc"
