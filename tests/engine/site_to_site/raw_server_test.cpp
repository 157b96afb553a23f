// SPDX-License-Identifier: Apache-2.0
// Serving site-to-site, byte for byte, against conversations that were assembled by hand.

#include "engine/site_to_site/raw_server.h"

#include "tests/engine/site_to_site/one_port.h"
#include "tests/engine/site_to_site/transcript.h"

#include <QTest>
#include <algorithm>

using millrace::Result;
using namespace millrace::site_to_site;
using one_port::kA;
using one_port::kB;
using one_port::OnePort;
using one_port::Parcel;

namespace {

const QString kFolder = QString(MR_SOURCE_DIR) + "/tests/engine/site_to_site/transcripts/";

Result<> serve(transcript::Conversation& talk, OnePort& port, std::size_t step) {
  talk.ends = {"192.0.2.7", 10101, "198.51.100.3", 40000, true, "CN=edge", ""};
  transcript::Stream stream(talk, step);
  millrace::SystemClock clock;
  return RawServer(stream, port, clock, {}).serve();
}

transcript::Conversation conversation(const QString& file) {
  transcript::Conversation talk;
  transcript::readInto(kFolder, file + ".txt", false, talk.turns);
  return talk;
}

}  // namespace

class RawServerTest : public QObject {
  Q_OBJECT

 private slots:
  void whatIsBroughtIsCommittedAndAnsweredAsTheProtocolSays_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<int>("parcels");
    QTest::newRow("one") << "send-one" << 1;
    QTest::newRow("two transactions") << "send-two" << 3;
    QTest::newRow("compressed") << "compressed" << 1;
    QTest::newRow("compressed in blocks") << "compressed-in-blocks" << 1;
    QTest::newRow("a newer client") << "server-older-client" << 1;
    QTest::newRow("version 2") << "server-version-2" << 1;
    QTest::newRow("one given up, one ended") << "server-cancelled" << 1;
    QTest::newRow("full afterwards") << "full" << 1;
  }
  void whatIsBroughtIsCommittedAndAnsweredAsTheProtocolSays() {
    QFETCH(QString, file);
    QFETCH(int, parcels);
    for (const std::size_t step : {std::size_t{1}, std::size_t{3}, std::size_t{100000}}) {
      transcript::Conversation talk = conversation(file);
      OnePort port;
      port.full = file == "full";
      const auto served = serve(talk, port, step);
      QVERIFY2(talk.wrong.isEmpty(), qPrintable(talk.wrong));
      QVERIFY2(served.ok(), served.ok() ? "" : served.error().message.c_str());
      QVERIFY(talk.isOver());
      const std::vector<Parcel> expected =
          parcels == 3 ? std::vector<Parcel>{kA, kB, kA} : std::vector<Parcel>{kA};
      QVERIFY(port.committed == expected);
      QCOMPARE(port.callers.front().address, std::string("198.51.100.3"));
      QCOMPARE(port.callers.front().subject, std::string("CN=edge"));
      QCOMPARE(
          port.callers.front().transitUri,
          std::string(file == "server-version-2" ? "nifi://192.0.2.7:10101" : "nifi://peer:1"));
    }
  }

  void whatCannotBeIsRefusedWithTheCodeOfTheProtocol_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("said");
    QTest::newRow("no such protocol") << "server-no-protocol"
                                      << "OtherProtoco";
    QTest::newRow("unknown port") << "unknown-port"
                                  << "no such port";
    QTest::newRow("port stopped") << "not-running"
                                  << "does not run: stopped";
    QTest::newRow("port full") << "no-room"
                               << "takes nothing now";
    QTest::newRow("property missing") << "server-missing"
                                      << "GZIP";
    QTest::newRow("unknown property") << "server-unknown-property"
                                      << "COLOUR";
    QTest::newRow("illegal value") << "server-illegal-value"
                                   << "GZIP=maybe";
    QTest::newRow("illegal number") << "server-illegal-number"
                                    << "BATCH_COUNT=-1";
    QTest::newRow("unknown request") << "server-unknown-request"
                                     << "code 254";
    QTest::newRow("bad checksum") << "server-bad-checksum"
                                  << "not what was sent";
    QTest::newRow("disk full") << "server-disk-full"
                               << "disk full";
  }
  void whatCannotBeIsRefusedWithTheCodeOfTheProtocol() {
    QFETCH(QString, file);
    QFETCH(QString, said);
    transcript::Conversation talk = conversation(file);
    OnePort port;
    if (file == "not-running") port.answer = {ResponseCode::kPortNotInValidState, "stopped"};
    if (file == "no-room") port.answer = {ResponseCode::kPortFull, {}};
    if (file == "unknown-port") port.answer = {ResponseCode::kUnknownPort, {}};
    port.diskFull = file == "server-disk-full";
    const auto served = serve(talk, port, 7);
    QVERIFY2(talk.wrong.isEmpty(), qPrintable(talk.wrong));
    QVERIFY(!served.ok());
    QVERIFY2(QString::fromStdString(served.error().message).contains(said),
             served.error().message.c_str());
    QVERIFY(talk.isOver());
    QVERIFY(port.committed.empty());
  }

  void peersAreThisProgramAsTheClientReachedIt() {
    transcript::Conversation talk = conversation("server-peers");
    OnePort port;
    QVERIFY(serve(talk, port, 5).ok());
    QVERIFY2(talk.isOver(), qPrintable(talk.wrong));
  }

  void whatIsFetchedIsGoneOnceTheClientHasIt_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<int>("given");
    QTest::addColumn<int>("left");
    QTest::newRow("nothing there") << "fetch-none" << 0 << 0;
    QTest::newRow("two") << "fetch-two" << 2 << 0;
    QTest::newRow("the client is full") << "fetch-full" << 1 << 0;
    QTest::newRow("compressed") << "fetch-compressed" << 1 << 0;
    QTest::newRow("bad checksum") << "fetch-bad-checksum" << 1 << 1;
  }
  void whatIsFetchedIsGoneOnceTheClientHasIt() {
    QFETCH(QString, file);
    QFETCH(int, given);
    QFETCH(int, left);
    transcript::Conversation talk = conversation(file);
    OnePort port;
    if (given >= 1) port.waiting.push_back(kA);
    if (given == 2) port.waiting.push_back(kB);
    const auto served = serve(talk, port, 11);
    QVERIFY2(talk.wrong.isEmpty(), qPrintable(talk.wrong));
    QCOMPARE(served.ok(), left == 0);
    QVERIFY(talk.isOver());
    QCOMPARE(static_cast<int>(port.waiting.size()), left);
  }

  void aClientThatGoesInTheMidstLeavesNothingBehind() {
    const transcript::Conversation whole = conversation("send-two");
    int cuts = 0;
    for (qsizetype turn = 0; turn < whole.turns.size(); ++turn) {
      if (whole.turns[turn].ours) continue;
      for (qsizetype kept = 0; kept < whole.turns[turn].bytes.size(); ++kept) {
        transcript::Conversation talk;
        talk.turns = whole.turns.mid(0, turn + 1);
        talk.turns.last().bytes.truncate(kept);
        if (kept == 0) talk.turns.removeLast();
        OnePort port;
        const auto served = serve(talk, port, 5);
        const auto count = port.committed.size();
        QVERIFY(count == 0 || count == 2);
        if (count == 0) QVERIFY(kept == 0 || !served.ok());
        ++cuts;
      }
    }
    QVERIFY(cuts > 200);
  }

  void aFetchThatIsNotConfirmedTakesNothing() {
    const transcript::Conversation whole = conversation("fetch-full");
    for (qsizetype turns = 1; turns < whole.turns.size(); ++turns) {
      transcript::Conversation talk;
      talk.turns = whole.turns.mid(0, turns);
      OnePort port;
      port.waiting.push_back(kA);
      (void)serve(talk, port, 5);
      QCOMPARE(port.waiting.size(), std::size_t{1});
    }
  }

  void whatIsTooLargeOrNoBlockIsRefusedBeforeItIsRead_data() {
    QTest::addColumn<bool>("compressed");
    QTest::addColumn<QByteArray>("packet");
    QTest::newRow("too many attributes") << false << QByteArray::fromHex("000061a9");
    QTest::newRow("negative count") << false << QByteArray::fromHex("ffffffff");
    QTest::newRow("a key of 2 GiB") << false << QByteArray::fromHex("000000017fffffff");
    QTest::newRow("a negative length") << false << QByteArray::fromHex("00000000ffffffffffffffff");
    QTest::newRow("no SYNC") << true
                             << QByteArray("SINK") + QByteArray::fromHex("0000000100000001");
    QTest::newRow("a block of 2 GiB")
        << true << QByteArray("SYNC") + QByteArray::fromHex("7fffffff00000001");
    QTest::newRow("packed into 2 GiB")
        << true << QByteArray("SYNC") + QByteArray::fromHex("000000017fffffff");
    QTest::newRow("no zlib stream")
        << true << QByteArray("SYNC") + QByteArray::fromHex("0000000400000002abcd00");
    QTest::newRow("longer than it said")
        << true
        << QByteArray("SYNC") + QByteArray::fromHex("0000000300000008789c030000000001") + '\0';
  }
  void whatIsTooLargeOrNoBlockIsRefusedBeforeItIsRead() {
    QFETCH(bool, compressed);
    QFETCH(QByteArray, packet);
    transcript::Conversation talk = conversation(compressed ? "compressed" : "send-one");
    talk.turns = talk.turns.mid(0, 6);  // up to the codec's agreement
    QVERIFY(talk.turns.last().ours);
    talk.turns.append({false, QByteArray("\0\x0eSEND_FLOWFILES", 16) + packet});
    OnePort port;
    const auto served = serve(talk, port, 100);
    QVERIFY(!served.ok());
    QVERIFY2(QString::fromStdString(served.error().message).contains("malformed"),
             served.error().message.c_str());
    QVERIFY(port.committed.empty());
  }
};

QTEST_GUILESS_MAIN(RawServerTest)
#include "raw_server_test.moc"
