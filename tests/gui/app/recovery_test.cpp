// SPDX-License-Identifier: Apache-2.0
// A Studio that edits all the time is killed at a random moment: what was edited up to a second
// before is offered by the next one, and nothing of it is torn. MILLRACE_ROUNDS scales the number
// of kills: 1 is 100; a tenth is the default.

#include "gui/app/recovery.h"

#include "gui/app/main_window.h"
#include "tests/gui/studio_bench.h"

#include <QApplication>
#include <QDateTime>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QLabel>
#include <QProcess>
#include <QPushButton>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <cstdio>
#include <memory>

using namespace studio;

namespace {

constexpr qint64 kAllowedMillis = 1000;  ///< of edits that may be lost
constexpr int kEditEveryMillis = 7;

QString nameOf(qint64 edit) { return "edit " + QString::number(edit); }

/// The child: numbers its edits in the flow's comment and tells each when it is made.
int editUntilKilled(const QString& flow, const QString& folder) {
  TypeCatalog catalog = types();
  Session session(catalog);
  session.keepRecovery(folder);
  if (!session.open(flow).ok()) return 1;
  qint64 edit = 0;
  QTimer timer;
  QObject::connect(&timer, &QTimer::timeout, &timer, [&] {
    ++edit;
    session.editor().update({kRootGroup}, "Edit", [&](Component& component) {
      component.element().comment = nameOf(edit).toStdString();
    });
    std::printf("%lld %lld\n", static_cast<long long>(edit),
                static_cast<long long>(QDateTime::currentMSecsSinceEpoch()));
    std::fflush(stdout);
  });
  timer.start(kEditEveryMillis);
  return QApplication::exec();
}

int rounds() {
  bool ok = false;
  const double factor = qEnvironmentVariable("MILLRACE_ROUNDS").toDouble(&ok);
  return std::max(1, static_cast<int>(100 * (ok ? factor : 0.1)));
}

}  // namespace

class RecoveryTest : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    path_ = folder_->filePath("small.yaml");
    write(path_, QByteArray::fromStdString(smallFlow()));
    kept_ = folder_->filePath("recovery");
  }

  void whatWasEditedASecondBeforeAKillIsThereAfterwards() {
    Random random(20261123);
    for (int round = 0; round < rounds(); ++round) {
      QProcess child;
      child.start(QApplication::applicationFilePath(), {"--edit-until-killed", path_, kept_});
      QVERIFY(child.waitForStarted());
      const auto life = static_cast<int>(1100 + random.below(900));
      QByteArray said;
      QElapsedTimer alive;
      // Counted from the first edit, so that a slow start does not leave a round without any.
      while (!said.contains('\n') && child.waitForReadyRead(30000)) said += child.readAll();
      alive.start();
      while (alive.elapsed() < life) {
        child.waitForReadyRead(50);
        said += child.readAll();
      }
      child.kill();
      QVERIFY(child.waitForFinished());
      said += child.readAll();
      std::vector<std::pair<qint64, qint64>> edits;
      for (const QByteArray& line : said.left(said.lastIndexOf('\n')).split('\n')) {
        const QList<QByteArray> words = line.split(' ');
        QCOMPARE(words.size(), 2);
        edits.emplace_back(words[0].toLongLong(), words[1].toLongLong());
      }
      QVERIFY(edits.size() > 2);
      qint64 least = 0;
      for (const auto& [edit, at] : edits) {
        if (at <= edits.back().second - kAllowedMillis) least = edit;
      }
      const std::vector<Leftover> left = Recovery::leftovers(kept_);
      QCOMPARE(left.size(), std::size_t(1));
      QCOMPARE(left[0].flow, path_);
      const auto flow = flow::parseFlow(left[0].text.toStdString(), "recovered");
      QVERIFY(flow.ok());
      const QString comment = QString::fromStdString(flow->root.comment);
      QVERIFY2(comment.startsWith("edit "), qPrintable(comment));
      QVERIFY2(comment.mid(5).toLongLong() >= least, qPrintable(comment));
      Recovery::forget(left[0]);
      QVERIFY(Recovery::leftovers(kept_).empty());
    }
    QVERIFY(QDir(kept_).isEmpty());
  }

  void whatWasLeftBehindIsOfferedRestoredAndSaved() {
    std::string edited = smallFlow();
    edited.replace(edited.find("Count: 1"), 8, "Count: 9");
    leave(edited, QByteArray::fromStdString(smallFlow()));
    auto window = opened();
    auto* text = window->findChild<QLabel*>("recoveryText");
    QVERIFY(text->isVisible());
    QVERIFY2(text->text().contains("small.yaml"), qPrintable(text->text()));
    QTest::mouseClick(window->findChild<QPushButton*>("recoveryRestore"), Qt::LeftButton);
    QVERIFY(!text->isVisible());
    QVERIFY(window->isWindowModified());
    QCOMPARE(window->session().path(), path_);
    window->action("save")->trigger();
    QCOMPARE(read(path_), QByteArray::fromStdString(edited));
    QVERIFY(Recovery::leftovers(kept_).empty());
  }

  void whatAnotherProgramWroteMeanwhileIsNotOverwrittenUnasked() {
    std::string edited = smallFlow();
    edited.replace(edited.find("Count: 1"), 8, "Count: 9");
    leave(edited, "another file was opened");
    auto window = opened();
    QTest::mouseClick(window->findChild<QPushButton*>("recoveryRestore"), Qt::LeftButton);
    window->action("save")->trigger();
    QCOMPARE(asked_.size(), 1);
    QCOMPARE(read(path_), QByteArray::fromStdString(smallFlow()));
  }

  void whatIsForgottenIsGoneAndWhatIsOfAnotherKindStays() {
    leave(smallFlow(), {});
    write(kept_ + "/other.recovery", "millrace-recovery 9\n\nof the future");
    auto window = opened();
    QTest::mouseClick(window->findChild<QPushButton*>("recoveryForget"), Qt::LeftButton);
    QVERIFY(!window->findChild<QLabel*>("recoveryText")->isVisible());
    QVERIFY(Recovery::leftovers(kept_).empty());
    QVERIFY(QFile::exists(kept_ + "/other.recovery"));
  }

  void savedWorkAndWorkThatIsUndoneLeaveNothingBehind() {
    TypeCatalog catalog = types();
    Session session(catalog);
    session.keepRecovery(kept_);
    QVERIFY(session.open(path_).ok());
    const auto files = [&] { return QDir(kept_).entryList({"*.recovery"}, QDir::Files).size(); };
    session.editor().addFunnel(kRootGroup, {0, 0});
    QTRY_COMPARE(files(), 1);
    QVERIFY(Recovery::leftovers(kept_).empty());  // it lives
    session.undo().undo();
    QCOMPARE(files(), 0);
    session.undo().redo();
    QTRY_COMPARE(files(), 1);
    QVERIFY(session.save(path_).ok());
    QCOMPARE(files(), 0);
  }

  void aFolderThatCannotBeWrittenIsSaidOnce() {
    write(folder_->filePath("file"), "in the way");
    TypeCatalog catalog = types();
    Session session(catalog);
    QStringList told;
    connect(&session, &Session::told, this, [&](const QString& text) { told << text; });
    session.keepRecovery(folder_->filePath("file/below"));
    session.editor().addFunnel(kRootGroup, {0, 0});
    QTRY_COMPARE(told.size(), 1);
    QVERIFY(told[0].contains("save often"));
    session.editor().addFunnel(kRootGroup, {0, 100});
    QTest::qWait(2 * Recovery::kAfterMillis);  // that nothing comes cannot be waited for otherwise
    QCOMPARE(told.size(), 1);
  }

 private:
  std::unique_ptr<MainWindow> opened() {
    auto window = std::make_unique<MainWindow>(catalog_, QString());
    asked_.clear();
    window->setAsk([this](const QString& question) {
      asked_ << question;
      return MainWindow::Answer::kDiscard;
    });
    window->session().keepRecovery(kept_);
    window->resize(1200, 800);
    window->show();
    window->showStartPage();
    window->offerRecovery(Recovery::leftovers(kept_));
    return window;
  }
  /// As a Studio that was killed leaves it; `base` is what it had opened.
  void leave(const std::string& text, const QByteArray& base) {
    QVERIFY(QDir().mkpath(kept_));
    write(kept_ + "/0001.recovery", "millrace-recovery 1\nflow \"" + path_.toUtf8() + "\"\nbase " +
                                        Recovery::digest(base) + "\nedited 1700000000000\n\n" +
                                        QByteArray::fromStdString(text));
  }
  static void write(const QString& path, const QByteArray& bytes) {
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(bytes);
  }
  static QByteArray read(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) return "unreadable";
    return file.readAll();
  }

  TypeCatalog catalog_ = types();
  std::unique_ptr<QTemporaryDir> folder_;
  QString path_;
  QString kept_;
  QStringList asked_;
};

int main(int argc, char** argv) {
  if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
  QApplication app(argc, argv);
  QApplication::setOrganizationName("MillraceTest");
  QStandardPaths::setTestModeEnabled(true);
  const QStringList words = QApplication::arguments();
  if (words.size() == 4 && words[1] == "--edit-until-killed")
    return editUntilKilled(words[2], words[3]);
  RecoveryTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "recovery_test.moc"
