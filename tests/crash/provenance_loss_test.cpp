// SPDX-License-Identifier: Apache-2.0
// Cuts the power at random points while commits are merged into provenance: afterwards it has the
// events of exactly the durable commits, each once.

#include "engine/base/fault_file_system.h"
#include "repositories/memory/memory_provenance.h"
#include "repositories/provenance/blocks/provenance_blocks.h"
#include "tests/harness/engine_bench.h"

#include <QTest>
#include <set>

using namespace millrace;
using millrace::tests::EngineBench;

namespace {

constexpr const char* kFlow =
    "millrace: 1\n"
    "name: provenance-loss\n"
    "processors:\n"
    "  - {name: Make, type: GenerateFlowFile, properties: {Custom Text: text, Batch Size: 3}, "
    "schedule: {runs: 60, every: 1 ms}}\n"
    "  - {name: Mark, type: UpdateAttribute, properties: {mark: '${nextInt()}'}, auto-terminate: "
    "[success]}\n"
    "connections:\n"
    "  - {from: Make, relationship: success, to: Mark}\n";

constexpr std::size_t kFlowFiles = 180;

int rounds() {
  const QByteArray factor = qgetenv("MILLRACE_ROUNDS");
  return std::max(1, static_cast<int>(300 * (factor.isEmpty() ? 0.1 : factor.toDouble())));
}

Result<std::unique_ptr<repo::ProvenanceBlocks>> openBlocks(FileSystem& files, EngineBench& engine,
                                                           const Clock& clock) {
  repo::ProvenanceOptions options;
  options.blocks.blockBytes = 512;
  options.fileBytes = 4096;
  options.mostAge = Millis{1} << 50;
  return repo::ProvenanceBlocks::open(
      files, "data/provenance", engine.store().identity().id(), clock, engine.store().snapshot(),
      std::make_unique<repo::MemoryBlockIndex>(), std::move(options));
}

}  // namespace

class ProvenanceLossTest : public QObject {
  Q_OBJECT
 private slots:
  void everyDurableCommitHasItsEventsOnce() {
    int crashes = 0;
    int crashesAfterBlocks = 0;
    for (std::uint64_t seed = 1; crashes < rounds(); ++seed) {
      Random random(seed);
      auto files = std::make_unique<MemoryFileSystem>(seed);
      VirtualClock clock;
      for (int life = 0; life < 6; ++life) {
        const bool last = life == 5;
        EngineBench engine(*files, clock, seed * 10 + static_cast<std::uint64_t>(life));
        if (!last) files->cutPowerAt(1 + random.below(250));
        Result<> opened = engine.open(kFlow);
        std::unique_ptr<repo::ProvenanceBlocks> blocks;
        if (opened.ok()) {
          auto made = openBlocks(*files, engine, clock);
          if (made.ok()) {
            blocks = std::move(*made);
            if (blocks->mark() > Lsn(0)) ++crashesAfterBlocks;
            engine.store().setProvenance(blocks.get());
          } else {
            opened = made.error();
          }
        }
        if (opened.ok()) {
          for (int step = 0; step < 5000 && files->powered(); ++step) {
            if (!engine.step().ok() || engine.controller().isIdle()) break;
            if (random.oneIn(7) && !engine.store().maintain(repo::DiskStore::Effort::kAll).ok())
              break;
          }
        }
        if (files->powered()) {
          QVERIFY2(opened.ok(), opened.ok() ? "" : opened.error().message.c_str());
          while (true) {
            const auto more = engine.store().commits().runOnce();
            QVERIFY(more.ok());
            if (!*more) break;
          }
          QVERIFY(engine.store().maintain(repo::DiskStore::Effort::kAll).ok());
          check(*blocks, engine.store().commits().synced(), seed);
          if (QTest::currentTestFailed()) return;
          break;
        }
        ++crashes;
        files = files->crash();
      }
    }
    qInfo("%d power losses, %d restarts with blocks", crashes, crashesAfterBlocks);
    QVERIFY(crashesAfterBlocks > 0);
  }

 private:
  /// Every FlowFile that was made durably was made once and dropped once, and no event is there
  /// twice. What a power cut took was never durable and leaves nothing.
  void check(repo::ProvenanceBlocks& blocks, Lsn synced, std::uint64_t seed) {
    ProvenanceQuery query;
    query.limit = 100000;
    const auto page = blocks.search(query);
    QVERIFY2(page.ok(), page.ok() ? "" : page.error().message.c_str());
    QVERIFY(!page->next);
    QVERIFY(blocks.mark() == synced);
    std::set<ProvenanceEventId> ids;
    std::map<std::string, std::map<FactKind, int>> lives;
    for (const ProvenanceEvent& event : page->events) {
      QVERIFY(ids.insert(event.id).second);
      ++lives[event.uuid][event.type];
    }
    QVERIFY(lives.size() >= kFlowFiles);
    for (const auto& [uuid, kinds] : lives) {
      for (const FactKind kind : {FactKind::kCreate, FactKind::kDrop}) {
        const auto found = kinds.find(kind);
        QVERIFY2(found != kinds.end() && found->second == 1,
                 qPrintable(QString("seed %1: FlowFile %2").arg(seed).arg(uuid.c_str())));
      }
    }
  }
};

QTEST_GUILESS_MAIN(ProvenanceLossTest)
#include "provenance_loss_test.moc"
