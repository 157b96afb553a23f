// SPDX-License-Identifier: Apache-2.0
// Every clause of tests/server/rest/coverage.txt has routes that are served and tests that exist,
// or says why not; every route has a clause; docs/rest-coverage.md shows it. With
// MILLRACE_REGENERATE=1 the page is written anew instead.

#include "tests/harness/rest_rig.h"

#include <QFile>
#include <QRegularExpression>
#include <set>

using namespace rest_rig;

namespace {

QString readFile(const QString& name) {
  QFile file(QString(MR_SOURCE_DIR) + "/" + name);
  return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

struct Row {
  QString clause;
  QStringList routes;
  QString reason;  ///< why there is none
  QStringList tests;
};

QStringList listOf(const QString& text) {
  QStringList list;
  for (const QString& each : text.split(',', Qt::SkipEmptyParts)) list += each.trimmed();
  list.removeAll("");
  return list;
}

/// What is wrong with a row; empty: nothing.
QString wrong(const Row& row, const std::set<QString>& served) {
  if (row.routes.isEmpty() && row.reason.isEmpty()) return row.clause + " has no route";
  if (!row.routes.isEmpty() && row.tests.isEmpty()) return row.clause + " has no test";
  for (const QString& route : row.routes) {
    if (!served.contains(route)) return row.clause + ": nobody serves " + route;
  }
  for (const QString& test : row.tests) {
    const QString file = readFile("tests/" + test.section(':', 0, 0) + ".cpp");
    if (!file.contains("void " + test.section(':', 1) + "()"))
      return row.clause + ": there is no test " + test;
  }
  return {};
}

class CoverageTest : public QObject {
  Q_OBJECT

  static Row rowOf(const QString& line) {
    const QStringList columns = line.split(" |");
    Row row;
    row.clause = columns.value(0).trimmed();
    const QString second = columns.value(1).trimmed();
    if (second.startsWith('-')) {
      row.reason = second.mid(1).trimmed();
    } else {
      row.routes = listOf(second);
    }
    row.tests = listOf(columns.value(2));
    return row;
  }

 private slots:
  void everyClauseHasItsRouteAndTestAndEveryRouteItsClause() {
    Rig rig("millrace: 1\nname: covered\n");
    std::set<QString> served;
    for (const Router::Route& route : rig.rest->router().routes())
      served.insert(QString::fromUtf8(methodName(route.method).data()) + " " +
                    QString::fromStdString(route.pattern));
    QString page =
        "# What the server's interface covers\n\n"
        "Made of tests/server/rest/coverage.txt by the test `coverage_test`, which fails where a "
        "route or a test is missing.\n[rest.md](rest.md) explains the routes.\n";
    std::set<QString> told;
    QStringList problems;
    int rows = 0;
    for (const QString& line : readFile("tests/server/rest/coverage.txt").split('\n')) {
      if (line.isEmpty() || line.startsWith('#')) continue;
      if (line.startsWith("= ")) {
        page += "\n## " + line.mid(2) + "\n\n| what | route | test |\n|---|---|---|\n";
        continue;
      }
      const Row row = rowOf(line);
      ++rows;
      if (const QString problem = wrong(row, served); !problem.isEmpty()) problems += problem;
      told.insert(row.routes.begin(), row.routes.end());
      QStringList routes;
      for (const QString& route : row.routes) routes += "`" + route + "`";
      page += "| " + row.clause + " | " +
              (row.reason.isEmpty() ? routes.join("<br>") : row.reason) + " | " +
              row.tests.join("<br>") + " |\n";
    }
    QVERIFY(rows > 50);
    for (const QString& route : served) {
      if (!told.contains(route)) problems += route + " is in no row";
    }
    QVERIFY2(problems.isEmpty(), qPrintable(problems.join("\n")));
    const QString name = "docs/rest-coverage.md";
    if (qEnvironmentVariableIsSet("MILLRACE_REGENERATE")) {
      QFile file(QString(MR_SOURCE_DIR) + "/" + name);
      QVERIFY(file.open(QIODevice::WriteOnly));
      QCOMPARE(file.write(page.toUtf8()), page.toUtf8().size());
    }
    QVERIFY2(readFile(name) == page,
             "docs/rest-coverage.md is stale: run this program with MILLRACE_REGENERATE=1");
  }

  void aRowThatPromisesTooMuchIsFound() {
    const std::set<QString> served{"GET /a"};
    const QString test = "server/rest/coverage_test:aRowThatPromisesTooMuchIsFound";
    QCOMPARE(wrong(rowOf("it | GET /a | " + test), served), QString());
    QCOMPARE(wrong(rowOf("it | - not yet |"), served), QString());
    QVERIFY(wrong(rowOf("it | | " + test), served).contains("no route"));
    QVERIFY(wrong(rowOf("it | GET /a |"), served).contains("no test"));
    QVERIFY(wrong(rowOf("it | GET /b | " + test), served).contains("nobody serves GET /b"));
    QVERIFY(wrong(rowOf("it | GET /a | server/rest/coverage_test:none"), served)
                .contains("there is no test"));
  }
};

}  // namespace

QTEST_GUILESS_MAIN(CoverageTest)
#include "coverage_test.moc"
