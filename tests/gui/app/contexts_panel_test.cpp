// SPDX-License-Identifier: Apache-2.0
// Shared parameter contexts in the panel of parameters, by mouse and keys: added, bound to a group,
// given parameters, put in order, renamed, looked up, and removed once it is said whom that
// concerns.

#include "gui/app/parameters_panel.h"
#include "gui/theme/theme.h"
#include "tests/gui/studio_bench.h"

#include <QApplication>
#include <QComboBox>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QPushButton>
#include <QStandardPaths>
#include <QTabWidget>
#include <QTableWidget>
#include <QTest>
#include <QTimer>

using namespace studio;

namespace {

constexpr const char* kFlow =
    "millrace: 1\n"
    "name: sensors\n"
    "parameter-contexts:\n"
    "  - name: Station\n"
    "    inherits: [North, Everywhere]\n"
    "    parameters: {site: north, limit: '30'}\n"
    "  - name: North\n"
    "    parameters: {wind: strong}\n"
    "  - name: Everywhere\n"
    "    parameters: {unit: celsius, limit: '35'}\n"
    "parameter-context: Station\n"
    "processors:\n"
    "  - {name: Store, type: PutFile, properties: {Directory: 'to/#{unit}'}}\n";

}  // namespace

class ContextsPanelTest : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    desk_ = std::make_unique<Desk>(kFlow);
    said_.clear();
    asked_.clear();
    went_.clear();
    yes_ = true;
    panel_ = std::make_unique<ParametersPanel>(
        desk_->editor, [this](flow::ElementId id) { went_.push_back(id); },
        [this](const QString& question) {
          asked_ << question;
          return yes_;
        },
        [this](const QString& text) { said_ << text; }, nullptr);
    panel_->resize(1400, 320);
    panel_->show();
    table_ = part<QTableWidget>("parameters");
    owners_ = part<QTableWidget>("parameterOwners");
  }
  void cleanup() { panel_.reset(); }

  void theGroupShowsWhereEachComesFromAndTheWayLeadsThere() {
    QCOMPARE(column(owners_, 0),
             (QStringList{"Group “sensors”", "Station", "North", "Everywhere"}));
    QCOMPARE(owners_->item(1, 1)->text(), QString("seen by sensors"));
    QCOMPARE(owners_->item(3, 1)->text(), QString("inherited by Station"));
    QCOMPARE(column(table_, 0), (QStringList{"site", "limit", "wind", "unit", "limit"}));
    QCOMPARE(column(table_, 4),
             (QStringList{"Station", "Station", "North", "Everywhere", "Everywhere, hidden"}));
    QVERIFY(!(table_->item(0, 1)->flags() & Qt::ItemIsEditable));
    clickCell(table_, 3, 0);
    QTest::mouseClick(part<QPushButton>("parameterSource"), Qt::LeftButton);
    QCOMPARE(owners_->currentRow(), 3);
    QCOMPARE(column(table_, 0), (QStringList{"unit", "limit"}));
    // The cursor stands in its value.
    edit("kelvin");
    QTRY_COMPARE(context("Everywhere").parameters[0].value, std::optional<std::string>("kelvin"));
    desk_->undo.undo();
    QCOMPARE(context("Everywhere").parameters[0].value, std::optional<std::string>("celsius"));
    QCOMPARE(table_->item(0, 1)->text(), QString("celsius"));
  }

  void aBoxToTickIsSeenOnDarkGround() {
    qApp->setPalette(paletteOf(darkTheme()));
    qApp->setStyleSheet(styleSheetOf(darkTheme()));
    const QRect cell = table_->visualItemRect(table_->item(1, 2));
    const QImage picture = table_->viewport()->grab(cell).toImage();
    int seen = 0;
    for (int y = 0; y < picture.height(); ++y) {
      for (int x = 0; x < picture.width(); ++x) {
        if (contrast(picture.pixelColor(x, y), darkTheme().panel) >= 3) ++seen;
      }
    }
    qApp->setStyleSheet({});
    qApp->setPalette(QPalette());
    QVERIFY2(seen >= 20, qPrintable(QString::number(seen)));
  }

  void oneIsAddedFilledAndChosenForTheGroup() {
    auto* name = part<QLineEdit>("contextName");
    QTest::keyClicks(name, "Lab");
    QTest::keyClick(name, Qt::Key_Return);
    QCOMPARE(owners_->currentRow(), 4);
    QCOMPARE(owners_->item(4, 1)->text(), QString("nobody"));
    auto* parameter = part<QLineEdit>("parameterName");
    QTest::keyClicks(parameter, "un/it");
    QTest::keyClick(parameter, Qt::Key_Return);
    QVERIFY(said_.last().contains("letters"));
    parameter->clear();
    QTest::keyClicks(parameter, "unit");
    QTest::keyClick(parameter, Qt::Key_Return);
    edit("kelvin");
    QTRY_COMPARE(context("Lab").parameters[0].value, std::optional<std::string>("kelvin"));
    table_->setCurrentCell(0, 3);
    edit("Of this room");
    QTRY_COMPARE(context("Lab").parameters[0].comment, std::string("Of this room"));
    table_->setCurrentCell(0, 2);
    QTest::keyClick(table_, Qt::Key_Space);
    QTRY_VERIFY(context("Lab").parameters[0].sensitive);
    QVERIFY(!context("Lab").parameters[0].value);
    QVERIFY(!(table_->item(0, 1)->flags() & Qt::ItemIsEditable));
    // A name that is there is refused, and the field keeps it.
    QTest::keyClicks(name, "Lab");
    QTest::keyClick(name, Qt::Key_Return);
    QVERIFY(said_.last().contains("already"));
    QCOMPARE(name->text(), QString("Lab"));

    owners_->setFocus();
    QTest::keyClick(owners_, Qt::Key_Home, Qt::ControlModifier);
    auto* binding = part<QComboBox>("groupContext");
    QVERIFY(binding->isVisible());
    QCOMPARE(binding->currentText(), QString("Station"));
    binding->setFocus();
    QTest::keyClick(binding, Qt::Key_End);
    QCOMPARE(root().parameterContext, std::string("Lab"));
    QCOMPARE(column(table_, 0), QStringList{"unit"});
    for (int i = 0; i < 6; ++i) desk_->undo.undo();
    QVERIFY(desk_->model.toFlow() == parsed(kFlow));
  }

  void theOrderOfWhatIsInheritedIsChanged() {
    clickCell(owners_, 1, 0);
    part<QTabWidget>("parameterTabs")->setCurrentIndex(1);
    auto* inherits = part<QListWidget>("inherits");
    QCOMPARE(inherits->count(), 2);
    inherits->setCurrentRow(1);
    QTest::mouseClick(part<QPushButton>("inheritsUp"), Qt::LeftButton);
    QCOMPARE(context("Station").inherits[0].text, std::string("Everywhere"));
    QCOMPARE(inherits->currentRow(), 0);
    QVERIFY(!part<QPushButton>("inheritsUp")->isEnabled());
    QTest::mouseClick(part<QPushButton>("inheritsDown"), Qt::LeftButton);
    QCOMPARE(context("Station").inherits[0].text, std::string("North"));
    inherits->setCurrentRow(0);
    QTest::mouseClick(part<QPushButton>("inheritsRemove"), Qt::LeftButton);
    QCOMPARE(context("Station").inherits.size(), std::size_t(1));
    pickFromMenu("inheritsAdd", "North");
    QTRY_COMPARE(context("Station").inherits.size(), std::size_t(2));
    QCOMPARE(context("Station").inherits[1].text, std::string("North"));
    // It cannot inherit what inherits it.
    QTest::keyClick(inherits, Qt::Key_Return);
    clickCell(owners_, 3, 0);
    QCOMPARE(part<QListWidget>("contextUsers")->item(0)->text(),
             QString("Shared context “Station”"));
    pickFromMenu("inheritsAdd", "Station");
    QTRY_VERIFY(!said_.isEmpty() && said_.last().contains("cannot inherit itself"));
    QVERIFY(context("Everywhere").inherits.empty());
    auto* comment = part<QLineEdit>("contextComment");
    QTest::keyClicks(comment, "For all");
    QTest::keyClick(comment, Qt::Key_Return);
    QCOMPARE(context("Everywhere").comment, std::string("For all"));
  }

  void namesAreChangedWithWhatNamesThem() {
    clickCell(owners_, 3, 0);
    QTest::mouseClick(part<QPushButton>("contextRename"), Qt::LeftButton);
    typeInto(owners_, "World");
    QTRY_VERIFY(desk_->model.context("World") != nullptr);
    QCOMPARE(context("Station").inherits[1].text, std::string("World"));
    QCOMPARE(owners_->currentRow(), 3);
    table_->setCurrentCell(0, 0);
    edit("scale");
    QTRY_COMPARE(context("World").parameters[0].name, std::string("scale"));
    QCOMPARE(desk_->model.find(desk_->id("Store"))->processor()->properties[0].value,
             std::string("to/#{scale}"));
    // What is no name is refused in words, and the cell says again what is so.
    edit("li/mit");
    QTRY_VERIFY(said_.last().contains("letters"));
    QCOMPARE(table_->item(0, 0)->text(), QString("scale"));
    pickFromMenu("parameterUsers", "Store");
    QTRY_COMPARE(went_, Ids{desk_->id("Store")});
    // Nor is what is used removed.
    QTest::mouseClick(part<QPushButton>("parameterRemove"), Qt::LeftButton);
    QVERIFY(said_.last().contains("it is used by"));
    QCOMPARE(context("World").parameters.size(), std::size_t(2));
  }

  void whomARemovalConcernsIsSaidFirst() {
    yes_ = false;
    clickCell(owners_, 3, 0);
    QTest::mouseClick(part<QPushButton>("contextRemove"), Qt::LeftButton);
    QCOMPARE(asked_.size(), 1);
    QVERIFY(asked_[0].contains("inherited by Station") && asked_[0].contains("Store"));
    QVERIFY(desk_->model.context("Everywhere") != nullptr);
    yes_ = true;
    QTest::mouseClick(part<QPushButton>("contextRemove"), Qt::LeftButton);
    QVERIFY(desk_->model.context("Everywhere") == nullptr);
    QCOMPARE(owners_->currentRow(), 0);
    QCOMPARE(desk_->undo.count(), 1);
    desk_->undo.undo();
    QVERIFY(desk_->model.toFlow() == parsed(kFlow));
    // While one is looked at that an undo takes away, the group is shown again.
    auto* name = part<QLineEdit>("contextName");
    QTest::keyClicks(name, "Short");
    QTest::keyClick(name, Qt::Key_Return);
    QCOMPARE(owners_->currentRow(), 4);
    desk_->undo.undo();
    QCOMPARE(owners_->currentRow(), 0);
    QVERIFY(part<QComboBox>("groupContext")->isVisible());
  }

 private:
  template <typename T>
  T* part(const char* name) const {
    return panel_->findChild<T*>(name);
  }
  static QStringList column(const QTableWidget* table, int at) {
    QStringList words;
    for (int row = 0; row < table->rowCount(); ++row) words << table->item(row, at)->text();
    return words;
  }
  static void clickCell(QTableWidget* table, int row, int at) {
    QTest::mouseClick(table->viewport(), Qt::LeftButton, {},
                      table->visualItemRect(table->item(row, at)).center());
  }
  /// Into the editor that is open in a table.
  static void typeInto(QTableWidget* table, const QString& words) {
    auto* field = table->findChild<QLineEdit*>();
    QVERIFY(field != nullptr);
    field->selectAll();
    QTest::keyClicks(field, words);
    QTest::keyClick(field, Qt::Key_Return);
  }
  /// Into the current cell of the parameters.
  void edit(const QString& words) {
    QTest::keyClick(table_, Qt::Key_F2);
    typeInto(table_, words);
  }
  /// The menu of a button has a loop of its own: it is answered from within.
  void pickFromMenu(const char* button, const QString& entry) {
    QTimer::singleShot(0, this, [entry] {
      auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
      QVERIFY(menu != nullptr);
      for (QAction* action : menu->actions()) {
        if (action->text() != entry) continue;
        menu->setActiveAction(action);
        QTest::keyClick(menu, Qt::Key_Return);
        return;
      }
      menu->close();
    });
    QTest::mouseClick(part<QPushButton>(button), Qt::LeftButton);
  }
  const flow::ParameterContext& context(const char* name) const {
    return *desk_->model.context(name);
  }
  const flow::Group& root() const {
    return std::get<flow::Group>(desk_->model.find(kRootGroup)->value);
  }

  std::unique_ptr<Desk> desk_;
  std::unique_ptr<ParametersPanel> panel_;
  QTableWidget* table_ = nullptr;
  QTableWidget* owners_ = nullptr;
  QStringList said_;
  QStringList asked_;
  Ids went_;
  bool yes_ = true;
};

MR_STUDIO_TEST_MAIN(ContextsPanelTest)
#include "contexts_panel_test.moc"
