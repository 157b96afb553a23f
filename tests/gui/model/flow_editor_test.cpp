// SPDX-License-Identifier: Apache-2.0
// Editing without a window: every kind of edit, undone and done again, and the text that is saved.

#include "engine/flow/yaml_writer.h"
#include "gui/model/flow_text.h"
#include "gui/model/fuzzy.h"
#include "gui/model/status_store.h"
#include "tests/gui/random_edits.h"

#include <QApplication>
#include <QSignalSpy>
#include <QSizeF>
#include <QStandardPaths>
#include <QTest>
#include <algorithm>

using namespace studio;

namespace {

/// All that the model holds, by id: what an undo must restore.
using Everything =
    std::pair<std::map<flow::ElementId, Component>, std::vector<flow::ParameterContext>>;

Everything everything(const FlowModel& model) {
  return {{model.components().begin(), model.components().end()}, model.parameterContexts()};
}

std::string textOf(const Desk& desk, const std::string& base) {
  const auto text = flowText(base, desk.model.toFlow());
  return text.ok() ? text->text : "FAILED: " + text.error().message;
}

}  // namespace

class FlowEditorTest : public QObject {
  Q_OBJECT

 private slots:
  void theModelSaysTheFlowThatItWasGiven() {
    Desk desk;
    QVERIFY(desk.model.toFlow() == parsed(smallFlow()));
    QCOMPARE(desk.model.size(), std::size_t(9));
  }

  void aWireTakesTheOnlyOpenRelationship() {
    Desk desk(
        "millrace: 1\nname: f\nprocessors:\n  - {name: A, type: GenerateFlowFile}\n"
        "  - {name: B, type: UpdateAttribute}\n");
    QSignalSpy changes(&desk.model, &FlowModel::changed);
    const auto wire = desk.editor.connect(kRootGroup, desk.id("A"), desk.id("B"), {});
    QVERIFY(wire.ok());
    QCOMPARE(changes.count(), 1);
    const flow::Flow expected = parsed(
        "millrace: 1\nname: f\nprocessors:\n  - {name: A, type: GenerateFlowFile}\n"
        "  - {name: B, type: UpdateAttribute}\nconnections:\n"
        "  - {from: A, relationship: success, to: B}\n");
    QVERIFY(desk.model.toFlow() == expected);
    QVERIFY(desk.editor.openRelationships(desk.id("A")).empty());
  }

  void whatCannotBeWiredSaysWhyAndChangesNothing() {
    Desk desk;
    const auto before = everything(desk.model);
    QVERIFY(!desk.editor.connect(kRootGroup, desk.id("Split"), desk.id("Make"), {"failure"}).ok());
    QVERIFY(desk.editor.whyNoWire(desk.id("Split"), desk.id("Make")).contains("takes no input"));
    QVERIFY(!desk.editor.connect(kRootGroup, desk.id("Make"), desk.id("Split"), {"success"}).ok());
    QVERIFY(!desk.editor.rename(desk.id("Make"), "Split").ok());
    QVERIFY(!desk.editor.rename(desk.id("Make"), "").ok());
    QVERIFY(everything(desk.model) == before);
    QCOMPARE(desk.undo.count(), 0);
  }

  void aGroupGoesWithAllThatIsInsideAndComesBackByUndo() {
    Desk desk;
    const auto in = desk.id("Inner/in");
    QVERIFY(desk.editor.connect(kRootGroup, desk.id("Split"), in, {"original"}).ok());
    const auto before = everything(desk.model);
    desk.editor.remove({desk.id("Inner")});
    QCOMPARE(desk.model.size(), std::size_t(5));
    QCOMPARE(desk.model.connectionsAt(desk.id("Split")).size(), std::size_t(2));
    desk.undo.undo();
    QVERIFY(everything(desk.model) == before);
  }

  void theDoorsOfANewGroupStandBesideWhatIsInIt() {
    Desk desk;
    desk.editor.moveTo({{desk.id("Split"), QPointF(2000, 0)}}, "Move");
    const auto wide = desk.editor.groupTogether({desk.id("Make"), desk.id("Split")});
    QVERIFY(wide.ok());
    for (const flow::ElementId id : desk.model.nodesIn(*wide)) {
      if (desk.model.find(id)->kind != flow::ElementKind::kOutputPort) continue;
      QVERIFY(desk.model.position(id).x() > desk.model.position(desk.id("Group/Split")).x() + 232);
      return;
    }
    QFAIL("there is no way out");
  }

  void aNodePutOnAWireIsBetweenItsEnds() {
    Desk desk;
    const auto added = desk.editor.addProcessor(kRootGroup, "UpdateAttribute", {});
    const auto wire = desk.id("Make [success] -> Split");
    QVERIFY(desk.editor.insertOnWire(added, wire).ok());
    QVERIFY(desk.model.find(wire) != nullptr);  // the queue stays upstream
    QCOMPARE(desk.model.find(wire)->connection()->to.id, added);
    QVERIFY(desk.id("UpdateAttribute [success] -> Split") != flow::ElementId{});
  }

  void aWireStaysInItsGroup() {
    Desk desk;
    const auto inside = desk.editor.addFunnel(desk.id("Inner"), {0, 0});
    const auto wire = desk.id("Make [success] -> Split");
    const auto before = everything(desk.model);
    QVERIFY(!desk.editor.insertOnWire(inside, wire).ok());
    QVERIFY(!desk.editor.connect(kRootGroup, desk.id("Make"), inside, {"success"}).ok());
    QVERIFY(!desk.editor.reconnect(wire, desk.id("Make"), inside).ok());
    // Nor is a box put on a wire that it already continues.
    QVERIFY(!desk.editor.insertOnWire(desk.id("Split"), wire).ok());
    QVERIFY(everything(desk.model) == before);
  }

  void alignAndDistributeAreOneStepEach() {
    Desk desk;
    const Ids ids{desk.id("Make"), desk.id("Split"), desk.id("Store")};
    desk.editor.moveTo({{ids[1], {328, 100}}, {ids[2], {800, 40}}}, "Move");
    const auto size = [](flow::ElementId) { return QSizeF(232, 88); };
    desk.editor.align(ids, Align::kTop, size);
    for (const auto id : ids) QCOMPARE(desk.model.position(id).y(), 0.0);
    desk.editor.distribute(ids, Axis::kHorizontal, size);
    QCOMPARE(desk.model.position(ids[1]).x(), 400.0);
    QCOMPARE(desk.undo.count(), 3);
  }

  void pasteOfACopyIsTheSameFlowAgainUnderFreeNames() {
    Desk desk;
    const std::string text =
        desk.editor.copy({desk.id("Make"), desk.id("Split"), desk.id("Inner")});
    QVERIFY(flow::parseFlow(text, "clipboard").ok());
    const auto made = desk.editor.paste(kRootGroup, text, {0, 800}, "Paste");
    QVERIFY(made.ok());
    QCOMPARE(made->size(), std::size_t(3));
    QVERIFY(desk.id("Make (2) [success] -> Split (2)") != flow::ElementId{});
    QVERIFY(desk.id("Inner (2)/in -> Inner (2)/out") != flow::ElementId{});
    QCOMPARE(desk.model.position(desk.id("Make (2)")), QPointF(0, 800));
    QCOMPARE(desk.model.position(desk.id("Split (2)")), QPointF(400, 800));
    QCOMPARE(desk.undo.count(), 1);
    QVERIFY(!desk.editor.paste(kRootGroup, "no flow: at all", {}, "Paste").ok());
  }

  void theTextKeepsEveryCommentAndChangesOnlyWhatWasEdited() {
    Desk desk;
    QCOMPARE(textOf(desk, smallFlow()), smallFlow());
    desk.editor.setProperty({desk.id("Split")}, "Line Split Count", std::string("10"));
    std::string expected = smallFlow();
    expected.replace(expected.find("Count: 1"), 8, "Count: 10");
    QCOMPARE(textOf(desk, smallFlow()), expected);
    desk.editor.moveTo({{desk.id("Make"), {-80, 16}}}, "Move");
    expected.replace(expected.find("Make: {at: [0, 0]}"), 18, "Make: {at: [-80, 16]}");
    QVERIFY2(textOf(desk, smallFlow()) == expected, textOf(desk, smallFlow()).c_str());
    desk.undo.undo();
    desk.undo.undo();
    QCOMPARE(textOf(desk, smallFlow()), smallFlow());
  }

  void twoComponentsCanChangeNames() {
    Desk desk;
    const auto make = desk.id("Make");
    const auto split = desk.id("Split");
    QVERIFY(desk.editor.rename(make, "spare").ok());
    QVERIFY(desk.editor.rename(split, "Make").ok());
    QVERIFY(desk.editor.rename(make, "Split").ok());
    const auto text = flowText(smallFlow(), desk.model.toFlow());
    QVERIFY(text.ok());
    QVERIFY(text->commentsKept);
    QVERIFY(text->text.find("# not too fast") != std::string::npos);
    const flow::Flow read = parsed(text->text);
    QCOMPARE(read.root.processors[0].name, std::string("Split"));
    QCOMPARE(read.root.processors[0].id, make);
    QCOMPARE(read.root.processors[1].id, split);
  }

  void everythingThatTheEditorCanDoHasAGenerator() {
    const QStringList commands = commandsOfEditor();
    QVERIFY2(commands.size() >= 20, qPrintable(commands.join(' ')));
    QStringList missing;
    for (const QString& command : commands) {
      if (!generators().contains(command)) missing << command;
    }
    QVERIFY2(missing.isEmpty(), qPrintable(missing.join(' ')));
    // And each does something now and then.
    Random random(4);
    for (const auto& [name, generate] : generators()) {
      int done = 0;
      for (int i = 0; i < 60 && done == 0; ++i) {
        Desk desk;
        Dice dice(desk.editor, random);
        generate(desk.editor, dice);
        done = desk.undo.count();
      }
      QVERIFY2(done > 0, qPrintable(name));
    }
  }

  void randomEditsAreUndoneAndDoneAgainToTheByte() {
    const int runs = std::max(1, int(20 * rounds()));
    for (int run = 0; run < runs; ++run) {
      Desk desk;
      Random random(std::uint64_t(run) + 1);
      std::vector<Everything> states{everything(desk.model)};
      while (desk.undo.count() < 500) {
        const int before = desk.undo.count();
        randomEdit(desk.editor, random);
        if (desk.undo.count() > before) states.push_back(everything(desk.model));
        QVERIFY(desk.undo.count() <= before + 1);
      }
      const std::string last = textOf(desk, smallFlow());
      QVERIFY2(!last.starts_with("FAILED"), last.c_str());
      QVERIFY(parsed(last) == desk.model.toFlow() ||
              flowText(last, desk.model.toFlow())->text == last);
      for (std::size_t at = states.size() - 1; at > 0; --at) {
        QVERIFY(everything(desk.model) == states[at]);
        desk.undo.undo();
      }
      QVERIFY(everything(desk.model) == states[0]);
      QCOMPARE(textOf(desk, smallFlow()), smallFlow());
      while (desk.undo.canRedo()) desk.undo.redo();
      QVERIFY(everything(desk.model) == states.back());
      QCOMPARE(textOf(desk, smallFlow()), last);
    }
  }

  // However the steps follow one another: what is grouped, taken back, and added again under a name
  // that something else had before.
  void theTextIsNeverWrittenAnew_data() {
    QTest::addColumn<int>("seed");
    const int seeds = std::max(2, int(40 * rounds()));
    for (int seed = 0; seed < seeds; ++seed) QTest::addRow("seed %d", seed) << seed;
  }
  void theTextIsNeverWrittenAnew() {
    QFETCH(int, seed);
    Desk desk;
    Random random(std::uint64_t(seed) + 1000);
    std::string base = smallFlow();
    for (int step = 0; step < 150; ++step) {
      randomEdit(desk.editor, random);
      if (random.oneIn(5)) desk.undo.undo();
      const auto text = flowText(base, desk.model.toFlow());
      QVERIFY(text.ok());
      const std::string where = "step " + std::to_string(step) + ": " + text->whyNot + "\n" + base +
                                "\n" + flow::writeFlow(desk.model.toFlow());
      QVERIFY2(text->commentsKept, where.c_str());
      if (random.oneIn(30)) base = text->text;
    }
  }

  void searchFindsAbbreviationsAndRefusesScatteredLetters() {
    QVERIFY(fuzzyScore("split", "SplitText") > fuzzyScore("split", "ForkSplit"));
    QVERIFY(fuzzyScore("roa", "RouteOnAttribute") > 0);
    QCOMPARE(fuzzyScore("xyz", "RouteOnAttribute"), 0);
    QCOMPARE(fuzzyScore("oia", "RouteOnAttribute"), 0);
    QVERIFY(fuzzyScore("", "anything") > 0);
  }

  void countsAreShortAndIdsSurviveTheWayThroughJson() {
    QCOMPARE(shortCount(0), QString("0"));
    QCOMPARE(shortCount(999), QString("999"));
    QCOMPARE(shortCount(1234), QString("1.2k"));
    QCOMPARE(shortCount(12345678), QString("12.3M"));
    QCOMPARE(shortBytes(1536), QString("1.5 KB"));
    const flow::ElementId id(0x5f0c2a1102030405ULL);
    QCOMPARE(idFromJson(idToJson(id)), std::optional(id));
    QCOMPARE(idFromJson("5f0c2a"), std::optional(flow::ElementId(0x5f0c2a)));
    QVERIFY(!idFromJson("no id").has_value());
  }
};

MR_STUDIO_TEST_MAIN(FlowEditorTest)
#include "flow_editor_test.moc"
