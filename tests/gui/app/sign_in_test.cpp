// SPDX-License-Identifier: Apache-2.0
// A real server with users: it asks who is there, takes a password and no other, and says so.

#include "gui/app/main_window.h"
#include "tests/gui/studio_bench.h"
#include "tests/harness/rest_server.h"

#include <QApplication>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <memory>

using namespace studio;

namespace {
constexpr int kWait = 60000;  ///< of a machine that does other things, too
}

class SignInTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    QSettings().clear();
    server_ = std::make_unique<rest_test::RestServer>(folder_.path());
    QVERIFY(server_->writeFlow(QByteArray::fromStdString(smallFlow())));
    QVERIFY2(server_->start(), server_->errors());
    QProcess program;
    program.start(QString(MR_BINARY_DIR) + "/bin/millrace",
                  {"add-user", "ann", "--data", folder_.filePath("data"), "--role", "modify"});
    QVERIFY(program.waitForStarted(kWait));
    program.write("good password\n");
    program.closeWriteChannel();
    QVERIFY(program.waitForFinished(kWait));
    QCOMPARE(program.exitCode(), 0);
    window_ = std::make_unique<MainWindow>(catalog_, QString());
    window_->setAsk([](const QString&) { return MainWindow::Answer::kDiscard; });
    window_->resize(1440, 900);
    window_->show();
    // Something else is open, which is nothing of that server's.
    QFile mine(folder_.filePath("mine.yaml"));
    QVERIFY(mine.open(QIODevice::WriteOnly));
    mine.write(QByteArray::fromStdString(smallFlow()));
    mine.close();
    QVERIFY(window_->openFile(mine.fileName()));
    QVERIFY(idOf(window_->session().model(), "Split") != flow::ElementId{});
    QVERIFY(window_->connectTo(server_->address()));
  }
  void cleanupTestCase() { window_.reset(); }

  void aServerWithUsersAsksForOneAndAWrongPasswordIsRefusedInWords() {
    QTRY_VERIFY_WITH_TIMEOUT(field("signInUser")->isVisible(), kWait);
    // The line is not lost: what would say so lies where the question is.
    QVERIFY(!window_->findChild<QLabel*>("bannerText")->isVisible());
    // Of neither flow anything is shown, and nothing can be edited that would be lost soon.
    QVERIFY(window_->scene().nodes().empty());
    QVERIFY(!window_->view().isEnabled());
    QVERIFY(!window_->action("paste")->isEnabled());
    QVERIFY(!window_->findChild<QWidget*>("palette")->isEnabled());
    QVERIFY(window_->findChild<QWidget*>("emptyHint")->accessibleName().contains("sign in"));
    auto* text = window_->findChild<QLabel*>("signInText");
    QVERIFY(text->text().startsWith(server_->address()));
    QTest::keyClicks(field("signInUser"), "ann");
    QTest::keyClick(field("signInUser"), Qt::Key_Return);
    QTest::keyClicks(field("signInPassword"), "bad password");
    QTest::keyClick(field("signInPassword"), Qt::Key_Return);
    QVERIFY(field("signInPassword")->text().isEmpty());
    auto* go = window_->findChild<QPushButton*>("signInGo");
    QTRY_VERIFY_WITH_TIMEOUT(go->isEnabled(), kWait);
    QVERIFY(field("signInUser")->isVisible());
    QVERIFY2(text->text().contains("password"), qPrintable(text->text()));
    QVERIFY(idOf(window_->session().model(), "Split") == flow::ElementId{});
  }

  void withTheRightOneTheFlowIsThereAndEditsAreThePersons() {
    QTest::keyClicks(field("signInPassword"), "good password");
    QTest::mouseClick(window_->findChild<QPushButton*>("signInGo"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(idOf(window_->session().model(), "Split") != flow::ElementId{}, kWait);
    QVERIFY(!field("signInUser")->isVisible());
    QVERIFY(window_->view().isEnabled());
    QCOMPARE(window_->focusWidget(), static_cast<QWidget*>(&window_->view()));
    QVERIFY(window_->action("paste")->isEnabled());
    QTRY_VERIFY_WITH_TIMEOUT(
        window_->findChild<QLabel*>("linkState")->text().contains("Live, ann at"), kWait);
    window_->session().editor().setProperty({idOf(window_->session().model(), "Split")},
                                            "Line Split Count", std::string("7"));
    QTRY_VERIFY_WITH_TIMEOUT(server_->readFlow().contains("Line Split Count: 7"), kWait);
    // The name is remembered for this server; the password and the token are nowhere.
    const QSettings settings;
    QCOMPARE(settings.value("users/" + server_->address()).toString(), QString("ann"));
    for (const QString& key : settings.allKeys())
      QVERIFY2(!settings.value(key).toString().contains("good password"), qPrintable(key));
  }

  void aTokenFromElsewhereNeedsNoPassword() {
    const QByteArray right = "{\"user\":\"ann\",\"password\":\"good password\"}";
    const QString token = server_->post("/api/v1/login", right).json()["token"].toString();
    QVERIFY(!token.isEmpty());
    Session session(catalog_);
    session.link().setToken(token.toUtf8());
    session.connectTo(window_->session().link().base());
    QTRY_VERIFY_WITH_TIMEOUT(idOf(session.model(), "Split") != flow::ElementId{}, kWait);
    QTRY_COMPARE_WITH_TIMEOUT(session.link().user(), QString("ann"), kWait);
  }

 private:
  QLineEdit* field(const QString& name) { return window_->findChild<QLineEdit*>(name); }

  QTemporaryDir folder_;
  TypeCatalog catalog_ = types();
  std::unique_ptr<rest_test::RestServer> server_;
  std::unique_ptr<MainWindow> window_;
};

MR_STUDIO_TEST_MAIN(SignInTest)
#include "sign_in_test.moc"
