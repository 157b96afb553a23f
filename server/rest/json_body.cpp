// SPDX-License-Identifier: Apache-2.0
#include "server/rest/json_body.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <charconv>

namespace millrace::server {
namespace {

constexpr int kDeepest = 128;

std::string placeOf(std::string_view text, std::size_t at) {
  std::size_t line = 1;
  std::size_t column = 1;
  for (std::size_t i = 0; i < std::min(at, text.size()); ++i) {
    if (text[i] == '\n') {
      ++line;
      column = 1;
    } else {
      ++column;
    }
  }
  return fmt::format("line {}, column {}", line, column);
}

/// Where the nesting becomes too deep to be meant; the text's size when nowhere.
std::size_t tooDeepAt(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '\\') {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == '{' || c == '[')) {
      if (++depth > kDeepest) return i;
    } else if (!quoted && (c == '}' || c == ']')) {
      --depth;
    }
  }
  return text.size();
}

}  // namespace

Result<Json> parseBody(std::string_view body) {
  if (const std::size_t deep = tooDeepAt(body); deep < body.size())
    return Error::user(fmt::format("the JSON is nested too deeply ({})", placeOf(body, deep)));
  try {
    return Json::parse(body);
  } catch (const Json::parse_error& error) {
    const std::size_t at = error.byte > 0 ? error.byte - 1 : 0;
    return Error::user(
        fmt::format("the body is no JSON ({}); correct it there", placeOf(body, at)));
  } catch (const std::exception& error) {
    return Error::user(fmt::format("the body is no JSON: {}", error.what()));
  }
}

HttpResponse jsonResponse(const Json& json, int status) {
  return HttpResponse::json(jsonText(json), status);
}

HttpResponse answerTo(const ChangeOutcome& outcome) {
  const auto findings = [&] { return jsonText(findingsToJson(outcome.findings)); };
  switch (outcome.kind) {
    case ChangeOutcome::Kind::kDone: {
      Json answer;
      answer["revision"] = outcome.revision;
      answer["ids"] = outcome.created;
      answer["findings"] = findingsToJson(outcome.findings);
      return jsonResponse(answer);
    }
    case ChangeOutcome::Kind::kMalformed:
      return HttpResponse::error(400, outcome.message);
    case ChangeOutcome::Kind::kConflict:
      return HttpResponse::error(
          409, outcome.message,
          fmt::format("\"revision\":{},\"newer\":{}", outcome.revision, outcome.newer));
    case ChangeOutcome::Kind::kImpossible:
      return HttpResponse::error(422, outcome.message, "\"findings\":" + findings());
    case ChangeOutcome::Kind::kFailed:
      break;
  }
  return HttpResponse::error(503, outcome.message);
}

Result<std::uint64_t> numberField(const RoutedRequest& request, std::string_view name,
                                  std::uint64_t otherwise, std::uint64_t most) {
  const std::string* text = request.target.field(name);
  if (text == nullptr) return otherwise;
  std::uint64_t value = 0;
  const char* const end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, value);
  if (text->empty() || stop != end || error != std::errc() || value > most)
    return Error::user(fmt::format("'{}' must be a whole number up to {}", name, most));
  return value;
}

std::string textMember(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace millrace::server
