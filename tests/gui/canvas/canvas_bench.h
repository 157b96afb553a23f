// SPDX-License-Identifier: Apache-2.0
#pragma once
// A canvas of its own for each test, worked by mouse and keys on its viewport. MILLRACE_CUT_GESTURE
// takes a gesture away (gui/canvas/gesture_seam.h): included by one file of a test program.

#include "gui/canvas/flow_view.h"
#include "gui/canvas/gesture_seam.h"
#include "gui/canvas/node_geometry.h"
#include "gui/canvas/quick_add.h"
#include "tests/gui/studio_bench.h"

#include <QApplication>
#include <QLineEdit>
#include <QMouseEvent>
#include <QTest>
#include <QWheelEvent>

bool millrace::gui::gestureWorks(std::string_view name) {
  static const std::string kCut = qgetenv("MILLRACE_CUT_GESTURE").toStdString();
  return name != kCut;
}

namespace studio {

struct Canvas : Desk {
  StatusStore status;
  FlowScene scene{model, catalog, status, lightTheme()};
  FlowView view{scene, editor};
  QStringList told;

  explicit Canvas(const std::string& text = smallFlow()) : Desk(text) {
    view.resize(1200, 800);
    view.show();
    scene.showGroup(kRootGroup);
    view.setZoom(1);
    view.centerOn(520, 200);
    QObject::connect(&view, &FlowView::told, &view, [this](const QString& t) { told << t; });
  }

  QPoint at(QPointF scenePoint) const { return view.mapFromScene(scenePoint); }
  QPoint middle(const std::string& path) const { return at(scene.node(id(path))->box().center()); }
  QPoint handle(const std::string& path) const {
    const QRectF box = scene.node(id(path))->box();
    return at(box.topLeft() + outputHandle(box.size()));
  }
  void drag(QPoint from, QPoint to, Qt::KeyboardModifiers keys = Qt::NoModifier) {
    QTest::mouseMove(view.viewport(), from);
    QTest::mousePress(view.viewport(), Qt::LeftButton, keys, from);
    QTest::mouseMove(view.viewport(), (from + to) / 2);
    QTest::mouseMove(view.viewport(), to);
    QTest::mouseRelease(view.viewport(), Qt::LeftButton, keys, to);
  }
  /// Qt's own moves have no keys.
  void moveWith(QPoint to, Qt::KeyboardModifiers keys) {
    QMouseEvent event(QEvent::MouseMove, to, view.viewport()->mapToGlobal(to), Qt::NoButton,
                      Qt::LeftButton, keys);
    QApplication::sendEvent(view.viewport(), &event);
  }
  /// With no button held.
  void moveFree(QPoint to) {
    QMouseEvent event(QEvent::MouseMove, to, view.viewport()->mapToGlobal(to), Qt::NoButton,
                      Qt::NoButton, {});
    QApplication::sendEvent(view.viewport(), &event);
  }
  void click(QPoint where, Qt::KeyboardModifiers keys = Qt::NoModifier) {
    QTest::mouseClick(view.viewport(), Qt::LeftButton, keys, where);
  }
  void key(Qt::Key code, Qt::KeyboardModifiers keys = Qt::NoModifier) {
    QTest::keyClick(&view, code, keys);
  }
  void typed(const QString& text) {
    auto* field = view.quickAdd().findChild<QLineEdit*>("quickAddField");
    QTest::keyClicks(field, text);
    QTest::keyClick(field, Qt::Key_Return);
  }
  void wheel(QPoint where, int turned, Qt::KeyboardModifiers keys) {
    QWheelEvent event(where, view.viewport()->mapToGlobal(where), {}, {0, turned}, Qt::NoButton,
                      keys, Qt::NoScrollPhase, false);
    QApplication::sendEvent(view.viewport(), &event);
  }
  std::size_t wires() const { return model.connectionsIn(kRootGroup).size(); }
};

}  // namespace studio
