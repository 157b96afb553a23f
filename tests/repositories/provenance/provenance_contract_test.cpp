// SPDX-License-Identifier: Apache-2.0
// What every provenance repository promises, on disk with each index and in memory.

#include "engine/base/fault_file_system.h"
#include "engine/ports/lineage.h"
#include "repositories/memory/memory_provenance.h"
#include "repositories/provenance/blocks/provenance_blocks.h"
#include "repositories/provenance/index/sqlite_block_index.h"
#include "tests/repositories/provenance/told_store.h"

#include <QTest>

using namespace millrace;
using namespace millrace::tests;

namespace {

/// A repository and what it stands on.
struct Subject {
  MemoryFileSystem files{1};
  VirtualClock clock;
  std::unique_ptr<repo::MemoryProvenance> memory;
  std::unique_ptr<repo::ProvenanceBlocks> blocks;
  ProvenanceSink& sink() {
    return memory != nullptr ? static_cast<ProvenanceSink&>(*memory) : *blocks;
  }
  ProvenanceRepository& events() {
    return memory != nullptr ? static_cast<ProvenanceRepository&>(*memory) : *blocks;
  }
};

std::unique_ptr<Subject> make(const QByteArray& kind) {
  auto subject = std::make_unique<Subject>();
  if (kind == "memory") {
    subject->memory = std::make_unique<repo::MemoryProvenance>(kStore.high ^ kStore.low);
    return subject;
  }
  repo::ProvenanceOptions options;
  options.blocks.keepContent = true;
  if (kind.contains("small")) options.blocks.blockBytes = 1;  // a block a commit
  std::unique_ptr<repo::BlockIndex> index = std::make_unique<repo::MemoryBlockIndex>();
  if (kind.contains("sqlite")) {
    auto opened = repo::SqliteBlockIndex::open(":memory:");
    if (!opened.ok()) qFatal("%s", opened.error().message.c_str());
    index = std::move(*opened);
  }
  auto blocks = repo::ProvenanceBlocks::open(subject->files, "provenance", kStore, subject->clock,
                                             Lsn(0), std::move(index), std::move(options));
  if (!blocks.ok()) qFatal("%s", blocks.error().message.c_str());
  subject->blocks = std::move(*blocks);
  return subject;
}

std::vector<std::string> found(Subject& subject, const ProvenanceQuery& query) {
  auto page = subject.events().search(query);
  if (!page.ok()) return {page.error().message};
  return shortOf(page->events);
}

using Lines = std::vector<std::string>;

}  // namespace

class ProvenanceContractTest : public QObject {
  Q_OBJECT
 private:
  std::unique_ptr<Subject> told() {
    QFETCH_GLOBAL(QByteArray, kind);
    auto subject = make(kind);
    const std::string failed = tellFiveCommits(subject->sink());
    if (!failed.empty()) qFatal("%s", failed.c_str());
    if (!subject->sink().flush().ok()) qFatal("flush");
    return subject;
  }

 private slots:
  void initTestCase_data() {
    QTest::addColumn<QByteArray>("kind");
    for (const char* kind : {"memory", "blocks", "small blocks", "sqlite", "small sqlite"})
      QTest::newRow(kind) << QByteArray(kind);
  }

  // pins: 1.1/18, 1.9/1, 1.9/6, 1.9/7, 1.9/8, 1.9/9, 1.9/14
  void everyCommitLeavesItsEventsNewestFirst() {
    const auto subject = told();
    QVERIFY(found(*subject, {}) == eventsOfFiveCommits());
    QVERIFY(subject->sink().mark() == Lsn(5));
  }

  // pins: 1.9/2, 1.9/3, 1.9/4, 1.9/5, 1.9/10
  void whateverAProcessorReportsIsAnEventInItsWords() {
    QFETCH_GLOBAL(QByteArray, kind);
    for (const FactKind type :
         {FactKind::kReceive, FactKind::kFetch, FactKind::kSend, FactKind::kUpload,
          FactKind::kRemoteInvocation, FactKind::kDownload, FactKind::kAddInfo}) {
      const auto subject = make(kind);
      ToldStore store;
      CommitRecordWriter writer;
      const FlowFile before = flowFile(1, {{"kind", "x"}}, "hello");
      FlowFile after = before;
      after.attributes = before.attributes.with("kind", "y");
      writer.begin(ComponentId(1), 1700000001000, 1);
      writer.outputs(ConnectionId(9));
      writer.created(before);
      store.tell(writer, subject->sink());
      writer.begin(ComponentId(2), 1700000002000, 1);
      writer.input(ConnectionId(9), {Lsn(1), 0});
      writer.outputs(ConnectionId(10));
      writer.changed(0, before, after);
      writer.fact({type, FlowFileId(1), {}, "sftp://host/file", "the words", {}, {}});
      store.tell(writer, subject->sink());
      QVERIFY(store.failed.empty());
      QVERIFY(subject->sink().flush().ok());
      ProvenanceQuery query;
      query.components = {ComponentId(2)};
      auto page = subject->events().search(query);
      QVERIFY(page.ok());
      QCOMPARE(page->events.size(), std::size_t{1});  // no ATTRIBUTES_MODIFIED beside it
      QVERIFY(page->events[0].type == type);
      QCOMPARE(page->events[0].transitUri, std::string("sftp://host/file"));
      QCOMPARE(page->events[0].details, std::string("the words"));
    }
  }

  // pins: 1.9/14
  void commitsThatComeAgainLeaveNothing() {
    const auto subject = told();
    QVERIFY(tellFiveCommits(subject->sink()).empty());
    QVERIFY(subject->sink().flush().ok());
    QVERIFY(found(*subject, {}) == eventsOfFiveCommits());
  }

  void pagesOfAnySizeGiveTheSame() {
    const auto subject = told();
    for (std::size_t size = 1; size <= 12; ++size) {
      ProvenanceQuery query;
      query.limit = size;
      Lines all;
      for (int pages = 0; pages < 20; ++pages) {
        auto page = subject->events().search(query);
        QVERIFY(page.ok());
        QVERIFY(page->events.size() <= size);
        for (const auto& event : page->events) all.push_back(shortOf(event));
        if (!page->next) break;
        query.before = page->next;
      }
      QVERIFY(all == eventsOfFiveCommits());
    }
  }

  // pins: 1.9/16
  void eachFieldIsFoundByItself() {
    const auto subject = told();
    ProvenanceQuery query;
    query.uuids = {uuid(3)};
    QVERIFY(found(*subject, query) ==
            (Lines{"5.1 DROP 3", "5.0 JOIN 5", "4.0 ROUTE 3", "3.0 FORK 1"}));
    query = {};
    query.components = {ComponentId(3), ComponentId(4)};
    QVERIFY(found(*subject, query) ==
            (Lines{"4.1 EXPIRE 4", "4.0 ROUTE 3", "3.1 DROP 1", "3.0 FORK 1"}));
    query = {};
    query.type = FactKind::kDrop;
    QVERIFY(found(*subject, query) == (Lines{"5.2 DROP 2", "5.1 DROP 3", "3.1 DROP 1"}));
    query = {};
    query.from = 1700000002000;
    query.to = 1700000003000;
    QVERIFY(found(*subject, query) == (Lines{"3.1 DROP 1", "3.0 FORK 1", "2.1 CONTENT_MODIFIED 2",
                                             "2.0 ATTRIBUTES_MODIFIED 1"}));
    query = {};
    query.filename = "joined";
    QVERIFY(found(*subject, query) == (Lines{"5.0 JOIN 5"}));
    query.filename = uuid(2);  // the name that a FlowFile without one has
    QVERIFY(found(*subject, query) ==
            (Lines{"5.2 DROP 2", "2.1 CONTENT_MODIFIED 2", "1.1 CREATE 2"}));
    query = {};
    query.attributes = {{"kind", "y"}};
    QVERIFY(found(*subject, query) ==
            (Lines{"3.1 DROP 1", "3.0 FORK 1", "2.0 ATTRIBUTES_MODIFIED 1"}));
    query.attributes = {{"kind", "y"}, {"filename", "a.txt"}};
    query.type = FactKind::kFork;
    QVERIFY(found(*subject, query) == (Lines{"3.0 FORK 1"}));
    query = {};
    query.uuids = {uuid(77)};
    QVERIFY(found(*subject, query).empty());
    query.uuids = {"not a uuid"};
    QVERIFY(found(*subject, query).empty());
  }

  // pins: 1.9/13
  void anEventHasAttributesAndContentsBeforeAndAfter() {
    const auto subject = told();
    auto changed = subject->events().find({Lsn(2), 0});
    QVERIFY(changed.ok() && changed->has_value());
    const ProvenanceEvent& event = **changed;
    QCOMPARE(event.uuid, uuid(1));
    QVERIFY(event.sourceQueue == ConnectionId(9));
    QVERIFY(event.component == ComponentId(2));
    QCOMPARE(event.time, Millis(1700000002000));
    QVERIFY(event.attributes == (std::vector<std::pair<std::string, std::string>>{
                                    {"uuid", uuid(1)}, {"filename", "a.txt"}, {"kind", "x"}}));
    QVERIFY(event.changes ==
            (std::vector<std::pair<std::string, std::optional<std::string>>>{{"kind", "y"}}));
    QCOMPARE(std::string(asText(event.before.inlineBytes())), std::string("hello"));

    auto modified = subject->events().find({Lsn(2), 1});
    QVERIFY(modified.ok() && modified->has_value());
    QVERIFY((*modified)->before.kind == Content::Kind::kEmpty);
    QCOMPARE(std::string(asText((*modified)->after.inlineBytes())), std::string("content of two"));

    auto fork = subject->events().find({Lsn(3), 0});
    QVERIFY(fork.ok() && fork->has_value());
    QVERIFY((*fork)->parents == Lines{uuid(1)});
    QVERIFY((*fork)->children == (Lines{uuid(3), uuid(4)}));
    auto route = subject->events().find({Lsn(4), 0});
    QVERIFY(route.ok() && route->has_value());
    QCOMPARE((*route)->relationship, std::string("matched"));
    auto received = subject->events().find({Lsn(1), 0});
    QVERIFY(received.ok() && received->has_value());
    QCOMPARE((*received)->transitUri, std::string("file:/in/a.txt"));
    for (const ProvenanceEventId id : {ProvenanceEventId{Lsn(2), 2}, ProvenanceEventId{Lsn(6), 0},
                                       ProvenanceEventId{Lsn(0), 0}}) {
      auto none = subject->events().find(id);
      QVERIFY(none.ok() && !none->has_value());
    }
  }

  // pins: 1.9/17
  void aLineageHasAncestorsAndDescendantsAndNoSiblings() {
    const auto subject = told();
    const auto lineage = Lineage::of(subject->events(), uuid(3));
    QVERIFY(lineage.ok());
    QVERIFY(lineage->complete);
    Lines nodes;
    for (const auto& node : lineage->nodes) nodes.push_back(node.id());
    std::sort(nodes.begin(), nodes.end());
    Lines wanted{uuid(1), uuid(3), uuid(5), "1.0", "2.0", "3.0", "3.1", "4.0", "5.0", "5.1"};
    std::sort(wanted.begin(), wanted.end());
    QVERIFY(nodes == wanted);
    Lines edges;
    for (const auto& edge : lineage->edges)
      edges.push_back(lineage->nodes[edge.from].id() + ">" + lineage->nodes[edge.to].id());
    const auto hasEdge = [&](const std::string& from, const std::string& to) {
      return std::find(edges.begin(), edges.end(), from + ">" + to) != edges.end();
    };
    QVERIFY(hasEdge("1.0", uuid(1)));
    QVERIFY(hasEdge(uuid(1), "2.0"));
    QVERIFY(hasEdge("2.0", "3.0"));
    QVERIFY(hasEdge("3.0", uuid(3)));
    QVERIFY(hasEdge(uuid(3), "4.0"));
    QVERIFY(hasEdge("4.0", "5.0"));
    QVERIFY(hasEdge("5.0", uuid(5)));
    const std::string dot = lineage->dot([](ComponentId) { return std::string("a \"name\""); });
    QVERIFY(dot.find("digraph") == 0 && dot.find("a \\\"name\\\"") != std::string::npos);
    const auto little = Lineage::of(subject->events(), uuid(3), 2);
    QVERIFY(little.ok() && !little->complete);
  }
};

QTEST_GUILESS_MAIN(ProvenanceContractTest)
#include "provenance_contract_test.moc"
