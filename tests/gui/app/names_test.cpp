// SPDX-License-Identifier: Apache-2.0
// For people who do not see the screen or use no mouse: every control of the window, its panels,
// popups and questions has a name, and the keys alone lead to each.

#include "gui/app/main_window.h"
#include "gui/canvas/quick_add.h"
#include "gui/canvas/relationship_choice.h"
#include "tests/gui/studio_bench.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSpinBox>
#include <QAccessible>
#include <QApplication>
#include <QComboBox>
#include <QDockWidget>
#include <QFile>
#include <QHeaderView>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QPlainTextEdit>
#include <QScrollBar>
#include <QStandardPaths>
#include <QTabWidget>
#include <QTemporaryDir>
#include <QTest>
#include <QTextEdit>
#include <memory>
#include <set>

using namespace studio;

namespace {

/// Parts that Qt makes inside a control of its own: the control has the name.
bool isInside(const QWidget* widget) {
  for (const QWidget* up = widget->parentWidget(); up != nullptr; up = up->parentWidget()) {
    if (qobject_cast<const QComboBox*>(up) != nullptr ||
        qobject_cast<const QAbstractSpinBox*>(up) != nullptr ||
        qobject_cast<const QAbstractItemView*>(up) != nullptr ||
        qobject_cast<const QLineEdit*>(up) != nullptr)
      return true;
  }
  return widget->objectName().startsWith("qt_");
}

bool isControl(const QWidget* widget) {
  return qobject_cast<const QAbstractButton*>(widget) != nullptr ||
         qobject_cast<const QLineEdit*>(widget) != nullptr ||
         qobject_cast<const QTextEdit*>(widget) != nullptr ||
         qobject_cast<const QPlainTextEdit*>(widget) != nullptr ||
         qobject_cast<const QComboBox*>(widget) != nullptr ||
         (qobject_cast<const QAbstractItemView*>(widget) != nullptr &&
          qobject_cast<const QHeaderView*>(widget) == nullptr) ||
         widget->objectName() == "canvas" || widget->objectName() == "minimap" ||
         widget->objectName() == "historyChart" || widget->objectName() == "lineage";
}

QString nameOf(QWidget* widget) {
  QAccessibleInterface* face = QAccessible::queryAccessibleInterface(widget);
  return face == nullptr ? QString() : face->text(QAccessible::Name).trimmed();
}

/// What a person who looks for it in the sources can find.
QString described(const QWidget* widget) {
  QString path = QString(widget->metaObject()->className()) + " '" + widget->objectName() + "'";
  for (const QWidget* up = widget->parentWidget(); up != nullptr; up = up->parentWidget()) {
    if (!up->objectName().isEmpty()) return path + " in '" + up->objectName() + "'";
  }
  return path;
}

}  // namespace

class NamesTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    folder_ = std::make_unique<QTemporaryDir>();
    const QString path = folder_->filePath("small.yaml");
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(QByteArray::fromStdString(smallFlow()));
    file.close();
    window_ = std::make_unique<MainWindow>(catalog_, folder_->path());
    window_->setAsk([](const QString&) { return MainWindow::Answer::kDiscard; });
    window_->resize(1440, 900);
    window_->show();
    window_->showStartPage();
    look("the start page");
    QVERIFY(window_->openFile(path));
    window_->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
  }
  void cleanupTestCase() { window_.reset(); }

  void everyControlOfThePanelsHasAName() {
    for (QDockWidget* dock : window_->findChildren<QDockWidget*>()) {
      dock->show();
      dock->raise();
      QApplication::processEvents();
      look(dock->windowTitle());
    }
    // Each kind of what is configured has its own fields.
    for (const char* path : {"Make", "Split", "Store", "Inner", "Make [success] -> Split"}) {
      window_->scene().select({idOf(window_->session().model(), path)});
      auto* tabs = window_->inspector().findChild<QTabWidget*>("inspectorTabs");
      for (int page = 0; page < tabs->count(); ++page) {
        tabs->setCurrentIndex(page);
        look(QString(path) + ", " + tabs->tabText(page));
      }
    }
    QVERIFY2(nameless_.isEmpty(), qPrintable(nameless_.join("\n")));
    QVERIFY2(seen_.size() > 60, qPrintable(QString::number(seen_.size())));
  }

  void everyControlOfThePopupsHasAName() {
    window_->view().setFocus();
    QTest::keyClick(&window_->view(), Qt::Key_Tab);
    look("quick-add");
    QTest::keyClick(window_->view().quickAdd().findChild<QLineEdit*>(), Qt::Key_Escape);
    for (const char* action : {"find", "commands", "keys"}) {
      window_->action(action)->trigger();
      look(action);
      QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
    }
    window_->offerRecovery(
        {Leftover{"file", "small.yaml", QDateTime::currentDateTime(), "-", "x"}});
    look("recovery");
    window_->view().connectNodes(idOf(window_->session().model(), "Split"),
                                 idOf(window_->session().model(), "Store"));
    auto* choice = window_->view().findChild<RelationshipChoice*>();
    QVERIFY(choice != nullptr && choice->isVisible());
    look("relationships");
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
    QVERIFY2(nameless_.isEmpty(), qPrintable(nameless_.join("\n")));
  }

  void everyEntryOfTheMenusHasWordsAndNoKeyMeansTwoThings() {
    std::map<QString, QString> keys;
    QStringList problems;
    for (const QAction* action : window_->findChildren<QAction*>()) {
      if (action->isSeparator() || action->objectName().isEmpty() ||
          action->objectName().startsWith('_'))
        continue;
      if (action->text().isEmpty()) problems << action->objectName() + " has no words";
      for (const QKeySequence& key : action->shortcuts()) {
        const auto [there, fresh] = keys.emplace(key.toString(), action->objectName());
        if (!fresh && !key.isEmpty())
          problems << key.toString() + ": " + there->second + ", " + action->objectName();
      }
    }
    QVERIFY2(problems.isEmpty(), qPrintable(problems.join("\n")));
  }

  void tabGoesRoundThroughEveryFieldOfThePanelThatIsSeen() {
    for (const char* name :
         {"inspectorDock", "parametersDock", "chartDock", "tryDock", "compareDock", "servicesDock",
          "provenanceDock", "queueDock", "agentsDock", "diagnosticsDock"}) {
      auto* dock = window_->findChild<QDockWidget*>(name);
      dock->show();
      dock->raise();
      QApplication::processEvents();
      std::set<QWidget*> wanted;
      for (QWidget* widget : dock->widget()->findChildren<QWidget*>()) {
        if (isControl(widget) && !isInside(widget) && widget->isVisible() && widget->isEnabled() &&
            widget->focusProxy() == nullptr)
          wanted.insert(widget);
      }
      QVERIFY2(!wanted.empty(), name);
      QWidget* first = *wanted.begin();
      first->setFocus();
      std::set<QWidget*> reached{first};
      for (int step = 0; step < 200; ++step) {
        QWidget* now = QApplication::focusWidget();
        if (now == nullptr) break;
        QTest::keyClick(now, Qt::Key_Backtab, Qt::ShiftModifier);
        reached.insert(QApplication::focusWidget());
      }
      QStringList missed;
      for (QWidget* widget : wanted) {
        if (!reached.contains(widget)) missed << described(widget);
      }
      QVERIFY2(missed.isEmpty(), qPrintable(QString(name) + ": " + missed.join(", ")));
    }
  }

 private:
  /// All that is visible now.
  void look(const QString& where) {
    for (QWidget* widget : window_->findChildren<QWidget*>()) {
      if (!widget->isVisible() || !isControl(widget) || isInside(widget)) continue;
      seen_.insert(widget);
      if (nameOf(widget).isEmpty()) nameless_ << where + ": " + described(widget);
    }
    nameless_.removeDuplicates();
  }

  TypeCatalog catalog_ = types();
  std::unique_ptr<QTemporaryDir> folder_;
  std::unique_ptr<MainWindow> window_;
  QStringList nameless_;
  std::set<QWidget*> seen_;
};

MR_STUDIO_TEST_MAIN(NamesTest)
#include "names_test.moc"
