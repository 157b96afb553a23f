// SPDX-License-Identifier: Apache-2.0
#pragma once
// FreshFigures: after a report of the server what is in sight is painted with its figures, from top
// to bottom and some in each frame, so that no frame has all of it to do.
// Threads: the GUI thread.

#include "gui/canvas/flow_scene.h"

#include <QTimer>

namespace millrace::gui {

class FreshFigures {
 public:
  static constexpr std::size_t kAtOnce = 24;  ///< boxes and wires
  static constexpr int kBetweenMillis = 16;

  /// The scene must outlive this.
  explicit FreshFigures(FlowScene& scene);

  /// The first some now. An earlier report of which some still waits is taken over by this one.
  void show(const QRectF& part);
  void stop();
  bool isDone() const { return waiting_.empty(); }

 private:
  void showSome();

  FlowScene& scene_;
  Ids waiting_;  ///< backwards; by id, for each may be gone when its turn comes
  QTimer next_;
};

}  // namespace millrace::gui
