// SPDX-License-Identifier: Apache-2.0
// Provenance files: the format that later versions must open, torn tails, damage, retention,
// sampling, and an index that is behind.

#include "repositories/provenance/blocks/provenance_blocks.h"

#include "engine/base/fault_file_system.h"
#include "repositories/provenance/index/sqlite_block_index.h"
#include "tests/repositories/provenance/told_store.h"

#include <QFile>
#include <QTest>

using namespace millrace;
using namespace millrace::tests;

namespace {

const std::string kFirst = "provenance/000000000001.provenance";
using Lines = std::vector<std::string>;

class Folder {
 public:
  Result<std::unique_ptr<repo::ProvenanceBlocks>> open(repo::ProvenanceOptions options = {},
                                                       Lsn durable = Lsn(0)) {
    return repo::ProvenanceBlocks::open(files, "provenance", kStore, clock, durable,
                                        std::make_unique<repo::MemoryBlockIndex>(),
                                        std::move(options));
  }
  /// A folder of small blocks, one a commit.
  void fill(std::uint64_t fileBytes = 1ULL << 20) {
    repo::ProvenanceOptions options;
    options.blocks.blockBytes = 1;
    options.fileBytes = fileBytes;
    auto blocks = open(std::move(options));
    if (!blocks.ok() || !tellFiveCommits(**blocks).empty() || !(*blocks)->flush().ok())
      qFatal("fill");
  }
  std::string bytes(const std::string& path) {
    auto text = files.readAll(path);
    if (!text.ok()) qFatal("%s", text.error().message.c_str());
    return *text;
  }
  void put(const std::string& path, std::string_view text) {
    auto file = files.open(path, OpenMode::kTruncate);
    if (!file.ok() || !(*file)->writeAt(0, asBytes(text)).ok()) qFatal("put");
  }
  Lines events(repo::ProvenanceBlocks& blocks) {
    auto page = blocks.search({});
    if (!page.ok()) return {page.error().message};
    return shortOf(page->events);
  }

  MemoryFileSystem files{1};
  VirtualClock clock;
};

}  // namespace

class ProvenanceBlocksTest : public QObject {
  Q_OBJECT
 private slots:
  void theGoldenFileStillOpens() {
    QFile golden(MR_SOURCE_DIR "/tests/repositories/provenance/golden/blocks_v1.provenance");
    QVERIFY(golden.open(QIODevice::ReadOnly));
    const QByteArray bytes = golden.readAll();
    Folder folder;
    QVERIFY(folder.files.createDirectories("provenance").ok());
    folder.put(kFirst, {bytes.constData(), static_cast<std::size_t>(bytes.size())});
    auto blocks = folder.open();
    QVERIFY(blocks.ok());
    QVERIFY(folder.events(**blocks) == eventsOfFiveCommits());
    auto event = (*blocks)->find({Lsn(2), 1});
    QVERIFY(event.ok() && event->has_value());
    QCOMPARE(std::string(asText((*event)->after.inlineBytes())), std::string("content of two"));
  }

  void aTailTornAnywhereIsCutAndTheRestStays() {
    Folder whole;
    whole.fill();
    const std::string bytes = whole.bytes(kFirst);
    const Lines all = eventsOfFiveCommits();
    for (std::size_t cut = 0; cut < bytes.size(); cut += 7) {
      Folder folder;
      QVERIFY(folder.files.createDirectories("provenance").ok());
      folder.put(kFirst, bytes.substr(0, cut) + std::string(bytes.size() - cut, '\0'));
      auto blocks = folder.open();
      QVERIFY2(blocks.ok(), blocks.ok() ? "" : blocks.error().message.c_str());
      const std::uint64_t mark = (*blocks)->mark().raw();
      Lines wanted;
      for (const std::string& line : all) {
        if (line[0] <= static_cast<char>('0' + mark)) wanted.push_back(line);
      }
      QVERIFY(folder.events(**blocks) == wanted);
      // What was cut is told again and is there once.
      QVERIFY(tellFiveCommits(**blocks).empty());
      QVERIFY((*blocks)->flush().ok());
      QVERIFY(folder.events(**blocks) == all);
    }
  }

  void aBadBlockThatWasKeptForGoodIsNamed() {
    Folder folder;
    folder.fill();
    std::string bytes = folder.bytes(kFirst);
    bytes[64] ^= 1;
    folder.put(kFirst, bytes);
    const auto blocks = folder.open({}, Lsn(5));
    QVERIFY(!blocks.ok());
    QVERIFY(blocks.error().message.find(kFirst + " at offset 64") == 0);
  }

  void anyFlippedBitIsFoundByTheCheck() {
    Folder folder;
    folder.fill();
    const std::string bytes = folder.bytes(kFirst);
    const auto sound = repo::ProvenanceCheck::of(folder.files, "provenance", kStore, Lsn(5));
    QVERIFY(sound.ok() && sound->damage.empty());
    QCOMPARE(sound->events, std::uint64_t(11));
    QCOMPARE(sound->commits, std::uint64_t(5));
    for (std::size_t at = 64; at < bytes.size(); at += 3) {
      std::string bad = bytes;
      bad[at] = static_cast<char>(bad[at] ^ 0x10);
      folder.put(kFirst, bad);
      const auto check = repo::ProvenanceCheck::of(folder.files, "provenance", kStore, Lsn(5));
      QVERIFY(check.ok());
      QVERIFY2(!check->damage.empty(), qPrintable(QString::number(at)));
    }
  }

  // pins: 1.9/15
  void theOldestFilesGoBySizeAndByAge() {
    Folder folder;
    folder.fill(1);  // a file a block
    repo::ProvenanceOptions options;
    options.mostBytes = 1;
    auto small = folder.open(std::move(options));
    QVERIFY(small.ok() && (*small)->retain().ok());
    QVERIFY(folder.events(**small) == (Lines{"5.2 DROP 2", "5.1 DROP 3", "5.0 JOIN 5"}));
    Folder other;
    other.fill(1);
    repo::ProvenanceOptions aged;
    aged.mostAge = 3000;
    other.clock.stepWall(1700000006500 - other.clock.wall());
    auto old = other.open(std::move(aged));
    QVERIFY(old.ok() && (*old)->retain().ok());
    QVERIFY(other.events(**old) ==
            (Lines{"5.2 DROP 2", "5.1 DROP 3", "5.0 JOIN 5", "4.1 EXPIRE 4", "4.0 ROUTE 3"}));
  }

  void aGroupThatIsNotSampledLeavesTheOthersWhole() {
    for (const std::uint64_t blockBytes : {std::uint64_t(1), std::uint64_t(1) << 20}) {
      Folder folder;
      repo::ProvenanceOptions options;
      options.blocks.blockBytes = blockBytes;
      options.blocks.sampling = [](ComponentId id) { return id == ComponentId(2) ? 0U : 1U; };
      auto blocks = folder.open(std::move(options));
      QVERIFY(blocks.ok());
      QVERIFY(tellFiveCommits(**blocks).empty());
      QVERIFY((*blocks)->flush().ok());
      Lines wanted = eventsOfFiveCommits();
      std::erase_if(wanted, [](const std::string& line) { return line.starts_with("2."); });
      QVERIFY(folder.events(**blocks) == wanted);
    }
  }

  // pins: 1.9/15
  void anIndexThatIsBehindOrGoneCatchesUp() {
    Folder folder;
    folder.fill();
    auto index = repo::SqliteBlockIndex::open(":memory:");
    QVERIFY(index.ok());
    auto blocks = repo::ProvenanceBlocks::open(folder.files, "provenance", kStore, folder.clock,
                                               Lsn(0), std::move(*index), {});
    QVERIFY(blocks.ok());
    QVERIFY(folder.events(**blocks) == eventsOfFiveCommits());
    QVERIFY(folder.files.remove(kFirst).ok());
    auto none = folder.open();
    QVERIFY(none.ok() && folder.events(**none).empty());
  }

  void aBlockEndsWhenItTellsOfManyFlowFiles() {
    const auto blocksWhenAt = [](std::uint64_t flowFiles) {
      Folder folder;
      repo::ProvenanceOptions options;
      options.blocks.blockFlowFiles = flowFiles;
      auto blocks = folder.open(std::move(options));
      const bool told = blocks.ok() && tellFiveCommits(**blocks).empty() && (*blocks)->flush().ok();
      if (!told || folder.events(**blocks) != eventsOfFiveCommits()) return std::uint64_t{0};
      const auto check =
          repo::ProvenanceCheck::of(folder.files, "provenance", kStore, Lsn(5)).value();
      return check.damage.empty() ? check.blocks : 0;
    };
    QCOMPARE(blocksWhenAt(1), std::uint64_t{5});
    QCOMPARE(blocksWhenAt(1000), std::uint64_t{1});
    const std::uint64_t some = blocksWhenAt(3);
    QVERIFY2(some > 1 && some < 5, std::to_string(some).c_str());
  }

  void aSearchByUuidReadsOnlyBlocksThatNameIt() {
    Folder folder;
    folder.fill();
    auto blocks = folder.open();
    ProvenanceQuery query;
    query.uuids = {uuid(4)};
    const auto page = (*blocks)->search(query);
    QVERIFY(page.ok());
    QVERIFY(shortOf(page->events) == (Lines{"4.1 EXPIRE 4", "3.0 FORK 1"}));
    QCOMPARE(page->commitsRead, std::uint64_t(2));
    // The name that a FlowFile has by itself is its uuid.
    ProvenanceQuery byName;
    byName.filename = uuid(4);
    const auto named = (*blocks)->search(byName);
    QVERIFY(named.ok());
    QCOMPARE(named->commitsRead, std::uint64_t(2));
  }
};

QTEST_GUILESS_MAIN(ProvenanceBlocksTest)
#include "provenance_blocks_test.moc"
