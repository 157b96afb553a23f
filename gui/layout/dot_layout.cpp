// SPDX-License-Identifier: Apache-2.0
#include "gui/layout/dot_layout.h"

#include <cmath>

namespace millrace::gui {
namespace {

constexpr double kPointsPerInch = 72;

}  // namespace

QByteArray dotText(const BoxGraph& graph) {
  QByteArray text =
      "digraph "
      "f{rankdir=LR;splines=line;nodesep=0.55;ranksep=2.2;node[shape=box,fixedsize=true];\n";
  for (std::size_t i = 0; i < graph.boxes.size(); ++i) {
    text += 'n' + QByteArray::number(qulonglong(i)) +
            "[width=" + QByteArray::number(graph.boxes[i].width() / kPointsPerInch, 'f', 4) +
            ",height=" + QByteArray::number(graph.boxes[i].height() / kPointsPerInch, 'f', 4) +
            "];\n";
  }
  for (const auto& [from, to] : graph.wires) {
    text += 'n' + QByteArray::number(qulonglong(from)) + "->n" +
            QByteArray::number(qulonglong(to)) + ";\n";
  }
  return text + "}\n";
}

Corners cornersFromPlain(const QByteArray& plain, const BoxGraph& graph) {
  Corners corners(graph.boxes.size());
  std::size_t seen = 0;
  double left = 1e300, above = 1e300;
  for (const QByteArray& line : plain.split('\n')) {
    const QList<QByteArray> words = line.split(' ');
    if (words.size() < 6 || words[0] != "node" || !words[1].startsWith('n')) continue;
    bool ok = false;
    const std::size_t i = words[1].mid(1).toULongLong(&ok);
    if (!ok || i >= corners.size()) return {};
    const QSizeF size = graph.boxes[i];
    // dot counts upwards.
    corners[i] = {words[2].toDouble() * kPointsPerInch - size.width() / 2,
                  -words[3].toDouble() * kPointsPerInch - size.height() / 2};
    left = std::min(left, corners[i].x());
    above = std::min(above, corners[i].y());
    ++seen;
  }
  if (seen != graph.boxes.size()) return {};
  for (QPointF& corner : corners) {
    corner.setX(std::round((corner.x() - left) / kLayoutGrid) * kLayoutGrid);
    corner.setY(std::round((corner.y() - above) / kLayoutGrid) * kLayoutGrid);
  }
  return corners;
}

DotLayout::DotLayout(QString program, int limitMillis)
    : program_(std::move(program)), limitMillis_(limitMillis) {
  limit_.setSingleShot(true);
  QObject::connect(&limit_, &QTimer::timeout, &limit_, [this] { finish(false); });
}

DotLayout::~DotLayout() {
  if (process_) process_->disconnect();
}

void DotLayout::start(BoxGraph graph, Answer answer) {
  graph_ = std::move(graph);
  answer_ = std::move(answer);
  if (process_) process_->disconnect();
  process_ = std::make_unique<QProcess>();
  QObject::connect(process_.get(), &QProcess::finished, process_.get(),
                   [this](int code, QProcess::ExitStatus status) {
                     finish(status == QProcess::NormalExit && code == 0);
                   });
  QObject::connect(process_.get(), &QProcess::errorOccurred, process_.get(),
                   [this](QProcess::ProcessError error) {
                     if (error == QProcess::FailedToStart) finish(false);
                   });
  limit_.start(limitMillis_);
  process_->start(program_, {"-Tplain"});
  process_->write(dotText(graph_));
  process_->closeWriteChannel();
}

void DotLayout::finish(bool good) {
  if (!answer_) return;
  limit_.stop();
  Corners corners;
  if (good) corners = cornersFromPlain(process_->readAllStandardOutput(), graph_);
  const By by = corners.empty() ? By::kBuiltIn : By::kDot;
  if (by == By::kBuiltIn) corners = layeredLayout(graph_);
  // This may run inside a signal of the process: it is let go later, by the event loop.
  process_->disconnect();
  if (process_->state() != QProcess::NotRunning) process_->kill();
  process_.release()->deleteLater();
  const Answer answer = std::exchange(answer_, {});
  answer(std::move(corners), by);
}

}  // namespace millrace::gui
