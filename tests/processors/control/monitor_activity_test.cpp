// SPDX-License-Identifier: Apache-2.0
// MonitorActivity on a clock that moves when told.
#include "tests/harness/processor_bench.h"

#include <QtTest>

using namespace millrace;
using namespace millrace::tests;

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_monitor_activity;
}  // namespace millrace::processors

namespace {

struct Rig : ProcessorBench {
  Rig() : ProcessorBench(processors::processorIn_monitor_activity) {
    set("Threshold Duration", "5 min");
  }
  void pass(Nanos time) {
    clock().advance(time);
    run();
  }
};

}  // namespace

class MonitorActivityTest : public QObject {
  Q_OBJECT

 private slots:
  void silenceIsToldOnce() {
    Rig rig;
    rig.set("Inactivity Message", "quiet since ${inactivityStartMillis}");
    rig.run();
    const Millis start = rig.clock().wall();
    rig.pass(5 * kMinute - kSecond);
    QCOMPARE(rig.count("inactive"), std::size_t{0});
    rig.pass(kSecond);
    QCOMPARE(rig.count("inactive"), std::size_t{1});
    const auto message = rig.outputs("inactive").at(0);
    QCOMPARE(message.content, "quiet since " + std::to_string(start));
    QCOMPARE(message.attributes.at("inactivityStartMillis"), std::to_string(start));
    QCOMPARE(message.attributes.at("inactivityDurationMillis"), std::string("300000"));
    rig.pass(20 * kMinute);
    QCOMPARE(rig.count("inactive"), std::size_t{1});
  }

  void itMayBeToldAgainAndAgain() {
    Rig rig;
    rig.set("Continually Send Messages", "true");
    rig.run();
    for (int i = 1; i <= 4; ++i) {
      rig.pass(5 * kMinute);
      QCOMPARE(rig.count("inactive"), static_cast<std::size_t>(i));
      rig.pass(0);
      QCOMPARE(rig.count("inactive"), static_cast<std::size_t>(i));
    }
    QCOMPARE(rig.outputs("inactive").at(3).attributes.at("inactivityDurationMillis"),
             std::string("1200000"));
  }

  void theDefaultMessageCountsMinutes() {
    Rig rig;
    rig.run();
    rig.pass(7 * kMinute);
    const std::string text = rig.outputs("inactive").at(0).content;
    QVERIFY(text.starts_with("Lacking activity as of time: "));
    QVERIFY(text.ends_with("; flow has been inactive for 7 minutes"));
  }

  void activityPassesAtOnceAndKeepsSilenceAway() {
    Rig rig;
    rig.run();
    for (int i = 0; i < 5; ++i) {
      rig.clock().advance(4 * kMinute);
      rig.enqueue("x");
      rig.run();
      QCOMPARE(rig.count("success"), static_cast<std::size_t>(i + 1));
    }
    QCOMPARE(rig.count("inactive"), std::size_t{0});
    QCOMPARE(rig.count("activity.restored"), std::size_t{0});
  }

  void whatEndsTheSilenceIsTold() {
    Rig rig;
    rig.set("Activity Restored Message", "back after ${inactivityDurationMillis}")
        .set("Copy Attributes", "true");
    rig.run();
    const Millis start = rig.clock().wall();
    rig.pass(6 * kMinute);
    rig.enqueue("first", {{"color", "red"}});
    rig.enqueue("second", {{"color", "blue"}});
    rig.run();
    QCOMPARE(rig.count("success"), std::size_t{2});
    QCOMPARE(rig.count("activity.restored"), std::size_t{1});
    const auto message = rig.outputs("activity.restored").at(0);
    QCOMPARE(message.content, std::string("back after 360000"));
    QCOMPARE(message.attributes.at("color"), std::string("red"));
    QCOMPARE(message.attributes.at("inactivityStartMillis"), std::to_string(start));
    QVERIFY(message.attributes.at("uuid") != rig.outputs("success").at(0).attributes.at("uuid"));
    rig.pass(5 * kMinute);
    QCOMPARE(rig.count("inactive"), std::size_t{2});
  }

  void attributesAreNotCopiedUnasked() {
    Rig rig;
    rig.run();
    rig.pass(6 * kMinute);
    rig.enqueue("first", {{"color", "red"}});
    rig.run();
    QVERIFY(!rig.outputs("activity.restored").at(0).attributes.contains("color"));
    QVERIFY(
        rig.outputs("activity.restored").at(0).content.starts_with("Activity restored at time: "));
  }

  void silenceBeforeTheFirstActivityMayGoUntold() {
    Rig rig;
    rig.set("Wait for Activity", "true");
    rig.run();
    rig.pass(60 * kMinute);
    QCOMPARE(rig.count("inactive"), std::size_t{0});
    rig.enqueue("x");
    rig.run();
    QCOMPARE(rig.count("activity.restored"), std::size_t{0});
    rig.pass(5 * kMinute);
    QCOMPARE(rig.count("inactive"), std::size_t{1});
  }

  void aStartCountsAsActivity() {
    Rig rig;
    rig.run();
    rig.pass(6 * kMinute);
    QCOMPARE(rig.count("inactive"), std::size_t{1});
    rig.restart();
    rig.enqueue("x");
    rig.run();
    QCOMPARE(rig.count("activity.restored"), std::size_t{0});
    rig.pass(5 * kMinute);
    QCOMPARE(rig.count("inactive"), std::size_t{2});
  }

  void aStartMayGoOnWithTheSilenceThatWas() {
    Rig rig;
    rig.set("Reset State on Restart", "false");
    rig.run();
    const Millis start = rig.clock().wall();
    rig.pass(6 * kMinute);
    rig.restart();
    rig.pass(6 * kMinute);
    QCOMPARE(rig.count("inactive"), std::size_t{1});
    rig.enqueue("x");
    rig.run();
    QCOMPARE(rig.count("activity.restored"), std::size_t{1});
    QCOMPARE(rig.outputs("activity.restored").at(0).attributes.at("inactivityStartMillis"),
             std::to_string(start));
  }

  void whileNothingComesItRests() {
    Rig rig;
    rig.run();
    const auto before = rig.statistics().triggers.load();
    rig.pass(kMillisecond);  // it has just looked
    QCOMPARE(rig.statistics().triggers.load(), before);
  }
};

QTEST_GUILESS_MAIN(MonitorActivityTest)
#include "monitor_activity_test.moc"
