// SPDX-License-Identifier: Apache-2.0
// What does a frame of Studio's canvas cost the GUI thread with 10,000 processors? CPU time of the
// thread, painted without a display; one JSON object a line, median and 99th percentile. Arguments
// are not looked at.

#include "engine/base/random.h"
#include "engine/flow/yaml_reader.h"
#include "gui/canvas/flow_view.h"
#include "gui/canvas/minimap.h"

#include <time.h>

#include <QApplication>
#include <QElapsedTimer>
#include <QJsonArray>
#include <QJsonObject>
#include <QMouseEvent>
#include <QScrollBar>
#include <QWheelEvent>
#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

using namespace millrace;
using namespace millrace::gui;

namespace {

constexpr int kProcessors = 10000;
constexpr int kFrames = 200;
constexpr int kMinimapMillis = 150;    ///< within which the minimap shows what a report said
constexpr double kCountsMillis = 0.2;  ///< a turn of the loop below it did nothing

double cpuMillis() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

long residentKilobytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  long all = 0, resident = 0;
  const bool read = file != nullptr && std::fscanf(file, "%ld %ld", &all, &resident) == 2;
  if (file != nullptr) std::fclose(file);
  return read ? resident * 4 : 0;
}

void report(const char* work, std::vector<double> millis) {
  std::sort(millis.begin(), millis.end());
  const auto at = [&](double share) {
    return millis[static_cast<std::size_t>(share * static_cast<double>(millis.size() - 1))];
  };
  std::printf(
      "{\"work\":\"%s\",\"value\":%.2f,\"unit\":\"ms CPU\",\"params\":{\"processors\":%d,"
      "\"frames\":%zu,\"p99\":%.2f},\"rss_mb\":%ld}\n",
      work, at(0.5), kProcessors, millis.size(), at(0.99), residentKilobytes() / 1024);
}

/// A grid of chains, some wires crossing rows.
std::string flowText() {
  std::string nodes, wires, layout;
  Random random(1);
  for (int i = 0; i < kProcessors; ++i) {
    const std::string name = "Step " + std::to_string(i);
    nodes += "  - {name: " + name + ", type: UpdateAttribute}\n";
    layout += "  " + name + ": {at: [" + std::to_string(i % 100 * 352) + ", " +
              std::to_string(i / 100 * 160) + "]}\n";
    if (i == 0) continue;
    const int from = random.oneIn(20) ? static_cast<int>(random.below(std::uint64_t(i))) : i - 1;
    wires +=
        "  - {from: Step " + std::to_string(from) + ", relationship: success, to: " + name + "}\n";
  }
  return "millrace: 1\nname: large\nprocessors:\n" + nodes + "connections:\n" + wires +
         "layout:\n" + layout;
}

/// Paints as the program does: what asked for a frame gets one, the minimap's too.
std::vector<double> frames(const std::function<void(int)>& step) {
  std::vector<double> millis;
  for (int i = 0; i < kFrames; ++i) {
    const double before = cpuMillis();
    step(i);
    QApplication::processEvents();
    millis.push_back(cpuMillis() - before);
  }
  return millis;
}

/// The turns of the program's loop that did something, until nothing is to be done any more: what
/// stands between two frames.
std::vector<double> turns(double before, const std::function<bool()>& goesOn) {
  std::vector<double> millis;
  QElapsedTimer quiet;
  quiet.start();
  while (goesOn() || quiet.elapsed() < kMinimapMillis) {
    if (goesOn()) quiet.restart();
    QApplication::processEvents();
    const double now = cpuMillis();
    if (now - before > kCountsMillis) millis.push_back(now - before);
    before = now;
  }
  return millis;
}

void mouse(FlowView& view, QEvent::Type type, QPointF at) {
  const bool moves = type == QEvent::MouseMove;
  QMouseEvent event(type, at, view.viewport()->mapToGlobal(at),
                    moves ? Qt::NoButton : Qt::LeftButton,
                    type == QEvent::MouseButtonRelease ? Qt::NoButton : Qt::LeftButton, {});
  QApplication::sendEvent(view.viewport(), &event);
}

void wheel(FlowView& view, int turned) {
  const QPointF at(800, 450);
  QWheelEvent event(at, view.viewport()->mapToGlobal(at), {}, {0, turned}, Qt::NoButton,
                    Qt::ControlModifier, Qt::NoScrollPhase, false);
  QApplication::sendEvent(view.viewport(), &event);
}

/// A report in which every component and connection has moved.
QJsonObject everythingMoved(const FlowModel& model, int second) {
  QJsonArray components, connections;
  for (const auto& [id, component] : model.components()) {
    if (component.processor() != nullptr)
      components.append(QJsonObject{{"id", idToJson(id)},
                                    {"state", "running"},
                                    {"in", second * 100},
                                    {"out", second * 90},
                                    {"totalIn", second * 100},
                                    {"totalOut", second * 90}});
    if (component.connection() != nullptr)
      connections.append(QJsonObject{
          {"id", idToJson(id)}, {"count", second}, {"bytes", second * 10}, {"share", 0.3}});
  }
  return {{"components", components}, {"connections", connections}};
}

}  // namespace

int main(int argc, char** argv) {
  qputenv("QT_QPA_PLATFORM", "offscreen");
  QApplication app(argc, argv);
  const std::string text = flowText();
  const double begin = cpuMillis();
  const auto flow = flow::parseFlow(text, "large");
  if (!flow.ok()) return 1;
  FlowModel model;
  const TypeCatalog types;
  StatusStore status;
  QUndoStack undo;
  FlowEditor editor(model, undo, types, Random(1));
  model.reset(*flow);
  FlowScene scene(model, types, status, lightTheme());
  FlowView view(scene, editor);
  const Minimap minimap(view);
  QObject::connect(&status, &StatusStore::changed, &view, [&] { view.showStatus(); });
  view.resize(1600, 900);
  view.show();
  view.fitAll();
  QApplication::processEvents();
  report("canvas-open", {cpuMillis() - begin});
  report("canvas-pan-fit", frames([&](int i) {
           view.horizontalScrollBar()->setValue(view.horizontalScrollBar()->value() +
                                                (i % 40 < 20 ? 6 : -6));
         }));
  for (const auto& [work, zoom] :
       {std::pair{"canvas-pan-25", 0.25}, {"canvas-pan-50", 0.5}, {"canvas-pan-100", 1.0}}) {
    view.setZoom(zoom);
    view.centerOn(scene.contentRect().center());
    report(work, frames([&](int i) {
             view.horizontalScrollBar()->setValue(view.horizontalScrollBar()->value() +
                                                  (i % 100 < 50 ? 17 : -17));
             view.verticalScrollBar()->setValue(view.verticalScrollBar()->value() + i % 5);
           }));
  }
  view.setZoom(1);
  NodeItem* dragged = nullptr;
  for (const auto& [id, item] : scene.nodes()) {
    if (dragged == nullptr ||
        QLineF(item->box().center(), view.mapToScene(800, 450)).length() <
            QLineF(dragged->box().center(), view.mapToScene(800, 450)).length())
      dragged = item;
  }
  QPointF at = view.mapFromScene(dragged->box().center());
  mouse(view, QEvent::MouseButtonPress, at);
  report("canvas-drag", frames([&](int i) {
           at += i % 100 < 50 ? QPointF(5, 3) : QPointF(-5, -3);
           mouse(view, QEvent::MouseMove, at);
         }));
  mouse(view, QEvent::MouseButtonRelease, at);
  // Longer than a gesture takes to settle lies between two sweeps, not within one.
  view.fitAll();
  report("canvas-zoom", frames([&](int i) { wheel(view, i % 100 < 50 ? 51 : -51); }));
  // The end of the gesture, where the canvas becomes sharp, with the most cards in full detail.
  std::vector<double> ends;
  for (int i = 0; i < 20; ++i) {
    view.setZoom(kFullDetail);
    QApplication::processEvents();
    wheel(view, 8);
    const std::vector<double> some = turns(cpuMillis(), [&] { return view.showsSnapshot(); });
    ends.insert(ends.end(), some.begin(), some.end());
  }
  report("canvas-zoom-end", ends);
  for (const auto& [work, zoom] : {std::pair{"canvas-status-fit", 0.0},
                                   {"canvas-status", 1.0},
                                   {"canvas-status-60", kFullDetail}}) {
    zoom == 0.0 ? view.fitAll() : view.setZoom(zoom);
    QApplication::processEvents();
    std::vector<double> millis;
    for (int second = 1; second <= 20; ++second) {
      const QJsonObject moved = everythingMoved(model, second);
      const double before = cpuMillis();
      status.take(moved, second * 1000, StatusStore::Report::kChanges);
      // The minimap's turn comes last.
      const std::vector<double> some = turns(before, [&] { return status.isTaking(); });
      millis.insert(millis.end(), some.begin(), some.end());
    }
    report(work, millis);
  }
  return 0;
}
