// SPDX-License-Identifier: Apache-2.0
// Encodings, digests and UUIDs made of names.
#include "engine/expression/digest.h"
#include "engine/expression/escapes.h"
#include "engine/expression/function_table.h"
#include "engine/expression/html_entities.h"
#include "engine/expression/json_text.h"
#include "engine/expression/uuid_text.h"

#include <fmt/format.h>

#include <string>

namespace millrace::expression {

namespace {

template <std::string (*change)(std::string_view)>
Value changed(Call& call) {
  if (call.subject().isNull()) return {};
  return Value::text(call.scratch().keep(change(call.subject().text())));
}

/// As changed(), but a null becomes an empty text.
template <std::string (*change)(std::string_view)>
Value translated(Call& call) {
  return call.subject().isNull() ? Value::text("") : changed<change>(call);
}

template <HtmlVersion version>
std::string toHtml(std::string_view text) {
  return escapeHtml(text, version);
}
template <HtmlVersion version>
std::string fromHtml(std::string_view text) {
  return unescapeHtml(text, version);
}

Value decodeUrl(Call& call) {
  if (call.subject().isNull()) return {};
  const auto decoded = urlDecode(call.subject().text());
  if (!decoded) {
    return call.fail(
        fmt::format("'{}' has a % without two hexadecimal digits", call.subject().text()));
  }
  return Value::text(call.scratch().keep(*decoded));
}

Value hash(Call& call) {
  if (call.subject().isNull()) return {};
  const auto algorithm = call.text(0);
  if (!algorithm) return call.fail("the name of the digest is missing");
  const auto bytes = digest(*algorithm, call.subject().text());
  if (!bytes.ok()) return call.fail(bytes.error().message);
  std::string hex;
  for (const std::uint8_t byte : *bytes) hex += fmt::format("{:02x}", byte);
  return Value::text(call.scratch().keep(hex));
}

template <unsigned version>
Value namedUuid(Call& call) {
  if (call.subject().isNull()) return {};
  std::string data(sizeof(UuidBytes), '\0');  // without a namespace, the nil UUID's
  if (const auto space = call.text(0)) {
    const auto bytes = parseUuid(*space);
    if (!bytes) return call.fail(fmt::format("the namespace '{}' is no UUID", *space));
    data.assign(bytes->begin(), bytes->end());
  }
  data += call.subject().text();
  const auto bytes = digest(version == 3 ? "MD5" : "SHA-1", data);
  if (!bytes.ok()) return call.fail(bytes.error().message);
  return Value::text(call.scratch().keep(uuidFromDigest(bytes->data(), version)));
}

constexpr FunctionEntry entry(std::string_view name, Value (*evaluate)(Call&),
                              std::string_view summary, std::string_view example,
                              std::string_view result, Arguments arguments = {}) {
  return {name,     Form::kMethod, Kind::kText, arguments, Kind::kText,
          evaluate, nullptr,       summary,     example,   result};
}

constexpr Arguments kText{1, 1, {Kind::kText}};

constexpr FunctionEntry kEntries[] = {
    entry("escapeJson", translated<escapeJson>, "Escapes the text for use in a JSON string.",
          "${line:escapeJson()}", "a,\\\"b,c\\\",d"),
    entry("unescapeJson", translated<unescapeJson>, "Undoes the escapes of a JSON string.",
          "${line:escapeJson():unescapeJson()}", "a,\"b,c\",d"),
    entry("escapeXml", translated<escapeXml>, "Escapes the text for use in XML.",
          "${xml:escapeXml()}", "&lt;a&gt;&amp;&lt;/a&gt;"),
    entry("unescapeXml", translated<unescapeXml>, "Undoes the entities and numbers of XML.",
          "${literal('&lt;&#65;&gt;'):unescapeXml()}", "<A>"),
    entry("escapeCsv", translated<escapeCsv>, "Quotes the text as a field of CSV where it must be.",
          "${literal('a,b'):escapeCsv()}", "\"a,b\""),
    entry("unescapeCsv", translated<unescapeCsv>, "Takes the quotes of a field of CSV away.",
          "${literal('\"a,b\"'):unescapeCsv()}", "a,b"),
    entry("escapeHtml3", translated<toHtml<HtmlVersion::k3>>,
          "Writes the characters of Latin 1 that have names in HTML 3 by these names.",
          "${query:escapeHtml3()}", "a b&amp;c=&eacute;"),
    entry("unescapeHtml3", translated<fromHtml<HtmlVersion::k3>>,
          "Undoes the named characters of HTML 3 and numbered ones.",
          "${literal('&eacute;&#33;'):unescapeHtml3()}", "\xC3\xA9!"),
    entry("escapeHtml4", translated<toHtml<HtmlVersion::k4>>,
          "Writes the characters that have names in HTML 4 by these names.",
          "${literal('5 \xE2\x82\xAC'):escapeHtml4()}", "5 &euro;"),
    entry("unescapeHtml4", translated<fromHtml<HtmlVersion::k4>>,
          "Undoes the named characters of HTML 4 and numbered ones.",
          "${literal('&euro; &lt;&#x41;'):unescapeHtml4()}", "\xE2\x82\xAC <A"),
    entry("urlEncode", changed<urlEncode>, "Encodes the text for a query of a URL, in UTF-8.",
          "${query:urlEncode()}", "a+b%26c%3D%C3%A9"),
    entry("urlDecode", decodeUrl, "Decodes a text of a query of a URL.",
          "${query:urlEncode():urlDecode()}", "a b&c=\xC3\xA9"),
    entry("base64Encode", changed<base64Encode>, "The UTF-8 bytes of the text in base64.",
          "${filename:base64Encode()}", "UmVwb3J0LjIwMjQuY3N2"),
    entry("base64Decode", changed<base64Decode>, "The text whose UTF-8 bytes are given in base64.",
          "${literal('UmVwb3J0'):base64Decode()}", "Report"),
    entry("UUID3", namedUuid<3>, "The UUID, version 3 (MD5), of the text in a namespace.",
          "${literal('www.example.com'):UUID3('6ba7b810-9dad-11d1-80b4-00c04fd430c8')}",
          "5df41881-3aed-3515-88a7-2f4a814cf09e", kText),
    entry("UUID5", namedUuid<5>, "The UUID, version 5 (SHA-1), of the text in a namespace.",
          "${literal('www.example.com'):UUID5('6ba7b810-9dad-11d1-80b4-00c04fd430c8')}",
          "2ed6657d-e927-568b-95e1-2665a8aea6a2", kText),
    entry("hash", hash, "The digest of the text in hexadecimal digits: MD5, SHA-1, SHA-256, ….",
          "${literal('john'):hash('MD5')}", "527bd5b5d689e2c32ae974c6229ff785", kText),
};

}  // namespace

std::span<const FunctionEntry> encodeFunctions() { return kEntries; }

}  // namespace millrace::expression
