// SPDX-License-Identifier: Apache-2.0
#include "tests/semantics/semantics_table.h"

#include <QRegularExpression>
#include <QStringList>

namespace millrace::tests {
namespace {

const QString kMarker = QStringLiteral("// pins: ");

}  // namespace

void SemanticsTable::readRows(const QString& text) {
  static const QRegularExpression section("^== (\\d+\\.\\d+) (\\S.*)$");
  static const QRegularExpression row("^(\\d+\\.\\d+)/(\\d+) (\\S.*)$");
  static const QRegularExpression departs("^    departs: (\\S.*)$");
  int number = 0;
  for (const QString& line : text.split('\n')) {
    ++number;
    if (line.isEmpty() || line.startsWith('#')) continue;
    if (const auto found = section.match(line); found.hasMatch()) {
      sections_.push_back({found.captured(1).toStdString(), found.captured(2).toStdString(), {}});
      continue;
    }
    if (const auto found = row.match(line); found.hasMatch() && !sections_.empty()) {
      SemanticsSection& last = sections_.back();
      const bool inOrder = found.captured(1).toStdString() == last.number &&
                           found.captured(2).toULong() == last.rows.size() + 1;
      if (inOrder) {
        const std::string id = (found.captured(1) + '/' + found.captured(2)).toStdString();
        last.rows.push_back({id, found.captured(3).toStdString(), {}, {}});
        continue;
      }
    }
    if (const auto found = departs.match(line); found.hasMatch() && !sections_.empty() &&
                                                !sections_.back().rows.empty() &&
                                                sections_.back().rows.back().departs.empty()) {
      sections_.back().rows.back().departs = found.captured(1).toStdString();
      continue;
    }
    problems_.push_back(QString("rows.txt:%1: no section, next row or reason: %2")
                            .arg(number)
                            .arg(line)
                            .toStdString());
  }
}

SemanticsRow* SemanticsTable::find(const std::string& id) {
  for (SemanticsSection& section : sections_) {
    for (SemanticsRow& row : section.rows) {
      if (row.id == id) return &row;
    }
  }
  return nullptr;
}

void SemanticsTable::readMarkers(const std::string& file, const QString& text) {
  static const QRegularExpression slot("^\\s*void (\\w+)\\(\\) \\{");
  const QStringList lines = text.split('\n');
  for (qsizetype i = 0; i < lines.size(); ++i) {
    const QString line = lines[i].trimmed();
    if (!line.startsWith(kMarker)) continue;
    const QString where = QString("%1:%2").arg(QString::fromStdString(file)).arg(i + 1);
    const auto found = slot.match(i + 1 < lines.size() ? lines[i + 1] : QString());
    if (!found.hasMatch() || found.captured(1).endsWith("_data")) {
      problems_.push_back((where + ": the line behind the marker is no test slot").toStdString());
      continue;
    }
    for (const QString& id : line.mid(kMarker.size()).split(", ")) {
      SemanticsRow* row = find(id.toStdString());
      if (row == nullptr) {
        problems_.push_back((where + ": there is no row " + id).toStdString());
      } else {
        row->pins.push_back(file + ": " + found.captured(1).toStdString());
      }
    }
  }
}

std::vector<std::string> SemanticsTable::problems() const {
  std::vector<std::string> all = problems_;
  for (const SemanticsSection& section : sections_) {
    for (const SemanticsRow& row : section.rows) {
      if (row.pins.empty() && row.departs.empty())
        all.push_back(row.id + ": no test slot pins it, and no reason is given for departing");
    }
  }
  return all;
}

QString SemanticsTable::markdown() const {
  std::size_t rows = 0, pinned = 0, departing = 0;
  QString body;
  const auto cell = [](const std::string& text) {
    return QString::fromStdString(text).replace('|', "\\|");
  };
  for (const SemanticsSection& section : sections_) {
    body += QString("\n## %1 %2\n\n| | NiFi | Here |\n| --- | --- | --- |\n")
                .arg(cell(section.number), cell(section.title));
    for (const SemanticsRow& row : section.rows) {
      ++rows;
      if (!row.pins.empty()) ++pinned;
      if (!row.departs.empty()) ++departing;
      QStringList here;
      if (!row.departs.empty()) here << "departs: " + cell(row.departs);
      for (const std::string& pin : row.pins) here << '`' + cell(pin) + '`';
      body += QString("| %1 | %2 | %3 |\n").arg(cell(row.id), cell(row.rule), here.join("<br>"));
    }
  }
  return QString(
             "# NiFi's semantics, and the tests that pin them\n\n"
             "Generated from tests/semantics/rows.txt and the `// pins:` comments of the tests "
             "(`./dev docs`); a test fails when it is stale.\n"
             "%1 rules: %2 are pinned by tests, %3 say how and why Millrace departs (some do "
             "both).\n")
             .arg(rows)
             .arg(pinned)
             .arg(departing) +
         body;
}

}  // namespace millrace::tests
