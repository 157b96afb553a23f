// SPDX-License-Identifier: Apache-2.0
// EnforceOrder, by the rules of NiFi's: the number that is due goes, a later one waits or
// overtakes, an earlier one is skipped.
#include "tests/harness/processor_bench.h"

#include <QtTest>

using namespace millrace;
using namespace millrace::tests;

namespace millrace::processors {
extern const ProcessorDescriptor processorIn_enforce_order;
}  // namespace millrace::processors

namespace {

std::vector<std::string> contents(ProcessorBench& bench, const std::string& relationship) {
  std::vector<std::string> texts;
  for (const auto& output : bench.outputs(relationship)) texts.push_back(output.content);
  return texts;
}
using Texts = std::vector<std::string>;

struct Rig : ProcessorBench {
  Rig() : ProcessorBench(processors::processorIn_enforce_order) {
    set("Order Attribute", "n").set("Group Identifier", "${group}");
  }
  void put(const std::string& group, const std::string& number) {
    enqueue(group + number, {{"group", group}, {"n", number}});
  }
  /// Leads what waits back to the input, as the wire of a flow does.
  void again() {
    const auto waiting = outputs("wait");
    for (std::size_t i = led_; i < waiting.size(); ++i) {
      AttributeMap attributes = waiting[i].attributes;
      attributes.erase("uuid");
      enqueue(waiting[i].content, attributes);
    }
    led_ = waiting.size();
    clock().advance(kSecond);
    run();
  }

 private:
  std::size_t led_ = 0;
};

}  // namespace

class EnforceOrderTest : public QObject {
  Q_OBJECT

 private slots:
  void whatComesTogetherIsSorted() {
    Rig rig;
    for (const char* number : {"2", "0", "3", "1"}) rig.put("a", number);
    rig.run();
    QCOMPARE(contents(rig, "success"), (Texts{"a0", "a1", "a2", "a3"}));
    for (const auto& output : rig.outputs("success")) {
      QCOMPARE(output.attributes.at("EnforceOrder.result"), std::string("success"));
      QVERIFY(output.attributes.contains("EnforceOrder.startedAt"));
      QVERIFY(!output.attributes.contains("EnforceOrder.expectedOrder"));
    }
  }

  void whatIsTooEarlyWaitsForTheGapToClose() {
    Rig rig;
    for (const char* number : {"0", "2", "3"}) rig.put("a", number);
    rig.run();
    QCOMPARE(contents(rig, "success"), (Texts{"a0"}));
    QCOMPARE(contents(rig, "wait"), (Texts{"a2", "a3"}));
    QCOMPARE(rig.outputs("wait").at(0).attributes.at("EnforceOrder.expectedOrder"),
             std::string("1"));
    QCOMPARE(rig.outputs("wait").at(0).attributes.at("EnforceOrder.result"), std::string("wait"));
    rig.put("a", "1");
    rig.again();
    QCOMPARE(contents(rig, "success"), (Texts{"a0", "a1", "a2", "a3"}));
    QVERIFY(!rig.outputs("success").at(2).attributes.contains("EnforceOrder.expectedOrder"));
  }

  void groupsKnowNothingOfEachOther() {
    Rig rig;
    for (const char* group : {"a", "b"}) rig.put(group, "1");
    rig.put("b", "0");
    rig.run();
    QCOMPARE(contents(rig, "success"), (Texts{"b0", "b1"}));
    QCOMPARE(contents(rig, "wait"), (Texts{"a1"}));
  }

  void whoWaitedTooLongOvertakesAndWhoIsOvertakenIsSkipped() {
    Rig rig;
    rig.set("Wait Timeout", "1 min");
    for (const char* number : {"0", "3", "4"}) rig.put("a", number);
    rig.run();
    const std::string started = rig.outputs("wait").at(0).attributes.at("EnforceOrder.startedAt");
    rig.clock().advance(kMinute - 2 * kSecond);
    rig.again();
    QCOMPARE(rig.count("overtook"), std::size_t{0});
    QCOMPARE(rig.outputs("wait").at(2).attributes.at("EnforceOrder.startedAt"), started);
    rig.clock().advance(2 * kSecond);
    rig.again();
    QCOMPARE(contents(rig, "overtook"), (Texts{"a3"}));
    QCOMPARE(rig.outputs("overtook").at(0).attributes.at("EnforceOrder.expectedOrder"),
             std::string("1"));
    QCOMPARE(contents(rig, "success"), (Texts{"a0", "a4"}));
    rig.put("a", "1");
    rig.run();
    QCOMPARE(contents(rig, "skipped"), (Texts{"a1"}));
    const auto skipped = rig.outputs("skipped").at(0).attributes;
    QCOMPARE(skipped.at("EnforceOrder.expectedOrder"), std::string("5"));
    QVERIFY(!skipped.at("EnforceOrder.detail").empty());
  }

  void initialAndMaximumOrderAreAskedOfTheFirst() {
    Rig rig;
    rig.set("Initial Order", "${first}").set("Maximum Order", "${last}");
    rig.enqueue("a5", {{"group", "a"}, {"n", "5"}, {"first", "5"}, {"last", "6"}});
    rig.enqueue("a6", {{"group", "a"}, {"n", "6"}, {"first", "1"}, {"last", "9"}});
    rig.enqueue("a6 again", {{"group", "a"}, {"n", "6"}, {"first", "1"}, {"last", "9"}});
    rig.run();
    QCOMPARE(contents(rig, "success"), (Texts{"a5", "a6", "a6 again"}));
    const auto state = rig.state();
    QCOMPARE(state.at("a.target"), std::string("6"));
    QCOMPARE(state.at("a.max"), std::string("6"));
  }

  void whatMakesNoSenseFails_data() {
    QTest::addColumn<QString>("group");
    QTest::addColumn<QString>("number");
    QTest::addColumn<QString>("first");
    QTest::newRow("no group") << " "
                              << "0"
                              << "0";
    QTest::newRow("no number") << "a"
                               << ""
                               << "0";
    QTest::newRow("a word") << "a"
                            << "one"
                            << "0";
    QTest::newRow("a decimal") << "a"
                               << "1.0"
                               << "0";
    QTest::newRow("too great") << "a"
                               << "99999999999999999999"
                               << "0";
    QTest::newRow("no first") << "a"
                              << "0"
                              << "";
  }
  void whatMakesNoSenseFails() {
    QFETCH(QString, group);
    QFETCH(QString, number);
    QFETCH(QString, first);
    Rig rig;
    rig.set("Initial Order", "${first}");
    rig.enqueue("x", {{"group", group.toStdString()},
                      {"n", number.toStdString()},
                      {"first", first.toStdString()}});
    rig.enqueue("y", {{"group", "good"}, {"n", "0"}, {"first", "0"}});
    rig.run();
    QCOMPARE(contents(rig, "failure"), (Texts{"x"}));
    const auto failed = rig.outputs("failure").at(0).attributes;
    QCOMPARE(failed.at("EnforceOrder.result"), std::string("failure"));
    QVERIFY(!failed.at("EnforceOrder.detail").empty());
    QCOMPARE(contents(rig, "success"), (Texts{"y"}));
    QVERIFY(!rig.state().contains("a.target"));
  }

  void aRestartGoesOnWhereItWas() {
    Rig rig;
    rig.put("a", "0");
    rig.run();
    rig.restart();
    rig.put("a", "1");
    rig.put("a", "0");
    rig.run();
    QCOMPARE(contents(rig, "success"), (Texts{"a0", "a1"}));
    QCOMPARE(contents(rig, "skipped"), (Texts{"a0"}));
  }

  void aGroupThatNobodyUsesIsForgotten() {
    Rig rig;
    rig.set("Inactive Timeout", "30 min");
    rig.put("a.b", "0");
    rig.put("never moved", "7");
    rig.run();
    QVERIFY(rig.state().contains("a.b.target"));
    rig.clock().advance(31 * kMinute);
    rig.put("b", "0");
    rig.run();
    const auto state = rig.state();
    QCOMPARE(state.size(), std::size_t{2});
    QCOMPARE(state.at("b.target"), std::string("1"));
    QVERIFY(state.contains("b.updatedAt"));
  }

  void noMoreThanABatchIsLookedAtTogether() {
    Rig rig;
    rig.set("Batch Count", "2");
    for (const char* number : {"2", "1", "0"}) rig.put("a", number);
    rig.run();
    QCOMPARE(contents(rig, "success"), Texts{});
    QCOMPARE(contents(rig, "wait"), (Texts{"a1", "a2"}));
    rig.clock().advance(kSecond);
    rig.run();
    QCOMPARE(contents(rig, "success"), (Texts{"a0"}));
  }

  void itLooksLessAndLessOftenWhileAllWait() {
    Rig rig;
    rig.put("a", "1");
    rig.run();
    for (int i = 0; i < 12; ++i) rig.again();
    const auto looks = rig.statistics().triggers.load();
    QCOMPARE(rig.count("wait"), std::size_t{13});
    // With nothing moving it rests for a second by now, so that half of one brings no look.
    rig.put("a", "2");
    rig.run();
    rig.clock().advance(kSecond / 2);
    rig.run();
    QCOMPARE(rig.statistics().triggers.load(), looks);
  }
};

QTEST_GUILESS_MAIN(EnforceOrderTest)
#include "enforce_order_test.moc"
