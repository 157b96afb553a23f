// SPDX-License-Identifier: Apache-2.0
#include "gui/app/history_chart.h"

#include "gui/model/status_store.h"

#include <QDateTime>
#include <QJsonArray>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>

namespace millrace::gui {
namespace {

constexpr double kChartLeft = 72;
constexpr double kChartRight = 16;
constexpr double kChartTop = 36;
constexpr double kChartBottom = 28;
constexpr double kKeyStep = 8;  ///< pixels that an arrow key moves the pointer

struct FigureField {
  const char* field;
  const char* name;
  bool isLevel;
};

std::vector<FigureField> fieldsOf(Figure figure) {
  switch (figure) {
    case Figure::kFlowFiles:
      return {{"in", "In", false}, {"out", "Out", false}};
    case Figure::kBytes:
      return {{"bytesIn", "In", false}, {"bytesOut", "Out", false}};
    case Figure::kDisk:
      return {{"read", "Read", false}, {"written", "Written", false}};
    case Figure::kTasks:
      return {{"tasks", "Tasks", false}};
    case Figure::kBusy:
      return {{"busyNanos", "At work", false}};
    case Figure::kWaiting:
      return {{"count", "On average", true}, {"mostCount", "At most", true}};
    case Figure::kWaitingBytes:
      return {{"bytes", "On average", true}, {"mostBytes", "At most", true}};
  }
  return {};
}

double stepMillis(const QString& step) {
  return step == "1s" ? 1000 : step == "5m" ? 300000 : 60000;
}

}  // namespace

QString figureName(Figure figure) {
  switch (figure) {
    case Figure::kFlowFiles:
      return "FlowFiles";
    case Figure::kBytes:
      return "Bytes";
    case Figure::kDisk:
      return "Content read and written";
    case Figure::kTasks:
      return "Tasks";
    case Figure::kBusy:
      return "Time at work";
    case Figure::kWaiting:
      return "FlowFiles that wait";
    case Figure::kWaitingBytes:
      return "Bytes that wait";
  }
  return {};
}

QString figureWords(Figure figure, double value) {
  switch (figure) {
    case Figure::kFlowFiles:
    case Figure::kTasks:
      return (value > 0 && value < 10 ? QString::number(value, 'g', 2) : shortCount(value)) + "/s";
    case Figure::kBytes:
    case Figure::kDisk:
      return shortBytes(value) + "/s";
    case Figure::kBusy:
      return QString::number(value * 100, 'g', 3) + " %";
    case Figure::kWaiting:
      return shortCount(value);
    case Figure::kWaitingBytes:
      return shortBytes(value);
  }
  return {};
}

std::vector<ChartLine> chartLines(const QJsonObject& history, Figure figure, double from,
                                  double to) {
  const QJsonArray fields = history["fields"].toArray();
  const double step = stepMillis(history["step"].toString());
  std::vector<ChartLine> lines;
  for (const FigureField& wanted : fieldsOf(figure)) {
    qsizetype column = -1;
    for (qsizetype i = 0; i < fields.size(); ++i) {
      if (fields[i].toString() == QLatin1String(wanted.field)) column = i + 1;
    }
    ChartLine line{wanted.name, {}};
    const double scale = wanted.isLevel            ? 1
                         : figure == Figure::kBusy ? 1 / (step * 1e6)
                                                   : 1000 / step;
    double last = 0;
    double lastAt = from - step;
    const auto calmUntil = [&](double at) {
      const double level = wanted.isLevel ? last : 0;
      if (at - lastAt <= 1.5 * step) return;
      line.points.emplace_back(std::max(from, lastAt + step), level);
      if (at - step > line.points.back().first) line.points.emplace_back(at - step, level);
    };
    for (const QJsonValue& item : history["rows"].toArray()) {
      const QJsonArray row = item.toArray();
      const double at = row[0].toDouble();
      const double value = column < 0 ? 0 : row[column].toDouble() * scale;
      if (at > to) break;
      if (at >= from) {
        calmUntil(at);
        line.points.emplace_back(at, value);
        lastAt = at;
      }
      last = value;
    }
    if (column >= 0) {
      // What the last steps brought is told a moment later.
      if (to - lastAt > 3 * step) calmUntil(to + step);
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

std::vector<double> roundTicks(double most) {
  const double wanted = std::max(most, 1e-9) / 4;
  const double decade = std::pow(10, std::floor(std::log10(wanted)));
  double step = 10 * decade;
  for (const double factor : {1.0, 2.0, 2.5, 5.0}) {
    if (factor * decade >= wanted * 0.999) {
      step = factor * decade;
      break;
    }
  }
  std::vector<double> ticks{0};
  while (ticks.back() < most * 0.999 || ticks.size() < 2)
    ticks.push_back(static_cast<double>(ticks.size()) * step);
  return ticks;
}

HistoryChart::HistoryChart(const Theme& theme, QWidget* parent) : QWidget(parent), theme_(&theme) {
  setObjectName("historyChart");
  setMouseTracking(true);
  setFocusPolicy(Qt::StrongFocus);
  setMinimumHeight(120);
  clear("Nothing is chosen.");
}

void HistoryChart::setTheme(const Theme& theme) {
  theme_ = &theme;
  update();
}

void HistoryChart::clear(const QString& words) {
  lines_.clear();
  words_ = words;
  say();
  update();
}

void HistoryChart::show(Figure figure, std::vector<ChartLine> lines, double from, double to) {
  figure_ = figure;
  lines_ = std::move(lines);
  from_ = from;
  to_ = to;
  words_.clear();
  if (lines_.empty()) words_ = "Nothing has happened here yet.";
  say();
  update();
}

// For people who do not see it: what each line does, in numbers.
void HistoryChart::say() {
  QStringList words;
  for (const ChartLine& line : lines_) {
    double most = 0;
    for (const auto& [at, value] : line.points) most = std::max(most, value);
    const double now = line.points.empty() ? 0 : line.points.back().second;
    words << line.name + " now " + figureWords(figure_, now) + ", at most " +
                 figureWords(figure_, most);
  }
  setAccessibleName(lines_.empty() ? "Chart: " + words_
                                   : "Chart of " + figureName(figure_) + ": " + words.join("; "));
}

QRectF HistoryChart::plot() const {
  return QRectF(rect()).adjusted(kChartLeft, kChartTop, -kChartRight, -kChartBottom);
}

double HistoryChart::top() const {
  double most = 0;
  for (const ChartLine& line : lines_) {
    for (const auto& [at, value] : line.points) most = std::max(most, value);
  }
  return roundTicks(most > 0 ? most : 1).back();
}

QColor HistoryChart::colourOf(std::size_t line) const {
  return line == 0 ? theme_->accent : theme_->running;
}

QPointF HistoryChart::placeOf(double time, double value) const {
  const QRectF area = plot();
  return {area.left() + (time - from_) / std::max(to_ - from_, 1.0) * area.width(),
          area.bottom() - value / top() * area.height()};
}

QPolygonF HistoryChart::placeOf(std::size_t line) const {
  QPolygonF places;
  const QRectF area = plot();
  const double most = top();
  for (const auto& [at, value] : lines_[line].points)
    places << QPointF(area.left() + (at - from_) / std::max(to_ - from_, 1.0) * area.width(),
                      area.bottom() - value / most * area.height());
  return places;
}

double HistoryChart::valueAt(const ChartLine& line, double time) const {
  const auto after =
      std::lower_bound(line.points.begin(), line.points.end(), time,
                       [](const auto& point, double wanted) { return point.first < wanted; });
  if (line.points.empty()) return 0;
  if (after == line.points.end()) return line.points.back().second;
  if (after == line.points.begin()) return after->second;
  const auto before = std::prev(after);
  return time - before->first < after->first - time ? before->second : after->second;
}

QString HistoryChart::wordsAt(QPointF point) const {
  const QRectF area = plot();
  if (lines_.empty() || point.x() < area.left() || point.x() > area.right()) return {};
  const double time = from_ + (point.x() - area.left()) / area.width() * (to_ - from_);
  const QDateTime when = QDateTime::fromMSecsSinceEpoch(static_cast<qint64>(time));
  QString words = when.toString(to_ - from_ > 2 * 86400000.0 ? "d MMM HH:mm" : "HH:mm:ss");
  for (const ChartLine& line : lines_)
    words += "   " + line.name + " " + figureWords(figure_, valueAt(line, time));
  return words;
}

void HistoryChart::paintAxes(QPainter& painter) const {
  const QRectF area = plot();
  painter.setFont(interfaceFont(11));
  const std::vector<double> ticks = roundTicks(top());
  for (const double tick : ticks) {
    const double y = std::round(placeOf(from_, tick).y()) + 0.5;
    painter.setPen(QPen(theme_->line, 1));
    painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y));
    painter.setPen(theme_->muted);
    painter.drawText(QRectF(0, y - 8, kChartLeft - 8, 16), Qt::AlignRight | Qt::AlignVCenter,
                     figureWords(figure_, tick));
  }
  const int parts = std::clamp(static_cast<int>(area.width() / 120), 2, 8);
  for (int i = 0; i <= parts; ++i) {
    const double time = from_ + (to_ - from_) * i / parts;
    const QString words = QDateTime::fromMSecsSinceEpoch(static_cast<qint64>(time))
                              .toString(to_ - from_ > 2 * 86400000.0 ? "d MMM" : "HH:mm:ss");
    const double x = placeOf(time, 0).x();
    const auto how = i == 0 ? Qt::AlignLeft : i == parts ? Qt::AlignRight : Qt::AlignHCenter;
    const double shift = i == 0 ? 0 : i == parts ? -80 : -40;
    painter.drawText(QRectF(x + shift, area.bottom() + 8, 80, 16), how | Qt::AlignVCenter, words);
  }
}

void HistoryChart::paintPointer(QPainter& painter) const {
  const QRectF area = plot();
  if (pointer_ < area.left() || pointer_ > area.right()) return;
  painter.setPen(QPen(theme_->control, 1));
  painter.drawLine(QPointF(pointer_, area.top()), QPointF(pointer_, area.bottom()));
  const double time = from_ + (pointer_ - area.left()) / area.width() * (to_ - from_);
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(colourOf(i));
    painter.drawEllipse(placeOf(time, valueAt(lines_[i], time)), 3.5, 3.5);
  }
}

void HistoryChart::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.fillRect(rect(), theme_->panel);
  if (lines_.empty()) {
    painter.setFont(interfaceFont(13));
    painter.setPen(theme_->muted);
    painter.drawText(rect().adjusted(16, 16, -16, -16), Qt::AlignCenter | Qt::TextWordWrap, words_);
    return;
  }
  paintAxes(painter);
  double x = kChartLeft;
  painter.setFont(interfaceFont(12));
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    QPen pen(colourOf(i), 2, i == 0 ? Qt::SolidLine : Qt::DashLine, Qt::FlatCap, Qt::RoundJoin);
    painter.setPen(pen);
    painter.drawPolyline(placeOf(i));
    painter.drawLine(QPointF(x, 16), QPointF(x + 24, 16));
    painter.setPen(theme_->text);
    const double width = QFontMetricsF(painter.font()).horizontalAdvance(lines_[i].name);
    painter.drawText(QRectF(x + 32, 4, width + 8, 24), Qt::AlignVCenter, lines_[i].name);
    x += width + 56;
  }
  paintPointer(painter);
  painter.setPen(theme_->text);
  painter.drawText(QRectF(x, 4, width() - x - kChartRight, 24), Qt::AlignVCenter | Qt::AlignRight,
                   wordsAt({pointer_, 0}));
  if (!hasFocus()) return;
  painter.setPen(QPen(theme_->accent, 2));
  painter.setBrush(Qt::NoBrush);
  painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 4, 4);
}

void HistoryChart::mouseMoveEvent(QMouseEvent* event) {
  pointer_ = event->position().x();
  update();
}

void HistoryChart::leaveEvent(QEvent*) {
  pointer_ = -1;
  update();
}

void HistoryChart::keyPressEvent(QKeyEvent* event) {
  const int way = event->key() == Qt::Key_Right ? 1 : event->key() == Qt::Key_Left ? -1 : 0;
  if (way == 0) return QWidget::keyPressEvent(event);
  const QRectF area = plot();
  if (pointer_ < 0) pointer_ = way > 0 ? area.left() : area.right();
  pointer_ = std::clamp(pointer_ + way * kKeyStep, area.left(), area.right());
  setAccessibleDescription(wordsAt({pointer_, 0}));
  update();
}

}  // namespace millrace::gui
