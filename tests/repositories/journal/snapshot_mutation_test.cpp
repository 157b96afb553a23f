// SPDX-License-Identifier: Apache-2.0
// Snapshots whose checksums hold though their bytes are wrong: the reader must bear them too.
#include "engine/base/crc32c.h"
#include "engine/base/fault_file_system.h"
#include "repositories/journal/snapshot.h"
#include "tests/repositories/journal/random_store.h"

#include <QTest>

using namespace millrace;
using namespace millrace::repo;

namespace {

std::uint32_t u32At(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

void putU32(std::string& bytes, std::size_t at, std::uint32_t value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

/// Makes every CRC hold again, as far as the blocks can be followed.
void mend(std::string& bytes) {
  const auto crcOf = [&](std::size_t at, std::size_t length, std::uint32_t before = 0) {
    return crc32c(asBytes(std::string_view(bytes).substr(at, length)), before);
  };
  if (bytes.size() < 48 + 16 + 16) return;
  putU32(bytes, 44, crcOf(0, 44));
  putU32(bytes, bytes.size() - 4, crcOf(bytes.size() - 16, 12));
  std::size_t at = 48;
  while (at + 16 <= bytes.size() - 16) {
    const std::size_t length = u32At(bytes, at + 8);
    if (length > bytes.size() - 16 - (at + 16)) return;
    putU32(bytes, at + 12, crcOf(at + 16, length, crcOf(at, 12)));
    at += 16 + length;
  }
}

}  // namespace

class SnapshotMutationTest : public QObject {
  Q_OBJECT
 private slots:
  void mendedMutationsGiveAnErrorOrAnImage() {
    MemoryFileSystem files;
    int refused = 0;
    int read = 0;
    for (int round = 0; round < model::rounds(10'000); ++round) {
      const std::string path = "snapshot";
      model::RandomStore store(static_cast<std::uint64_t>(round % 40) + 1);
      Random random(static_cast<std::uint64_t>(round) + 1);
      StoreImage image;
      for (int i = 0; i < 4; ++i) {
        const model::Step step = store.commit();
        QVERIFY(image.apply(step.lsn, step.commit.record, step.commit.inlined).ok());
      }
      QVERIFY(writeSnapshot(files, path, {{1, 2}, image.applied()}, image).ok());
      std::string bytes = *files.readAll(path);
      for (std::uint64_t left = 1 + random.below(3); left > 0; --left) {
        const std::size_t at = random.below(bytes.size());
        if (random.oneIn(5)) {
          bytes.erase(at, 1 + random.below(3));
        } else {
          bytes[at] = random.oneIn(3) ? '\xff' : static_cast<char>(random.next());
        }
      }
      if (!random.oneIn(10)) mend(bytes);
      QVERIFY(files.replaceAll(path, bytes).ok());
      const auto loaded = loadSnapshot(files, path);
      if (loaded.ok()) {
        ++read;
        QVERIFY(model::linesOf(loaded->image).size() < bytes.size());
      } else {
        ++refused;
        QVERIFY(loaded.error().message.find(path) != std::string::npos);
      }
      const model::Step next = store.commit();
      const std::vector<SnapshotCommit> step{{next.lsn, next.commit.record, next.commit.inlined}};
      const auto merged = mergeSnapshot(files, path, path, step);
      QVERIFY(merged.ok() || !merged.error().message.empty());
    }
    // Both ways are met, else the mutations test nothing.
    QVERIFY(model::rounds(10'000) < 100 || (refused > 0 && read > 0));
  }
};

QTEST_GUILESS_MAIN(SnapshotMutationTest)
#include "snapshot_mutation_test.moc"
