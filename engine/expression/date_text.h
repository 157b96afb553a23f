// SPDX-License-Identifier: Apache-2.0
#pragma once
// Dates where the language turns them into text, and texts into dates, by itself.

#include "engine/base/result.h"
#include "engine/expression/value.h"

#include <string>
#include <string_view>

namespace millrace::expression {

/// `Thu Feb 29 13:45:10 UTC 2024`, as java.util.Date prints itself.
std::string dateText(Instant moment, const TimeZone& zone);
/// `2024-02-29T13:45:10.250Z`, as java.time.Instant prints itself.
std::string instantText(Instant moment);

/// Reads digits (milliseconds since 1970), the form of dateText, or yyyy/MM/dd HH:mm:ss[.SSS].
Result<Instant> readDateText(std::string_view text, const TimeZone& zone);
/// The same, and ISO 8601.
Result<Instant> readInstantText(std::string_view text, const TimeZone& zone);

/// Whether a text is a moment of ISO 8601 (`2024-02-29T13:45:10Z`) or RFC 1123
/// (`Thu, 29 Feb 2024 13:45:10 GMT`) that exists in the calendar.
bool isInstantText(std::string_view text);

}  // namespace millrace::expression
