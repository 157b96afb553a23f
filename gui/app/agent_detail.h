// SPDX-License-Identifier: Apache-2.0
#pragma once
// AgentDetail: what is known of one agent, or of a class: facts, components, queues, orders with
// what was answered, bulletins, types. It follows the store. Threads: the GUI thread.

#include "gui/net/fleet_store.h"

#include <QTabWidget>
#include <functional>

class QPushButton;
class QTableWidget;

namespace millrace::gui {

class ContentView;

class AgentDetail : public QTabWidget {
 public:
  struct Acts {
    /// `start` or `stop` of one component.
    std::function<void(const QString& order, const QString& component)> run;
    std::function<void(const QJsonObject& queue)> clear;
  };

  /// The store must outlive the widget.
  AgentDetail(FleetStore& store, Acts acts, QWidget* parent);

  /// Nobody: an empty name.
  void show(const FleetTarget& target);
  /// Leads to an order that was just given, and to its answer when that comes.
  void showOrder(double number);

 private:
  QWidget* makePage(QTableWidget* table, const std::vector<QPushButton*>& buttons);
  void refresh();
  void fillFacts();
  void fillFlow();
  void fillOrders();
  void fillBulletins();
  void fillTypes();
  void chooseOrder(int row);

  FleetStore& store_;
  Acts acts_;
  FleetTarget target_;
  std::vector<QJsonObject> orders_;  ///< of the rows
  std::vector<QJsonObject> queues_;  ///< of the rows
  double shown_ = 0;                 ///< the order whose answer is read; 0: none
  bool told_ = false;                ///< its answer is there
  bool filling_ = false;
  QTableWidget* facts_;
  QTableWidget* components_;
  QTableWidget* queueTable_;
  QTableWidget* orderTable_;
  QTableWidget* bulletins_;
  QTableWidget* types_;
  ContentView* answer_;
  QPushButton* start_;
  QPushButton* stop_;
  QPushButton* clear_;
};

}  // namespace millrace::gui
