// SPDX-License-Identifier: Apache-2.0
// What is told when an invariant is broken, before the program ends.

// Before all of the C++ library, as in the small build.
#include "engine/base/standard_checks.h"
// clang-format off
#include "engine/base/assert.h"
// clang-format on

#include <QProcess>
#include <QTest>

using namespace millrace;

namespace {

/// The address that is told lies in this function.
[[gnu::noinline]] void breakACheck(int argc) {
  __glibcxx_assert(argc < 0);
  std::puts("the check did not hold");
}

}  // namespace

class AssertTest : public QObject {
  Q_OBJECT

  static QByteArray errOf(const QString& what) {
    QProcess self;
    self.start(QCoreApplication::applicationFilePath(), {what});
    if (!self.waitForFinished() || self.exitStatus() != QProcess::CrashExit) return "no crash";
    return self.readAllStandardError();
  }

 private slots:
  void aBrokenInvariantNamesItsPlace() {
    const QByteArray err = errOf("--invariant");
    QVERIFY2(err.startsWith("millrace: broken invariant 1 + 1 == 3 at "), err.constData());
    QVERIFY(err.contains("assert_test.cpp:"));
  }

  void aCheckOfTheLibraryNamesAnAddressThatLeadsToItsFunction() {
    const QByteArray err = errOf("--check");
    const QByteArray before = "millrace: a check of the C++ library failed at 0x";
    QVERIFY2(err.startsWith(before), err.constData());
    QProcess reader;
    reader.start("addr2line",
                 {"-Cfe", QCoreApplication::applicationFilePath(),
                  "0x" + QString::fromLatin1(err.mid(before.size())).section(' ', 0, 0)});
    QVERIFY(reader.waitForFinished());
    const QByteArray place = reader.readAllStandardOutput();
    QVERIFY2(place.contains("breakACheck"), place.constData());
  }
};

int main(int argc, char** argv) {
  const std::string_view what = argc == 2 ? argv[1] : "";
  if (what == "--invariant") MR_ASSERT(1 + 1 == 3);
  if (what == "--check") breakACheck(argc);
  QCoreApplication app(argc, argv);
  AssertTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "assert_test.moc"
