// SPDX-License-Identifier: Apache-2.0
#include "engine/expression/function_table.h"
#include "tests/engine/expression/expression_fixture.h"

#include <QFile>
#include <QTest>
#include <set>

using namespace millrace::expression;
using millrace::expression::testing::ExpressionFixture;

namespace {

constexpr Family kEveryFamily[] = {
    Family::kBoolean, Family::kString, Family::kEncode,   Family::kSearch,      Family::kJson,
    Family::kMath,    Family::kDate,   Family::kCoercion, Family::kSubjectless, Family::kMany,
};

}  // namespace

class ExamplesTest : public QObject {
  Q_OBJECT
 private slots:
  void everyExampleGivesWhatItsEntrySays() {
    ExpressionFixture world;
    for (const auto& [name, value] : exampleAttributes()) {
      world.attributes().set(std::string(name), std::string(value));
    }
    for (const Family family : kEveryFamily) {
      for (const FunctionEntry& entry : functionsOf(family)) {
        const std::string value = world.value(entry.example);
        const std::string where = std::string(entry.name) + ": " + value;
        QVERIFY2(value.find("error: ") == std::string::npos, where.c_str());
        QVERIFY2(entry.example.find(entry.name) != std::string_view::npos, where.c_str());
        if (!entry.exampleResult.empty()) QVERIFY2(value == entry.exampleResult, where.c_str());
      }
    }
  }
  void noTwoFunctionsShareANameAndAPlace() {
    std::set<std::pair<std::string, bool>> seen;
    for (const Family family : kEveryFamily) {
      for (const FunctionEntry& entry : functionsOf(family)) {
        const bool first = entry.form == Form::kSubject || entry.form == Form::kDelegate;
        QVERIFY2(seen.insert({std::string(entry.name), first}).second, entry.name.data());
        QVERIFY(!entry.summary.empty());
      }
    }
  }
  void theReferenceInDocsIsTheTable() {
    QFile file(QStringLiteral(MR_SOURCE_DIR "/docs/expression-language.md"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const std::string text = file.readAll().toStdString();
    file.close();
    const std::string marker = "<!-- what follows is made from the table of functions -->\n";
    const std::size_t begin = text.find(marker);
    QVERIFY(begin != std::string::npos);
    const std::string fresh = text.substr(0, begin) + marker + functionReference();
    if (qEnvironmentVariableIsSet("MILLRACE_REGENERATE")) {
      QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate));
      QCOMPARE(file.write(fresh.data(), static_cast<qint64>(fresh.size())),
               static_cast<qint64>(fresh.size()));
      return;
    }
    QVERIFY2(text == fresh,
             "docs/expression-language.md is stale: run this program with MILLRACE_REGENERATE=1 in "
             "its environment");
  }
};

QTEST_GUILESS_MAIN(ExamplesTest)
#include "examples_test.moc"
