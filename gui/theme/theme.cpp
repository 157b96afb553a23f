// SPDX-License-Identifier: Apache-2.0
#include "gui/theme/theme.h"

#include <QFontDatabase>
#include <QGuiApplication>
#include <algorithm>
#include <cmath>

namespace millrace::gui {
namespace {

Theme makeLight() {
  Theme t;
  t.name = "light";
  t.window = QColor("#F4F5F7");
  t.panel = QColor("#FFFFFF");
  t.field = QColor("#FFFFFF");
  t.line = QColor("#E3E6EB");
  t.control = QColor("#868E9C");
  t.text = QColor("#171A21");
  t.muted = QColor("#5A6372");
  t.accent = QColor("#2F5FDE");
  t.onAccent = QColor("#FFFFFF");
  t.hover = QColor("#EDF0F5");
  t.canvas = QColor("#F1F3F6");
  t.dot = QColor("#D3D8E0");
  t.card = QColor("#FFFFFF");
  t.cardLine = QColor("#D5DAE2");
  t.shadow = QColor(20, 28, 45, 16);
  t.wire = QColor("#7C8798");
  t.note = QColor("#FFF5CC");
  t.onNote = QColor("#4A3F12");
  t.family = {QColor("#0F7B6C"), QColor("#B4430F"), QColor("#6D3FC4"),
              QColor("#2A63C9"), QColor("#5A6372"), QColor("#A3316F")};
  t.onFamily = QColor("#FFFFFF");
  t.running = QColor("#128A4A");
  t.stopped = QColor("#7A8494");
  t.warning = QColor("#9A5B00");
  t.error = QColor("#C62F2F");
  return t;
}

Theme makeDark() {
  Theme t;
  t.name = "dark";
  t.isDark = true;
  t.window = QColor("#15181E");
  t.panel = QColor("#1C2027");
  t.field = QColor("#15181E");
  t.line = QColor("#2C323C");
  t.control = QColor("#717B8B");
  t.text = QColor("#ECEEF2");
  t.muted = QColor("#9BA5B5");
  t.accent = QColor("#7FA2FF");
  t.onAccent = QColor("#0D1426");
  t.hover = QColor("#272D37");
  t.canvas = QColor("#111419");
  t.dot = QColor("#292F39");
  t.card = QColor("#1F242C");
  t.cardLine = QColor("#363E4A");
  t.shadow = QColor(0, 0, 0, 70);
  t.wire = QColor("#75818F");
  t.note = QColor("#3A341D");
  t.onNote = QColor("#F2E7BB");
  t.family = {QColor("#4CC9B4"), QColor("#F59A68"), QColor("#B493F5"),
              QColor("#7FAAF7"), QColor("#A7B0BF"), QColor("#EE8BC0")};
  t.onFamily = QColor("#12151A");
  t.running = QColor("#3FCB7F");
  t.stopped = QColor("#8A94A4");
  t.warning = QColor("#F2AE42");
  t.error = QColor("#FF7A73");
  return t;
}

Theme makeContrast() {
  Theme t;
  t.name = "contrast";
  t.isDark = true;
  t.window = t.panel = t.field = t.canvas = t.card = QColor("#000000");
  t.line = QColor("#8C8C8C");
  t.control = QColor("#FFFFFF");
  t.text = QColor("#FFFFFF");
  t.muted = QColor("#E6E6E6");
  t.accent = QColor("#FFE600");
  t.onAccent = QColor("#000000");
  t.hover = QColor("#333333");
  t.dot = QColor("#3A3A3A");
  t.cardLine = QColor("#FFFFFF");
  t.shadow = QColor(0, 0, 0, 0);
  t.wire = QColor("#FFFFFF");
  t.note = QColor("#1A1A1A");
  t.onNote = QColor("#FFFFFF");
  t.family = {QColor("#5CE6D0"), QColor("#FFB07A"), QColor("#D1BBFF"),
              QColor("#9CC4FF"), QColor("#E0E0E0"), QColor("#FFA8DA")};
  t.onFamily = QColor("#000000");
  t.running = QColor("#4DFF88");
  t.stopped = QColor("#D0D0D0");
  t.warning = QColor("#FFC14D");
  t.error = QColor("#FF9B94");
  return t;
}

double channel(double value) {
  return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

double luminance(const QColor& colour) {
  return 0.2126 * channel(colour.redF()) + 0.7152 * channel(colour.greenF()) +
         0.0722 * channel(colour.blueF());
}

}  // namespace

const Theme& lightTheme() {
  static const Theme theme = makeLight();
  return theme;
}

const Theme& darkTheme() {
  static const Theme theme = makeDark();
  return theme;
}

const Theme& contrastTheme() {
  static const Theme theme = makeContrast();
  return theme;
}

std::vector<const Theme*> allThemes() { return {&lightTheme(), &darkTheme(), &contrastTheme()}; }

const Theme& themeNamed(const QString& name) {
  for (const Theme* theme : allThemes()) {
    if (theme->name == name) return *theme;
  }
  const QColor window = QGuiApplication::palette().color(QPalette::Window);
  return window.lightness() < 128 ? darkTheme() : lightTheme();
}

QPalette paletteOf(const Theme& t) {
  QPalette p;
  p.setColor(QPalette::Window, t.window);
  p.setColor(QPalette::WindowText, t.text);
  p.setColor(QPalette::Base, t.field);
  p.setColor(QPalette::AlternateBase, t.hover);
  p.setColor(QPalette::Text, t.text);
  p.setColor(QPalette::PlaceholderText, t.muted);
  p.setColor(QPalette::Button, t.panel);
  p.setColor(QPalette::ButtonText, t.text);
  p.setColor(QPalette::ToolTipBase, t.panel);
  p.setColor(QPalette::ToolTipText, t.text);
  p.setColor(QPalette::Highlight, t.accent);
  p.setColor(QPalette::HighlightedText, t.onAccent);
  p.setColor(QPalette::Link, t.accent);
  p.setColor(QPalette::Mid, t.line);
  p.setColor(QPalette::Dark, t.line);
  p.setColor(QPalette::Light, t.panel);
  p.setColor(QPalette::Midlight, t.hover);
  p.setColor(QPalette::Shadow, t.line);
  for (const QPalette::ColorRole role :
       {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
    p.setColor(QPalette::Disabled, role, t.control);
  return p;
}

QString styleSheetOf(const Theme& t) {
  QString sheet =
      "QMainWindow::separator{background:%line;width:1px;height:1px}"
      "QToolBar{background:%panel;border:0;border-bottom:1px solid %line;padding:4px "
      "8px;spacing:4px}"
      "QToolButton{border:0;border-radius:6px;padding:6px 8px;color:%text}"
      "QToolButton:hover{background:%hover}"
      "QToolButton:checked{background:%hover}"
      "QToolButton:disabled{color:%control}"
      "QStatusBar{background:%panel;border-top:1px solid %line;color:%muted}"
      "QStatusBar::item{border:0}"
      "QMenuBar{background:%panel;padding:2px 8px}"
      "QMenuBar::item{padding:4px 8px;border-radius:4px}"
      "QMenuBar::item:selected{background:%hover}"
      "QMenu{background:%panel;border:1px solid %line;padding:4px}"
      "QMenu::item{padding:6px 24px 6px 16px;border-radius:4px}"
      "QMenu::item:selected{background:%hover;color:%text}"
      "QMenu::item:disabled{color:%control}"
      "QMenu::separator{height:1px;background:%line;margin:4px 8px}"
      "QDockWidget{titlebar-close-icon:none;titlebar-normal-icon:none;color:%muted}"
      "QDockWidget::title{background:%panel;padding:8px 16px 6px 16px;border-bottom:1px solid "
      "%line}"
      "QLineEdit,QPlainTextEdit,QComboBox,QSpinBox{background:%field;color:%text;"
      "border:1px solid %control;border-radius:6px;padding:4px "
      "8px;selection-background-color:%accent;"
      "selection-color:%onAccent}"
      "QLineEdit:focus,QPlainTextEdit:focus,QComboBox:focus,QSpinBox:focus{border:2px solid "
      "%accent;"
      "padding:3px 7px}"
      "QComboBox::drop-down{border:0;width:24px}"
      "QCheckBox{spacing:8px}"
      "QSplitter::handle:horizontal{width:1px;background:%line;margin:0 8px}"
      "QSplitter::handle:vertical{height:1px;background:%line;margin:8px 0}"
      "QComboBox QAbstractItemView{background:%panel;border:1px solid %line;outline:0}"
      "QTabBar,QTabWidget{background:%panel}"
      "QTabBar::tab{padding:8px 12px;color:%muted;border:0;border-bottom:2px solid "
      "transparent;background:transparent}"
      "QTabBar::tab:selected{color:%text;border-bottom:2px solid %accent}"
      "QTabWidget::pane{border:0;border-top:1px solid %line}"
      "QListView,QTreeView,QTableView{background:%panel;border:0;outline:0}"
      "QListView::item,QTreeView::item{padding:4px 8px;border-radius:6px}"
      "QListView::item:hover,QTreeView::item:hover{background:%hover}"
      "QListView::item:selected,QTreeView::item:selected{background:%accent;color:%onAccent}"
      "QTreeView{show-decoration-selected:1}"
      "QTreeView::item{border-radius:0}"
      "QTableView::item{padding:4px 8px;border:0}"
      "QTableView::item:selected{background:%accent;color:%onAccent}"
      "QHeaderView::section{background:%panel;color:%muted;border:0;border-bottom:1px solid "
      "%line;padding:6px 8px 6px 11px}"  // where the words of the cells begin
      "QPushButton{background:%panel;border:1px solid %control;border-radius:6px;padding:6px 16px;"
      "outline:0}"
      "QPushButton:hover{background:%hover}"
      "QPushButton:checked{background:%hover;border:2px solid %accent;padding:5px 15px}"
      "QPushButton:default{background:%accent;color:%onAccent;border:1px solid %accent}"
      "QPushButton:focus{border:2px solid %accent;padding:5px 15px}"
      "QPushButton:default:focus{border:2px solid %text}"
      "QPushButton::menu-indicator{subcontrol-origin:padding;subcontrol-position:right "
      "center;right:4px}"
      "QScrollArea{background:%panel;border:0}"
      "QScrollBar:vertical{background:transparent;width:10px;margin:0}"
      "QScrollBar::handle:vertical{background:%control;border-radius:3px;min-height:32px;margin:"
      "2px}"
      "QScrollBar:horizontal{background:transparent;height:10px;margin:0}"
      "QScrollBar::handle:horizontal{background:%control;border-radius:3px;min-width:32px;margin:"
      "2px}"
      "QScrollBar::add-line,QScrollBar::sub-line{width:0;height:0}"
      "QScrollBar::add-page,QScrollBar::sub-page{background:transparent}"
      "QToolTip{background:%panel;color:%text;border:1px solid %line;padding:4px}"
      "QFrame#popup{background:%panel;border:1px solid %control;border-radius:10px}"
      "QWidget#panel{background:%panel}";
  // The longest names first: %control begins like no other, but %line must not eat %lineX.
  const std::pair<const char*, QColor> words[] = {
      {"%onAccent", t.onAccent}, {"%control", t.control}, {"%accent", t.accent},
      {"%panel", t.panel},       {"%field", t.field},     {"%hover", t.hover},
      {"%muted", t.muted},       {"%line", t.line},       {"%text", t.text}};
  for (const auto& [word, colour] : words) sheet.replace(QLatin1String(word), colour.name());
  return sheet;
}

QFont interfaceFont(int pixels, QFont::Weight weight) {
  static const QString family =
      QFontDatabase::families().contains("Inter") ? QString("Inter") : QString("DejaVu Sans");
  QFont font(family);
  font.setPixelSize(pixels);
  font.setWeight(weight);
  return font;
}

QFont codeFont(int pixels) {
  QFont font("DejaVu Sans Mono");
  font.setStyleHint(QFont::Monospace);
  font.setPixelSize(pixels);
  return font;
}

double contrast(const QColor& a, const QColor& b) {
  const double x = luminance(a);
  const double y = luminance(b);
  return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

std::vector<ColourPair> pairsOf(const Theme& t) {
  std::vector<ColourPair> pairs = {
      {"text on panel", t.text, t.panel, 4.5},
      {"text on window", t.text, t.window, 4.5},
      {"text in field", t.text, t.field, 4.5},
      {"text on hover", t.text, t.hover, 4.5},
      {"secondary text on panel", t.muted, t.panel, 4.5},
      {"secondary text on window", t.muted, t.window, 4.5},
      {"secondary text on canvas", t.muted, t.canvas, 4.5},
      {"secondary text on card", t.muted, t.card, 4.5},
      {"name on card", t.text, t.card, 4.5},
      {"text on accent", t.onAccent, t.accent, 4.5},
      {"accent text on panel", t.accent, t.panel, 4.5},
      {"note", t.onNote, t.note, 4.5},
      {"warning text on panel", t.warning, t.panel, 4.5},
      {"error text on panel", t.error, t.panel, 4.5},
      {"field border", t.control, t.panel, 3},
      {"wire on canvas", t.wire, t.canvas, 3},
      {"selection on canvas", t.accent, t.canvas, 3},
      {"running lamp", t.running, t.card, 3},
      {"stopped lamp", t.stopped, t.card, 3},
      {"warning lamp", t.warning, t.card, 3},
      {"error lamp", t.error, t.card, 3},
  };
  for (const QColor& ground : t.family) pairs.push_back({"sign", t.onFamily, ground, 4.5});
  return pairs;
}

}  // namespace millrace::gui
