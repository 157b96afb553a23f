// SPDX-License-Identifier: Apache-2.0
// Panels that need no server: contents as people read them, bulletins, parameters, and the words of
// a search in provenance.

#include "gui/app/bulletin_panel.h"
#include "gui/app/content_view.h"
#include "gui/app/history_panel.h"
#include "gui/app/parameters_panel.h"
#include "gui/app/provenance_query.h"
#include "gui/model/status_store.h"
#include "tests/gui/studio_bench.h"

#include <QApplication>
#include <QBuffer>
#include <QComboBox>
#include <QImage>
#include <QJsonArray>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QStandardPaths>
#include <QTableWidget>
#include <QTest>
#include <QTreeWidget>

using namespace studio;

class PanelsTest : public QObject {
  Q_OBJECT

 private slots:
  void aContentIsShownAsTextJsonXmlTableImageAndBytes() {
    ContentView view(nullptr);
    view.show(QByteArray("a,\"b, c\"\n1,\"say \"\"x\"\"\"\n2,\n"), 27);
    auto* mode = view.findChild<QComboBox*>("contentMode");
    auto* text = view.findChild<QPlainTextEdit*>("contentView");
    const auto choose = [&](const QString& word) {
      while (mode->currentText() != word && mode->currentIndex() + 1 < mode->count())
        QTest::keyClick(mode, Qt::Key_Down);
      QCOMPARE(mode->currentText(), word);
    };
    choose("CSV");
    auto* table = view.findChild<QTableWidget*>("contentTable");
    QCOMPARE(table->columnCount(), 2);
    QCOMPARE(table->rowCount(), 2);
    QCOMPARE(table->horizontalHeaderItem(1)->text(), QString("b, c"));
    QCOMPARE(table->item(0, 1)->text(), QString("say \"x\""));
    choose("Image");
    QImage dot(4, 3, QImage::Format_RGB32);
    dot.fill(Qt::red);
    QByteArray png;
    QBuffer buffer(&png);
    QVERIFY(buffer.open(QIODevice::WriteOnly) && dot.save(&buffer, "PNG"));
    view.show(png, double(png.size()));
    QCOMPARE(view.findChild<QLabel*>("contentImage")->pixmap().size(), QSize(4, 3));
    choose("Hex");
    view.show(QByteArray("A\x01", 2), 2);
    QCOMPARE(text->toPlainText().simplified(), QString("00000000 41 01 A."));
    view.show("AB", 100000);
    QVERIFY(text->toPlainText().contains("2 B of 97.7 KB"));
    QCOMPARE(xmlText("<a><b>1</b><c/></a>"), QString("<a>\n  <b>1</b>\n  <c/>\n</a>\n"));
    QVERIFY(xmlText("<a><b>1</b><c").contains("<b>1</b>"));
    QVERIFY(xmlText("no <a/>").isEmpty());
    QVERIFY(xmlText("<a></b>").isEmpty());
    QVERIFY(csvRows("", 10).empty());
    QCOMPARE(csvRows("\"a\nb\",c", 10), (std::vector<QStringList>{{"a\nb", "c"}}));
  }

  void theSameComplaintIsOneRowThatCountsAndAClickLeadsThere() {
    Desk desk;
    StatusStore status;
    Ids went;
    BulletinPanel panel(
        desk.model, status, [&](flow::ElementId id) { went.push_back(id); }, nullptr);
    panel.resize(900, 300);
    panel.show();
    auto* list = panel.findChild<QTreeWidget*>("bulletins");
    const auto store = desk.id("Store");
    status.takeBulletin({1, "10:00:00", "error", store, "cannot write 17 bytes to /out"});
    status.takeBulletin({2, "10:00:01", "warn", desk.id("Split"), "no line end"});
    status.takeBulletin({3, "10:00:02", "error", store, "cannot write 99 bytes to /out"});
    QCOMPARE(list->topLevelItemCount(), 2);
    QCOMPARE(list->topLevelItem(0)->text(0), QString("10:00:02"));
    QCOMPARE(list->topLevelItem(0)->text(2), QString("× 2"));
    QCOMPARE(list->topLevelItem(0)->text(4), QString("cannot write 99 bytes to /out"));
    QTest::keyClicks(panel.findChild<QLineEdit*>("bulletinFilter"), "line end");
    QVERIFY(list->topLevelItem(0)->isHidden());
    QVERIFY(!list->topLevelItem(1)->isHidden());
    QTest::mouseClick(list->viewport(), Qt::LeftButton, {},
                      list->visualItemRect(list->topLevelItem(1)).center());
    QCOMPARE(went, Ids{desk.id("Split")});
    QCOMPARE(complaintKind("id 3f0c11aa-22 took 5 ms"), QString("id # took # ms"));
  }

  void aParameterIsAddedGivenAValueMadeSensitiveAndNotRemovedWhileItIsUsed() {
    Desk desk;
    QStringList said;
    ParametersPanel panel(
        desk.editor, [](flow::ElementId) {}, [](const QString&) { return true; },
        [&](const QString& text) { said << text; }, nullptr);
    panel.resize(1000, 300);
    panel.show();
    auto* name = panel.findChild<QLineEdit*>("parameterName");
    auto* table = panel.findChild<QTableWidget*>("parameters");
    QTest::keyClicks(name, "target");
    QTest::keyClick(name, Qt::Key_Return);
    QCOMPARE(table->rowCount(), 1);
    // The cursor stands in the value: typing begins to edit it.
    QTest::keyClicks(table, "o");
    auto* cell = table->findChild<QLineEdit*>();
    QVERIFY(cell != nullptr);
    QTest::keyClicks(cell, "ut");
    QTest::keyClick(cell, Qt::Key_Return);
    QTRY_COMPARE(own(desk)[0].value, std::optional<std::string>("out"));
    desk.editor.setProperty({desk.id("Store")}, "Directory", std::string("#{target}/x"));
    QCOMPARE(table->item(0, 5)->text(), QString("1"));
    auto* remove = panel.findChild<QPushButton*>("parameterRemove");
    table->setCurrentCell(0, 0);
    QTest::mouseClick(remove, Qt::LeftButton);
    QCOMPARE(own(desk).size(), std::size_t(1));
    QVERIFY(said.last().contains("Store"));

    table->setCurrentCell(0, 2);
    QTest::keyClick(table, Qt::Key_Space);
    QTRY_VERIFY(own(desk)[0].sensitive);
    QVERIFY(!own(desk)[0].value);
    QCOMPARE(table->item(0, 1)->text(), QString("set outside the flow file"));
    QVERIFY(!(table->item(0, 1)->flags() & Qt::ItemIsEditable));
    desk.undo.undo();
    QCOMPARE(own(desk)[0].value, std::optional<std::string>("out"));
    desk.editor.setProperty({desk.id("Store")}, "Directory", std::string("y"));
    QTest::mouseClick(remove, Qt::LeftButton);
    QVERIFY(own(desk).empty());
  }

  void theWordsOfASearchInProvenanceBecomeItsQuery() {
    const Desk desk;
    const auto query = [&](const QString& words) {
      const Result<QString> made = provenanceQuery(words, desk.model);
      return made.ok() ? *made : "refused: " + QString::fromStdString(made.error().message);
    };
    QCOMPARE(query(""), QString(""));
    QCOMPARE(query("type:send file:a.txt"), QString("type=SEND&filename=a.txt"));
    QCOMPARE(query("site=north pole=1"), QString("attribute=site%3Dnorth&attribute=pole%3D1"));
    QCOMPARE(query("\"url=http://x y\""), QString("attribute=url%3Dhttp%3A%2F%2Fx%20y"));
    QCOMPARE(query("component:\"store\""), "component=" + idToJson(desk.id("Store")));
    QCOMPARE(query("3f0c0000-1111-2222-3333-444455556666"),
             QString("uuid=3f0c0000-1111-2222-3333-444455556666"));
    QCOMPARE(query("report.pdf"), QString("filename=report.pdf"));
    QVERIFY(query("component:Nobody").startsWith("refused: there is no component"));
    QVERIFY(query("type:").startsWith("refused:"));
  }

  void aChangeOfTheServerIsSaidInWords() {
    const QJsonObject value{{"name", "Slow"}};
    const QJsonArray one{QJsonObject{{"op", "create"}, {"value", value}}};
    QCOMPARE(changeWords({{"comment", "slower"}, {"changes", one}}), QString("slower"));
    QCOMPARE(changeWords({{"comment", ""}, {"changes", one}}), QString("create “Slow”"));
    QCOMPARE(changeWords({}), QString("nothing"));
    QCOMPARE(changeWords({{"who", "file"}}), QString("read from its file"));
  }

 private:
  static const std::vector<flow::Parameter>& own(const Desk& desk) {
    return std::get<flow::Group>(desk.model.find(kRootGroup)->value).parameters;
  }
};

MR_STUDIO_TEST_MAIN(PanelsTest)
#include "panels_test.moc"
