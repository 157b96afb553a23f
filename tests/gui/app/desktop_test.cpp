// SPDX-License-Identifier: Apache-2.0
// Studio among the other programs of a desktop: what a double click and a drop open, several
// windows, docks that come back, recent servers, and whose work it is made of.

#include "gui/app/about.h"
#include "gui/app/main_window.h"
#include "tests/gui/studio_bench.h"

#include <QApplication>
#include <QDialog>
#include <QDir>
#include <QDockWidget>
#include <QDropEvent>
#include <QFile>
#include <QImage>
#include <QMenu>
#include <QMenuBar>
#include <QMimeData>
#include <QMimeDatabase>
#include <QProcess>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <memory>

using namespace studio;

namespace {

const QString kPackaging = QString(MR_SOURCE_DIR) + "/packaging/millrace-studio";

QString textOf(const QString& path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

}  // namespace

class DesktopTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    // Where a package puts it, for this program alone.
    QVERIFY(QDir(folder_.path()).mkpath("mime/packages"));
    QVERIFY(QFile::copy(kPackaging + ".xml", folder_.filePath("mime/packages/studio.xml")));
    write("plain.yaml", "a: 1\n");
    write("mine.yaml", "# What it is for.\n" + QByteArray::fromStdString(smallFlow()));
    write("other.flow.yaml", QByteArray::fromStdString(smallFlow()));
  }
  void init() {
    QSettings().clear();
    window_ = makeWindow();
  }
  void cleanup() { window_.reset(); }

  void aFlowIsAKindOfFileThatStudioOpens() {
    const QStringList desktop = textOf(kPackaging + ".desktop").split('\n');
    QVERIFY(desktop.contains("Exec=millrace-studio %f"));
    QVERIFY(desktop.contains("Icon=millrace-studio"));
    const QString types = desktop.filter("MimeType=").value(0);
    QVERIFY2(types.contains("application/x-millrace-flow;"), qPrintable(types));
    qputenv("XDG_DATA_HOME", folder_.path().toUtf8());
    QStandardPaths::setTestModeEnabled(false);
    const QMimeDatabase files;
    const auto kind = [&](const char* name) {
      return files.mimeTypeForFile(folder_.filePath(name)).name();
    };
    QCOMPARE(kind("other.flow.yaml"), QString("application/x-millrace-flow"));
    QCOMPARE(kind("mine.yaml"), QString("application/x-millrace-flow"));
    QStandardPaths::setTestModeEnabled(true);
    const QImage icon(kPackaging + ".svg");
    QCOMPARE(icon.size(), QSize(128, 128));
    QVERIFY(icon.pixelColor(64, 10) != icon.pixelColor(30, 64));
  }

  void aFileThatIsDroppedOnTheWindowIsOpened() {
    // On the canvas, which takes components itself, and leaves files to the window.
    drop("mine.yaml");
    QCOMPARE(window_->session().path(),
             QFileInfo(folder_.filePath("mine.yaml")).absoluteFilePath());
    QVERIFY(idOf(window_->session().model(), "Split") != flow::ElementId{});
    // What is no flow leaves what is open.
    drop("plain.yaml");
    QVERIFY(window_->session().path().endsWith("mine.yaml"));
  }

  void docksComeBackAsTheyWere() {
    QVERIFY(window_->openFile(folder_.filePath("mine.yaml")));
    dock("paletteDock")->hide();
    dock("bulletinDock")->show();
    // The start page has none; the canvas has them again.
    window_->showStartPage();
    QVERIFY(!dock("bulletinDock")->isVisible());
    window_->showCanvas();
    QVERIFY(dock("bulletinDock")->isVisible());
    QVERIFY(!dock("paletteDock")->isVisible());
    QVERIFY(window_->close());
    window_ = makeWindow();
    window_->restoreDocks(QSettings().value("docks").toByteArray());
    window_->showStartPage();
    QVERIFY(window_->openFile(folder_.filePath("mine.yaml")));
    QVERIFY(dock("bulletinDock")->isVisible());
    QVERIFY(!dock("paletteDock")->isVisible());
    QVERIFY(dock("inspectorDock")->isVisible());
  }

  void anotherWindowIsOpenedByAKey() {
    int opened = 0;
    QVERIFY(!window_->action("newWindow")->isVisible());
    window_->setNewWindow([&] { ++opened; });
    window_->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    QTest::keyClick(window_.get(), Qt::Key_N, Qt::ControlModifier | Qt::ShiftModifier);
    QCOMPARE(opened, 1);
  }

  void recentServersStandBelowRecentFiles() {
    QSettings().setValue("recent", QStringList{folder_.filePath("mine.yaml")});
    QSettings().setValue("servers", QStringList{"far:8080"});
    QMenu* recent = nullptr;
    for (QMenu* menu : window_->findChildren<QMenu*>()) {
      if (menu->title() == "Open &recent") recent = menu;
    }
    QVERIFY(recent != nullptr);
    emit recent->aboutToShow();
    QStringList entries;
    for (const QAction* action : recent->actions()) entries << action->text();
    QCOMPARE(entries.size(), 3);  // with a line between
    QVERIFY(entries[0].startsWith("mine.yaml"));
    QCOMPARE(entries[2], QString("Server far:8080"));
    recent->actions()[2]->trigger();
    QCOMPARE(window_->session().link().base().authority(), QString("far:8080"));
  }

  void aboutNamesTheLicenceOfEverythingItIsLinkedWith() {
    window_->action("about")->trigger();
    auto* box = window_->findChild<QDialog*>("about");
    QVERIFY(box != nullptr && box->isVisible());
    const QString text = aboutText();
    QVERIFY(text.contains("Apache License, version 2.0"));
    QProcess reader;
    reader.start("readelf", {"-d", QApplication::applicationFilePath()});
    QVERIFY(reader.waitForFinished(60000));
    const std::pair<const char*, const char*> known[] = {
        {"libQt6", "Qt "},       {"libpcre2", "PCRE2"},  {"libcrypto", "OpenSSL"},
        {"libssl", "OpenSSL"},   {"libfmt", "fmt"},      {"libyaml-cpp", "yaml-cpp"},
        {"libstdc++", "GNU C "}, {"libgcc_s", "GNU C "}, {"libm.", "GNU C "},
        {"libc.", "GNU C "},     {"ld-linux", "GNU C "}};
    int libraries = 0;
    for (const QString& line : QString::fromUtf8(reader.readAll()).split('\n')) {
      if (!line.contains("(NEEDED)")) continue;
      const QString library = line.section('[', 1).section(']', 0, 0);
      ++libraries;
      const auto found = std::find_if(std::begin(known), std::end(known), [&](const auto& each) {
        return library.startsWith(each.first);
      });
      QVERIFY2(found != std::end(known) && text.contains(found->second), qPrintable(library));
    }
    QVERIFY(libraries > 5);
  }

 private:
  void write(const QString& name, const QByteArray& text) {
    QFile file(folder_.filePath(name));
    QVERIFY(file.open(QIODevice::WriteOnly));
    QCOMPARE(file.write(text), text.size());
  }
  void drop(const QString& name) {
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(folder_.filePath(name))});
    QWidget* canvas = window_->view().viewport();
    const QPoint at = canvas->rect().center();
    QDragEnterEvent enter(at, Qt::CopyAction, &data, Qt::LeftButton, {});
    QApplication::sendEvent(canvas, &enter);
    QDropEvent event(at, Qt::CopyAction, &data, Qt::LeftButton, {});
    QApplication::sendEvent(canvas, &event);
  }
  std::unique_ptr<MainWindow> makeWindow() {
    auto window = std::make_unique<MainWindow>(catalog_, QString());
    window->setAsk([](const QString&) { return MainWindow::Answer::kDiscard; });
    window->resize(1440, 900);
    window->show();
    return window;
  }
  QDockWidget* dock(const QString& name) { return window_->findChild<QDockWidget*>(name); }

  TypeCatalog catalog_ = types();
  QTemporaryDir folder_;
  std::unique_ptr<MainWindow> window_;
};

MR_STUDIO_TEST_MAIN(DesktopTest)
#include "desktop_test.moc"
