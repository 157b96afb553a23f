// SPDX-License-Identifier: Apache-2.0
// The client's side of SCRAM, with the conversation of RFC 7677 section 3.
#include "log-backend/producer/scram_client.h"

#include <QTest>

using namespace millrace;
using namespace millrace::log;

namespace {

const std::string kClientNonce = "rOprNGfwEbeRWgbNEkqO";
const std::string kWholeNonce = kClientNonce + "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
const std::string kServerFirst = "r=" + kWholeNonce + ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
const std::string kServerFinal = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

ScramClient pencil() { return {ScramHash::kSha256, "user", "pencil", kClientNonce}; }

}  // namespace

class ScramClientTest : public QObject {
  Q_OBJECT

 private slots:
  void theConversationOfTheRfcSucceeds() {
    ScramClient scram = pencil();
    QCOMPARE(scram.first(), "n,,n=user,r=" + kClientNonce);
    QCOMPARE(scram.final(kServerFirst).valueOr("?"),
             "c=biws,r=" + kWholeNonce + ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    QVERIFY(scram.verify(kServerFinal).ok());
  }

  void aServerThatDoesNotKnowThePasswordIsRefused() {
    ScramClient scram = pencil();
    QVERIFY(!scram.verify(kServerFinal).ok());
    QVERIFY(scram.final(kServerFirst).ok());
    QVERIFY(!scram.verify("v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=").ok());
    QVERIFY(!scram.verify("v=").ok());
    QVERIFY(!scram.verify("e=other-error").ok());
    QVERIFY(!scram.verify("").ok());
  }

  void aUserWithCommasAndEqualsSignsIsEscaped() {
    const ScramClient scram(ScramHash::kSha512, "a,b=c", "p", "n");
    QCOMPARE(scram.first(), std::string("n,,n=a=2Cb=3Dc,r=n"));
  }

  void wrongFirstMessagesAreRefused_data() {
    QTest::addColumn<QString>("message");
    const QString salt = ",s=W22ZaJ0SNY7soEsUEjb6gQ==";
    const QString nonce = "r=" + QString::fromStdString(kWholeNonce);
    QTest::newRow("nothing") << "";
    QTest::newRow("an error") << "e=unknown-user";
    QTest::newRow("our nonce alone")
        << "r=" + QString::fromStdString(kClientNonce) + salt + ",i=4096";
    QTest::newRow("another's nonce") << "r=abcdef" + salt + ",i=4096";
    QTest::newRow("no salt") << nonce + ",i=4096";
    QTest::newRow("salt that is none") << nonce + ",s=***,i=4096";
    QTest::newRow("no count") << nonce + salt;
    QTest::newRow("count 0") << nonce + salt + ",i=0";
    QTest::newRow("count below 0") << nonce + salt + ",i=-1";
    QTest::newRow("count without end") << nonce + salt + ",i=2000000000";
    QTest::newRow("count that is none") << nonce + salt + ",i=4096x";
  }
  void wrongFirstMessagesAreRefused() {
    QFETCH(QString, message);
    QVERIFY(!pencil().final(message.toStdString()).ok());
  }
};

QTEST_GUILESS_MAIN(ScramClientTest)
#include "scram_client_test.moc"
