// SPDX-License-Identifier: Apache-2.0
#pragma once
// RuleTable: the tables in tests/engine/expression/rules, read. Their format is told in the README
// there. Uses Qt only, so that the tests of the program can send the same lines.

#include <QDir>
#include <QFile>
#include <QHash>
#include <QJsonArray>
#include <QJsonDocument>
#include <QList>
#include <QMap>
#include <QString>
#include <QStringList>

namespace millrace::expression::testing {

struct Rule {
  enum class Outcome { kValue, kFails, kRefused, kMatches };
  QString where;  // file:line
  QString function;
  QString kind;  // normal, null, empty, type, edge
  bool sure = true;
  QString rule;
  QByteArray text;
  Outcome outcome = Outcome::kValue;
  QByteArray expected;  // the value, words of the message, or a pattern
};

struct RuleFile {
  QMap<QByteArray, QByteArray> attributes;
  QList<Rule> rules;
};

/// A value in "…" has the escapes of JSON; any other stands as it is.
inline QByteArray ruleValue(const QString& written) {
  if (written.size() < 2 || !written.startsWith('"') || !written.endsWith('"')) {
    return written.toUtf8();
  }
  const auto list = QJsonDocument::fromJson('[' + written.toUtf8() + ']').array();
  return list.size() == 1 ? list.first().toString().toUtf8() : written.toUtf8();
}

/// Empty when the line is a rule; else what is wrong with it.
inline QString readRule(const QString& line, Rule& rule) {
  const qsizetype arrow = line.lastIndexOf(" =>");
  if (arrow < 0) return "no ' =>'";
  rule.text = line.left(arrow).toUtf8();
  QString expected = line.mid(arrow + 3);
  static const QHash<QChar, Rule::Outcome> kMarks{
      {'!', Rule::Outcome::kFails}, {'x', Rule::Outcome::kRefused}, {'~', Rule::Outcome::kMatches}};
  if (!expected.isEmpty() && kMarks.contains(expected[0])) {
    rule.outcome = kMarks[expected[0]];
    expected.remove(0, 1);
    if (expected.trimmed().isEmpty()) return "the words of the message are missing";
  }
  if (!expected.isEmpty() && !expected.startsWith(' ')) return "no blank behind the arrow";
  rule.expected = ruleValue(expected.mid(1));
  return {};
}

/// Reads every table; what is wrong in them goes to `wrong`.
inline QList<RuleFile> readRules(QStringList& wrong) {
  QList<RuleFile> files;
  const QDir folder(QStringLiteral(MR_SOURCE_DIR "/tests/engine/expression/rules"));
  for (const QString& name : folder.entryList({"*.txt"}, QDir::Files, QDir::Name)) {
    QFile file(folder.filePath(name));
    if (!file.open(QIODevice::ReadOnly)) wrong += name + " cannot be read";
    RuleFile& table = files.emplace_back();
    Rule current;
    int number = 0;
    for (const QString& line : QString::fromUtf8(file.readAll()).split('\n')) {
      current.where = QString("%1:%2").arg(name).arg(++number);
      if (line.trimmed().isEmpty()) continue;
      if (line.startsWith("## ")) {
        current.function = line.mid(3);
        current.kind.clear();
      } else if (line.startsWith("- ")) {
        current.kind = line.section(':', 0, 0).mid(2);
        current.sure = !current.kind.endsWith('?');
        if (!current.sure) current.kind.chop(1);
        current.rule = line.section(':', 1).trimmed();
        if (current.rule.isEmpty()) wrong += current.where + ": the rule is missing";
      } else if (line.startsWith('@')) {
        const qsizetype equals = line.indexOf(" =");
        table.attributes.insert(line.mid(1, equals - 1).toUtf8(),
                                ruleValue(line.mid(equals + 2).trimmed()));
      } else {
        Rule rule = current;
        if (const QString why = readRule(line, rule); !why.isEmpty())
          wrong += current.where + ": " + why;
        if (rule.kind.isEmpty()) wrong += current.where + ": a line before its rule";
        table.rules += rule;
      }
    }
  }
  return files;
}

}  // namespace millrace::expression::testing
