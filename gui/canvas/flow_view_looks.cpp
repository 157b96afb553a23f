// SPDX-License-Identifier: Apache-2.0
// FlowView where a flow is looked at and not edited, or waited for.

#include "gui/canvas/empty_hint.h"
#include "gui/canvas/flow_view.h"
#include "gui/canvas/gesture_seam.h"

#include <set>
#include <utility>

namespace millrace::gui {

void FlowView::setLooksOnly() {
  looksOnly_ = true;
  delete std::exchange(hint_, nullptr);
}

void FlowView::setWaiting(const QString& title, const QString& words) {
  setEnabled(title.isEmpty());
  if (hint_ != nullptr) hint_->say(title, words);
}

bool FlowView::gestureWorks(std::string_view name) const {
  static const std::set<std::string_view> kLooks{"hover",
                                                 "pan by the space bar",
                                                 "pan by the middle button",
                                                 "scroll by the wheel",
                                                 "zoom by the wheel",
                                                 "choose a box",
                                                 "choose more",
                                                 "choose a wire",
                                                 "choose by the right button",
                                                 "rubber band",
                                                 "enter a group by double click",
                                                 "Enter opens",
                                                 "Esc ends a gesture",
                                                 "Esc leaves",
                                                 "walk by keys"};
  return (!looksOnly_ || kLooks.contains(name)) && gui::gestureWorks(name);
}

}  // namespace millrace::gui
