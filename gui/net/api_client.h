// SPDX-License-Identifier: Apache-2.0
#pragma once
// ApiClient: requests to one server's REST interface (docs/rest.md). Every request is answered
// exactly once by its callback on the GUI thread, unless the client is gone by then; a request that
// takes longer than kPatienceMillis is given up. Threads: the GUI thread; nothing waits.

#include <QByteArray>
#include <QJsonObject>
#include <QNetworkAccessManager>
#include <QString>
#include <QUrl>
#include <functional>

namespace millrace::gui {

struct ApiAnswer {
  int status = 0;  ///< of HTTP; 0: no answer at all
  QByteArray body;
  QByteArray etag;
  QString error;  ///< one sentence, the server's own where it gave one; empty: it went well

  bool ok() const { return status >= 200 && status < 300; }
  QJsonObject json() const;
};

class ApiClient {
 public:
  using Done = std::function<void(const ApiAnswer&)>;
  static constexpr int kPatienceMillis = 15000;

  void setBase(const QUrl& base) { base_ = base; }
  const QUrl& base() const { return base_; }
  /// Goes with every request from now on; empty: none does. Kept in memory alone.
  void setToken(const QByteArray& token) { token_ = token; }
  const QByteArray& token() const { return token_; }

  /// `path` follows /api/v1, with its query.
  void get(const QString& path, Done done, const QByteArray& accept = "application/json",
           const QByteArray& range = {});
  void put(const QString& path, const QByteArray& body, const QByteArray& type,
           const QByteArray& ifMatch, Done done);
  void post(const QString& path, const QJsonObject& body, Done done);
  void remove(const QString& path, Done done);
  void postText(const QString& path, const QByteArray& body, Done done);

 private:
  QNetworkRequest request(const QString& path) const;
  void answer(QNetworkReply* reply, Done done);

  QUrl base_;
  QByteArray token_;
  QNetworkAccessManager network_;
};

/// An address as people write it (`localhost:8080`, `http://…`); not valid: no address.
QUrl serverAddress(const QString& text);

}  // namespace millrace::gui
