// SPDX-License-Identifier: Apache-2.0
#include "repositories/journal/store_image.h"

#include "tests/repositories/journal/random_store.h"

#include <QTest>

using namespace millrace;
using repo::StoreImage;

namespace {

FlowFile inlineFile(std::uint64_t id, const std::shared_ptr<InlineBuffer>& buffer) {
  FlowFile file;
  file.id = FlowFileId(id);
  file.content.kind = Content::Kind::kInline;
  file.content.buffer = buffer;
  file.content.length = 3;
  return file;
}

std::shared_ptr<InlineBuffer> abc() {
  const auto bytes = asBytes("abc");
  return std::make_shared<InlineBuffer>(std::vector<std::byte>(bytes.begin(), bytes.end()));
}

Result<> applyTo(StoreImage& image, std::uint64_t lsn, const CommitRecordWriter::Finished& commit) {
  return image.apply(Lsn(lsn), commit.record, commit.inlined);
}

/// Puts `count` FlowFiles at connection 1 as LSN `lsn`.
CommitRecordWriter::Finished generated(std::uint32_t count,
                                       const std::shared_ptr<InlineBuffer>& buffer) {
  CommitRecordWriter writer;
  writer.begin(ComponentId(1), 1000, 1);
  writer.outputs(ConnectionId(1));
  for (std::uint32_t i = 0; i < count; ++i) writer.created(inlineFile(i + 1, buffer));
  return writer.finish();
}

std::vector<QueueKey> keysOf(const StoreImage& image, std::uint64_t connection) {
  std::vector<QueueKey> keys;
  const Result<> read = image.forEachFlowFile(
      ConnectionId(connection), [&](const FlowFile& file) { keys.push_back(file.key); });
  return read.ok() ? keys : std::vector<QueueKey>();
}

}  // namespace

class StoreImageTest : public QObject {
  Q_OBJECT
 private slots:
  void randomCommitsAgreeWithAPlainModel() {
    for (int seed = 1; seed <= model::rounds(100); ++seed) {
      model::RandomStore store(static_cast<std::uint64_t>(seed));
      StoreImage image;
      for (int i = 0; i < 100; ++i) {
        const model::Step step = store.commit();
        const auto result = image.apply(step.lsn, step.commit.record, step.commit.inlined);
        QVERIFY2(result.ok(), result.ok() ? "" : result.error().message.c_str());
      }
      QCOMPARE(model::linesOf(image), store.lines());
      QCOMPARE(image.applied(), store.last());
    }
  }

  void whatIsNeitherPutOnNorDroppedKeepsItsPlace() {
    StoreImage image;
    QVERIFY(applyTo(image, 1, generated(4, abc())).ok());
    CommitRecordWriter writer;
    writer.begin(ComponentId(2), 2000, 1);
    for (std::uint32_t i = 0; i < 4; ++i) writer.input(ConnectionId(1), {Lsn(1), i});
    writer.outputs(ConnectionId(1));
    writer.same(1);
    writer.dropped(3, DropReason::kRemoved);
    QVERIFY(applyTo(image, 2, writer.finish()).ok());
    const std::vector<QueueKey> expected{{Lsn(1), 0}, {Lsn(1), 2}, {Lsn(2), 0}};
    QVERIFY(keysOf(image, 1) == expected);
  }

  void anInputThatIsNotThereNamesLsnConnectionAndKey() {
    StoreImage image;
    QVERIFY(applyTo(image, 1, generated(4, abc())).ok());
    CommitRecordWriter writer;
    writer.begin(ComponentId(2), 2000, 1);
    writer.input(ConnectionId(77), {Lsn(1), 3});
    const auto wrongQueue = applyTo(image, 512, writer.finish());
    QVERIFY(!wrongQueue.ok());
    const QString message = QString::fromStdString(wrongQueue.error().message);
    QVERIFY(message.contains("512") && message.contains("77") && message.contains("(1, 3)"));

    StoreImage other;
    QVERIFY(applyTo(other, 1, generated(4, abc())).ok());
    writer.begin(ComponentId(2), 2000, 1);
    for (std::uint32_t i = 0; i < 5; ++i) writer.input(ConnectionId(1), {Lsn(1), i});
    const auto pastTheEnd = applyTo(other, 2, writer.finish());
    QVERIFY(!pastTheEnd.ok());
    QVERIFY(QString::fromStdString(pastTheEnd.error().message).contains("(1, 4)"));
  }

  void anInputIsUsedOnce() {
    for (int way = 0; way < 3; ++way) {
      StoreImage image;
      QVERIFY(applyTo(image, 1, generated(2, abc())).ok());
      CommitRecordWriter writer;
      writer.begin(ComponentId(2), 2000, 1);
      writer.input(ConnectionId(1), {Lsn(1), 0});
      writer.outputs(ConnectionId(2));
      writer.same(0);
      if (way == 0) writer.outputs(ConnectionId(3));
      if (way == 0) writer.same(0);
      if (way == 1) writer.dropped(0, DropReason::kRemoved);
      if (way == 2) writer.dropped(1, DropReason::kRemoved);  // never taken
      QVERIFY(!applyTo(image, 2, writer.finish()).ok());
    }
  }

  void anLsnThatDoesNotGrowIsRefused() {
    StoreImage image;
    QVERIFY(applyTo(image, 5, generated(1, abc())).ok());
    QVERIFY(!applyTo(image, 5, generated(1, abc())).ok());
    QVERIFY(!applyTo(image, 4, generated(1, abc())).ok());
    QVERIFY(!StoreImage().apply(Lsn(0), generated(1, abc()).record, {}).ok());
  }

  void aBufferIsDeadWhenItsLastFlowFileIsDropped() {
    StoreImage image;
    const auto buffer = abc();
    QVERIFY(applyTo(image, 1, generated(3, buffer)).ok());
    QVERIFY(!buffer->deadBy(Lsn(100)));
    CommitRecordWriter writer;
    writer.begin(ComponentId(2), 2000, 1);
    for (std::uint32_t i = 0; i < 3; ++i) writer.input(ConnectionId(1), {Lsn(1), i});
    writer.outputs(ConnectionId(2));
    writer.same(0);
    FlowFile before = inlineFile(2, buffer);
    FlowFile after = before;
    const auto other = abc();
    after.content.buffer = other;
    writer.changed(1, before, after);
    writer.dropped(2, DropReason::kRemoved);
    QVERIFY(applyTo(image, 2, writer.finish()).ok());
    QVERIFY(!buffer->deadBy(Lsn(100)) && !other->deadBy(Lsn(100)));
    writer.begin(ComponentId(2), 3000, 1);
    writer.input(ConnectionId(2), {Lsn(2), 0});
    writer.dropped(0, DropReason::kRemoved);
    QVERIFY(applyTo(image, 3, writer.finish()).ok());
    QVERIFY(buffer->deadBy(Lsn(3)) && !buffer->deadBy(Lsn(2)) && !other->deadBy(Lsn(100)));
  }

  void aQueueComesOutInOrderAndOnce() {
    StoreImage image;
    std::uint64_t lsn = 1;
    for (; lsn <= 5; ++lsn) QVERIFY(applyTo(image, lsn, generated(3000, abc())).ok());
    CommitRecordWriter writer;
    writer.begin(ComponentId(2), 2000, 1);
    for (std::uint32_t i = 0; i < 3000; i += 2) writer.input(ConnectionId(1), {Lsn(2), i});
    for (std::uint32_t i = 0; i < 1500; ++i) writer.dropped(i, DropReason::kEmptied);
    QVERIFY(applyTo(image, lsn, writer.finish()).ok());
    const std::vector<QueueKey> expected = keysOf(image, 1);
    std::vector<QueueKey> keys;
    for (const auto& part : image.takeQueue(ConnectionId(1))) {
      QVERIFY(!part.files.empty() && part.files.size() <= 4096 && part.page == nullptr);
      for (const FlowFile& file : part.files) keys.push_back(file.key);
    }
    QCOMPARE(keys.size(), std::size_t{15'000 - 1500});
    QVERIFY(std::is_sorted(keys.begin(), keys.end()));
    QVERIFY(keys == expected);
    QVERIFY(image.takeQueue(ConnectionId(1)).empty());
    QCOMPARE(image.count(), std::uint64_t{0});
  }

  void stateHasTheVersionOfItsLastPut() {
    StoreImage image;
    CommitRecordWriter writer;
    writer.begin(ComponentId(4), 1, 1);
    writer.state("a", "1");
    writer.state("b", "");
    QVERIFY(applyTo(image, 10, writer.finish()).ok());
    writer.begin(ComponentId(4), 1, 1);
    writer.state("b", "ü");
    QVERIFY(applyTo(image, 11, writer.finish()).ok());
    writer.begin(ComponentId(4), 1, 1);
    writer.state("a", std::nullopt);
    writer.state("never there", std::nullopt);
    QVERIFY(applyTo(image, 12, writer.finish()).ok());
    const auto& state = image.state().at(ComponentId(4));
    QCOMPARE(state.version, Lsn(12));
    QCOMPARE(state.values.size(), std::size_t{1});
    QCOMPARE(state.values.at("b").value, std::string("ü"));
    QCOMPARE(state.values.at("b").version, Lsn(11));
  }

  void mutatedRecordsGiveAnErrorOrApply() {
    for (int round = 0; round < model::rounds(10'000); ++round) {
      model::RandomStore store(static_cast<std::uint64_t>(round % 50) + 1);
      Random random(static_cast<std::uint64_t>(round) + 1);
      StoreImage image;
      for (int i = 0; i < 5; ++i) {
        model::Step step = store.commit();
        if (i == 4) {
          const std::size_t at = random.below(step.commit.record.size());
          step.commit.record[at] = static_cast<std::byte>(random.next());
        }
        const auto result = image.apply(step.lsn, step.commit.record, step.commit.inlined);
        QVERIFY(result.ok() || (i == 4 && !result.error().message.empty()));
      }
    }
  }
};

QTEST_GUILESS_MAIN(StoreImageTest)
#include "store_image_test.moc"
