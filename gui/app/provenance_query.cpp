// SPDX-License-Identifier: Apache-2.0
#include "gui/app/provenance_query.h"

#include "gui/model/status_store.h"

#include <QRegularExpression>
#include <QUrlQuery>

namespace millrace::gui {
namespace {

/// At blanks, but not between quotes, which go.
QStringList wordsOf(const QString& text) {
  QStringList words;
  QString word;
  bool quoted = false;
  for (const QChar c : text) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c.isSpace() && !quoted) {
      if (!word.isEmpty()) words << word;
      word.clear();
    } else {
      word += c;
    }
  }
  if (!word.isEmpty()) words << word;
  return words;
}

bool isUuid(const QString& word) {
  static const QRegularExpression shape(
      "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$");
  return shape.match(word).hasMatch();
}

}  // namespace

Result<QString> provenanceQuery(const QString& words, const FlowModel& model) {
  QUrlQuery query;
  const auto add = [&](const char* key, const QString& value) {
    query.addQueryItem(key, QString::fromLatin1(QUrl::toPercentEncoding(value)));
  };
  for (const QString& word : wordsOf(words)) {
    const qsizetype colon = word.indexOf(':');
    const qsizetype equals = word.indexOf('=');
    const QString key = word.left(colon).toLower();
    const QString value = word.mid(colon + 1);
    const bool named = colon > 0 && (equals < 0 || colon < equals);
    if (named && (key == "type" || key == "uuid" || key == "file" || key == "component") &&
        value.isEmpty())
      return Error::user("'" + word.toStdString() +
                         "' says nothing: write what it must be behind the colon");
    if (named && key == "type") {
      add("type", value.toUpper());
    } else if (named && key == "uuid") {
      add("uuid", value);
    } else if (named && key == "file") {
      add("filename", value);
    } else if (named && key == "component") {
      bool found = false;
      for (const auto& [id, component] : model.components()) {
        if (id == kRootGroup || !component.isNode() ||
            QString::fromStdString(component.name()).compare(value, Qt::CaseInsensitive) != 0)
          continue;
        add("component", idToJson(id));
        found = true;
      }
      if (!found)
        return Error::user("there is no component '" + value.toStdString() +
                           "' in this flow: look at its name on the canvas");
    } else if (equals > 0) {
      add("attribute", word);
    } else if (isUuid(word)) {
      add("uuid", word);
    } else {
      add("filename", word);
    }
  }
  return query.toString(QUrl::FullyEncoded);
}

}  // namespace millrace::gui
