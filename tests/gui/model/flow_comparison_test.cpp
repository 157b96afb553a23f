// SPDX-License-Identifier: Apache-2.0
// What differs between two flows, component by component.

#include "gui/model/flow_comparison.h"

#include "gui/model/users_of.h"
#include "tests/gui/studio_bench.h"

#include <QApplication>
#include <QStandardPaths>
#include <QTest>

using namespace studio;

class FlowComparisonTest : public QObject {
  Q_OBJECT

 private slots:
  void theSameFlowHasNoDifference() {
    const Desk desk;
    const FlowComparison same(parsed(smallFlow()), desk.model);
    QVERIFY(same.empty());
    QCOMPARE(same.words(), QString("no difference"));
  }

  void whatIsAddedRemovedChangedAndMovedIsToldApart() {
    Desk desk;
    const auto store = desk.id("Store");
    const auto wire = desk.id("Split [splits] -> Store");
    desk.editor.remove({store});
    desk.editor.addProcessor(kRootGroup, "UpdateAttribute", {800, 0});
    desk.editor.setProperty({desk.id("Split")}, "Line Split Count", std::string("10"));
    desk.editor.moveTo({{desk.id("Inner"), {400, 480}}}, "Move");
    const FlowComparison now(parsed(smallFlow()), desk.model);
    QCOMPARE(now.words(), QString("1 added, 2 removed, 1 changed"));
    QCOMPARE(now.count(Mark::kMoved), 1);
    QVERIFY(now.markOf(desk.id("UpdateAttribute")) == Mark::kAdded);
    QVERIFY(now.markOf(desk.id("Split")) == Mark::kChanged);
    QVERIFY(now.markOf(desk.id("Inner")) == Mark::kMoved);
    QVERIFY(!now.markOf(desk.id("Make")).has_value());
    QVERIFY(!now.markOf(store).has_value());  // it is gone
    const ComparedComponent* split = nullptr;
    for (const ComparedComponent& each : now.components()) {
      if (each.path == "Split") split = &each;
    }
    QVERIFY(split != nullptr);
    QCOMPARE(split->details.size(), std::size_t(1));
    QCOMPARE(split->details[0].what, QString("Line Split Count"));
    QCOMPARE(split->details[0].before, QString("1"));
    QCOMPARE(split->details[0].after, QString("10"));
    // What is gone has the place that it had.
    QCOMPARE(now.gone().size(), std::size_t(2));
    for (const Gone& gone : now.gone()) {
      if (gone.component.id() == store) QVERIFY(gone.at == QPointF(800, 0));
      if (gone.component.id() == wire) {
        QCOMPARE(gone.from, desk.id("Split"));
        QCOMPARE(gone.to, store);
      }
    }
  }

  void aRenameAndAnotherPlaceAreOneChange() {
    Desk desk;
    const auto make = desk.id("Make");
    QVERIFY(desk.editor.rename(make, "Made").ok());
    desk.editor.moveTo({{make, {8, 8}}}, "Move");
    const FlowComparison now(parsed(smallFlow()), desk.model);
    QVERIFY(now.markOf(make) == Mark::kChanged);
    const auto& details = now.components().front().details;
    QCOMPARE(details[0].what, QString("name"));
    QCOMPARE(details[0].before, QString("Make"));
    QCOMPARE(details[0].after, QString("Made"));
  }

  void settingsOfTheFlowItselfAreSaid() {
    Desk desk;
    desk.editor.update({kRootGroup}, "Comment", [](Component& c) { c.element().comment = "why"; });
    const FlowComparison now(parsed(smallFlow()), desk.model);
    QCOMPARE(now.components().size(), std::size_t(1));
    QVERIFY(now.components()[0].path.isEmpty());
    QCOMPARE(now.components()[0].details[0].after, QString("why"));
  }

  void sharedContextsAreComparedByTheirNames() {
    const std::string before =
        "millrace: 1\nname: f\nparameter-contexts:\n"
        "  - {name: old, parameters: {gone: 1, key: {sensitive: true}}}\n"
        "  - {name: Inner, parameters: {late: 15}}\n"
        "groups:\n  - {name: Inner, parameter-context: Inner}\n";
    Desk desk(before);
    desk.editor.removeContext("old");
    QVERIFY(desk.editor.addContext("new").ok());
    QVERIFY(desk.editor
                .updateContext("new", "Fill",
                               [](flow::ParameterContext& context) {
                                 context.parameters.emplace_back().name = "far";
                                 context.parameters.back().value = "2";
                               })
                .ok());
    QVERIFY(desk.editor
                .updateContext(
                    "Inner", "Change",
                    [](flow::ParameterContext& context) { context.parameters[0].value = "20"; })
                .ok());
    // One of the same name as a group is not taken for it.
    const FlowComparison now(parsed(before), desk.model);
    QCOMPARE(now.words(), QString("1 added, 1 removed, 1 changed"));
    QVERIFY(!now.markOf(desk.id("Inner")).has_value());
    QVERIFY(!now.markOf(kRootGroup).has_value());
    QVERIFY(now.gone().empty());
    QStringList lines;
    for (const ComparedComponent& each : now.components()) {
      QVERIFY(each.isContext);
      for (const ComparedDetail& detail : each.details)
        lines << each.path + " " + detail.what + ": " + detail.before + " → " + detail.after;
    }
    lines.sort();
    QCOMPARE(lines, (QStringList{"Inner parameter late: 15 → 20", "new parameter far:  → 2",
                                 "old parameter gone: 1 → ", "old parameter key: (sensitive) → "}));
  }

  void aGroupSeesItsOwnParametersThenThoseOfItsContext() {
    const Desk desk(
        "millrace: 1\nname: f\nparameter-context: shared\n"
        "parameters:\n  late: 15\n  key: {sensitive: true}\n"
        "parameter-contexts:\n  - {name: base, parameters: {far: 2, late: 1}}\n"
        "  - {name: shared, inherits: [base], parameters: {near: 7}}\n"
        "groups:\n  - {name: Inner}\n");
    const std::vector<std::pair<std::string, std::string>> expected{
        {"far", "2"}, {"late", "15"}, {"near", "7"}};
    QVERIFY(visibleParameters(desk.model, kRootGroup) == expected);
    QVERIFY(visibleParameters(desk.model, desk.id("Inner")).empty());
  }
};

MR_STUDIO_TEST_MAIN(FlowComparisonTest)
#include "flow_comparison_test.moc"
