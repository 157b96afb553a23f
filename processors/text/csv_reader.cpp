// SPDX-License-Identifier: Apache-2.0
#include "processors/text/csv_reader.h"

#include <fmt/format.h>

namespace millrace::processors {

namespace {

bool isBlank(char c) { return c == ' ' || c == '\t'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && isBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && isBlank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

void CsvReader::skipLineEnd() {
  if (atEnd()) return;
  const bool both = text_.substr(at_).starts_with("\r\n");
  at_ += both ? 2 : 1;
  ++line_;
}

void CsvReader::skipLine() {
  while (!atEnd() && !atLineEnd()) ++at_;
  skipLineEnd();
}

Result<std::optional<std::vector<CsvField>>> CsvReader::next() {
  while (!atEnd()) {
    if (format_.comment && text_[at_] == *format_.comment) {
      skipLine();
    } else if (format_.skipsEmptyLines && atLineEnd()) {
      skipLineEnd();
    } else {
      break;
    }
  }
  if (atEnd()) return std::optional<std::vector<CsvField>>();
  std::vector<CsvField> record;
  while (true) {
    record.push_back(MR_TRY(field()));
    if (atEnd()) break;
    if (text_[at_] == format_.separator) {
      ++at_;
      continue;
    }
    skipLineEnd();
    break;
  }
  return std::optional<std::vector<CsvField>>(std::move(record));
}

Result<CsvField> CsvReader::field() {
  std::size_t start = at_;
  if (format_.trims) {
    while (start < text_.size() && isBlank(text_[start]) && text_[start] != format_.separator) {
      ++start;
    }
  }
  std::string value;
  if (format_.quote && start < text_.size() && text_[start] == *format_.quote) {
    at_ = start + 1;
    MR_TRY(quoted(value));
    return CsvField(std::move(value));
  }
  while (!atEnd() && !atLineEnd() && text_[at_] != format_.separator) {
    if (format_.escape && text_[at_] == *format_.escape && at_ + 1 < text_.size()) {
      // An escaped N is the mark of "no value" in dumps of databases.
      const bool mark = format_.nullText && text_[at_ + 1] == 'N';
      if (mark) value += text_[at_];
      ++at_;
    }
    value += text_[at_++];
  }
  if (format_.trims) value = std::string(trimmed(value));
  if (format_.nullText && value == *format_.nullText) return CsvField();
  return CsvField(std::move(value));
}

Result<> CsvReader::quoted(std::string& into) {
  const std::size_t startLine = line_;
  const char quote = *format_.quote;
  while (!atEnd()) {
    const char c = text_[at_++];
    if (format_.escape && c == *format_.escape && !atEnd()) {
      into += text_[at_++];
      continue;
    }
    if (c != quote) {
      if (c == '\n') ++line_;
      into += c;
      continue;
    }
    if (!atEnd() && text_[at_] == quote) {
      into += quote;
      ++at_;
      continue;
    }
    while (!atEnd() && isBlank(text_[at_]) && text_[at_] != format_.separator) ++at_;
    if (atEnd() || atLineEnd() || text_[at_] == format_.separator) return Done{};
    return Error::user(fmt::format(
        "line {}: a quoted field goes on behind its closing quote; double the quotes in it",
        line_));
  }
  return Error::user(fmt::format("line {}: a quoted field is never closed", startLine));
}

}  // namespace millrace::processors
