// SPDX-License-Identifier: Apache-2.0
// Every feature of tests/gui/features.txt has tests that exist, or is marked open; and
// docs/studio-features.md shows it. With MILLRACE_REGENERATE=1 the page is written anew instead.

#include <QFile>
#include <QTest>

namespace {

QString readFile(const QString& name) {
  QFile file(QString(MR_SOURCE_DIR) + "/" + name);
  return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

struct Feature {
  QString priority;
  QString what;
  QStringList tests;
  QString open;  ///< what of it is not there yet
};

Feature featureOf(const QString& line) {
  const QStringList columns = line.split(" |");
  Feature feature;
  feature.priority = columns.value(0).trimmed();
  feature.what = columns.value(1).trimmed();
  for (const QString& test : columns.value(2).split(',', Qt::SkipEmptyParts))
    feature.tests += test.trimmed();
  feature.tests.removeAll("");
  feature.open = columns.value(3).trimmed();
  return feature;
}

/// What is wrong with a row; empty: nothing.
QString wrong(const Feature& feature) {
  if (feature.priority != "P0" && feature.priority != "P1")
    return feature.what + " is neither P0 nor P1";
  if (feature.what.isEmpty()) return "a row has no words";
  if (feature.tests.isEmpty() && feature.open.isEmpty())
    return feature.what + " has no test and is not open";
  for (const QString& test : feature.tests) {
    const QString file = readFile("tests/gui/" + test.section(':', 0, 0) + ".cpp");
    if (!file.contains("void " + test.section(':', 1) + "()"))
      return feature.what + ": there is no test " + test;
  }
  return {};
}

class FeaturesTest : public QObject {
  Q_OBJECT

 private slots:
  void everyFeatureHasTestsThatExistOrIsOpen() {
    QString page =
        "# What Studio can do, and what pins it\n\n"
        "Made of tests/gui/features.txt by the test `gui_features_test`, which fails where a test "
        "is missing. P0 is what a first\nrelease needs, P1 what comes next. Tests are in "
        "tests/gui.\n";
    QStringList problems;
    int rows = 0;
    for (const QString& line : readFile("tests/gui/features.txt").split('\n')) {
      if (line.isEmpty() || line.startsWith('#')) continue;
      if (line.startsWith("= ")) {
        page += "\n## " + line.mid(2) + "\n\n| | what | test | open |\n|---|---|---|---|\n";
        continue;
      }
      const Feature feature = featureOf(line);
      ++rows;
      if (const QString problem = wrong(feature); !problem.isEmpty()) problems += problem;
      page += "| " + feature.priority + " | " + feature.what + " | " + feature.tests.join("<br>") +
              " | " + feature.open + " |\n";
    }
    QVERIFY(rows >= 45);
    QVERIFY2(problems.isEmpty(), qPrintable(problems.join("\n")));
    const QString name = "docs/studio-features.md";
    if (qEnvironmentVariableIsSet("MILLRACE_REGENERATE")) {
      QFile file(QString(MR_SOURCE_DIR) + "/" + name);
      QVERIFY(file.open(QIODevice::WriteOnly));
      QCOMPARE(file.write(page.toUtf8()), page.toUtf8().size());
    }
    QVERIFY2(readFile(name) == page,
             "docs/studio-features.md is stale: run this program with MILLRACE_REGENERATE=1");
  }

  void aRowThatPromisesTooMuchIsFound() {
    const QString test = "features_test:aRowThatPromisesTooMuchIsFound";
    QCOMPARE(wrong(featureOf("P0 | it | " + test + " |")), QString());
    QCOMPARE(wrong(featureOf("P1 | it | | all of it")), QString());
    QVERIFY(wrong(featureOf("P0 | it | |")).contains("not open"));
    QVERIFY(wrong(featureOf("P2 | it | " + test + " |")).contains("neither"));
    QVERIFY(wrong(featureOf("P0 | it | features_test:none |")).contains("there is no test"));
  }
};

}  // namespace

QTEST_GUILESS_MAIN(FeaturesTest)
#include "features_test.moc"
