// SPDX-License-Identifier: Apache-2.0
#pragma once
// HistoryChart: figures over time as lines, painted here: axes in round numbers, a legend, and the
// values under the pointer. It reads nothing itself. Lines differ in colour and in dashes.
// Times are milliseconds since 1970. Threads: the GUI thread.

#include "gui/theme/theme.h"

#include <QJsonObject>
#include <QPolygonF>
#include <QWidget>
#include <utility>
#include <vector>

namespace millrace::gui {

/// What is drawn of a component or connection.
enum class Figure : unsigned char {
  kFlowFiles,
  kBytes,
  kDisk,
  kTasks,
  kBusy,
  kWaiting,
  kWaitingBytes
};

QString figureName(Figure figure);
/// "12/s", "3.4 KB/s", "45 %", "120": a value as people read it.
QString figureWords(Figure figure, double value);

struct ChartLine {
  QString name;
  std::vector<std::pair<double, double>> points;  ///< time, value; times grow
};

/// The lines of a figure out of what a server's `/history/ID` answers. A step that is not told was
/// calm: sums are 0 then, levels stay as they were. Rates are a second's. Times before `from` are
/// left out; lines go on until `to`.
std::vector<ChartLine> chartLines(const QJsonObject& history, Figure figure, double from,
                                  double to);
/// Round numbers from 0 to at least `most`, four or five of them.
std::vector<double> roundTicks(double most);

class HistoryChart : public QWidget {
 public:
  HistoryChart(const Theme& theme, QWidget* parent);

  void setTheme(const Theme& theme);
  void show(Figure figure, std::vector<ChartLine> lines, double from, double to);
  /// No lines: the words say why.
  void clear(const QString& words);
  /// Where a line runs, in pixels of the widget.
  QPolygonF placeOf(std::size_t line) const;
  /// What is said at a point of the widget: time and the value of each line there.
  QString wordsAt(QPointF point) const;
  const std::vector<ChartLine>& lines() const { return lines_; }
  QColor colourOf(std::size_t line) const;

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  QRectF plot() const;
  double top() const;
  QPointF placeOf(double time, double value) const;
  double valueAt(const ChartLine& line, double time) const;
  void paintAxes(QPainter& painter) const;
  void paintPointer(QPainter& painter) const;
  void say();

  const Theme* theme_;
  Figure figure_ = Figure::kFlowFiles;
  std::vector<ChartLine> lines_;
  double from_ = 0;
  double to_ = 0;
  QString words_;
  double pointer_ = -1;  ///< pixels from the left; -1: nowhere
};

}  // namespace millrace::gui
