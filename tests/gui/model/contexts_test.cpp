// SPDX-License-Identifier: Apache-2.0
// Shared parameter contexts as Studio edits them: each change one step, in the text one line, and
// merged with what somebody else changes meanwhile.

#include "gui/model/flow_text.h"
#include "gui/model/users_of.h"
#include "tests/gui/random_edits.h"

#include <QApplication>
#include <QStandardPaths>
#include <QTest>

using namespace studio;

namespace {

constexpr const char* kFlow =
    "# Sensors.\n"
    "millrace: 1\n"
    "name: sensors\n"
    "parameter-contexts:\n"
    "  # Of the north.\n"
    "  - name: Station\n"
    "    inherits: [Everywhere]\n"
    "    parameters:\n"
    "      site: north   # where it is\n"
    "      limit: {value: '30', comment: Degrees}\n"
    "  - name: Everywhere   # for all\n"
    "    parameters:\n"
    "      unit: celsius   # not kelvin\n"
    "      limit: '35'\n"
    "parameter-context: Station\n"
    "processors:\n"
    "  - {name: Make, type: GenerateFlowFile, properties: {File Size: '#{limit}'}}\n"
    "  - {name: Split, type: SplitText, properties: {Line Split Count: \"##{unit} #{'unit'}\"}}\n"
    "groups:\n"
    "  - name: Inner\n"
    "    parameter-context: Everywhere\n"
    "    processors:\n"
    "      - {name: Store, type: PutFile, properties: {Directory: 'to/#{unit}'}}\n";

std::string textOf(const Desk& desk) {
  const auto text = flowText(kFlow, desk.model.toFlow());
  return text.ok() ? (text->commentsKept ? "" : "COMMENTS LOST\n") + text->text
                   : "FAILED: " + text.error().message;
}

std::string with(const std::string& from, const std::string& to) {
  std::string text = kFlow;
  const std::size_t at = text.find(from);
  return at == std::string::npos ? "NOT THERE: " + from : text.replace(at, from.size(), to);
}

std::string valueOf(const Desk& desk, const char* path, const char* property) {
  for (const flow::Property& each : desk.model.find(desk.id(path))->processor()->properties) {
    if (each.name == property) return each.value;
  }
  return {};
}

flow::Parameter parameter(const char* name, const char* value) {
  flow::Parameter made;
  made.name = name;
  made.value = value;
  return made;
}

}  // namespace

class ContextsTest : public QObject {
  Q_OBJECT

 private slots:
  void aValueThatIsChangedIsOneLineOfTheText() {
    Desk desk(kFlow);
    QVERIFY(desk.editor
                .updateContext("Everywhere", "Set",
                               [](flow::ParameterContext& c) { c.parameters[0].value = "kelvin"; })
                .ok());
    QCOMPARE(textOf(desk), with("unit: celsius ", "unit: kelvin "));
    desk.undo.undo();
    QCOMPARE(textOf(desk), std::string(kFlow));
    QVERIFY(desk.editor
                .updateContext("Station", "Add",
                               [](flow::ParameterContext& c) {
                                 c.parameters.push_back(parameter("place", "weir"));
                               })
                .ok());
    QVERIFY2(textOf(desk).find("place: weir\n") != std::string::npos, textOf(desk).c_str());
    QVERIFY(textOf(desk).find("# where it is\n") != std::string::npos);
    QCOMPARE(desk.undo.count(), 1);
  }

  void whatIsRenamedIsFollowedByWhatNamesItAndKeepsItsComments() {
    Desk desk(kFlow);
    QVERIFY(desk.editor.renameContext("Everywhere", "All of us").ok());
    std::string expected = with("[Everywhere]", "[All of us]");
    for (const char* each : {"name: Everywhere", "parameter-context: Everywhere"}) {
      const std::string from = each;
      std::string to = from;
      to.replace(to.find("Everywhere"), 10, "All of us");
      expected.replace(expected.find(from), from.size(), to);
    }
    QCOMPARE(textOf(desk), expected);
    QCOMPARE(desk.undo.count(), 1);
    desk.undo.undo();
    QCOMPARE(textOf(desk), std::string(kFlow));
    QVERIFY(!desk.editor.renameContext("Everywhere", "Station").ok());
    QVERIFY(!desk.editor.renameContext("Everywhere", "").ok());
  }

  void whatIsRemovedIsNamedByNobodyAnyMoreUntilItIsUndone() {
    Desk desk(kFlow);
    const auto before = desk.model.toFlow();
    desk.editor.removeContext("Everywhere");
    QCOMPARE(desk.model.parameterContexts().size(), std::size_t(1));
    QVERIFY(desk.model.context("Station")->inherits.empty());
    QVERIFY(
        std::get<flow::Group>(desk.model.find(desk.id("Inner"))->value).parameterContext.empty());
    QVERIFY2(flow::readFlow(textOf(desk)).ok(), textOf(desk).c_str());
    QVERIFY(textOf(desk).find("# Of the north.\n") != std::string::npos);
    desk.editor.removeContext("Station");
    QVERIFY2(textOf(desk).find("parameter-context") == std::string::npos, textOf(desk).c_str());
    desk.undo.undo();
    desk.undo.undo();
    QVERIFY(desk.model.toFlow() == before);
    QCOMPARE(textOf(desk), std::string(kFlow));
  }

  void aNewOneComesBeforeTheGroupThatSeesIt() {
    Desk desk("millrace: 1\nname: f   # short\n");
    QVERIFY(desk.editor.addContext("Fresh").ok());
    QVERIFY(!desk.editor.addContext("Fresh").ok());
    QVERIFY(!desk.editor.addContext("").ok());
    desk.editor.update({kRootGroup}, "See it", [](Component& c) {
      std::get<flow::Group>(c.value).parameterContext = "Fresh";
    });
    const auto text = flowText("millrace: 1\nname: f   # short\n", desk.model.toFlow());
    QVERIFY2(text.ok(), text.ok() ? "" : text.error().message.c_str());
    QVERIFY(text->commentsKept && text->text.find("# short") != std::string::npos);
    QCOMPARE(parsed(text->text).root.parameterContext, std::string("Fresh"));
  }

  void whateverIsDoneToContextsTheCommentsOfTheFileStay() {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
      Desk desk(kFlow);
      Random random(seed);
      std::string sent = kFlow;
      for (int i = 0; i < 80; ++i) {
        const char* const kinds[] = {"addContext", "renameContext", "removeContext",
                                     "updateContext", "renameParameter"};
        Dice dice(desk.editor, random);
        generators().at(kinds[random.below(5)])(desk.editor, dice);
        // From what was opened, as saving does, and from what was sent last, as a server gets it.
        for (const std::string& base : {std::string(kFlow), sent}) {
          const auto text = flowText(base, desk.model.toFlow());
          QVERIFY2(text.ok(), text.ok() ? "" : text.error().message.c_str());
          QVERIFY2(text->commentsKept, (base + "\n-- became --\n" + text->text).c_str());
          if (base == sent) sent = text->text;
        }
      }
      QVERIFY(sent.find("# Sensors.") != std::string::npos);
    }
  }

  void nothingInheritsItself() {
    Desk desk(kFlow);
    const Result<> done =
        desk.editor.updateContext("Everywhere", "Inherit", [](flow::ParameterContext& c) {
          c.inherits.push_back({"Station", {}});
        });
    QVERIFY(!done.ok());
    QVERIFY(QString::fromStdString(done.error().message).contains("Station"));
    QCOMPARE(desk.undo.count(), 0);
  }

  void whoUsesItIsWhoReallySeesIt() {
    Desk desk(kFlow);
    // The Station's own limit hides the one that it inherits.
    QCOMPARE(usersOfParameter(desk.model, {kRootGroup, "Station"}, "limit"), Ids{desk.id("Make")});
    QVERIFY(usersOfParameter(desk.model, {kRootGroup, "Everywhere"}, "limit").empty());
    Ids both{desk.id("Split"), desk.id("Inner/Store")};
    std::sort(both.begin(), both.end());
    QCOMPARE(usersOfParameter(desk.model, {kRootGroup, "Everywhere"}, "unit"), both);
    QCOMPARE(usersOfContext(desk.model, "Everywhere").heirs, std::vector<std::string>{"Station"});
    QCOMPARE(usersOfContext(desk.model, "Everywhere").groups, Ids{desk.id("Inner")});
    QCOMPARE(parameterNames(desk.model, kRootGroup),
             (std::vector<std::string>{"limit", "site", "unit"}));
  }

  void aParameterIsRenamedWhereverItIsMeant() {
    Desk desk(kFlow);
    QVERIFY(desk.editor.renameParameter({kRootGroup, "Everywhere"}, "unit", "unit of it").ok());
    QCOMPARE(valueOf(desk, "Split", "Line Split Count"), std::string("##{unit} #{'unit of it'}"));
    QCOMPARE(valueOf(desk, "Inner/Store", "Directory"), std::string("to/#{'unit of it'}"));
    QCOMPARE(desk.undo.count(), 1);
    QVERIFY2(flow::readFlow(textOf(desk)).ok(), textOf(desk).c_str());
    desk.undo.undo();
    QCOMPARE(textOf(desk), std::string(kFlow));
    for (const char* bad : {"", "a/b", "limit", "site"})
      QVERIFY2(!desk.editor.renameParameter({kRootGroup, "Everywhere"}, "unit", bad).ok(), bad);
    // Another parameter of the same name is not meant.
    QVERIFY(desk.editor.renameParameter({kRootGroup, "Everywhere"}, "limit", "most").ok());
    QCOMPARE(valueOf(desk, "Make", "File Size"), std::string("#{limit}"));
  }
};

MR_STUDIO_TEST_MAIN(ContextsTest)
#include "contexts_test.moc"
