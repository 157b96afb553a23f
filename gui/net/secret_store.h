// SPDX-License-Identifier: Apache-2.0
#pragma once
// SecretStore: which values of sensitive parameters a server has, and the way to give it one. No
// value comes back from there, and none is kept here. Threads: the GUI thread; nothing waits.

#include "gui/net/live_link.h"

#include <QObject>
#include <functional>
#include <map>

namespace millrace::gui {

class SecretStore : public QObject {
  Q_OBJECT

 public:
  struct State {
    bool isSet = false;
    bool isUndoable = false;
    QString givenBy;  ///< the file or variable that gives it at each start; empty: nothing does
  };
  /// Hears what stood against it; empty: nothing.
  using Done = std::function<void(const QString& trouble)>;

  /// The link must outlive the store.
  explicit SecretStore(LiveLink& link, QObject* parent = nullptr);

  /// Whether there is a server to give values to.
  bool isThere() const { return link_.state() == LinkState::kLive; }
  /// Null: the server knows no such name, or none was asked yet.
  const State* find(const QString& name) const;
  void set(const QString& name, const QString& value, Done done);
  void remove(const QString& name, Done done);
  /// Back to the value before the latest change.
  void undo(const QString& name, Done done);

 signals:
  void changed();

 private:
  void refresh();
  void ended(const ApiAnswer& answer, const Done& done);

  LiveLink& link_;
  std::map<QString, State> states_;
};

}  // namespace millrace::gui
