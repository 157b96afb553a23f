// SPDX-License-Identifier: Apache-2.0
// Whatever bytes come, reading a record gives an Error or a record.
#include "engine/ports/commit_record.h"
#include "tests/engine/ports/record_model.h"

#include <QFile>
#include <QTest>

using namespace millrace;

namespace {

/// True when the bytes gave an Error with words, or a record whose FlowFiles can all be looked at.
bool bears(ByteView record, InlineBuffers buffers, const std::vector<FlowFile>& taken) {
  model::RecordLines visitor(taken);
  const Result<> result = decodeCommitRecord(record, buffers, visitor);
  return result.ok() ? !visitor.lines.empty() : !result.error().message.empty();
}

void mutate(Random& random, std::vector<std::byte>& bytes) {
  for (std::uint64_t left = 1 + random.below(4); left > 0; --left) {
    const std::size_t at = random.below(bytes.size());
    switch (random.below(5)) {
      case 0:
        bytes[at] = static_cast<std::byte>(random.next());
        break;
      case 1:
        bytes[at] ^= static_cast<std::byte>(1U << random.below(8));
        break;
      case 2:
        bytes[at] = std::byte{0xff};
        break;
      case 3:
        bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                     static_cast<std::byte>(random.next()));
        break;
      default:
        if (bytes.size() > 1) bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }
}

/// The worked example of engine/ports/FORMAT.md, put together by hand; it is never written again.
QByteArray golden() {
  QFile file(MR_SOURCE_DIR "/tests/engine/ports/golden/commit_record_v1.bin");
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

}  // namespace

class CommitRecordDamageTest : public QObject {
  Q_OBJECT
 private slots:
  void aRecordCutAnywhereIsAnError() {
    CommitRecordWriter writer;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      model::RandomRecord random(seed);
      random.write(writer, 10);
      const ByteView whole(random.encoded.record);
      for (std::size_t length = 0; length < whole.size(); ++length) {
        if (whole.size() > 20'000 && length % 97 != 0) continue;
        model::RecordLines visitor(random.taken);
        const auto cut = decodeCommitRecord(whole.first(length), random.encoded.inlined, visitor);
        QVERIFY2(!cut.ok(), qPrintable(QString("seed %1 length %2").arg(seed).arg(length)));
      }
    }
  }

  void aRecordWithMoreBehindItIsAnError() {
    CommitRecordWriter writer;
    model::RandomRecord random(3);
    random.write(writer, 10);
    random.encoded.record.push_back(std::byte{0});
    model::RecordLines visitor(random.taken);
    QVERIFY(!decodeCommitRecord(random.encoded.record, random.encoded.inlined, visitor).ok());
  }

  void mutatedRecordsGiveAnErrorOrARecord() {
    CommitRecordWriter writer;
    for (int round = 0; round < model::rounds(10'000); ++round) {
      model::RandomRecord random(static_cast<std::uint64_t>(round) + 1);
      random.write(writer, 8);
      std::vector<std::byte> bytes = random.encoded.record;
      mutate(random.random, bytes);
      QVERIFY(bears(bytes, random.encoded.inlined, random.taken));
      QVERIFY(bears(bytes, {}, {}));
    }
  }

  void mutatedRowsGiveAnErrorOrAFlowFile() {
    for (int round = 0; round < model::rounds(10'000); ++round) {
      model::RandomRecord random(static_cast<std::uint64_t>(round) + 1);
      const FlowFile file = random.flowFile();
      if (file.content.kind == Content::Kind::kInline && file.content.buffer->bytes().empty())
        continue;
      ByteWriter writer;
      encodeFlowFile(writer, file);
      std::vector<std::byte> bytes = writer.take();
      mutate(random.random, bytes);
      ByteReader from(bytes);
      const auto read = decodeFlowFile(from);
      QVERIFY(read.ok() ? !model::line(*read).empty() : !read.error().message.empty());
    }
  }

  void numbersThatOverflowAreRefused_data() {
    QTest::addColumn<QByteArray>("body");
    // Behind version 1, component 1, time 0 and revision 1; see FORMAT.md.
    QTest::newRow("run of none") << QByteArray::fromHex("01 03 09 00 00 00 00 00 00");
    QTest::newRow("run past the last index")
        << QByteArray::fromHex("01 03 09 ffffffff0f 02 00 00 00 00");
    QTest::newRow("index of 33 bits") << QByteArray::fromHex("01 03 09 8080808010 01 00 00 00 00");
    QTest::newRow("repeated attributes of nobody")
        << QByteArray::fromHex("00 01 04 01 02 10 02 00 00 00 00 00 00");
    QTest::newRow("content of a fourth kind")
        << QByteArray::fromHex("00 01 04 01 02 03 02 00 00 00 05 00 00 00000000 00 00 00");
    QTest::newRow("unknown entry") << QByteArray::fromHex("00 01 04 01 03 00 00 00 00");
    QTest::newRow("unknown reason") << QByteArray::fromHex("00 00 01 00 01 06 00 00 00");
    QTest::newRow("unknown fact") << QByteArray::fromHex("00 00 00 01 12 01 00 00 00 00 00 00");
    QTest::newRow("state neither put nor removed") << QByteArray::fromHex("00 00 00 00 01 02 00");
  }
  void numbersThatOverflowAreRefused() {
    QFETCH(QByteArray, body);
    const QByteArray record = QByteArray::fromHex("01010001") + body;
    model::RecordLines visitor({});
    const std::vector<std::shared_ptr<InlineBuffer>> buffers{
        std::make_shared<InlineBuffer>(std::vector<std::byte>(5))};
    const auto result = decodeCommitRecord(
        asBytes({record.constData(), static_cast<std::size_t>(record.size())}), buffers, visitor);
    QVERIFY(!result.ok());
  }

  void theWriterWritesTheWorkedExampleOfTheFormat() {
    const Attributes in = Attributes().with("filename", "in");
    FlowFile before;
    before.attributes = in;
    FlowFile after = before;
    after.attributes = in.with("größe", "L");
    CommitRecordWriter writer;
    writer.begin(ComponentId(7), 1'700'000'001'000, 3);
    for (std::uint32_t i = 0; i < 5; ++i) writer.input(ConnectionId(9), {Lsn(41), i});
    writer.outputs(ConnectionId(12));
    writer.same(0);
    writer.same(1);
    writer.changed(2, before, after);
    writer.changed(3, before, after);
    writer.outputs(ConnectionId(13));
    FlowFile made;
    made.id = FlowFileId(1000);
    made.entryDate = 1'700'000'001'000;
    made.lineageStart = 1'699'999'999'000;
    made.defaultFilename = true;
    made.attributes = Attributes().with("mime.type", "text/plain");
    made.content.kind = Content::Kind::kInline;
    made.content.buffer = std::make_shared<InlineBuffer>(std::vector<std::byte>(12));
    made.content.length = 5;
    made.content.crc = 0xa57aec9bU;
    writer.created(made);
    made.id = FlowFileId(1001);
    made.entryDate = made.lineageStart = 1'700'000'001'001;
    made.defaultFilename = false;
    made.content = Content{};
    made.content.kind = Content::Kind::kStored;
    made.content.claim = {6, 4096, 1000, 0x12345678U};
    made.content.offset = 200;
    made.content.length = 300;
    writer.created(made);
    writer.dropped(4, DropReason::kAutoTerminated, "unmatched");
    Fact fact;
    fact.kind = FactKind::kExpire;
    fact.flowFile = FlowFileId(102);
    writer.fact(fact);
    fact.kind = FactKind::kFork;
    fact.flowFile = FlowFileId(103);
    fact.details = "split";
    fact.parents = {FlowFileId(103)};
    fact.children = {FlowFileId(1000), FlowFileId(1001)};
    writer.fact(fact);
    writer.state("offset", "1024");
    writer.state("old", std::nullopt);
    const auto record = writer.finish().record;
    QCOMPARE(QByteArray::fromRawData(reinterpret_cast<const char*>(record.data()),
                                     static_cast<int>(record.size()))
                 .toHex(' '),
             golden().toHex(' '));
  }

  void theRecordWrittenByTheFirstVersionStillReads() {
    const QByteArray bytes = golden();
    const std::string content = "hello, world";
    const std::vector<std::shared_ptr<InlineBuffer>> buffers{std::make_shared<InlineBuffer>(
        std::vector<std::byte>(asBytes(content).begin(), asBytes(content).end()))};
    std::vector<FlowFile> taken(5);
    for (std::size_t i = 0; i < taken.size(); ++i) {
      taken[i].id = FlowFileId(100 + i);
      taken[i].entryDate = 1'700'000'000'000;
      taken[i].attributes = Attributes().with("filename", "in");
    }
    model::RecordLines visitor(taken);
    const auto result = decodeCommitRecord(
        asBytes({bytes.constData(), static_cast<std::size_t>(bytes.size())}), buffers, visitor);
    QVERIFY2(result.ok(), result.ok() ? "" : result.error().message.c_str());
    const std::vector<std::string> expected{
        "begin 7 1700000001000 3",
        "input 9 41 0",
        "input 9 41 1",
        "input 9 41 2",
        "input 9 41 3",
        "input 9 41 4",
        "outputs 12",
        "same 0",
        "same 1",
        "changed 2 #102 1700000000000 0  <filename>=<in> <größe>=<L> kind 0 length 0",
        "changed 3 #103 1700000000000 0  <filename>=<in> <größe>=<L> kind 0 length 0",
        "outputs 13",
        fmt::format("created #1000 1700000001000 1699999999000 f <mime.type>=<text/plain> kind 1 "
                    "length 5 crc {} bytes {}",
                    0xa57aec9bU, crc32c(asBytes("hello"))),
        "created #1001 1700000001001 1700000001001  <mime.type>=<text/plain> kind 2 length 300 "
        "claim 6 4096 1000 305419896 at 200",
        "dropped 4 1 <unmatched>",
        "fact 9 #102 <> <> <>",
        "fact 10 #103 <> <> <split> p103 c1000 c1001",
        "put 7 <offset> <1024>",
        "remove 7 <old>",
    };
    QCOMPARE(visitor.lines, expected);
  }
};

QTEST_GUILESS_MAIN(CommitRecordDamageTest)
#include "commit_record_damage_test.moc"
