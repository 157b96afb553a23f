// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/yaml_editor.h"

#include "engine/base/random.h"
#include "engine/flow/elements.h"
#include "engine/flow/paths.h"
#include "engine/flow/yaml_reader.h"
#include "engine/flow/yaml_writer.h"

#include <QFile>
#include <QTest>
#include <map>

using namespace millrace;
using namespace millrace::flow;

namespace {

const std::string kText =
    "# Who wrote this, and why.\n"
    "millrace: 1\n"
    "name: f  # the name\n"
    "\n"
    "processors:\n"
    "  # Reads.\n"
    "  - name: Read\n"
    "    type: TailFile   # a source\n"
    "    properties:\n"
    "      # where from\n"
    "      File: 'a.txt'  # relative\n"
    "      Script: |  # long\n"
    "        one\n"
    "        # no comment\n"
    "\n"
    "        two\n"
    "      Last: x\n"
    "    schedule: {every: 1 s}\n"
    "\n"
    "  # Shows.\n"
    "  - name: Show\n"
    "    type: LogAttribute\n"
    "    auto-terminate: [success]\n"
    "connections:\n"
    "  # the only wire\n"
    "  - {from: Read, relationship: success, to: Show}  # beside\n"
    "layout:\n"
    "  Read: {at: [1, 2]}\n";

YamlEditor opened(const std::string& text) {
  Result<YamlEditor> editor = YamlEditor::open(text);
  if (!editor.ok()) qFatal("%s", editor.error().message.c_str());
  return std::move(editor).value();
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  if (at == std::string::npos) qFatal("'%s' is not in the text", from.c_str());
  return text.replace(at, from.size(), to);
}

std::string windows(const std::string& text) {
  std::string result;
  for (const char c : text) result += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return result;
}

void check(const Result<>& result) {
  if (!result.ok()) QFAIL(result.error().message.c_str());
}

void refused(const Result<>& result) { QVERIFY(!result.ok()); }

std::uint64_t idOf(const Flow& flow, const std::string& path) {
  std::uint64_t id = 0;
  forEachElement(flow,
                 [&](ElementKind, const std::string& p, const Element& element, const Group&) {
                   if (p == path) id = element.id.raw();
                 });
  return id;
}

}  // namespace

class YamlEditorTest : public QObject {
  Q_OBJECT
 private slots:
  void aPathThatIsTooLongForAKeyIsNamed() {
    const std::string text = "millrace: 1\nname: f\ngroups:\n  - {name: " + std::string(900, 'a') +
                             ", processors: [{name: B, type: GenerateFlowFile}]}\nlayout:\n  " +
                             std::string(900, 'a') + "/B: {at: [1, 2]}\n";
    auto editor = YamlEditor::open(text);
    QVERIFY2(editor.ok(), editor.ok() ? "" : editor.error().message.c_str());
    const auto renamed = editor->rename(std::string(900, 'a') + "/B", std::string(200, 'b'));
    QVERIFY(!renamed.ok());
    QVERIFY2(renamed.error().message.find("at most 1024") != std::string::npos,
             renamed.error().message.c_str());
    QCOMPARE(editor->text(), text);
  }

  void openingChangesNothing() { QCOMPARE(opened(kText).text(), kText); }

  void aPropertyIsReplacedInItsQuotesAndItsCommentStays() {
    YamlEditor editor = opened(kText);
    check(editor.setProperty("Read", "File", "b.txt"));
    QCOMPARE(editor.text(), replaced(kText, "'a.txt'", "'b.txt'"));
    QCOMPARE(editor.flow().root.processors[0].properties[0].value, std::string("b.txt"));
  }

  void aNewPropertyComesLastAndAFirstOneMakesTheBlock() {
    YamlEditor editor = opened(kText);
    check(editor.setProperty("Read", "New: one", "a: b"));
    QCOMPARE(editor.text(),
             replaced(kText, "      Last: x\n", "      Last: x\n      'New: one': 'a: b'\n"));
    check(editor.setProperty("Show", "Level", "info"));
    QVERIFY(editor.text().find("    type: LogAttribute\n    properties:\n      Level: info\n"
                               "    auto-terminate: [success]\n") != std::string::npos);
  }

  void blockTextsAreReplacedAndRemovedWhole() {
    YamlEditor editor = opened(kText);
    check(editor.setProperty("Read", "Script", "echo"));
    QCOMPARE(editor.text(),
             replaced(kText, "|  # long\n        one\n        # no comment\n\n        two\n",
                      "echo  # long\n"));
    check(editor.setProperty("Read", "Script", "a\nb\n"));
    QCOMPARE(editor.text(), replaced(kText, "        one\n        # no comment\n\n        two\n",
                                     "        a\n        b\n"));
    check(editor.removeProperty("Read", "Script"));
    QVERIFY(editor.text().find("# long") == std::string::npos);
    QVERIFY(editor.text().find("# relative\n      Last: x\n") != std::string::npos);
  }

  void aRemovedPropertyTakesItsCommentsAndTheLastOneItsBlock() {
    YamlEditor editor = opened(kText);
    check(editor.removeProperty("Read", "File"));
    QCOMPARE(editor.text(),
             replaced(kText, "      # where from\n      File: 'a.txt'  # relative\n", ""));
    check(editor.removeProperty("Read", "Script"));
    check(editor.removeProperty("Read", "Last"));
    QVERIFY(editor.text().find("properties") == std::string::npos);
    QVERIFY(editor.flow().root.processors[0].properties.empty());
  }

  void settingsGoWhereTheKeyTablePutsThem() {
    YamlEditor editor = opened(kText);
    check(editor.setKey("Read", "comment", "Reads a file."));
    check(editor.setKey("Read", "penalty", "5 sec"));
    refused(editor.setKey("Read", "schedule", "x"));
    Schedule schedule;
    schedule.every = 2 * kSecond;
    check(editor.setKey("Read", "schedule", yamlOf(schedule)));
    std::string expected =
        replaced(kText, "# a source\n", "# a source\n    comment: Reads a file.\n");
    expected = replaced(expected, "{every: 1 s}\n", "{every: 2 sec}\n    penalty: 5 sec\n");
    QCOMPARE(editor.text(), expected);
    check(editor.removeKey("Read", "penalty"));
    check(editor.removeKey("Read", "comment"));
    QCOMPARE(editor.text(), replaced(kText, "{every: 1 s}", "{every: 2 sec}"));
  }

  void elementsAreAddedBehindTheOthers() {
    YamlEditor editor = opened(kText);
    Processor processor;
    processor.name = "Third";
    processor.type = "T";
    processor.properties = {{"a", "1", {}, {}}};
    check(editor.add("", processor));
    Connection wire;
    wire.from.path = "Read";
    wire.to.path = "Third";
    wire.relationships = {{"failure", {}}};
    check(editor.add("", wire));
    Group group;
    group.name = "G";
    check(editor.add("", group));
    Port port;
    port.name = "in";
    check(editor.addInput("G", port));
    std::string expected = replaced(kText, "auto-terminate: [success]\n",
                                    "auto-terminate: [success]\n  - name: Third\n    type: T\n"
                                    "    properties:\n      a: 1\n");
    expected = replaced(expected, "# beside\n",
                        "# beside\n  - {from: Read, relationship: failure, to: Third}\n"
                        "groups:\n  - name: G\n    inputs: [in]\n");
    QCOMPARE(editor.text(), expected);
  }

  void whatIsRemovedTakesItsCommentsAndItsLayout() {
    YamlEditor editor = opened(kText);
    refused(editor.remove("Read"));  // a connection leads from it
    QCOMPARE(editor.text(), kText);
    check(editor.remove("Read [success] -> Show"));
    QVERIFY(editor.text().find("connections") == std::string::npos);
    check(editor.remove("Read"));
    QCOMPARE(editor.text(),
             std::string("# Who wrote this, and why.\nmillrace: 1\nname: f  # the name\n\n"
                         "processors:\n\n  # Shows.\n  - name: Show\n    type: LogAttribute\n"
                         "    auto-terminate: [success]\n"));
  }

  void aRenameReachesEveryReferenceAndKeepsTheIds() {
    YamlEditor editor = opened(kText);
    const std::uint64_t read = idOf(editor.flow(), "Read");
    const std::uint64_t wire = idOf(editor.flow(), "Read [success] -> Show");
    check(editor.rename("Read", "Read / it"));
    QCOMPARE(idOf(editor.flow(), "Read \\/ it"), read);
    QCOMPARE(idOf(editor.flow(), "Read \\/ it [success] -> Show"), wire);
    QVERIFY(editor.text().find("{from: Read \\/ it, relationship: success, to: Show}  # beside") !=
            std::string::npos);
    QVERIFY(editor.text().find("  Read \\/ it: {at: [1, 2], id: ") != std::string::npos);
    check(editor.rename("Read \\/ it", "Read"));
    QCOMPARE(idOf(editor.flow(), "Read"), read);
    QVERIFY(editor.text().find("\\/") == std::string::npos);
  }

  void aRenamedGroupKeepsTheIdsOfAllInside() {
    const std::string text =
        "millrace: 1\nname: f\nfunnels: [F]\n"
        "groups:\n  - name: G\n    inputs: [in]\n    funnels: [X, {name: Y}]\n"
        "    connections: [{from: in, to: X}, {from: X, to: Y}]\n"
        "connections:\n  - from: F\n    to: G/in\n";
    YamlEditor editor = opened(text);
    std::map<std::string, std::uint64_t> before;
    forEachElement(editor.flow(), [&](ElementKind, const std::string& path, const Element& element,
                                      const Group&) { before[path] = element.id.raw(); });
    check(editor.rename("G", "Group"));
    QCOMPARE(idOf(editor.flow(), "Group/Y"), before.at("G/Y"));
    QCOMPARE(idOf(editor.flow(), "Group/in -> Group/X"), before.at("G/in -> G/X"));
    QCOMPARE(idOf(editor.flow(), "F -> Group/in"), before.at("F -> G/in"));
    check(editor.rename("Group/in", "entry"));
    QCOMPARE(idOf(editor.flow(), "Group/entry"), before.at("G/in"));
    QVERIFY(editor.text().find("    to: Group/entry\n") != std::string::npos);
    QVERIFY(editor.text().find("{from: entry, to: X}") != std::string::npos);
  }

  void aRenameToATakenNameIsRefusedAndChangesNothing() {
    YamlEditor editor = opened(kText);
    QVERIFY(!editor.rename("Read", "Show").ok());
    QCOMPARE(editor.text(), kText);
    QVERIFY(editor.flow() == readFlow(kText).flow);
    check(editor.setProperty("Read", "Last", "y"));
    QCOMPARE(editor.text(), replaced(kText, "Last: x", "Last: y"));
  }

  void aServiceIsRenamedWhereItIsSeen() {
    Catalog catalog;
    ComponentInfo user;
    user.type = "User";
    PropertyInfo store;
    store.name = "Store";
    store.kind = PropertyKind::kService;
    PropertyInfo other;
    other.name = "Text";
    user.properties = {store, other};
    catalog.add(user);
    const std::string text =
        "millrace: 1\nname: f\nservices: [{name: S, type: X}]\n"
        "processors: [{name: A, type: User, properties: {Store: S, Text: S}}]\n"
        "groups:\n  - name: G\n    processors: [{name: A, type: User, properties: {Store: S}}]\n"
        "  - name: H\n    services: [{name: S, type: X}]\n"
        "    processors: [{name: A, type: User, properties: {Store: S}}]\n";
    YamlEditor editor = opened(text);
    QVERIFY(!editor.rename("S", "T").ok());
    check(editor.rename("S", "T", &catalog));
    const Group& root = editor.flow().root;
    QCOMPARE(root.processors[0].properties[0].value, std::string("T"));
    QCOMPARE(root.processors[0].properties[1].value, std::string("S"));
    QCOMPARE(root.groups[0].processors[0].properties[0].value, std::string("T"));
    QCOMPARE(root.groups[1].processors[0].properties[0].value, std::string("S"));
  }

  void aConnectionThatIsLedElsewhereKeepsItsId() {
    YamlEditor editor = opened(replaced(kText, "connections:\n", "funnels: [F]\nconnections:\n"));
    const std::uint64_t wire = idOf(editor.flow(), "Read [success] -> Show");
    check(editor.setKey("Read [success] -> Show", "to", "F"));
    QCOMPARE(idOf(editor.flow(), "Read [success] -> F"), wire);
    YamlValue both = YamlValue::bracketedList();
    both.items = {"success", "failure"};
    check(editor.setKey("Read [success] -> F", "relationships", both));
    QCOMPARE(idOf(editor.flow(), "Read [failure, success] -> F"), wire);
    QVERIFY(editor.text().find("relationships: [success, failure], to: F}  # beside") !=
            std::string::npos);
  }

  void layoutIsWrittenForElementsAndConnections() {
    YamlEditor editor = opened(replaced(kText, "layout:\n  Read: {at: [1, 2]}\n", ""));
    Layout place;
    place.at = Point{10, 20.5};
    check(editor.setLayout("Show", place));
    Layout bends;
    bends.bends = {{1, 2}, {3, 4}};
    check(editor.setLayout("Read [success] -> Show", bends));
    QVERIFY(
        editor.text().ends_with("  # beside\nlayout:\n  Show: {at: [10, 20.5]}\n"
                                "  Read [success] -> Show: {bends: [[1, 2], [3, 4]]}\n"));
    check(editor.setLayout("Show", {}));
    check(editor.setLayout("Read [success] -> Show", {}));
    QVERIFY(editor.text().find("layout") == std::string::npos);
  }

  void aNameAloneBecomesAMappingWhenItNeedsOne() {
    YamlEditor editor = opened("millrace: 1\nname: f\ninputs: [a, b]  # doors\n");
    check(editor.setKey("b", "concurrency", "3"));
    QCOMPARE(
        editor.text(),
        std::string("millrace: 1\nname: f\ninputs: [a, {name: b, concurrency: 3}]  # doors\n"));
    check(editor.remove("a"));
    QCOMPARE(editor.text(),
             std::string("millrace: 1\nname: f\ninputs: [{name: b, concurrency: 3}]  # doors\n"));
  }

  void windowsLineEndsAndMissingLastLineBreakStay() {
    std::string text = windows(kText);
    text.resize(text.size() - 2);
    YamlEditor editor = opened(text);
    check(editor.setProperty("Read", "Größe", "日本\nzwei\n"));
    check(editor.setLayout("Show", {Point{3, 4}, {}, "", {}, {}, {}, {}}));
    std::string expected = replaced(text, "      Last: x\r\n",
                                    "      Last: x\r\n      Größe: |\r\n        日本\r\n"
                                    "        zwei\r\n");
    QCOMPARE(editor.text(), expected + "\r\n  Show: {at: [3, 4]}");
    QCOMPARE(editor.flow().root.processors[0].properties[3].value, std::string("日本\nzwei\n"));
  }

  void everyPropertyOfTheReferenceFlowCanBeSetAndPutBack() {
    QFile file(QStringLiteral(MR_SOURCE_DIR "/flows/reference.yaml"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const std::string text = file.readAll().toStdString();
    YamlEditor editor = opened(text);
    for (const Processor& processor : readFlow(text).flow.root.processors) {
      const std::string path = joinPath("", processor.name);
      for (const Property& property : processor.properties) {
        check(editor.setProperty(path, property.name, "other"));
        QVERIFY(editor.text() != text);
        check(editor.setProperty(path, property.name, property.value));
        QVERIFY(editor.flow() == readFlow(text).flow);
      }
    }
  }

  // Random edits: each either does what it says and nothing else, or nothing at all.
  void randomEditsKeepTextAndFlowTogether() {
    Random random(7);
    for (int round = 0; round < 30; ++round) {
      YamlEditor editor = opened(round % 2 == 0 ? kText : windows(kText));
      for (int step = 0; step < 12; ++step) {
        const std::string key(1, static_cast<char>('a' + random.below(4)));
        const std::string path = random.oneIn(2) ? "Read" : "Show";
        static const std::vector<std::string> kValues{"",    "x",  "a\nb", "a\n\nb\n",   "'",
                                                      "# x", "\t", "{",    "long: text", "ß"};
        const std::string& value = kValues[random.below(kValues.size())];
        switch (random.below(4)) {
          case 0:
            check(editor.setProperty(path, key, value));
            break;
          case 1:
            (void)editor.removeProperty(path, key).ok();
            break;
          case 2:
            check(editor.setKey(path, "comment", value));
            break;
          default:
            check(editor.setLayout(path, {Point{1.0 * step, 2}, {}, "", {}, {}, {}, {}}));
            break;
        }
        QVERIFY(readFlow(editor.text()).flow == editor.flow());
        QVERIFY(editor.text().find("# Who wrote this, and why.") == 0);
        QVERIFY(editor.text().find("# beside") != std::string::npos);
      }
    }
  }
};

QTEST_GUILESS_MAIN(YamlEditorTest)
#include "yaml_editor_test.moc"
