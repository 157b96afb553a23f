// SPDX-License-Identifier: Apache-2.0
#pragma once
// CsvReader: records of a CSV text in memory, UTF-8. Records end with \n, \r\n or \r; a quoted
// field may hold line ends, separators and doubled quotes. Threads: belongs to one.

#include "engine/base/result.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::processors {

struct CsvFormat {
  char separator = ',';
  std::optional<char> quote = '"';
  std::optional<char> escape;   ///< makes the next character an ordinary one
  std::optional<char> comment;  ///< a record that begins with it is skipped
  bool trims = false;           ///< blanks around fields mean nothing
  bool skipsEmptyLines = true;
  std::optional<std::string> nullText;  ///< a field of this text has no value
};

using CsvField = std::optional<std::string>;

class CsvReader {
 public:
  CsvReader(std::string_view text, CsvFormat format) : text_(text), format_(format) {}
  /// The next record; nothing at the end. An Error of fault kUser names the line.
  Result<std::optional<std::vector<CsvField>>> next();

 private:
  bool atEnd() const { return at_ >= text_.size(); }
  bool atLineEnd() const { return text_[at_] == '\n' || text_[at_] == '\r'; }
  void skipLineEnd();
  void skipLine();
  Result<CsvField> field();
  Result<> quoted(std::string& into);

  std::string_view text_;
  const CsvFormat format_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

}  // namespace millrace::processors
