// SPDX-License-Identifier: Apache-2.0
#include "engine/ports/commit_record.h"

#include "engine/ports/flowfile_row.h"
#include "tests/engine/ports/record_model.h"

#include <QTest>

using namespace millrace;

namespace {

std::vector<std::string> linesOf(const CommitRecordWriter::Finished& encoded,
                                 const std::vector<FlowFile>& taken) {
  model::RecordLines visitor(taken);
  const Result<> result = decodeCommitRecord(encoded.record, encoded.inlined, visitor);
  if (!result.ok()) return {result.error().message};
  return visitor.lines;
}

FlowFile withAttributes(std::uint64_t id, Attributes attributes) {
  FlowFile file;
  file.id = FlowFileId(id);
  file.attributes = std::move(attributes);
  return file;
}

}  // namespace

class CommitRecordTest : public QObject {
  Q_OBJECT
 private slots:
  void randomRecordsSayWhatWasWritten() {
    CommitRecordWriter writer;
    for (int seed = 1; seed <= model::rounds(1000); ++seed) {
      model::RandomRecord random(static_cast<std::uint64_t>(seed));
      for (int i = 0; i < 3; ++i) {
        random.write(writer, 40);
        const auto read = linesOf(random.encoded, random.taken);
        QCOMPARE(read.size(), random.lines.size());
        for (std::size_t at = 0; at < read.size(); ++at) {
          QVERIFY2(read[at] == random.lines[at],
                   fmt::format("seed {}: {} not {}", seed, read[at], random.lines[at]).c_str());
        }
      }
    }
  }

  void anEmptyRecordIsARecord() {
    CommitRecordWriter writer;
    writer.begin(ComponentId(0), 0, 0);
    const auto encoded = writer.finish();
    // Version, component, time, revision, five sections of none.
    QCOMPARE(encoded.record.size(), std::size_t{9});
    QCOMPARE(linesOf(encoded, {}), std::vector<std::string>{"begin 0 0 0"});
  }

  void aHundredNamesOfAttributesSurviveTheirSixtyFourNumbers() {
    CommitRecordWriter writer;
    writer.begin(ComponentId(1), 5, 1);
    writer.outputs(ConnectionId(1));
    std::vector<std::string> expected{"begin 1 5 1", "outputs 1"};
    for (std::uint64_t id = 1; id <= 2; ++id) {
      Attributes attributes;
      for (int i = 0; i < 100; ++i) attributes = attributes.with("k" + std::to_string(i), "v");
      const FlowFile file = withAttributes(id, attributes);
      writer.created(file);
      expected.push_back("created " + model::line(file));
    }
    QCOMPARE(linesOf(writer.finish(), {}), expected);
  }

  void valuesOfManyMegabytesStayWhole() {
    const std::string large(20'000'000, '\x01');
    CommitRecordWriter writer;
    writer.begin(ComponentId(1), 5, 1);
    writer.outputs(ConnectionId(1));
    const FlowFile file = withAttributes(9, Attributes().with("large", large).with("", ""));
    writer.created(file);
    writer.state("large", large);
    const auto encoded = writer.finish();
    model::RecordLines visitor({});
    QVERIFY(decodeCommitRecord(encoded.record, {}, visitor).ok());
    QCOMPARE(visitor.made.at(0).attributes.find("large")->size(), large.size());
    QVERIFY(visitor.made.at(0).attributes == file.attributes);
    QCOMPARE(visitor.lines.back().size(), large.size() + sizeof("put 1 <large> <>") - 1);
  }

  void consecutiveEntriesAreOneRun() {
    CommitRecordWriter writer;
    writer.begin(ComponentId(1), 0, 1);
    for (std::uint32_t i = 0; i < 1000; ++i) writer.input(ConnectionId(3), {Lsn(9), i});
    writer.outputs(ConnectionId(4));
    for (std::uint32_t i = 0; i < 500; ++i) writer.same(i);
    for (std::uint32_t i = 500; i < 1000; ++i) writer.dropped(i, DropReason::kAutoTerminated, "no");
    // Head 4, inputs 1+1+1+1+2, outputs 1+1+1 and the run 1+1+2, drops 1+2+2+1+3, none 1, none 1.
    QCOMPARE(writer.finish().record.size(), std::size_t{4 + 6 + 7 + 9 + 2});
  }

  void aRunDoesNotWrapAroundTheLastIndex() {
    CommitRecordWriter writer;
    writer.begin(ComponentId(1), 0, 1);
    writer.input(ConnectionId(3), {Lsn(9), 0xffffffffU});
    writer.input(ConnectionId(3), {Lsn(9), 0});
    const std::vector<std::string> expected{"begin 1 0 1", "input 3 9 4294967295", "input 3 9 0"};
    QCOMPARE(linesOf(writer.finish(), {}), expected);
  }

  void whatWentToTheLogStandsBehindTheRestInVersion2() {
    CommitRecordWriter writer;
    writer.begin(ComponentId(1), 0, 1);
    writer.state("k", "v");
    auto finished = writer.finish();
    const std::size_t before = finished.record.size();
    QCOMPARE(std::to_integer<int>(finished.record.front()), 1);
    const std::vector<LogPlace> places{{{1, 2, 3}, 300}, {{1, 2, 4}, 1}};
    addLogPlaces(finished.record, places);
    QCOMPARE(std::to_integer<int>(finished.record.front()), 2);
    // Their number 1, then 16 + 1 + 2 and 16 + 1 + 1.
    QCOMPARE(finished.record.size(), before + 1 + 19 + 18);
    const std::vector<std::string> expected{"begin 1 0 1", "put 1 <k> <v>", "append 1 2 3 300",
                                            "append 1 2 4 1"};
    QCOMPARE(linesOf(finished, {}), expected);
    for (std::size_t length = before; length < finished.record.size(); ++length) {
      model::RecordLines visitor({});
      QVERIFY(!decodeCommitRecord(ByteView(finished.record).first(length), {}, visitor).ok());
    }
  }

  // pins: 1.11/5
  void aChangeOfOneAttributeOfFiftyCostsThatOne() {
    Attributes fifty;
    for (int i = 0; i < 50; ++i) fifty = fifty.with("name" + std::to_string(i), "value");
    const FlowFile before = withAttributes(1, fifty);
    FlowFile after = before;
    after.attributes = fifty.with("n", "v");
    CommitRecordWriter writer;
    writer.begin(ComponentId(1), 0, 1);
    writer.input(ConnectionId(3), {Lsn(9), 0});
    writer.outputs(ConnectionId(4));
    writer.changed(0, before, after);
    // Head 4, inputs 5, outputs 3, entry 3 + count 1 + new key 3 + set 1 + value 2, none 3.
    QCOMPARE(writer.finish().record.size(), std::size_t{4 + 5 + 3 + 10 + 3});
  }

  void theSameChangeOfManyIsWrittenOnceAndSharedAfterReading() {
    const Attributes base = Attributes().with("filename", "a");
    std::vector<FlowFile> before;
    CommitRecordWriter writer;
    writer.begin(ComponentId(1), 0, 1);
    for (std::uint32_t i = 0; i < 100; ++i) {
      before.push_back(withAttributes(i + 1, base));
      writer.input(ConnectionId(3), {Lsn(9), i});
    }
    writer.outputs(ConnectionId(4));
    for (std::uint32_t i = 0; i < 100; ++i) {
      FlowFile after = before[i];
      after.attributes = after.attributes.with("n", "v");
      writer.changed(i, before[i], after);
    }
    const auto encoded = writer.finish();
    // The name in full 3 + 7, its number 3 + 5, then 98 repeats of 3; 100 entries.
    QCOMPARE(encoded.record.size(), std::size_t{4 + 5 + 3 + 10 + 8 + 98 * 3 + 3});
    model::RecordLines visitor(before);
    QVERIFY(decodeCommitRecord(encoded.record, {}, visitor).ok());
    for (const FlowFile& file : visitor.made) {
      QVERIFY(file.attributes == base.with("n", "v"));
    }
    QVERIFY(visitor.made[2].attributes.sameBlock(visitor.made[99].attributes));
  }

  void eachOfAThousandBuffersHasItsPlace() {
    CommitRecordWriter writer;
    writer.begin(ComponentId(1), 0, 1);
    writer.outputs(ConnectionId(4));
    std::vector<FlowFile> files;
    for (std::uint64_t i = 0; i < 1000; ++i) {
      FlowFile file = withAttributes(i, {});
      file.content.kind = Content::Kind::kInline;
      file.content.buffer = std::make_shared<InlineBuffer>(std::vector<std::byte>(i + 1));
      file.content.length = i + 1;
      files.push_back(std::move(file));
    }
    for (const FlowFile& file : files) writer.created(file);
    for (const FlowFile& file : files) writer.created(file);
    const auto encoded = writer.finish();
    QCOMPARE(encoded.inlined.size(), files.size());
    model::RecordLines visitor({});
    QVERIFY(decodeCommitRecord(encoded.record, encoded.inlined, visitor).ok());
    for (std::size_t i = 0; i < 2000; ++i)
      QVERIFY(visitor.made[i].content.buffer == files[i % 1000].content.buffer);
  }

  void aRecordBegunAnewForgetsTheUnfinishedOne() {
    CommitRecordWriter writer;
    writer.begin(ComponentId(1), 0, 1);
    writer.input(ConnectionId(3), {Lsn(9), 0});
    writer.outputs(ConnectionId(4));
    writer.created(withAttributes(5, Attributes().with("a", "b")));
    writer.same(0);
    writer.dropped(0, DropReason::kRemoved);
    writer.state("k", "v");
    writer.begin(ComponentId(2), 0, 1);
    QCOMPARE(linesOf(writer.finish(), {}), std::vector<std::string>{"begin 2 0 1"});
  }

  void rowsKeepEverythingOfAFlowFile() {
    for (int seed = 1; seed <= model::rounds(1000); ++seed) {
      model::RandomRecord random(static_cast<std::uint64_t>(seed));
      FlowFile file = random.flowFile();
      if (file.content.kind == Content::Kind::kInline && file.content.buffer->bytes().empty())
        continue;  // an elided content has no row
      file.key = {Lsn(random.random.next()), static_cast<std::uint32_t>(random.random.next())};
      file.queuedAt = static_cast<Millis>(random.random.next());
      ByteWriter bytes;
      encodeFlowFile(bytes, file);
      ByteReader from(bytes.view());
      const auto read = decodeFlowFile(from);
      QVERIFY(read.ok() && from.atEnd());
      QCOMPARE(model::line(*read), model::line(file));
      QVERIFY(read->key == file.key && read->queuedAt == file.queuedAt);
    }
  }
};

QTEST_GUILESS_MAIN(CommitRecordTest)
#include "commit_record_test.moc"
