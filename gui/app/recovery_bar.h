// SPDX-License-Identifier: Apache-2.0
#pragma once
// RecoveryBar: says at the top of the window what a Studio that was killed left behind, one flow at
// a time, and waits for a word: restore it, forget it, or ask again at the next start.
// Threads: the GUI thread.

#include "gui/app/recovery.h"

#include <QFrame>
#include <functional>

class QLabel;

namespace millrace::gui {

class RecoveryBar : public QFrame {
 public:
  /// Gives false when the flow cannot be opened now: it is asked for again.
  using Restore = std::function<bool(const Leftover&)>;

  RecoveryBar(Restore restore, QWidget* over);
  void offer(std::vector<Leftover> leftovers);

 private:
  void next();

  Restore restore_;
  std::vector<Leftover> left_;
  QLabel* text_;
};

}  // namespace millrace::gui
