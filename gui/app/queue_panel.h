// SPDX-License-Identifier: Apache-2.0
#pragma once
// QueuePanel: what waits in a connection, as the server lists it: a page at a time at any depth,
// all of it or what a filter lets through; of the chosen FlowFile its attributes and the first of
// its content, to look at or to change. Looking changes nothing and stops nothing; what drops
// FlowFiles says first how many. Threads: the GUI thread; answers come later.

#include "gui/app/flowfile_editor.h"
#include "gui/app/sample_finder.h"
#include "gui/model/flow_model.h"
#include "gui/net/api_client.h"

#include <QTimer>
#include <QWidget>
#include <vector>

class QLabel;
class QLineEdit;
class QPushButton;
class QTableWidget;

namespace millrace::gui {

class ContentView;

class QueuePanel : public QWidget {
 public:
  using Confirm = std::function<bool(const QString& question)>;
  using Tell = std::function<void(const QString& text)>;
  static constexpr int kPage = 100;
  /// More of them are not counted before they are dropped; "more than" is said instead.
  static constexpr int kMostCounted = 20000;
  static constexpr int kFilterAfterMillis = 400;

  /// Model and client must outlive the panel.
  QueuePanel(const FlowModel& model, ApiClient& api, Confirm confirm, Tell tell, QWidget* parent);

  void show(flow::ElementId connection);
  flow::ElementId connection() const { return connection_; }
  /// The FlowFile that is chosen in the list.
  std::optional<Sample> chosen() const;

 private:
  struct Counted {
    double count = 0;
    double bytes = 0;
    QString after;
  };
  QWidget* makeHead();
  void begin();
  void load(const QString& after);
  void take(const ApiAnswer& answer, const QString& from, bool more);
  void describe(const QJsonObject& page);
  void fill();
  void choose(int row);
  void showContent();
  const WaitingFlowFile* rowChosen() const;
  QString listPath(const QString& after, int limit) const;
  void drop();
  void count(Counted counted);
  void askToDrop(const QString& what);

  const FlowModel& model_;
  ApiClient& api_;
  Confirm confirm_;
  Tell tell_;
  flow::ElementId connection_;
  QString wanted_;                     ///< the filter of what is shown, an expression; empty: none
  std::vector<WaitingFlowFile> rows_;  ///< of the table
  std::vector<QString> starts_;        ///< places behind which the pages until this one begin
  QString next_;                       ///< where the next page begins; empty: there is none
  double waiting_ = 0;                 ///< as the server said with the list
  double waitingBytes_ = 0;
  QByteArray content_;
  QString contentTrouble_;
  quint64 asked_ = 0;  ///< answers to older questions are dropped
  QTimer soon_;
  QLabel* title_;
  QLabel* trouble_;
  QLineEdit* filter_;
  QPushButton* drop_;
  QPushButton* previous_;
  QPushButton* more_;
  QPushButton* again_;
  QTableWidget* table_;
  QTableWidget* attributes_;
  ContentView* view_;
  FlowFileEditor* editor_;
};

/// The filter that a person's words mean: an expression as it is, other words as those that the
/// value of some attribute has in it, without regard to case.
QString queueFilterOf(const QString& words);
/// The column that a complaint about an expression names, from 1; 0: it names none.
int columnIn(const QString& complaint);
/// `Make → Split`; says so where the connection is gone.
QString wireWords(const FlowModel& model, flow::ElementId connection);

}  // namespace millrace::gui
