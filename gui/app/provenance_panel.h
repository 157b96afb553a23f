// SPDX-License-Identifier: Apache-2.0
#pragma once
// ProvenancePanel: what happened to FlowFiles: events found by a line of words, an event's facts,
// attributes and contents before and after, its lineage as a graph, and replay.
// Threads: the GUI thread; answers come later, those to older questions are dropped.

#include "gui/app/lineage_view.h"
#include "gui/model/flow_model.h"
#include "gui/net/api_client.h"

#include <QWidget>
#include <functional>
#include <vector>

class QLabel;
class QLineEdit;
class QPushButton;
class QTableWidget;
class QTabWidget;

namespace millrace::gui {

class ContentView;

class ProvenancePanel : public QWidget {
 public:
  using Go = std::function<void(flow::ElementId)>;
  using Tell = std::function<void(const QString&)>;
  /// Lights the way over these components, in their order; empty: no more.
  using Follow = std::function<void(std::vector<flow::ElementId>)>;
  static constexpr int kPage = 100;

  /// All must outlive the panel. `go` leads to a component on the canvas.
  ProvenancePanel(const FlowModel& model, ApiClient& api, const Theme& theme, Go go, Tell tell,
                  QWidget* parent);

  void setTheme(const Theme& theme) { lineage_->setTheme(theme); }
  /// Shows what is typed (see provenance_query.h) and finds it.
  void search(const QString& words);
  void showLineage(const QString& uuid);
  void stopFollowing() { followWay(false); }
  void onFollow(Follow follow) { follow_ = std::move(follow); }
  /// Another flow, another server: what was found is of no use.
  void clear();

 private:
  struct Event {
    QString id;
    QString uuid;
    flow::ElementId component;
  };

  void find(const QString& before);
  void take(const QJsonObject& page, bool further);
  void choose(const QString& event);
  void takeEvent(const QJsonObject& whole);
  void readContent(const char* side, ContentView* view, const QJsonObject& content);
  void replay();
  void followWay(bool on);
  /// Components of the flow in the order in which the events of a lineage happened, each once.
  std::vector<flow::ElementId> wayOf(const QJsonObject& lineage) const;
  const Event* current() const;

  const FlowModel& model_;
  ApiClient& api_;
  Go go_;
  Tell tell_;
  Follow follow_ = [](const auto&) {};
  std::vector<Event> events_;
  QString query_;
  QString next_;
  QString shown_;  ///< the event whose details are shown
  QString shownUuid_;
  QString followed_;  ///< the FlowFile whose way is lit; empty: none
  quint64 asked_ = 0;
  quint64 askedEvent_ = 0;
  QLineEdit* words_;
  QLabel* state_;
  QPushButton* more_;
  QPushButton* lineageButton_;
  QPushButton* replayButton_;
  QPushButton* followButton_;
  QTabWidget* left_;
  QTableWidget* table_;
  LineageView* lineage_;
  QTabWidget* details_;
  QTableWidget* facts_;
  QTableWidget* attributes_;
  ContentView* before_;
  ContentView* after_;
};

}  // namespace millrace::gui
