// SPDX-License-Identifier: Apache-2.0
#pragma once
// AgentsPanel: the agents of the server's fleet and their classes: who reports, what became of the
// flow for it, and what one may tell it. It is read every few seconds while it is seen. Whatever
// changes an agent says first whom it concerns. Threads: the GUI thread; answers come later.

#include "engine/base/result.h"
#include "gui/net/fleet_store.h"

#include <QWidget>
#include <functional>

class QLabel;
class QLineEdit;
class QPushButton;
class QStackedWidget;
class QTableWidget;
class QTabWidget;

namespace millrace::gui {

class AgentDetail;

class AgentsPanel : public QWidget {
 public:
  struct Acts {
    std::function<Result<QByteArray>()> flow;  ///< the open one as saving would write it
    std::function<QString()> flowName;
    std::function<bool(const QString& question)> confirm;
    std::function<void(const QString& text)> tell;
  };

  /// The link must outlive the panel.
  AgentsPanel(LiveLink& link, Acts acts, QWidget* parent);

 protected:
  void showEvent(QShowEvent* event) override;
  void hideEvent(QHideEvent* event) override;

 private:
  QWidget* makeHead();
  void makeMenus();
  void refresh();
  void fillAgents();
  void fillClasses();
  QString emptyWords() const;
  void chooseAgain();
  FleetTarget target() const;
  QString named(const FleetTarget& target) const;
  void deployOpen();
  void deployFile();
  void deploy(const QByteArray& flow, const QString& name);
  void order(const QJsonObject& order, const QString& question, const QString& said);
  void ask(const QString& what);
  void clearQueue(const QJsonObject& queue);
  void forget();

  LiveLink& link_;
  Acts acts_;
  FleetStore* store_;
  bool filling_ = false;
  QString chosenAgent_;
  QString chosenClass_;
  QLabel* title_;
  QLabel* empty_;
  QLineEdit* filter_;
  QStackedWidget* pages_;
  QTabWidget* lists_;
  QTableWidget* agents_;
  QTableWidget* classes_;
  AgentDetail* detail_;
  QPushButton* deploy_;
  QPushButton* start_;
  QPushButton* stop_;
  QPushButton* ask_;
  QPushButton* forget_;
};

}  // namespace millrace::gui
