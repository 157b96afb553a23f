// SPDX-License-Identifier: Apache-2.0
// The link without a thread, against a server in the test's hands.

#include "tests/minifi-agent/c2/c2_rig.h"

using namespace c2_rig;

namespace {

const std::string kFlow = kBase + "/flows/f-1";
const std::string kUpdate =
    "{\"identifier\":\"flow-1-61\",\"operation\":\"UPDATE\",\"operand\":\"configuration\",\"args\":"
    "{"
    "\"flowId\":\"f-1\",\"location\":\"" +
    kFlow + "\"}}";

Acknowledgement done(const std::string& operation) {
  Acknowledgement acknowledgement;
  acknowledgement.operation = operation;
  return acknowledgement;
}

class C2LinkTest : public QObject {
  Q_OBJECT
 private slots:
  void theFirstHeartbeatIsFullAndTheOthersFollowAboutEachPeriod() {
    LinkRig rig;
    rig.open();
    Nanos least = kMinute;
    Nanos most = 0;
    for (int i = 0; i < 200; ++i) {
      const Nanos wait = rig.round();
      least = std::min(least, wait);
      most = std::max(most, wait);
    }
    QVERIFY(least >= 27 * kSecond && least < 28 * kSecond);
    QVERIFY(most <= 33 * kSecond && most > 32 * kSecond);
    QCOMPARE(rig.full.size(), std::size_t{200});
    QVERIFY(rig.full[0]);
    QVERIFY(!rig.full[1] && !rig.full[199]);
    // By the second one it knows by which address it reaches the server.
    QCOMPARE(rig.channel.sent[0], kHeartbeat + "\nbeat  0");
    QCOMPARE(rig.channel.sent[1], kHeartbeat + "\nbeat 10.0.0.7 1");
    QCOMPARE(rig.words.size(), std::size_t{200});
  }

  void aServerThatIsAwayIsAskedLessOftenAndToldOnce() {
    LinkRig rig;
    rig.channel.answers[kHeartbeat].status = 0;
    rig.open();
    std::vector<Nanos> waits;
    for (int i = 0; i < 8; ++i) waits.push_back(rig.round() / kSecond);
    for (std::size_t i = 0; i < 4; ++i) {
      const Nanos expected = std::min<Nanos>(300, 30 << i);
      QVERIFY2(waits[i] >= expected * 9 / 10 && waits[i] <= expected * 11 / 10,
               std::to_string(waits[i]).c_str());
    }
    QVERIFY(waits[7] >= 270 && waits[7] <= 330);
    QCOMPARE(rig.said.size(), std::size_t{1});
    QVERIFY(rig.words.empty());
    // What could not be told is told in full.
    rig.channel.answers[kHeartbeat].status = 200;
    rig.round();
    QVERIFY(rig.full.back());
    QCOMPARE(rig.said.size(), std::size_t{2});
    QVERIFY(rig.round() <= 33 * kSecond);
  }

  void whileAFlowIsOnTrialThereIsNoTimeToWait() {
    LinkRig rig;
    rig.channel.answers[kHeartbeat].status = 0;
    rig.onTrial = true;
    rig.open();
    for (int i = 0; i < 10; ++i) QVERIFY(rig.round() <= 33 * kSecond);
  }

  void whatIsNoAnswerOfC2DoesNotCount() {
    for (const C2Answer& answer :
         {C2Answer{200, "<html>Welcome to our hotel</html>", "", ""}, C2Answer{302, "", "", ""},
          C2Answer{401, "{\"error\":\"who are you?\"}", "", ""}, C2Answer{200, "[]", "", ""},
          C2Answer{200, "{\"requestedOperations\":7}", "", ""}}) {
      LinkRig rig;
      rig.channel.answers[kHeartbeat] = answer;
      rig.open();
      rig.round();
      QVERIFY(rig.words.empty());
      QCOMPARE(rig.said.size(), std::size_t{1});
    }
  }

  void anOperationIsPassedOnOnceUntilItIsAcknowledged() {
    LinkRig rig;
    rig.request("{\"identifier\":\"order-1\",\"operation\":\"stop\",\"operand\":\"flow\"}");
    rig.open();
    rig.round();
    rig.round();
    QCOMPARE(rig.operations().size(), std::size_t{1});
    QCOMPARE(rig.operations()[0].operation.name, std::string("STOP"));
    // The acknowledgement gets lost, and is sent again.
    rig.channel.answers[kAcknowledge].status = 0;
    rig.link->acknowledge(done("order-1"));
    rig.link->step();
    rig.channel.answers[kAcknowledge].status = 200;
    rig.round();
    rig.round();
    QCOMPARE(rig.operations().size(), std::size_t{1});
    QVERIFY(rig.words.back().kind == ServerWord::Kind::kAcknowledged);
    QCOMPARE(rig.words.back().operation.id, std::string("order-1"));
    // Whoever asks again wants it done again.
    rig.round();
    QCOMPARE(rig.operations().size(), std::size_t{2});
  }

  void anAcknowledgementThatIsRefusedHoldsUpNoOther() {
    LinkRig rig;
    rig.channel.answers[kAcknowledge] = {404, "{\"error\":\"no such order\"}", "", ""};
    rig.open();
    rig.round();
    rig.link->acknowledge(done("order-1"));
    rig.link->acknowledge(done("order-2"));
    rig.link->step();
    QCOMPARE(rig.said.size(), std::size_t{2});
    QVERIFY(rig.said[0].find("no such order") != std::string::npos);
    rig.channel.answers[kAcknowledge] = {200, "", "", ""};
    rig.round();
    QCOMPARE(rig.said.size(), std::size_t{2});
  }

  void whatWaitsToBeSentIsBounded() {
    LinkRig rig;
    rig.channel.answers[kHeartbeat].status = 0;
    rig.channel.answers[kAcknowledge].status = 0;
    rig.open();
    for (int i = 0; i < 1000; ++i) rig.link->acknowledge(done("order-" + std::to_string(i)));
    rig.channel.answers[kHeartbeat].status = 200;
    rig.channel.answers[kAcknowledge].status = 200;
    rig.round();
    rig.round();
    std::vector<std::string> acknowledged;
    for (const ServerWord& each : rig.words) {
      if (each.kind == ServerWord::Kind::kAcknowledged) acknowledged.push_back(each.operation.id);
    }
    QCOMPARE(acknowledged.size(), std::size_t{64});
    QCOMPARE(acknowledged.front(), std::string("order-936"));
    QCOMPARE(acknowledged.back(), std::string("order-999"));
  }

  void aFlowIsFetched() {
    LinkRig rig;
    rig.request(kUpdate);
    rig.channel.answers[kFlow] = {200, "millrace: 1\n", "", ""};
    rig.open();
    rig.round();
    const auto operations = rig.operations();
    QCOMPARE(operations.size(), std::size_t{1});
    QVERIFY(operations[0].flow.has_value());
    QCOMPARE(operations[0].flow->bytes, std::string("millrace: 1\n"));
    QCOMPARE(operations[0].flow->flowId, std::string("f-1"));
    QCOMPARE(operations[0].flow->operation, std::string("flow-1-61"));
    // It is not fetched again while it is under way.
    const std::size_t before = rig.channel.sent.size();
    rig.round();
    QCOMPARE(rig.channel.sent.size(), before + 1);
  }

  void aFlowThatDoesNotComeNowMayComeLater() {
    LinkRig rig;
    rig.request(kUpdate);
    rig.channel.answers[kFlow] = {503, "busy", "", ""};
    rig.open();
    rig.round();
    QVERIFY(rig.operations().empty());
    rig.channel.answers[kFlow] = {200, "millrace: 1\n", "", ""};
    rig.round();
    QCOMPARE(rig.operations().size(), std::size_t{1});
  }

  void aFlowThatNeverComesIsRefused() {
    LinkRig rig;
    rig.request(kUpdate);
    rig.channel.answers[kFlow] = {403, "{\"error\":\"this flow is for another agent\"}", "", ""};
    rig.open();
    rig.round();
    QCOMPARE(rig.operations().size(), std::size_t{1});
    QVERIFY(!rig.operations()[0].flow.has_value());
    QVERIFY(rig.operations()[0].refusal.find("for another agent") != std::string::npos);
  }

  void aFlowIsFetchedFromNoLessSafePlaceThanTheServer() {
    LinkRig rig;
    rig.settings.url = "https://server.example:8082";
    const std::string secure = "https://server.example:8082/c2/api";
    rig.channel.answers[secure + "/c2-protocol/heartbeat"] = {
        200, "{\"requestedOperations\":[" + kUpdate + "]}", "", ""};
    rig.open();
    rig.round();
    QCOMPARE(rig.operations().size(), std::size_t{1});
    QVERIFY(rig.operations()[0].refusal.find("less safe") != std::string::npos);
    QCOMPARE(rig.channel.sent.size(), std::size_t{1});
  }

  void anAddressThatIsNotWholeIsUnderTheServers() {
    LinkRig rig;
    rig.request(
        "{\"identifier\":\"1\",\"operation\":\"update\",\"operand\":\"configuration\",\"args\":{"
        "\"location\":\"flows/f-9\"}}");
    rig.channel.answers[kBase + "/flows/f-9"] = {200, "x", "", ""};
    rig.open();
    rig.round();
    QCOMPARE(rig.operations().size(), std::size_t{1});
    QCOMPARE(rig.operations()[0].flow->flowId, std::string("f-9"));
  }

  void settingsSayWhereMessagesGo_data() {
    QTest::addColumn<QString>("url");
    QTest::addColumn<QString>("heartbeat");
    QTest::addColumn<QString>("acknowledge");
    QTest::addColumn<QString>("flows");
    QTest::newRow("server") << "http://h:1"
                            << "http://h:1/c2/api/c2-protocol/heartbeat"
                            << "http://h:1/c2/api/c2-protocol/acknowledge"
                            << "http://h:1/c2/api";
    QTest::newRow("slash") << "https://h/"
                           << "https://h/c2/api/c2-protocol/heartbeat"
                           << "https://h/c2/api/c2-protocol/acknowledge"
                           << "https://h/c2/api";
    QTest::newRow("base") << "http://h/efm/api"
                          << "http://h/efm/api/c2-protocol/heartbeat"
                          << "http://h/efm/api/c2-protocol/acknowledge"
                          << "http://h/efm/api";
    QTest::newRow("whole") << "http://h/c2/api/c2-protocol/heartbeat"
                           << "http://h/c2/api/c2-protocol/heartbeat"
                           << "http://h/c2/api/c2-protocol/acknowledge"
                           << "http://h/c2/api";
  }
  void settingsSayWhereMessagesGo() {
    QFETCH(QString, url);
    C2Settings settings;
    settings.url = url.toStdString();
    QVERIFY(completeC2Settings(settings, C2SettingNames{}).ok());
    QTEST(QString::fromStdString(settings.url), "heartbeat");
    QTEST(QString::fromStdString(settings.acknowledgeUrl), "acknowledge");
    QTEST(QString::fromStdString(settings.flowBase), "flows");
  }

  void settingsThatAreWrongAreTold() {
    const auto complain = [](C2Settings settings) {
      const auto done = completeC2Settings(settings, C2SettingNames{});
      return done.ok() ? std::string() : done.error().message;
    };
    C2Settings good;
    good.url = "http://h:1";
    QCOMPARE(complain(good), std::string());
    C2Settings wrong = good;
    wrong.url = "ftp://h";
    QVERIFY(complain(wrong).starts_with("--c2: "));
    wrong = good;
    wrong.key = std::string(63, 'a');
    QVERIFY(complain(wrong).starts_with("--c2-key: "));
    wrong.key = std::string(63, 'a') + "g";
    QVERIFY(complain(wrong).starts_with("--c2-key: "));
    wrong = good;
    wrong.token = "two words";
    QVERIFY(complain(wrong).starts_with("--c2-token: "));
    QVERIFY(complain(wrong).find("two words") == std::string::npos);
    wrong = good;
    wrong.period = 25 * 3600 * kSecond;
    QVERIFY(complain(wrong).find("a day") != std::string::npos);
    // Three heartbeats are the least that a trial may take.
    C2Settings slow = good;
    slow.period = 10 * kMinute;
    QVERIFY(completeC2Settings(slow, C2SettingNames{}).ok());
    QCOMPARE(slow.trial, 30 * kMinute);
  }

  void whatIsUnsafeIsSaid() {
    C2Settings settings;
    settings.token = "mra-1";
    settings.url = "http://127.0.0.1:8082";
    QCOMPARE(c2Warning(settings), std::string());
    settings.url = "http://far.example:8082";
    QVERIFY(c2Warning(settings).find("token") != std::string::npos);
    settings.token.clear();
    QVERIFY(c2Warning(settings).find("pin") != std::string::npos);
    settings.key = std::string(64, 'a');
    QCOMPARE(c2Warning(settings), std::string());
    settings.key.clear();
    settings.url = "https://far.example:8082";
    QCOMPARE(c2Warning(settings), std::string());
  }
};

}  // namespace

QTEST_GUILESS_MAIN(C2LinkTest)
#include "c2_link_test.moc"
