// SPDX-License-Identifier: Apache-2.0
#pragma once
// EventStream: the server-sent events of a server, over and over: where the line breaks or falls
// silent for longer than the heartbeat allows, it comes back by itself, later each time, and asks
// for what it missed. Format: the WHATWG's text/event-stream.
// Threads: the GUI thread.

#include <QByteArray>
#include <QJsonObject>
#include <QNetworkAccessManager>
#include <QObject>
#include <QPointer>
#include <QTimer>
#include <QUrl>

class QNetworkReply;

namespace millrace::gui {

/// Takes a stream of events apart, in whatever pieces it comes.
class EventParser {
 public:
  struct Event {
    QByteArray name;
    QByteArray data;
  };
  /// What is complete with these bytes.
  QList<Event> take(const QByteArray& bytes);
  const QByteArray& lastId() const { return lastId_; }
  void reset() { pending_.clear(); }
  static constexpr qsizetype kLongest = 64 << 20;  ///< an event; more is a broken stream

 private:
  QByteArray pending_;
  QByteArray name_;
  QByteArray data_;
  QByteArray lastId_;
};

class EventStream : public QObject {
  Q_OBJECT

 public:
  /// `silenceMillis`: how long a line may say nothing, heartbeats included.
  explicit EventStream(int silenceMillis = 25000, QObject* parent = nullptr);
  ~EventStream() override;

  /// `token` may be empty.
  void open(const QUrl& events, const QByteArray& token = {});
  void close();
  bool isUp() const { return up_; }

 signals:
  void came(const QString& name, const QJsonObject& data);
  void wentUp();
  /// The line broke, or could not be made; it is tried again.
  void wentDown(const QString& why);

 private:
  void connectNow();
  void lost(const QString& why);

  QUrl url_;
  QByteArray token_;
  QNetworkAccessManager network_;
  QPointer<QNetworkReply> reply_;
  EventParser parser_;
  QTimer retry_;
  QTimer silence_;
  int waitMillis_ = 0;
  bool up_ = false;
};

}  // namespace millrace::gui
