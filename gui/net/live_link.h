// SPDX-License-Identifier: Apache-2.0
#pragma once
// LiveLink: keeps the model and a server at one. Private: the server is Studio's child, has what
// the model has, and runs only what was started here. Remote: the model has what the server has;
// edits go there a moment after they are made, other people's come back merged and named.
// Promise: nothing here waits; an edit that could not be sent is sent when the line is back.
// Threads: the GUI thread.

#include "gui/model/flow_editor.h"
#include "gui/model/status_store.h"
#include "gui/net/api_client.h"
#include "gui/net/context_merge.h"
#include "gui/net/event_stream.h"
#include "gui/net/flow_merge.h"
#include "gui/net/private_server.h"

#include <QObject>
#include <QTimer>
#include <functional>
#include <set>
#include <unordered_set>

namespace millrace::gui {

enum class LinkState : unsigned char { kOff, kConnecting, kLive, kLost };

/// What a server says against a component.
struct RemoteFinding {
  std::string component;  ///< path of names
  QString property;
  QString message;
};

class LiveLink : public QObject {
  Q_OBJECT

 public:
  /// Makes the text that is sent to a remote server: the one that it gave, with the edits. Called
  /// on the GUI's thread, it gives the work with all that this needs, which is done beside it.
  using Work = std::function<Result<QByteArray>()>;
  using Text = std::function<Work()>;

  /// Both must outlive the link.
  LiveLink(FlowModel& model, StatusStore& status, QObject* parent = nullptr);

  void setText(Text text) { text_ = std::move(text); }
  void openPrivate(const QString& program);
  void openRemote(const QUrl& base);
  void close();
  /// For a server with users. `done` hears what stood against it; empty: nothing.
  void signIn(const QString& user, const QString& password,
              std::function<void(const QString& trouble)> done);
  /// Asks the server, which may ask back (signInAsked): for whoever was refused for want of a name.
  void askWhoWeAre();
  /// A token from elsewhere, for the server that is connected to next.
  void setToken(const QByteArray& token) { given_ = token; }
  /// Who the server says we are; empty: it asks nobody.
  const QString& user() const { return user_; }

  LinkState state() const { return state_; }
  bool isRemote() const { return remote_; }
  const QUrl& base() const { return api_.base(); }
  /// What keeps the line down, or what the server refused; empty: nothing.
  const QString& trouble() const { return trouble_; }
  /// Edits that the server has not said to have yet.
  bool hasUnsent() const { return unsent_ || sending_; }
  /// Calls once the server has what was edited until now, so that it judges or runs that: at once
  /// where it has, else when it took the edits, refused them, or the line broke. Never after
  /// close().
  void whenSent(std::function<void()> then);
  /// A remote server's flow was read; a private one has ours.
  bool hasFlow() const { return !remote_ || known_; }
  ApiClient& api() { return api_; }
  PrivateServer& child() { return child_; }

  /// `start`, `stop`, `run-once`, `terminate`, `enable` or `disable`; a group: all that is inside.
  void act(const QString& action, const Ids& ids);
  void emptyQueues(const Ids& connections);

  /// The server is there, and waits for somebody to sign in.
  bool asksWho() const { return asksWho_; }

 signals:
  void stateChanged();
  /// The server wants to know who is there (or a token has ended).
  void signInAsked();
  void told(const QString& text);
  /// The flow of a remote server, read for the first time.
  void flowRead(const QByteArray& text);
  /// The remote server's text, as somebody else has changed it; `who` is "file" when somebody wrote
  /// the flow's file.
  void baseChanged(const QByteArray& text, const QString& who);
  /// What was sent to a remote server a moment ago: its text unless it refuses.
  void textSent(const QByteArray& text);
  void findingsCame(const std::vector<millrace::gui::RemoteFinding>& findings);
  /// The descriptors of the types of services, a JSON array, once for each line.
  void serviceTypesCame(const QByteArray& json);
  /// The server's flow has a new revision, whoever made it.
  void journalGrew();

 private:
  void setState(LinkState state, const QString& trouble);
  void reached(const QUrl& base);
  void listen();
  void sendSoon();
  void send();
  void put(const QByteArray& text, const Components& components, const Contexts& contexts);
  void sent(const ApiAnswer& answer);
  void release();
  void actNow(const QString& action, const Ids& ids);
  void fetch(const QString& who);
  void fetched(const ApiAnswer& answer, const QString& who);
  void onEvent(const QString& name, const QJsonObject& data);
  void takeFindings(const QJsonArray& findings);
  void readStatus();
  void readBulletins();
  void takeBulletin(const QJsonObject& data);
  Work textToSend() const;
  Ids insides(const Ids& ids) const;

  FlowModel& model_;
  StatusStore& status_;
  Text text_;
  ApiClient api_;
  EventStream events_;
  PrivateServer child_;
  LinkState state_ = LinkState::kOff;
  QString trouble_;
  bool remote_ = false;
  bool unsent_ = false;
  bool sending_ = false;
  bool asksWho_ = false;   ///< the server, before it says anything
  bool asking_ = false;    ///< for the flow
  bool askAgain_ = false;  ///< when that or what is being sent is answered
  bool known_ = false;     ///< the remote flow was read at least once
  quint64 line_ = 0;       ///< counts the servers: what an earlier one still answers is dropped
  quint64 revision_ = 0;
  quint64 newest_ = 0;  ///< that an event spoke of
  QByteArray given_;
  QString user_;
  QString by_;                               ///< who made it
  Components shared_;                        ///< what both sides knew last
  Contexts sharedContexts_;                  ///< likewise
  Components perhaps_;                       ///< sent, and the line broke before an answer
  std::optional<Contexts> perhapsContexts_;  ///< likewise
  std::unordered_map<flow::ElementId, flow::RunState> running_;  ///< private: as was asked here
  std::set<std::pair<qint64, quint64>> heard_;                   ///< bulletins, by time and id
  std::vector<std::function<void()>> waiting_;                   ///< for what is being sent
  QTimer soon_;
};

}  // namespace millrace::gui
