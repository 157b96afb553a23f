// SPDX-License-Identifier: Apache-2.0
// Every line of the tables in rules/, with the rule that it follows beside it.
#include "engine/expression/function_table.h"
#include "tests/engine/expression/expression_fixture.h"
#include "tests/engine/expression/rule_table.h"

#include <QRegularExpression>
#include <QSet>
#include <QTest>

using namespace millrace::expression;
using namespace millrace::expression::testing;

namespace {

constexpr int kLeastLines = 800;
const QStringList kKinds{"normal", "null", "empty", "type", "edge"};

bool agrees(const Rule& rule, const QByteArray& value) {
  switch (rule.outcome) {
    case Rule::Outcome::kValue:
      return value == rule.expected;
    case Rule::Outcome::kFails:
      return value.startsWith("error: ") && value.contains(rule.expected);
    case Rule::Outcome::kRefused:
      return value.startsWith("compile error: ") && value.contains(rule.expected);
    case Rule::Outcome::kMatches:
      return !value.startsWith("error: ") &&
             QRegularExpression(
                 QRegularExpression::anchoredPattern(QString::fromUtf8(rule.expected)))
                 .match(QString::fromUtf8(value))
                 .hasMatch();
  }
  return false;
}

}  // namespace

class RulesTest : public QObject {
  Q_OBJECT

  QList<RuleFile> files_;

 private slots:
  void initTestCase() {
    QStringList wrong;
    files_ = readRules(wrong);
    QVERIFY2(wrong.isEmpty(), qPrintable('\n' + wrong.join('\n')));
  }
  void everyLineOfTheTablesHolds() {
    QStringList wrong;
    int lines = 0;
    for (const RuleFile& file : files_) {
      ExpressionFixture world;
      for (auto it = file.attributes.begin(); it != file.attributes.end(); ++it)
        world.attributes().set(it.key().toStdString(), it.value().toStdString());
      world.state().set("count", "41");
      for (const Rule& rule : file.rules) {
        ++lines;
        const auto value = QByteArray::fromStdString(world.value(rule.text.toStdString()));
        if (agrees(rule, value)) continue;
        wrong += QString("%1: %2 gives [%3] instead of [%4], by the rule: %5")
                     .arg(rule.where, QString::fromUtf8(rule.text), QString::fromUtf8(value),
                          QString::fromUtf8(rule.expected), rule.rule);
      }
    }
    QVERIFY2(wrong.isEmpty(), qPrintable('\n' + wrong.join('\n')));
    QVERIFY2(lines >= kLeastLines, qPrintable(QString::number(lines)));
  }
  void everyFunctionHasLinesOfEveryKind() {
    QHash<QString, QSet<QString>> seen;
    for (const RuleFile& file : files_) {
      for (const Rule& rule : file.rules) {
        QVERIFY2(kKinds.contains(rule.kind), qPrintable(rule.where));
        seen[rule.function] += rule.kind;
      }
    }
    QStringList wrong;
    QSet<QString> known;
    for (std::size_t family = 0; family < kFamilies; ++family) {
      for (const FunctionEntry& entry : functionsOf(static_cast<Family>(family))) {
        const QString name = QString::fromUtf8(entry.name.data(), qsizetype(entry.name.size()));
        known += name;
        for (const QString& kind : kKinds) {
          if (!seen[name].contains(kind)) wrong += name + ": no line of kind " + kind;
        }
      }
    }
    for (auto it = seen.begin(); it != seen.end(); ++it) {
      if (!known.contains(it.key())) wrong += it.key() + " is no function";
    }
    QVERIFY2(wrong.isEmpty(), qPrintable('\n' + wrong.join('\n')));
  }
};

QTEST_GUILESS_MAIN(RulesTest)
#include "rules_test.moc"
