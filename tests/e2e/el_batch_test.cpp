// SPDX-License-Identifier: Apache-2.0
// millrace el --batch answers 100,000 lines, the tables of the Expression Language over and over,
// each as its rule says and in the order in which they were sent.
#include "tests/engine/expression/rule_table.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QProcessEnvironment>
#include <QRegularExpression>
#include <QTest>

using namespace millrace::expression::testing;

namespace {

const QString kProgram = MR_BINARY_DIR "/bin/millrace";
constexpr int kPatience = 240000;
constexpr int kLines = 100000;

/// Empty when the answer is what the rule says.
QString wrongWith(const Rule& rule, const QJsonObject& answer, int id) {
  if (answer["id"].toInt(-1) != id) return "the answer is not that of this line";
  const bool failed = answer.contains("error");
  const QByteArray text = answer[failed ? "error" : "value"].toString().toUtf8();
  const bool wantsError =
      rule.outcome == Rule::Outcome::kFails || rule.outcome == Rule::Outcome::kRefused;
  if (failed != wantsError) return "the answer is " + QString::fromUtf8(text);
  if (wantsError) return text.contains(rule.expected) ? QString() : QString::fromUtf8(text);
  if (rule.outcome == Rule::Outcome::kMatches) {
    const QRegularExpression pattern(
        QRegularExpression::anchoredPattern(QString::fromUtf8(rule.expected)));
    return pattern.match(QString::fromUtf8(text)).hasMatch() ? QString() : QString::fromUtf8(text);
  }
  return text == rule.expected ? QString() : "the value is " + QString::fromUtf8(text);
}

QByteArray lineOf(const Rule& rule, const QJsonObject& attributes, int id) {
  const QJsonObject line{{"id", id},
                         {"expr", QString::fromUtf8(rule.text)},
                         {"attributes", attributes},
                         {"state", QJsonObject{{"count", "41"}}}};
  return QJsonDocument(line).toJson(QJsonDocument::Compact) + '\n';
}

}  // namespace

class ElBatchTest : public QObject {
  Q_OBJECT
 private slots:
  void aHundredThousandMixedLinesAreAnsweredByTheirRules() {
    QStringList wrong;
    const QList<RuleFile> files = readRules(wrong);
    QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join('\n')));
    QList<const Rule*> rules;
    QList<QJsonObject> attributes;
    for (const RuleFile& file : files) {
      QJsonObject all;
      for (auto it = file.attributes.begin(); it != file.attributes.end(); ++it)
        all[QString::fromUtf8(it.key())] = QString::fromUtf8(it.value());
      for (const Rule& rule : file.rules) {
        if (rule.function == "now") continue;  // the tables stand still at one moment
        rules += &rule;
        attributes += all;
      }
    }
    QVERIFY(rules.size() > 800);

    QByteArray input;
    for (int id = 0; id < kLines; ++id)
      input += lineOf(*rules[id % rules.size()], attributes[id % rules.size()], id);
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("TZ", "UTC");
    process.setProcessEnvironment(environment);
    process.start(kProgram, {"el", "--batch"});
    QVERIFY(process.waitForStarted(kPatience));
    process.write(input);
    process.closeWriteChannel();
    QVERIFY(process.waitForFinished(kPatience));
    QCOMPARE(process.exitCode(), 0);
    const QList<QByteArray> answers = process.readAllStandardOutput().split('\n');
    QCOMPARE(answers.size(), kLines + 1);  // the last line has its end
    for (int id = 0; id < kLines && wrong.size() < 20; ++id) {
      const Rule& rule = *rules[id % rules.size()];
      const QString why = wrongWith(rule, QJsonDocument::fromJson(answers[id]).object(), id);
      if (!why.isEmpty())
        wrong += QString("%1: %2: %3").arg(rule.where, QString::fromUtf8(rule.text), why);
    }
    QVERIFY2(wrong.isEmpty(), qPrintable('\n' + wrong.join('\n')));
  }
};

QTEST_GUILESS_MAIN(ElBatchTest)
#include "el_batch_test.moc"
