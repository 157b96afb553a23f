// SPDX-License-Identifier: Apache-2.0
#include "gui/net/api_client.h"

#include <QJsonDocument>
#include <QNetworkReply>
#include <QNetworkRequest>

namespace millrace::gui {

QJsonObject ApiAnswer::json() const { return QJsonDocument::fromJson(body).object(); }

QNetworkRequest ApiClient::request(const QString& path) const {
  QUrl url = base_;
  const QString target = "/api/v1" + path;
  url.setPath(target.section('?', 0, 0));
  if (target.contains('?')) url.setQuery(target.section('?', 1));
  QNetworkRequest request(url);
  request.setTransferTimeout(kPatienceMillis);
  if (!token_.isEmpty()) request.setRawHeader("Authorization", "Bearer " + token_);
  request.setAttribute(QNetworkRequest::Http2AllowedAttribute, false);
  return request;
}

void ApiClient::answer(QNetworkReply* reply, Done done) {
  QObject::connect(reply, &QNetworkReply::finished, &network_, [reply, done = std::move(done)] {
    reply->deleteLater();
    ApiAnswer answer;
    answer.status = reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
    answer.body = reply->readAll();
    answer.etag = reply->rawHeader("ETag");
    if (!answer.ok()) {
      answer.error = answer.json()["error"].toString();
      if (answer.error.isEmpty())
        answer.error = answer.status == 0 ? "the server gives no answer: " + reply->errorString()
                                          : QString("the server answers %1").arg(answer.status);
    }
    if (done) done(answer);
  });
}

void ApiClient::get(const QString& path, Done done, const QByteArray& accept,
                    const QByteArray& range) {
  QNetworkRequest asked = request(path);
  asked.setRawHeader("Accept", accept);
  if (!range.isEmpty()) asked.setRawHeader("Range", range);
  answer(network_.get(asked), std::move(done));
}

void ApiClient::put(const QString& path, const QByteArray& body, const QByteArray& type,
                    const QByteArray& ifMatch, Done done) {
  QNetworkRequest asked = request(path);
  asked.setHeader(QNetworkRequest::ContentTypeHeader, type);
  if (!ifMatch.isEmpty()) asked.setRawHeader("If-Match", ifMatch);
  answer(network_.put(asked, body), std::move(done));
}

void ApiClient::post(const QString& path, const QJsonObject& body, Done done) {
  QNetworkRequest asked = request(path);
  asked.setHeader(QNetworkRequest::ContentTypeHeader, "application/json");
  answer(network_.post(asked, QJsonDocument(body).toJson(QJsonDocument::Compact)), std::move(done));
}

void ApiClient::remove(const QString& path, Done done) {
  answer(network_.deleteResource(request(path)), std::move(done));
}

void ApiClient::postText(const QString& path, const QByteArray& body, Done done) {
  QNetworkRequest asked = request(path);
  asked.setHeader(QNetworkRequest::ContentTypeHeader, "application/yaml");
  answer(network_.post(asked, body), std::move(done));
}

QUrl serverAddress(const QString& text) {
  QUrl url(text.contains("://") ? text : "http://" + text, QUrl::StrictMode);
  if (!url.isValid() || url.host().isEmpty() || (url.scheme() != "http" && url.scheme() != "https"))
    return {};
  url.setPath({});
  return url;
}

}  // namespace millrace::gui
