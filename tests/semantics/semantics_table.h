// SPDX-License-Identifier: Apache-2.0
#pragma once
// SemanticsTable: the rules of tests/semantics/rows.txt, the test slots that pin them, and the page
// that shows both. Threads: one.

#include <QString>
#include <map>
#include <string>
#include <vector>

namespace millrace::tests {

struct SemanticsRow {
  std::string id;  ///< "1.1/4"
  std::string rule;
  std::string departs;            ///< empty: no reason given
  std::vector<std::string> pins;  ///< "tests/…_test.cpp: slot"
};

struct SemanticsSection {
  std::string number;
  std::string title;
  std::vector<SemanticsRow> rows;
};

class SemanticsTable {
 public:
  /// Reads rows.txt's text. Problems are kept, one sentence each.
  void readRows(const QString& text);
  /// Reads the markers of a test file, named as it shall be shown.
  void readMarkers(const std::string& file, const QString& text);
  /// Everything that is wrong: malformed lines, rows without slot and reason, markers without row
  /// or slot.
  std::vector<std::string> problems() const;
  const std::vector<SemanticsSection>& sections() const { return sections_; }
  QString markdown() const;

 private:
  SemanticsRow* find(const std::string& id);

  std::vector<SemanticsSection> sections_;
  std::vector<std::string> problems_;
};

}  // namespace millrace::tests
