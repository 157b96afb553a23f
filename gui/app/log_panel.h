// SPDX-License-Identifier: Apache-2.0
#pragma once
// LogPanel: the log of the server: topics with their records, consumer groups with how far they
// came. It is read when it is seen and when somebody asks. Threads: the GUI thread.

#include "gui/net/api_client.h"

#include <QJsonArray>
#include <QWidget>

class QLabel;
class QPushButton;
class QStackedWidget;
class QTableWidget;
class QTabWidget;

namespace millrace::gui {

class RecordBrowser;

class LogPanel : public QWidget {
 public:
  /// The client must outlive the panel.
  LogPanel(ApiClient& api, QWidget* parent);

  void refresh();
  /// Another server: what was read is of no use.
  void clear();

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void takeTopics(const QJsonArray& topics);
  void takeGroups(const QJsonArray& groups);
  void chooseTopic(int row);
  void chooseGroup(int row);
  void takeGroup(const QJsonObject& group);

  ApiClient& api_;
  QJsonArray topics_;
  QJsonArray groups_;
  QString chosenTopic_;
  QString chosenGroup_;
  quint64 asked_ = 0;
  bool filling_ = false;
  QLabel* title_;
  QPushButton* again_;
  QTabWidget* lists_;
  QTableWidget* topicTable_;
  QTableWidget* groupTable_;
  QStackedWidget* pages_;
  RecordBrowser* records_;
  QTableWidget* places_;
};

}  // namespace millrace::gui
