// SPDX-License-Identifier: Apache-2.0
#pragma once
// UserStore: the users of the server (docs/rest.md, Users), read every few seconds while somebody
// looks, and the way to change them. No password and no token is kept here: they go through.
// Threads: the GUI thread; nothing waits.

#include "gui/net/live_link.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QObject>
#include <QTimer>
#include <functional>

namespace millrace::gui {

class UserStore : public QObject {
  Q_OBJECT

 public:
  /// Hears the server's answer, also where it refused.
  using Done = std::function<void(const ApiAnswer& answer)>;
  static constexpr int kAgainAfterMillis = 5000;

  /// The link must outlive the store.
  explicit UserStore(LiveLink& link, QObject* parent = nullptr);

  /// Reads now and again and again; false: not any more.
  void watch(bool wanted);
  void refresh();

  const LiveLink& link() const { return link_; }
  /// The list was read.
  bool isThere() const { return there_; }
  /// The server answered that users are an administrator's business.
  bool isForOthers() const { return forOthers_; }
  /// Why there is no list; empty: nothing stands against it.
  const QString& trouble() const { return trouble_; }
  /// As the server gives each, sorted by name.
  const QJsonArray& users() const { return users_; }
  /// Empty: there is no such user.
  QJsonObject find(const QString& name) const;

  /// Adds a user, or changes one: what `wish` leaves out stays (docs/rest.md).
  void set(const QString& name, const QJsonObject& wish, Done done);
  void remove(const QString& name, Done done);
  /// The answer has the token, once.
  void issueToken(const QString& name, Done done);
  void endTokens(const QString& name, Done done);

 signals:
  void changed();

 private:
  void clear();
  void take(const ApiAnswer& answer);
  Done ending(Done done);

  LiveLink& link_;
  QTimer again_;
  bool there_ = false;
  bool forOthers_ = false;
  bool reading_ = false;
  bool readAgain_ = false;  ///< something was changed since the question
  QString trouble_;
  QJsonArray users_;
  quint64 asked_ = 0;  ///< counts the servers: what an earlier one still answers is dropped
};

}  // namespace millrace::gui
