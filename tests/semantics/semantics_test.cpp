// SPDX-License-Identifier: Apache-2.0
// Every rule of NiFi's framework is pinned by a test or departed from with a reason, and
// docs/nifi-semantics.md says so. With MILLRACE_REGENERATE=1 the page is written anew instead.
#include "tests/semantics/semantics_table.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QTest>
#include <algorithm>

using millrace::tests::SemanticsTable;

namespace {

const QString kRoot = QStringLiteral(MR_SOURCE_DIR);

QString textOf(const QString& path) {
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly)) return {};
  return QString::fromUtf8(file.readAll());
}

SemanticsTable wholeTable() {
  SemanticsTable table;
  table.readRows(textOf(kRoot + "/tests/semantics/rows.txt"));
  QStringList files;
  QDirIterator walk(kRoot + "/tests", {"*_test.cpp"}, QDir::Files, QDirIterator::Subdirectories);
  while (walk.hasNext()) files << QDir(kRoot).relativeFilePath(walk.next());
  files.removeAll("tests/semantics/semantics_test.cpp");  // its markers are examples
  files.sort();
  for (const QString& file : files)
    table.readMarkers(file.toStdString(), textOf(kRoot + '/' + file));
  return table;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

const QString kRows = QStringLiteral(
    "# comment\n== 1.1 One\n1.1/1 A rule.\n1.1/2 Another.\n    departs: better so\n");

}  // namespace

class SemanticsTest : public QObject {
  Q_OBJECT
 private slots:
  void everyRuleHasATestOrAReason() {
    const auto problems = wholeTable().problems();
    QVERIFY2(problems.empty(), joined(problems).c_str());
  }

  void everySectionIsThere() {
    std::vector<std::string> numbers;
    const SemanticsTable table = wholeTable();
    for (const auto& section : table.sections()) {
      numbers.push_back(section.number);
      QVERIFY2(!section.rows.empty(), section.number.c_str());
    }
    std::vector<std::string> wanted;
    for (int i = 1; i <= 11; ++i) wanted.push_back("1." + std::to_string(i));
    QVERIFY(numbers == wanted);
  }

  void thePageIsFresh() {
    const QString path = kRoot + "/docs/nifi-semantics.md";
    const QString wanted = wholeTable().markdown();
    if (qEnvironmentVariableIsSet("MILLRACE_REGENERATE")) {
      QFile file(path);
      QVERIFY(file.open(QIODevice::WriteOnly));
      QVERIFY(file.write(wanted.toUtf8()) > 0);
    }
    QVERIFY2(textOf(path) == wanted,
             "docs/nifi-semantics.md is stale: run this program with MILLRACE_REGENERATE=1 in its "
             "environment");
  }

  void aRuleWithoutTestAndReasonIsFound() {
    SemanticsTable table;
    table.readRows(kRows);
    QCOMPARE(joined(table.problems()),
             std::string("1.1/1: no test slot pins it, and no reason is given for departing\n"));
    table.readMarkers("a_test.cpp", "  // pins: 1.1/1\n  void aSlot() {\n");
    QVERIFY(table.problems().empty());
    QVERIFY(table.markdown().contains("| 1.1/1 | A rule. | `a_test.cpp: aSlot` |"));
    QVERIFY(table.markdown().contains("| 1.1/2 | Another. | departs: better so |"));
  }

  void aMarkerWithoutRowOrSlotIsFound() {
    for (const auto& [text, problem] : std::map<QString, std::string>{
             {"  // pins: 1.1/3\n  void aSlot() {\n", "a_test.cpp:1: there is no row 1.1/3"},
             {"  // pins: 1.1/1\n  int aNumber = 0;\n", "a_test.cpp:1: the line behind"},
             {"  // pins: 1.1/1\n  void rows_data() {\n", "a_test.cpp:1: the line behind"},
             {"  // pins: 1.1/1", "a_test.cpp:1: the line behind"}}) {
      SemanticsTable table;
      table.readRows(kRows);
      table.readMarkers("a_test.cpp", text);
      QVERIFY2(joined(table.problems()).find(problem) == 0, joined(table.problems()).c_str());
    }
  }

  void malformedRowsAreFound() {
    for (const char* line : {"1.1/1 Twice.", "1.1/4 Out of order.", "1.2/3 Elsewhere.", "nothing",
                             "    departs: twice", "  departs: badly indented"}) {
      SemanticsTable table;
      table.readRows(kRows + line + '\n');
      const std::string problems = joined(table.problems());
      QVERIFY2(problems.find("rows.txt:6: ") == 0, problems.c_str());
    }
  }
};

QTEST_GUILESS_MAIN(SemanticsTest)
#include "semantics_test.moc"
