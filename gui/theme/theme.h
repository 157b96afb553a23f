// SPDX-License-Identifier: Apache-2.0
#pragma once
// Theme: every colour of Studio, light and dark, as one value, with the pairs that people must be
// able to tell apart. Sizes are multiples of kUnit. Threads: constants.

#include <QColor>
#include <QFont>
#include <QPalette>
#include <QString>
#include <array>
#include <vector>

namespace millrace::gui {

inline constexpr int kUnit = 8;      ///< pixels: all spacing is a multiple of it, or half of it
inline constexpr int kFamilies = 6;  ///< as many as gui/model's Family has values

struct Theme {
  QString name;
  bool isDark = false;

  // Windows and panels.
  QColor window;
  QColor panel;
  QColor field;
  QColor line;     ///< borders and separators
  QColor control;  ///< borders of what can be changed
  QColor text;
  QColor muted;   ///< secondary text
  QColor accent;  ///< selection, focus, primary buttons
  QColor onAccent;
  QColor hover;

  // The canvas.
  QColor canvas;
  QColor dot;
  QColor card;
  QColor cardLine;
  QColor shadow;
  QColor wire;
  QColor note;
  QColor onNote;
  std::array<QColor, kFamilies> family;  ///< ground of the sign; the sign is drawn in onFamily
  QColor onFamily;

  // States.
  QColor running;
  QColor stopped;
  QColor warning;
  QColor error;
};

const Theme& lightTheme();
const Theme& darkTheme();
/// Black and white, and few strong colours: every text has a contrast of 7 at least.
const Theme& contrastTheme();
std::vector<const Theme*> allThemes();
/// The one of that name; where there is none, light or dark as the system's windows are.
const Theme& themeNamed(const QString& name);

QPalette paletteOf(const Theme& theme);
/// The few fixed rules that a palette cannot say.
QString styleSheetOf(const Theme& theme);

/// The interface's typeface in a size in pixels; Inter where it is installed.
QFont interfaceFont(int pixels, QFont::Weight weight = QFont::Normal);
QFont codeFont(int pixels);

/// The ratio of WCAG 2.1, 1 to 21.
double contrast(const QColor& a, const QColor& b);

struct ColourPair {
  QString what;
  QColor front;
  QColor ground;
  double least;  ///< 4.5 for text, 3 for signs and states
};
std::vector<ColourPair> pairsOf(const Theme& theme);

}  // namespace millrace::gui
