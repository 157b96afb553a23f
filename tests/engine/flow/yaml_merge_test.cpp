// SPDX-License-Identifier: Apache-2.0
// A flow file that comes to say another flow: what is not concerned stays byte for byte.

#include "engine/flow/yaml_merge.h"

#include "engine/flow/elements.h"
#include "engine/flow/yaml_document.h"
#include "engine/flow/yaml_reader.h"

#include <QTest>
#include <algorithm>
#include <utility>

using namespace millrace;

namespace {

const std::string kFlow =
    "# What it is for.\n"
    "millrace: 1\n"
    "name: f\n"
    "parameter-contexts:\n"
    "  # Of all.\n"
    "  - name: common\n"
    "    parameters:\n"
    "      few: 3      # enough\n"
    "      # Now and then.\n"
    "      many: 100\n"
    "  # Of one.\n"
    "  - name: own\n"
    "    inherits: [common]   # and more\n"
    "processors:\n"
    "  # first\n"
    "  - {name: A, type: UpdateAttribute}\n"
    "  # second\n"
    "  - {name: B, type: UpdateAttribute}\n"
    "groups:\n"
    "  - name: G\n"
    "    parameter-context: own   # its own\n"
    "layout:\n"
    "  A: {at: [0, 0]}   # left\n"
    "  B: {at: [9, 0]}   # right\n";

flow::Flow flowOf(const std::string& text) { return flow::readFlow(text).flow; }

std::string merged(const flow::Flow& wanted, const std::string& text = kFlow) {
  const auto done = flow::mergeFlow(text, wanted);
  return done.ok() ? *done : "FAILED: " + done.error().message;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const std::size_t at = text.find(what);
  return at == std::string::npos ? "no " + what : text.replace(at, what.size(), with);
}

}  // namespace

class YamlMergeTest : public QObject {
  Q_OBJECT

 private slots:
  // A merge settles at a dozen places: of a large flow each reading is half a second.
  void whatIsNotChangedIsNotReadAgain() {
    auto document = flow::YamlDocument::open("a: 1\nb: {c: 2}\n");
    QVERIFY(document.ok());
    const flow::YamlEntry* const entries = document->root().entries.data();
    QVERIFY(document->commit().ok());
    QVERIFY(document->root().entries.data() == entries);
    QVERIFY(document->set({}, "a", flow::YamlValue("3"), {}).ok());
    QVERIFY(document->commit().ok());
    QCOMPARE(document->text(), std::string("a: 3\nb: {c: 2}\n"));
    QCOMPARE(document->root().find("a")->value.text, std::string("3"));
  }

  void aParameterOfASharedContextIsOneLine() {
    flow::Flow flow = flowOf(kFlow);
    flow.parameterContexts[0].parameters[1].value = "200";
    QCOMPARE(merged(flow), replaced(kFlow, "many: 100", "many: 200"));
  }

  void contextsComeAndGoAndTheCommentsOfOthersStay() {
    flow::Flow flow = flowOf(kFlow);
    flow.root.groups[0].parameterContext = "common";
    flow.parameterContexts.erase(flow.parameterContexts.begin() + 1);
    std::string expected =
        replaced(kFlow, "  # Of one.\n  - name: own\n    inherits: [common]   # and more\n", "");
    expected = replaced(expected, "parameter-context: own", "parameter-context: common");
    QCOMPARE(merged(flow), expected);
    // And the whole way back, though what went is written without its comments.
    const std::string back = merged(flowOf(kFlow), expected);
    QVERIFY2(flow::readFlow(back).flow == flowOf(kFlow), back.c_str());
    QVERIFY(back.find("# enough") != std::string::npos);
    flow.parameterContexts.clear();
    flow.root.groups[0].parameterContext.clear();
    QVERIFY2(merged(flow).find("parameter-context") == std::string::npos, merged(flow).c_str());
    QVERIFY(merged(flow).find("# second") != std::string::npos);
  }

  void aRenamedContextKeepsItsPlaceAndWhatNamesItFollows() {
    flow::Flow flow = flowOf(kFlow);
    flow.parameterContexts[0].name = "of all";
    flow.parameterContexts[1].inherits[0].text = "of all";
    std::string expected = replaced(kFlow, "- name: common", "- name: of all");
    expected = replaced(expected, "[common]", "[of all]");
    QCOMPARE(merged(flow), expected);
  }

  void namesAreExchanged() {
    flow::Flow flow = flowOf(kFlow);
    auto& processors = flow.root.processors;
    std::swap(processors[0].name, processors[1].name);
    for (flow::Processor& each : processors) each.idIsGiven = true;
    const std::string text = merged(flow);
    const flow::Flow read = flowOf(text);
    QCOMPARE(read.root.processors[0].id, processors[0].id);
    QCOMPARE(read.root.processors[0].name, std::string("B"));
    QCOMPARE(read.root.processors[1].id, processors[1].id);
    // The comments belong to the components, not to the names.
    QVERIFY2(text.find("# first\n  - {name: B") != std::string::npos, text.c_str());
    QVERIFY2(text.find("B: {at: [0, 0]") < text.find("# left"), text.c_str());
  }

  void aNameIsTakenOverByAnother() {
    // What had the name keeps its id under the new one; the new one must not come into its way.
    flow::Flow flow = flowOf(kFlow);
    flow::Processor& old = flow.root.processors[0];
    flow::Processor fresh = old;
    old.name = "C";
    old.idIsGiven = true;
    fresh.id = flow::ElementId(77);
    fresh.idIsGiven = true;
    flow.root.processors.push_back(fresh);
    const std::string text = merged(flow);
    QVERIFY2(text.find("# first\n  - {name: C") != std::string::npos, text.c_str());
    QVERIFY2(flow::readFlow(text).ok(), text.c_str());
  }

  void whatAConnectionLedToMayMoveIntoAGroup() {
    std::string text = replaced(kFlow, "groups:\n",
                                "connections:\n"
                                "  # the way\n"
                                "  - {from: A, relationship: success, to: B}\n"
                                "groups:\n");
    const flow::Flow wanted = flowOf(
        "millrace: 1\nname: f\nprocessors:\n  - {name: A, type: UpdateAttribute}\n"
        "connections:\n  - {from: A, relationship: success, to: G/in}\n"
        "groups:\n  - name: G\n    inputs: [in]\n"
        "    processors:\n      - {name: B, type: UpdateAttribute}\n"
        "    connections:\n      - {from: in, to: B}\n");
    const std::string now = merged(wanted, text);
    QVERIFY2(flow::readFlow(now).ok(), now.c_str());
    QVERIFY2(now.find("# first") != std::string::npos, now.c_str());
    QVERIFY2(now.find("# second") == std::string::npos, now.c_str());
  }

  void manyAreAddedToAListInTheirOrder() {
    flow::Flow flow = flowOf(kFlow);
    std::vector<std::string> names;
    for (int i = 0; i < 20; ++i) {
      flow::Processor each = flow.root.processors[0];
      each.name = "new " + std::to_string(i);
      each.id = flow::ElementId(std::uint64_t(1000 + i));
      each.idIsGiven = true;
      names.push_back(each.name);
      flow.root.processors.push_back(each);
      flow::Label label;
      label.name = each.name + " note";
      label.text = "a: #1";
      label.id = flow::ElementId(std::uint64_t(2000 + i));
      label.idIsGiven = true;
      flow.root.groups[0].labels.push_back(label);
    }
    const std::string text = merged(flow);
    const flow::Flow read = flowOf(text);
    QVERIFY2(read.root.processors.size() == 22, text.c_str());
    for (std::size_t i = 0; i < names.size(); ++i)
      QCOMPARE(read.root.processors[2 + i].name, names[i]);
    QCOMPARE(read.root.groups[0].labels.size(), std::size_t(20));
    QVERIFY(text.find("# second") != std::string::npos);
  }
};

QTEST_APPLESS_MAIN(YamlMergeTest)
#include "yaml_merge_test.moc"
