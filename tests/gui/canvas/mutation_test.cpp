// SPDX-License-Identifier: Apache-2.0
// The tests of the canvas notice when a gesture does nothing: each one that the canvas asks for
// (gui/canvas/gesture_seam.h) is taken away in turn, and then one of them must fail.

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QTest>
#include <memory>
#include <vector>

namespace {

constexpr int kPatience = 240000;  ///< milliseconds, on a machine that does other things, too
const char* const kPrograms[] = {"gui_canvas_pointer_test", "gui_canvas_gestures_test"};

/// The names that the canvas asks for, out of its sources, so that none can be forgotten.
QStringList gestures() {
  QStringList names;
  const QDir folder(QString(MR_SOURCE_DIR) + "/gui/canvas");
  const QRegularExpression word("\"([^\"]+)\"");
  for (const QString& name : folder.entryList({"*.cpp"})) {
    QFile file(folder.filePath(name));
    if (!file.open(QIODevice::ReadOnly)) continue;
    const QString text = QString::fromUtf8(file.readAll());
    qsizetype at = text.indexOf("gestureWorks(");
    for (; at >= 0; at = text.indexOf("gestureWorks(", at + 1)) {
      // Up to the parenthesis that closes the call: its texts are the names.
      int depth = 0;
      qsizetype end = text.indexOf('(', at);
      do {
        depth += text[end] == '(' ? 1 : text[end] == ')' ? -1 : 0;
        ++end;
      } while (depth > 0 && end < text.size());
      auto words = word.globalMatch(text.mid(at, end - at));
      while (words.hasNext()) names << words.next().captured(1);
    }
  }
  names.removeDuplicates();
  return names;
}

/// Whether a test program fails with a gesture taken away. Anything but an end of its own counts
/// as no answer.
bool fails(const char* program, const QString& cut, QString& trouble) {
  QProcess process;
  QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
  environment.insert("MILLRACE_CUT_GESTURE", cut);
  environment.insert("QT_QPA_PLATFORM", "offscreen");
  process.setProcessEnvironment(environment);
  process.setProcessChannelMode(QProcess::MergedChannels);
  process.start(QString(MR_BINARY_DIR) + "/tests/" + program, {"-silent"});
  if (!process.waitForFinished(kPatience) || process.exitStatus() != QProcess::NormalExit)
    trouble =
        QString(program) + " did not end with '" + cut + "' taken away: " + process.errorString();
  return process.exitCode() != 0;
}

}  // namespace

class MutationTest : public QObject {
  Q_OBJECT

 private slots:
  void withNothingTakenAwayAllOfThemPass() {
    QString trouble;
    for (const char* program : kPrograms) QVERIFY2(!fails(program, "none", trouble), program);
    QVERIFY2(trouble.isEmpty(), qPrintable(trouble));
  }

  void eachGestureThatIsTakenAwayIsNoticed() {
    const QStringList names = gestures();
    QVERIFY2(names.size() >= 30, qPrintable(names.join(", ")));
    QStringList unnoticed;
    QString trouble;
    for (const QString& name : names) {
      bool noticed = false;
      for (const char* program : kPrograms) noticed = noticed || fails(program, name, trouble);
      if (!noticed) unnoticed << name;
    }
    QVERIFY2(trouble.isEmpty(), qPrintable(trouble));
    QVERIFY2(unnoticed.isEmpty(), qPrintable(unnoticed.join(", ")));
  }
};

QTEST_GUILESS_MAIN(MutationTest)
#include "mutation_test.moc"
