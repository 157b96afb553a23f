// SPDX-License-Identifier: Apache-2.0
#include "processors/syslog/syslog_message.h"

#include <charconv>

namespace millrace::processors {
namespace {

using expression::Matcher;
using expression::Pattern;

// Priority, version, time stamp, host and body; a `-` stands for what is not known.
constexpr std::string_view kModern =
    R"(<(\d{1,3})>(?:(\d)?\s?))"
    R"((?:(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:[+-]\d\d(?::\d\d)?|Z)?)|-)\s)"
    R"((?:(\w[\w.@-]*)|-)\s(.*))";
// Priority, time stamp, host and body.
constexpr std::string_view kOld =
    R"(<(\d{1,3})>([A-Z][a-z][a-z]\s{1,2}\d{1,2}\s\d\d:\d\d:\d\d)\s(\w[\w.@-]*)\s(.*))";

void setPriority(SyslogMessage& message, std::string_view text) {
  unsigned priority = 0;
  std::from_chars(text.data(), text.data() + text.size(), priority);
  message.priority = text;
  message.severity = std::to_string(priority % 8);
  message.facility = std::to_string(priority / 8);
}

}  // namespace

std::vector<Attributes::Pair> SyslogMessage::attributes() const {
  std::vector<Attributes::Pair> pairs{{"syslog.priority", priority},
                                      {"syslog.severity", severity},
                                      {"syslog.facility", facility},
                                      {"syslog.body", body}};
  if (version) pairs.emplace_back("syslog.version", *version);
  if (timestamp) pairs.emplace_back("syslog.timestamp", *timestamp);
  if (hostname) pairs.emplace_back("syslog.hostname", *hostname);
  return pairs;
}

Result<SyslogParser> SyslogParser::make() {
  return SyslogParser(MR_TRY(Pattern::compile(kModern, Pattern::Use::kWhole)),
                      MR_TRY(Pattern::compile(kOld, Pattern::Use::kWhole)));
}

Result<std::optional<SyslogMessage>> SyslogParser::parse(std::string_view text) const {
  if (text.ends_with('\n')) text.remove_suffix(1);
  SyslogMessage message;
  Matcher modern(modern_);
  if (MR_TRY(modern.find(text))) {
    setPriority(message, modern.group(1).value_or(""));
    message.version = modern.group(2);
    message.timestamp = modern.group(3);
    message.hostname = modern.group(4);
    message.body = modern.group(5).value_or("");
    return std::optional(std::move(message));
  }
  Matcher old(old_);
  if (MR_TRY(old.find(text))) {
    setPriority(message, old.group(1).value_or(""));
    message.timestamp = old.group(2);
    message.hostname = old.group(3);
    message.body = old.group(4).value_or("");
    return std::optional(std::move(message));
  }
  return std::optional<SyslogMessage>();
}

}  // namespace millrace::processors
