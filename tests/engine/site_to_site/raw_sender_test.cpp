// SPDX-License-Identifier: Apache-2.0
// Sending by site-to-site, byte for byte, against conversations that were assembled by hand.

#include "engine/site_to_site/raw_sender.h"

#include "tests/engine/site_to_site/transcript.h"

#include <QTest>

using millrace::asBytes;
using millrace::ByteView;
using millrace::Result;
using millrace::site_to_site::Agreement;
using millrace::site_to_site::Compression;
using millrace::site_to_site::fromJavaText;
using millrace::site_to_site::RawSender;
using millrace::site_to_site::toJavaText;

namespace {

const QString kFolder = QString(MR_SOURCE_DIR) + "/tests/engine/site_to_site/transcripts/";

struct Parcel {
  RawSender::AttributeList attributes;
  std::string content;
};
const Parcel kA{{{"filename", "a"}}, "hello"};
const Parcel kB{{{"filename", "b"}, {"note", "\xc3\xbc"}}, ""};

Agreement agreement(Compression compression) {
  Agreement made;
  made.communicationId = "id-1";
  made.url = "nifi://peer:1";
  made.port = "port-9";
  made.compression = compression;
  made.batchCount = 100;
  return made;
}

Result<> send(RawSender& sender, const Parcel& parcel, std::size_t step) {
  std::string_view left = parcel.content;
  return sender.send(parcel.attributes, left.size(), [&]() -> Result<ByteView> {
    const std::string_view part = left.substr(0, step);
    left.remove_prefix(part.size());
    return asBytes(part);
  });
}

}  // namespace

class RawSenderTest : public QObject {
  Q_OBJECT

 private:
  /// Sends each list as a transaction; what the last one ended with.
  static Result<RawSender::End> converse(transcript::Conversation& talk,
                                         const QList<QList<Parcel>>& transactions, std::size_t step,
                                         Compression compression) {
    auto sender = MR_TRY(
        RawSender::open(std::make_unique<transcript::Stream>(talk, step), agreement(compression)));
    RawSender::End end = RawSender::End::kFinished;
    for (const QList<Parcel>& parcels : transactions) {
      MR_TRY(sender->begin());
      for (const Parcel& parcel : parcels) MR_TRY(send(*sender, parcel, step));
      end = MR_TRY(sender->finish());
    }
    return end;
  }

 private slots:
  void whatIsSentIsWhatTheProtocolSays_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<bool>("compressed");
    QTest::addColumn<bool>("full");
    for (const char* file : {"send-one", "send-two", "older", "oldest"})
      QTest::newRow(file) << file << false << false;
    QTest::newRow("full") << "full" << false << true;
    QTest::newRow("compressed") << "compressed" << true << false;
  }
  void whatIsSentIsWhatTheProtocolSays() {
    QFETCH(QString, file);
    QFETCH(bool, compressed);
    QFETCH(bool, full);
    for (const std::size_t step : {std::size_t{1}, std::size_t{3}, std::size_t{100000}}) {
      transcript::Conversation talk;
      transcript::readInto(kFolder, file + ".txt", true, talk.turns);
      QList<QList<Parcel>> transactions{{kA}};
      if (file == "send-two") transactions = {{kA, kB}, {kA}};
      const auto end = converse(talk, transactions, step,
                                compressed ? Compression::kBlocks : Compression::kNone);
      QVERIFY2(talk.wrong.isEmpty(), qPrintable(talk.wrong));
      QVERIFY2(end.ok(), end.ok() ? "" : end.error().message.c_str());
      QVERIFY(*end == (full ? RawSender::End::kFinishedButFull : RawSender::End::kFinished));
      QVERIFY(talk.isOver());
    }
  }

  void whatThePeerRefusesIsTold_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("said");
    QTest::newRow("bad-checksum") << "bad-checksum"
                                  << "894616726, ours 894616725";
    QTest::newRow("cancelled") << "cancelled"
                               << "disk full";
    QTest::newRow("newer-only") << "newer-only"
                                << "no version";
    QTest::newRow("refused") << "refused"
                             << "not today";
    QTest::newRow("not-a-peer") << "not-a-peer"
                                << "does not speak site-to-site";
    QTest::newRow("unknown-port") << "unknown-port"
                                  << "no such port";
    QTest::newRow("not-running") << "not-running"
                                 << "does not run: stopped";
    QTest::newRow("no-room") << "no-room"
                             << "takes nothing now";
    QTest::newRow("unauthorized") << "unauthorized"
                                  << "does not let us: CN";
    QTest::newRow("missing") << "missing"
                             << "settings: GZIP";
    QTest::newRow("no-code") << "no-code"
                             << "code 99";
  }
  void whatThePeerRefusesIsTold() {
    QFETCH(QString, file);
    QFETCH(QString, said);
    transcript::Conversation talk;
    transcript::readInto(kFolder, file + ".txt", true, talk.turns);
    const auto end = converse(talk, {{kA}}, 7, Compression::kNone);
    QVERIFY2(talk.wrong.isEmpty(), qPrintable(talk.wrong));
    QVERIFY(!end.ok());
    QVERIFY2(QString::fromStdString(end.error().message).contains(said),
             end.error().message.c_str());
    if (file != "not-a-peer") QVERIFY(talk.isOver());
  }

  void aConversationCutOffAnywhereIsAnErrorAndNeverSuccess() {
    transcript::Conversation whole;
    transcript::readInto(kFolder, "send-two.txt", true, whole.turns);
    int cuts = 0;
    for (qsizetype turn = 0; turn < whole.turns.size(); ++turn) {
      if (whole.turns[turn].ours) continue;
      for (qsizetype kept = 0; kept < whole.turns[turn].bytes.size(); ++kept) {
        transcript::Conversation talk;
        talk.turns = whole.turns.mid(0, turn + 1);
        talk.turns.last().bytes.truncate(kept);
        if (kept == 0) talk.turns.removeLast();
        const auto end = converse(talk, {{kA, kB}, {kA}}, 5, Compression::kNone);
        QVERIFY(!end.ok());
        QVERIFY(end.error().message.find("closed the connection") != std::string::npos);
        ++cuts;
      }
    }
    QVERIFY(cuts > 30);
  }

  void largeContentGoesInBlocksThatZlibReads() {
    transcript::Conversation talk;
    transcript::readInto(kFolder, "compressed.txt", true, talk.turns);
    talk.turns = talk.turns.mid(0, talk.turns.size() - 4);  // up to the codec's agreement
    QVERIFY(!talk.turns.last().ours);
    auto sender = RawSender::open(std::make_unique<transcript::Stream>(talk, 4096),
                                  agreement(Compression::kBlocks));
    QVERIFY(sender.ok());
    talk.written.clear();
    QVERIFY((*sender)->begin().ok());
    QVERIFY(send(**sender, {{}, std::string(70000, 'x')}, 9999).ok());
    QVERIFY(!(*sender)->finish().ok());  // nobody answers
    QByteArray bytes = talk.written;
    QVERIFY(bytes.startsWith(QByteArray("\0\x0eSEND_FLOWFILES", 16)));
    bytes.remove(0, 16);
    QByteArray packet;
    const auto number = [&](qsizetype at) {
      return bytes.mid(at, 4).toHex().toLongLong(nullptr, 16);
    };
    for (;;) {
      QCOMPARE(bytes.left(4), QByteArray("SYNC"));
      const auto size = number(4);
      const auto packed = number(8);
      QVERIFY(size <= 65536);
      // Qt wants the length before a zlib stream.
      const QByteArray block = qUncompress(bytes.mid(4, 4) + bytes.mid(12, packed));
      QCOMPARE(block.size(), size);
      packet += block;
      bytes.remove(0, 12 + packed);
      const char more = bytes[0];
      bytes.remove(0, 1);
      if (more == 0) break;
      QCOMPARE(more, char(1));
    }
    QCOMPARE(packet,
             QByteArray(4, '\0') + QByteArray("\0\0\0\0\0\1\x11\x70", 8) + QByteArray(70000, 'x'));
    QCOMPARE(bytes, QByteArray("RC\x0b"));
  }

  void textsAreThoseOfJava() {
    // U+0000, U+00FC, U+20AC and U+1F680, which is the surrogates D83D DE80.
    const std::string ours("\0\xc3\xbc\xe2\x82\xac\xf0\x9f\x9a\x80", 10);
    const std::string theirs("\xc0\x80\xc3\xbc\xe2\x82\xac\xed\xa0\xbd\xed\xba\x80", 13);
    QVERIFY(*toJavaText(ours) == theirs);
    QVERIFY(*fromJavaText(theirs) == ours);
    for (const char* bad : {"\x80", "\xc3", "\xe2\x82", "\xff", "\xf8\x80\x80\x80\x80"})
      QVERIFY(!toJavaText(bad).ok());
    for (const char* bad :
         {"\x80", "\xc3", "\xed\xa0\xbd", "\xed\xba\x80", "\xed\xa0\xbdx", "\xf0\x9f\x9a\x80"})
      QVERIFY(!fromJavaText(bad).ok());
  }
};

QTEST_GUILESS_MAIN(RawSenderTest)
#include "raw_sender_test.moc"
