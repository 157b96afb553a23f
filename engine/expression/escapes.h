// SPDX-License-Identifier: Apache-2.0
#pragma once
// Encodings of texts: base64, URL forms, XML and CSV.

#include <optional>
#include <string>
#include <string_view>

namespace millrace::expression {

std::string base64Encode(std::string_view bytes);
/// Ignores characters that are not of the alphabet, as the lenient decoder of Java does.
std::string base64Decode(std::string_view text);

/// application/x-www-form-urlencoded, in UTF-8: a space is +.
std::string urlEncode(std::string_view text);
/// Nothing when a % is not followed by two hexadecimal digits.
std::optional<std::string> urlDecode(std::string_view text);

/// The five characters of XML; characters that XML 1.0 forbids are left out.
std::string escapeXml(std::string_view text);
/// The five entities and numbers (&#65; &#x41;).
std::string unescapeXml(std::string_view text);

/// Quotes a field that holds a comma, a quote or a line break.
std::string escapeCsv(std::string_view text);
std::string unescapeCsv(std::string_view text);

}  // namespace millrace::expression
