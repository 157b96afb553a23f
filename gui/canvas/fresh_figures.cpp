// SPDX-License-Identifier: Apache-2.0
#include "gui/canvas/fresh_figures.h"

#include <algorithm>

namespace millrace::gui {

FreshFigures::FreshFigures(FlowScene& scene) : scene_(scene) {
  next_.setInterval(kBetweenMillis);
  QObject::connect(&next_, &QTimer::timeout, &next_, [this] { showSome(); });
}

void FreshFigures::show(const QRectF& part) {
  waiting_ = scene_.inSight(part);
  std::reverse(waiting_.begin(), waiting_.end());
  next_.start();
  showSome();
}

void FreshFigures::stop() {
  waiting_.clear();
  next_.stop();
}

void FreshFigures::showSome() {
  for (std::size_t i = 0; i < kAtOnce && !waiting_.empty(); ++i) {
    scene_.showFigures(waiting_.back());
    waiting_.pop_back();
  }
  if (waiting_.empty()) next_.stop();
}

}  // namespace millrace::gui
