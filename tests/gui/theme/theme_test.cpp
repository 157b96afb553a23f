// SPDX-License-Identifier: Apache-2.0
#include "gui/theme/theme.h"

#include <QGuiApplication>
#include <QTest>

using namespace millrace::gui;

class ThemeTest : public QObject {
  Q_OBJECT

 private slots:
  void theFormulaIsThatOfTheGuidelines() {
    QCOMPARE(contrast(Qt::black, Qt::white), 21.0);
    QCOMPARE(contrast(Qt::red, Qt::red), 1.0);
    // Known examples: #767676 is the lightest grey that passes on white, #777777 does not.
    QVERIFY(contrast(QColor("#767676"), Qt::white) >= 4.5);
    QVERIFY(contrast(QColor("#777777"), Qt::white) < 4.5);
  }

  void everyPairOfAllThemesCanBeToldApart() {
    QCOMPARE(allThemes().size(), std::size_t(3));
    for (const Theme* theme : allThemes()) {
      const auto pairs = pairsOf(*theme);
      QVERIFY(pairs.size() > 20);
      for (const ColourPair& pair : pairs) {
        const double ratio = contrast(pair.front, pair.ground);
        QVERIFY2(ratio >= pair.least, qPrintable(QString("%1, %2: %3 is less than %4")
                                                     .arg(theme->name, pair.what)
                                                     .arg(ratio)
                                                     .arg(pair.least)));
      }
    }
  }

  void highContrastIsHigherStill() {
    for (const ColourPair& pair : pairsOf(contrastTheme())) {
      const double wanted = pair.least >= 4.5 ? 7 : 4.5;
      QVERIFY2(contrast(pair.front, pair.ground) >= wanted, qPrintable(pair.what));
    }
  }

  void aThemeIsFoundByItsName() {
    for (const Theme* theme : allThemes()) QCOMPARE(&themeNamed(theme->name), theme);
  }

  void noWordOfTheStyleSheetIsLeftUnreplaced() {
    QVERIFY(!styleSheetOf(lightTheme()).contains('%'));
    QVERIFY(styleSheetOf(darkTheme()).contains(darkTheme().panel.name()));
  }
};

QTEST_GUILESS_MAIN(ThemeTest)
#include "theme_test.moc"
