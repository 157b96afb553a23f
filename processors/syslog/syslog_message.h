// SPDX-License-Identifier: Apache-2.0
#pragma once
// SyslogParser: the parts of a syslog message of RFC 5424 or RFC 3164, cut as NiFi cuts them: the
// body is all that follows the host name, structured data included.
// Threads: the parser is constant and may be shared; what it gives points into the text.

#include "engine/base/result.h"
#include "engine/expression/pattern.h"
#include "engine/flowfile/flowfile.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::processors {

struct SyslogMessage {
  std::string_view priority;
  std::string severity;  ///< the priority modulo 8
  std::string facility;  ///< the priority divided by 8
  std::optional<std::string_view> version;
  std::optional<std::string_view> timestamp;
  std::optional<std::string_view> hostname;
  std::string_view body;
  /// The attributes syslog.priority, syslog.severity and so on of what is there.
  std::vector<Attributes::Pair> attributes() const;
};

class SyslogParser {
 public:
  static Result<SyslogParser> make();
  /// Nothing for a text of another form. A line end at its end is passed over.
  Result<std::optional<SyslogMessage>> parse(std::string_view text) const;

 private:
  SyslogParser(expression::Pattern modern, expression::Pattern old)
      : modern_(std::move(modern)), old_(std::move(old)) {}
  expression::Pattern modern_;
  expression::Pattern old_;
};

}  // namespace millrace::processors
