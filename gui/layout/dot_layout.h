// SPDX-License-Identifier: Apache-2.0
#pragma once
// DotLayout: lays a graph out with Graphviz' `dot`, run as a process, so that neither a crash nor a
// long computation of it is ours. Where `dot` is missing, fails or takes longer than the limit, the
// built-in layout answers. The answer comes later on the GUI thread, exactly once; a new start
// drops the old one.

#include "gui/layout/placement.h"

#include <QProcess>
#include <QTimer>
#include <functional>
#include <memory>

namespace millrace::gui {

class DotLayout {
 public:
  enum class By : unsigned char { kDot, kBuiltIn };
  using Answer = std::function<void(Corners corners, By by)>;

  /// `program` is `dot` or a path.
  explicit DotLayout(QString program = "dot", int limitMillis = 5000);
  ~DotLayout();

  void start(BoxGraph graph, Answer answer);

 private:
  void finish(bool good);

  QString program_;
  int limitMillis_;
  BoxGraph graph_;
  Answer answer_;
  std::unique_ptr<QProcess> process_;
  QTimer limit_;
};

/// The graph in dot's language, and what `dot -Tplain` says about it (empty: not understood).
QByteArray dotText(const BoxGraph& graph);
Corners cornersFromPlain(const QByteArray& plain, const BoxGraph& graph);

}  // namespace millrace::gui
