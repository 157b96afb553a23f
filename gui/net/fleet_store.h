// SPDX-License-Identifier: Apache-2.0
#pragma once
// FleetStore: the agents that report to the server (docs/rest.md, Agents), read every few seconds
// while somebody looks, and the way to tell them something. Threads: the GUI thread; nothing waits.

#include "gui/net/live_link.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QObject>
#include <QTimer>
#include <functional>

namespace millrace::gui {

/// One agent, or all of a class.
struct FleetTarget {
  bool isClass = false;
  QString name;  ///< empty: nobody
  bool operator==(const FleetTarget&) const = default;
};

class FleetStore : public QObject {
  Q_OBJECT

 public:
  /// Hears the server's answer, also where it refused.
  using Done = std::function<void(const ApiAnswer& answer)>;
  static constexpr int kAgainAfterMillis = 2000;

  /// The link must outlive the store.
  explicit FleetStore(LiveLink& link, QObject* parent = nullptr);

  /// Reads now and again and again; false: not any more.
  void watch(bool wanted);
  /// Of whom details are wanted, too.
  void look(const FleetTarget& target);
  void refresh();

  const LiveLink& link() const { return link_; }
  /// The server answered, and serves agents.
  bool isThere() const { return there_; }
  /// The server answered that it serves none.
  bool servesNone() const { return servesNone_; }
  /// Why there is no list; empty: nothing stands against it.
  const QString& trouble() const { return trouble_; }
  /// As the server gives them: `agents` and `classes` without those that have no name.
  const QJsonArray& agents() const { return agents_; }
  const QJsonArray& classes() const { return classes_; }
  /// Of the agent that is looked at; empty: not known yet, or no agent.
  const QJsonObject& agent() const { return agent_; }
  const QJsonObject& manifest() const { return manifest_; }

  /// A flow of ours or a config that the agents understand.
  void deploy(const FleetTarget& target, const QByteArray& flow, Done done);
  void order(const FleetTarget& target, const QJsonObject& order, Done done);
  /// What came of an order, with its answer.
  void readOrder(const QString& agent, double number, Done done);
  void forget(const QString& agent, Done done);

 signals:
  void changed();

 private:
  void takeAgents(const ApiAnswer& answer);
  void readAgent();
  void readManifest();
  void clear();
  Done ending(Done done);

  LiveLink& link_;
  QTimer again_;
  bool there_ = false;
  bool servesNone_ = false;
  QString trouble_;
  QJsonArray agents_;
  QJsonArray classes_;
  FleetTarget target_;
  QJsonObject agent_;
  QJsonObject manifest_;
  bool reading_ = false;
  quint64 asked_ = 0;  ///< counts the servers: what an earlier one still answers is dropped
};

}  // namespace millrace::gui
