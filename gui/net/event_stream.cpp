// SPDX-License-Identifier: Apache-2.0
#include "gui/net/event_stream.h"

#include <QJsonDocument>
#include <QNetworkReply>
#include <QNetworkRequest>
#include <algorithm>

namespace millrace::gui {
namespace {
constexpr int kFirstWaitMillis = 200;
constexpr int kLongestWaitMillis = 4000;
}  // namespace

QList<EventParser::Event> EventParser::take(const QByteArray& bytes) {
  pending_ += bytes;
  QList<Event> events;
  qsizetype from = 0;
  for (qsizetype end = pending_.indexOf('\n', from); end >= 0; end = pending_.indexOf('\n', from)) {
    QByteArray line = pending_.mid(from, end - from);
    from = end + 1;
    if (line.endsWith('\r')) line.chop(1);
    if (line.isEmpty()) {
      if (!data_.isEmpty())
        events.push_back({name_.isEmpty() ? QByteArray("message") : name_, data_});
      name_.clear();
      data_.clear();
      continue;
    }
    const qsizetype colon = line.indexOf(':');
    if (colon == 0) continue;  // a comment
    const QByteArray field = colon < 0 ? line : line.left(colon);
    QByteArray value = colon < 0 ? QByteArray() : line.mid(colon + 1);
    if (value.startsWith(' ')) value.remove(0, 1);
    if (field == "event") name_ = value;
    if (field == "id") lastId_ = value;
    if (field == "data") data_ += data_.isEmpty() ? value : '\n' + value;
  }
  pending_.remove(0, from);
  if (pending_.size() > kLongest) pending_.clear();
  return events;
}

EventStream::EventStream(int silenceMillis, QObject* parent) : QObject(parent) {
  retry_.setSingleShot(true);
  connect(&retry_, &QTimer::timeout, this, &EventStream::connectNow);
  silence_.setSingleShot(true);
  silence_.setInterval(silenceMillis);
  connect(&silence_, &QTimer::timeout, this, [this] { lost("the server has fallen silent"); });
}

EventStream::~EventStream() { close(); }

void EventStream::open(const QUrl& events, const QByteArray& token) {
  close();
  url_ = events;
  token_ = token;
  waitMillis_ = 0;
  parser_ = {};
  connectNow();
}

void EventStream::close() {
  url_.clear();
  retry_.stop();
  silence_.stop();
  up_ = false;
  if (reply_) {
    reply_->disconnect(this);
    reply_->abort();
    reply_->deleteLater();
    reply_.clear();
  }
}

void EventStream::connectNow() {
  if (url_.isEmpty()) return;
  parser_.reset();
  QNetworkRequest request(url_);
  request.setRawHeader("Accept", "text/event-stream");
  request.setAttribute(QNetworkRequest::Http2AllowedAttribute, false);
  request.setTransferTimeout(0);
  if (!token_.isEmpty()) request.setRawHeader("Authorization", "Bearer " + token_);
  if (!parser_.lastId().isEmpty()) request.setRawHeader("Last-Event-ID", parser_.lastId());
  reply_ = network_.get(request);
  silence_.start();
  connect(reply_, &QNetworkReply::readyRead, this, [this] {
    silence_.start();
    if (!up_ && reply_->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt() == 200) {
      up_ = true;
      waitMillis_ = 0;
      emit wentUp();
    }
    if (!up_ || !reply_) return;
    for (const EventParser::Event& event : parser_.take(reply_->readAll())) {
      emit came(QString::fromUtf8(event.name), QJsonDocument::fromJson(event.data).object());
      if (!up_) return;  // who listens has closed the stream
    }
  });
  connect(reply_, &QNetworkReply::finished, this, [this] { lost(reply_->errorString()); });
}

void EventStream::lost(const QString& why) {
  silence_.stop();
  if (reply_) {
    reply_->disconnect(this);
    reply_->abort();
    reply_->deleteLater();
    reply_.clear();
  }
  up_ = false;
  waitMillis_ = std::clamp(waitMillis_ * 2, kFirstWaitMillis, kLongestWaitMillis);
  retry_.start(waitMillis_);
  emit wentDown(why);
}

}  // namespace millrace::gui
