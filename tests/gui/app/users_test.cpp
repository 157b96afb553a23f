// SPDX-License-Identifier: Apache-2.0
// The users of a real server in Studio: the first one, others with roles, groups and tokens, by
// mouse and keys; what only an administrator may do, and what nobody may.

#include "gui/app/main_window.h"
#include "tests/gui/studio_bench.h"
#include "tests/harness/rest_server.h"

#include <QAccessible>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QDockWidget>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QStandardPaths>
#include <QStatusBar>
#include <QTableWidget>
#include <QTemporaryDir>
#include <QTest>
#include <memory>
#include <set>

using namespace studio;

namespace {
constexpr int kWait = 60000;  ///< of a machine that does other things, too
}

class UsersTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    QSettings().clear();
    server_ = std::make_unique<rest_test::RestServer>(folder_.path());
    QVERIFY(server_->writeFlow(QByteArray::fromStdString(smallFlow())));
    QVERIFY2(server_->start(), server_->errors());
    window_ = open();
  }
  void cleanupTestCase() { window_.reset(); }

  void whereNobodyIsAskedItIsSaidWhatTheFirstUserMeans() {
    QVERIFY(part<QLabel>("usersEmpty")->text().contains("no server"));
    QVERIFY(!part<QPushButton>("userAdd")->isEnabled());
    QVERIFY(window_->connectTo(server_->address()));
    QTRY_VERIFY_WITH_TIMEOUT(part<QLabel>("usersEmpty")->text().contains("asks nobody"), kWait);
    // It cannot be anybody but an administrator.
    QCOMPARE(part<QComboBox>("newUserRole")->currentText(), QString("admin"));
    QVERIFY(!part<QComboBox>("newUserRole")->isEnabled());
    yes_ = false;
    type("newUser", "ann\r");
    type("newUserPassword", "ann's password\r");
    QVERIFY2(asked_.contains("first user"), qPrintable(asked_));
    QVERIFY(users().isEmpty());
    yes_ = true;
    QTest::keyClick(part<QLineEdit>("newUserPassword"), Qt::Key_Return);
    // From then on the server asks, the one who added her, too.
    QTRY_VERIFY_WITH_TIMEOUT(part<QLineEdit>("signInUser")->isVisible(), kWait);
    signIn("ann", "ann's password");
    QTRY_COMPARE_WITH_TIMEOUT(row("ann").join('|'), QString("ann|admin||password|1"), kWait);
  }

  void anotherOneIsAddedByKeys() {
    type("newUser", "ben\r");
    QVERIFY(part<QLineEdit>("newUserPassword")->hasFocus());
    type("newUserPassword", "short\r");
    QTRY_VERIFY_WITH_TIMEOUT(said().contains("was not added"), kWait);
    part<QComboBox>("newUserRole")->setFocus();
    QTest::keyClicks(part<QComboBox>("newUserRole"), "o");  // operate
    type("newUserPassword", "ben's password\r");
    QTRY_COMPARE_WITH_TIMEOUT(row("ben").join('|'), QString("ben|operate||password|0"), kWait);
    QVERIFY(part<QLineEdit>("newUserPassword")->text().isEmpty());
    QTRY_COMPARE_WITH_TIMEOUT(chosen(), QString("ben"), kWait);
    // Whoever is there already is not changed by it.
    type("newUser", "ben\r");
    type("newUserPassword", "another password\r");
    QVERIFY2(said().contains("already"), qPrintable(said()));
    part<QLineEdit>("newUser")->clear();
    part<QLineEdit>("newUserPassword")->clear();
  }

  void rolesAreGivenOverTheFlowAndInGroups() {
    auto* role = part<QComboBox>("userRole");
    QCOMPARE(role->currentText(), QString("operate"));
    choose(role, "view");
    QTRY_COMPARE_WITH_TIMEOUT(row("ben").value(1), QString("view"), kWait);
    auto* group = part<QComboBox>("userGroup");
    QTRY_COMPARE_WITH_TIMEOUT(group->currentText(), QString("Inner"), kWait);
    choose(part<QComboBox>("userGroupRole"), "modify");
    QTest::mouseClick(part<QPushButton>("userGrant"), Qt::LeftButton);
    auto* groups = part<QTableWidget>("userGroups");
    QTRY_COMPARE_WITH_TIMEOUT(groups->rowCount(), 1, kWait);
    QCOMPARE(groups->item(0, 0)->text(), QString("Inner"));
    QCOMPARE(groups->item(0, 1)->text(), QString("modify"));
    QCOMPARE(row("ben").value(2), QString("in 1 group"));
    QTest::mouseClick(part<QPushButton>("userTakeAway"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(groups->rowCount(), 0, kWait);
  }

  void everyFieldHasANameAndIsReachedByTab() {
    std::set<QWidget*> wanted;
    for (QWidget* widget : part<QDockWidget>("usersDock")->widget()->findChildren<QWidget*>()) {
      const bool isControl = qobject_cast<QPushButton*>(widget) != nullptr ||
                             qobject_cast<QLineEdit*>(widget) != nullptr ||
                             qobject_cast<QComboBox*>(widget) != nullptr ||
                             qobject_cast<QTableWidget*>(widget) != nullptr;
      if (!isControl || !widget->isVisible()) continue;
      QAccessibleInterface* face = QAccessible::queryAccessibleInterface(widget);
      QVERIFY2(face != nullptr && !face->text(QAccessible::Name).isEmpty(),
               qPrintable(widget->objectName()));
      if (widget->isEnabled()) wanted.insert(widget);
    }
    QVERIFY2(wanted.size() >= 14, qPrintable(QString::number(wanted.size())));
    (*wanted.begin())->setFocus();
    std::set<QWidget*> reached{*wanted.begin()};
    for (int step = 0; step < 100 && QApplication::focusWidget() != nullptr; ++step) {
      QTest::keyClick(QApplication::focusWidget(), Qt::Key_Backtab, Qt::ShiftModifier);
      reached.insert(QApplication::focusWidget());
    }
    for (QWidget* widget : wanted)
      QVERIFY2(reached.contains(widget), qPrintable(widget->objectName()));
  }

  void theLastAdministratorStaysOne() {
    choosePerson("ann");
    auto* role = part<QComboBox>("userRole");
    QCOMPARE(role->currentText(), QString("admin"));
    yes_ = true;
    role->setFocus();
    QTest::keyClick(role, Qt::Key_Up);
    QVERIFY2(asked_.contains("Make yourself modify"), qPrintable(asked_));
    QTRY_VERIFY2_WITH_TIMEOUT(said().contains("was not changed"), qPrintable(said()), kWait);
    // What was refused is shown as it is.
    QTRY_COMPARE_WITH_TIMEOUT(role->currentText(), QString("admin"), kWait);
    QCOMPARE(row("ann").value(1), QString("admin"));
  }

  void aTokenIsShownOnceAndEnded() {
    choosePerson("ben");
    auto* token = part<QLineEdit>("userToken");
    QVERIFY(!token->isVisible());
    QTest::mouseClick(part<QPushButton>("userIssueToken"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(token->isVisible() && !token->text().isEmpty(), kWait);
    QTest::mouseClick(part<QPushButton>("userCopyToken"), Qt::LeftButton);
    const QString text = QApplication::clipboard()->text();
    QCOMPARE(text, token->text());
    const QStringList with{"-H", "Authorization: Bearer " + text};
    QCOMPARE(server_->curl("/api/v1/me", with).json()["user"].toString(), QString("ben"));
    QTRY_COMPARE_WITH_TIMEOUT(part<QLabel>("userTokens")->text(), QString("1 token"), kWait);
    choosePerson("ann");
    choosePerson("ben");
    QVERIFY(!token->isVisible());
    QVERIFY(token->text().isEmpty());
    yes_ = true;
    QTest::mouseClick(part<QPushButton>("userEndTokens"), Qt::LeftButton);
    QVERIFY2(asked_.contains("ben"), qPrintable(asked_));
    QTRY_COMPARE_WITH_TIMEOUT(part<QLabel>("userTokens")->text(), QString("0 tokens"), kWait);
    QCOMPARE(server_->curl("/api/v1/me", with).status, 401);
  }

  void passwordAndCertificateAreSet() {
    type("userPassword", "ben's new password\r");
    QVERIFY(part<QLineEdit>("userPassword")->text().isEmpty());
    const auto canLogIn = [this](const char* password) {
      const QByteArray body = QByteArray("{\"user\":\"ben\",\"password\":\"") + password + "\"}";
      return server_->post("/api/v1/login", body).status == 200;
    };
    QTRY_VERIFY_WITH_TIMEOUT(canLogIn("ben's new password"), kWait);
    QVERIFY(!canLogIn("ben's password"));
    type("userCertificate", "CN=ben\r");
    QTRY_COMPARE_WITH_TIMEOUT(row("ben").value(3), QString("password, certificate"), kWait);
    part<QLineEdit>("userCertificate")->selectAll();
    QTest::keyClick(part<QLineEdit>("userCertificate"), Qt::Key_Delete);
    QTest::mouseClick(part<QPushButton>("userSetCertificate"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(row("ben").value(3), QString("password"), kWait);
  }

  void whoIsNoAdministratorIsToldSo() {
    auto before = std::exchange(window_, open());
    QVERIFY(window_->connectTo(server_->address()));
    QTRY_VERIFY_WITH_TIMEOUT(part<QLineEdit>("signInUser")->isVisible(), kWait);
    signIn("ben", "ben's new password");
    QTRY_VERIFY_WITH_TIMEOUT(part<QLabel>("usersEmpty")->text().contains("you are “ben”"), kWait);
    QVERIFY(!part<QPushButton>("userAdd")->isEnabled());
    QVERIFY(!part<QPushButton>("userRemove")->isEnabled());
    window_ = std::move(before);
  }

  void oneIsRemovedAfterAWord() {
    choosePerson("ben");
    yes_ = false;
    QTest::mouseClick(part<QPushButton>("userRemove"), Qt::LeftButton);
    QVERIFY2(asked_.contains("“ben”"), qPrintable(asked_));
    QCOMPARE(users().size(), 2);
    yes_ = true;
    QTest::mouseClick(part<QPushButton>("userRemove"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(users().size(), 1, kWait);
    QTRY_COMPARE_WITH_TIMEOUT(chosen(), QString("ann"), kWait);
  }

 private:
  std::unique_ptr<MainWindow> open() {
    auto window = std::make_unique<MainWindow>(catalog_, QString());
    window->setAsk([](const QString&) { return MainWindow::Answer::kDiscard; });
    window->setConfirm([this](const QString& question) {
      asked_ = question;
      return yes_;
    });
    window->resize(1440, 900);
    window->show();
    auto* dock = window->findChild<QDockWidget*>("usersDock");
    dock->show();
    dock->raise();
    window->activateWindow();
    if (!QTest::qWaitForWindowActive(window.get())) qFatal("the window is not active");
    return window;
  }
  template <typename Part>
  Part* part(const QString& name) {
    return window_->findChild<Part*>(name);
  }
  QString said() const { return window_->statusBar()->currentMessage(); }
  /// `\r`: the Enter key.
  void type(const QString& field, QString text) {
    auto* line = part<QLineEdit>(field);
    const bool enter = text.endsWith('\r');
    if (enter) text.chop(1);
    line->setFocus();
    line->selectAll();
    QTest::keyClicks(line, text);
    if (enter) QTest::keyClick(line, Qt::Key_Return);
  }
  void signIn(const QString& user, const QString& password) {
    type("signInUser", user + '\r');
    type("signInPassword", password + '\r');
    QTRY_VERIFY_WITH_TIMEOUT(!part<QLineEdit>("signInUser")->isVisible(), kWait);
  }
  /// By its first letter, as a person with keys does.
  static void choose(QComboBox* box, const QString& value) {
    box->setFocus();
    QTest::keyClick(box, value[0].toLatin1());
    QTest::keyClick(box, Qt::Key_Return);
  }
  QStringList row(const QString& user) {
    auto* table = part<QTableWidget>("users");
    for (int at = 0; at < table->rowCount(); ++at) {
      if (table->item(at, 0)->text() != user) continue;
      QStringList cells;
      for (int column = 0; column < table->columnCount(); ++column)
        cells << table->item(at, column)->text();
      return cells;
    }
    return {};
  }
  QStringList users() {
    QStringList names;
    auto* table = part<QTableWidget>("users");
    for (int at = 0; at < table->rowCount(); ++at) names << table->item(at, 0)->text();
    return names;
  }
  QString chosen() {
    auto* table = part<QTableWidget>("users");
    return table->currentRow() < 0 ? QString() : table->item(table->currentRow(), 0)->text();
  }
  void choosePerson(const QString& user) {
    auto* table = part<QTableWidget>("users");
    for (int at = 0; at < table->rowCount(); ++at) {
      if (table->item(at, 0)->text() == user)
        QTest::mouseClick(table->viewport(), Qt::LeftButton, {},
                          table->visualItemRect(table->item(at, 0)).center());
    }
    QCOMPARE(chosen(), user);
  }

  QTemporaryDir folder_;
  TypeCatalog catalog_ = types();
  std::unique_ptr<rest_test::RestServer> server_;
  std::unique_ptr<MainWindow> window_;
  bool yes_ = true;
  QString asked_;
};

MR_STUDIO_TEST_MAIN(UsersTest)
#include "users_test.moc"
