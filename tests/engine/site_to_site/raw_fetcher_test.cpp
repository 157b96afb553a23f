// SPDX-License-Identifier: Apache-2.0
// Fetching by site-to-site, byte for byte, against conversations that were assembled by hand.

#include "engine/site_to_site/raw_fetcher.h"

#include "tests/engine/site_to_site/transcript.h"

#include <QTest>

using millrace::asText;
using millrace::ByteView;
using millrace::Done;
using millrace::Result;
using namespace millrace::site_to_site;

namespace {

const QString kFolder = QString(MR_SOURCE_DIR) + "/tests/engine/site_to_site/transcripts/";

struct Parcel {
  AttributeTexts attributes;
  std::string content;
  bool operator==(const Parcel&) const = default;
};
const Parcel kA{{{"filename", "a"}}, "hello"};
const Parcel kB{{{"filename", "b"}, {"note", "\xc3\xbc"}}, ""};

class Box final : public FlowFileSink {
 public:
  Result<> begin(const AttributeTexts& attributes) override {
    parcels.push_back({attributes, {}});
    return Done{};
  }
  Result<> write(ByteView part) override {
    parcels.back().content += asText(part);
    return Done{};
  }
  Result<> end() override { return Done{}; }
  std::vector<Parcel> parcels;
};

struct Outcome {
  QList<bool> found;  // of each fetch
  std::string error;
};

Outcome converse(transcript::Conversation& talk, Box& box, int fetches, Compression compression,
                 IncomingTransaction::Room room) {
  Agreement agreement;
  agreement.communicationId = "id-1";
  agreement.url = "nifi://peer:1";
  agreement.port = "port-9";
  agreement.compression = compression;
  agreement.batchCount = 100;
  Outcome outcome;
  auto fetcher = RawFetcher::open(std::make_unique<transcript::Stream>(talk, 3), agreement);
  if (!fetcher.ok()) return {{}, fetcher.error().message};
  for (int i = 0; i < fetches; ++i) {
    const auto found = (*fetcher)->fetch(box);
    if (!found.ok()) return {outcome.found, found.error().message};
    outcome.found.append(*found);
    if (!*found) continue;
    const auto finished = (*fetcher)->finish(room);
    if (!finished.ok()) return {outcome.found, finished.error().message};
  }
  return outcome;
}

}  // namespace

class RawFetcherTest : public QObject {
  Q_OBJECT

 private slots:
  void whatIsThereIsFetched_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<int>("parcels");
    QTest::addColumn<QList<bool>>("found");
    QTest::newRow("nothing") << "fetch-none" << 0 << QList<bool>{false};
    QTest::newRow("two, then nothing") << "fetch-two" << 2 << QList<bool>{true, false};
    QTest::newRow("full") << "fetch-full" << 1 << QList<bool>{true};
    QTest::newRow("compressed") << "fetch-compressed" << 1 << QList<bool>{true};
  }
  void whatIsThereIsFetched() {
    QFETCH(QString, file);
    QFETCH(int, parcels);
    QFETCH(QList<bool>, found);
    transcript::Conversation talk;
    transcript::readInto(kFolder, file + ".txt", true, talk.turns);
    Box box;
    const Outcome outcome = converse(
        talk, box, static_cast<int>(found.size()),
        file == "fetch-compressed" ? Compression::kBlocks : Compression::kNone,
        file == "fetch-full" ? IncomingTransaction::Room::kFull : IncomingTransaction::Room::kLeft);
    QVERIFY2(talk.wrong.isEmpty(), qPrintable(talk.wrong));
    QCOMPARE(outcome.error, std::string());
    QCOMPARE(outcome.found, found);
    QVERIFY(talk.isOver());
    const std::vector<Parcel> all{kA, kB};
    QVERIFY(box.parcels == std::vector<Parcel>(all.begin(), all.begin() + parcels));
  }

  void whatThePeerRefusesIsTold_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("said");
    QTest::newRow("unknown port") << "unknown-port"
                                  << "no such port";
    QTest::newRow("bad checksum") << "fetch-not-confirmed"
                                  << "not what was sent";
  }
  void whatThePeerRefusesIsTold() {
    QFETCH(QString, file);
    QFETCH(QString, said);
    transcript::Conversation talk;
    transcript::readInto(kFolder, file + ".txt", true, talk.turns);
    Box box;
    const Outcome outcome =
        converse(talk, box, 1, Compression::kNone, IncomingTransaction::Room::kLeft);
    QVERIFY2(talk.wrong.isEmpty(), qPrintable(talk.wrong));
    QVERIFY2(QString::fromStdString(outcome.error).contains(said), outcome.error.c_str());
    QVERIFY(talk.isOver());
  }

  void aConversationCutOffAnywhereIsAnErrorUnlessBothSidesAgreed() {
    transcript::Conversation whole;
    transcript::readInto(kFolder, "fetch-full.txt", true, whole.turns);
    int cuts = 0;
    for (qsizetype turn = 0; turn < whole.turns.size(); ++turn) {
      if (whole.turns[turn].ours) continue;
      for (qsizetype kept = 0; kept < whole.turns[turn].bytes.size(); ++kept) {
        transcript::Conversation talk;
        talk.turns = whole.turns.mid(0, turn + 1);
        talk.turns.last().bytes.truncate(kept);
        if (kept == 0) talk.turns.removeLast();
        Box box;
        const Outcome outcome =
            converse(talk, box, 1, Compression::kNone, IncomingTransaction::Room::kFull);
        QVERIFY(outcome.found.isEmpty());
        QVERIFY(!outcome.error.empty());
        ++cuts;
      }
    }
    QVERIFY(cuts > 40);
  }
};

QTEST_GUILESS_MAIN(RawFetcherTest)
#include "raw_fetcher_test.moc"
