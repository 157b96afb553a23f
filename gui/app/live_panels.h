// SPDX-License-Identifier: Apache-2.0
#pragma once
// What Studio shows of a running flow beside the canvas: the bulletin board, and the banner over
// the canvas that says what keeps the server away. Threads: the GUI thread.

#include "gui/model/flow_model.h"
#include "gui/model/status_store.h"
#include "gui/net/live_link.h"
#include "gui/theme/theme.h"

#include <QFrame>
#include <QWidget>
#include <functional>

class QLabel;
class QTreeWidget;

namespace millrace::gui {

/// What components complained of, the newest first; a click leads to the component.
class BulletinPanel : public QWidget {
 public:
  using Go = std::function<void(flow::ElementId)>;
  /// Both must outlive the panel.
  BulletinPanel(const FlowModel& model, StatusStore& status, Go go, QWidget* parent);

 private:
  void add(const Bulletin& bulletin);

  const FlowModel& model_;
  Go go_;
  QTreeWidget* list_;
  QLabel* empty_;
};

/// Lies at the top of the canvas while the line is down or the server refuses the edits.
class LinkBanner : public QFrame {
 public:
  /// Both must outlive the banner.
  LinkBanner(LiveLink& link, QWidget* over);
  void setTheme(const Theme& theme);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void refresh();

  LiveLink& link_;
  QLabel* text_;
};

/// "Live", "Connecting…" or what is wrong, in a few words.
QString linkWords(const LiveLink& link);

}  // namespace millrace::gui
