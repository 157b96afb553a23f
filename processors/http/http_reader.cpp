// SPDX-License-Identifier: Apache-2.0
#include "processors/http/http_reader.h"

#include <fmt/format.h>
#include <http_parser.h>

#include <limits>

namespace millrace::processors {

struct HttpReader::State {
  http_parser parser{};
  Events events;
  Side side = Side::kRequests;
  std::uint64_t headLimit = 0;
  std::uint64_t headBytes = 0;
  HttpHead head;
  bool inMessage = false;
  bool nameOpen = false;  // the last callback was a piece of a field's name
  bool trailers = false;  // fields behind the last chunk: read over
  bool passOver = false;  // an answer 1xx
  bool tooLarge = false;
  bool ended = false;

  static State& of(http_parser* parser) { return *static_cast<State*>(parser->data); }

  bool grow(std::size_t bytes) {
    headBytes += bytes;
    tooLarge = tooLarge || headBytes > headLimit;
    return !tooLarge;
  }

  int begin() {
    head = HttpHead();
    headBytes = 0;
    inMessage = true;
    nameOpen = trailers = passOver = ended = false;
    return 0;
  }
  int target(std::string_view text) {
    head.target += text;
    return grow(text.size()) ? 0 : 1;
  }
  int reason(std::string_view text) {
    head.reason += text;
    return grow(text.size()) ? 0 : 1;
  }
  int name(std::string_view text) {
    if (!grow(text.size())) return 1;
    if (trailers) return 0;
    if (!nameOpen) names.emplace_back(), values.emplace_back();
    nameOpen = true;
    names.back() += text;
    return 0;
  }
  int value(std::string_view text) {
    if (!grow(text.size())) return 1;
    if (trailers) return 0;
    nameOpen = false;
    if (values.empty()) return 1;
    values.back() += text;
    return 0;
  }
  int headDone() {
    for (std::size_t i = 0; i < names.size(); ++i)
      head.fields.add(std::move(names[i]), std::string(withoutBlanks(values[i])));
    names.clear();
    values.clear();
    head.old = parser.http_major < 1 || (parser.http_major == 1 && parser.http_minor == 0);
    head.keepsAlive = http_should_keep_alive(&parser) != 0;
    head.chunked = (parser.flags & F_CHUNKED) != 0;
    if (!head.chunked && parser.content_length != std::numeric_limits<std::uint64_t>::max())
      head.length = parser.content_length;
    if (side == Side::kRequests) {
      head.method = http_method_str(static_cast<http_method>(parser.method));
      if (!head.chunked && !head.length) head.length = 0;
    } else {
      head.status = static_cast<int>(parser.status_code);
    }
    trailers = true;
    passOver = side == Side::kResponses && head.status / 100 == 1 && head.status != 101;
    if (passOver) return 0;
    return events.head(std::move(head)) ? 1 : 0;  // 1: no body
  }
  int done() {
    inMessage = false;
    if (passOver) return 0;
    ended = true;
    events.end();
    http_parser_pause(&parser, 1);  // the next message has to wait for our answer
    return 0;
  }

  std::vector<std::string> names;
  std::vector<std::string> values;
};

HttpReader::HttpReader(Side side, std::uint64_t headLimit, Events events)
    : state_(std::make_unique<State>()) {
  state_->side = side;
  state_->headLimit = headLimit;
  state_->events = std::move(events);
  http_parser_init(&state_->parser, side == Side::kRequests ? HTTP_REQUEST : HTTP_RESPONSE);
  state_->parser.data = state_.get();
}

HttpReader::~HttpReader() = default;

namespace {

template <typename State>
http_parser_settings settings() {
  http_parser_settings all{};
  all.on_message_begin = [](http_parser* p) { return State::of(p).begin(); };
  all.on_url = [](http_parser* p, const char* at, std::size_t n) {
    return State::of(p).target({at, n});
  };
  all.on_status = [](http_parser* p, const char* at, std::size_t n) {
    return State::of(p).reason({at, n});
  };
  all.on_header_field = [](http_parser* p, const char* at, std::size_t n) {
    return State::of(p).name({at, n});
  };
  all.on_header_value = [](http_parser* p, const char* at, std::size_t n) {
    return State::of(p).value({at, n});
  };
  all.on_headers_complete = [](http_parser* p) { return State::of(p).headDone(); };
  all.on_body = [](http_parser* p, const char* at, std::size_t n) {
    State::of(p).events.body(asBytes({at, n}));
    return 0;
  };
  all.on_message_complete = [](http_parser* p) { return State::of(p).done(); };
  return all;
}

Error malformed(http_errno code) {
  return Error::user(fmt::format("malformed HTTP: {}", http_errno_description(code)));
}

}  // namespace

Result<std::size_t> HttpReader::push(ByteView bytes) {
  static const http_parser_settings kSettings = settings<State>();
  if (bytes.empty()) return std::size_t{0};  // for the parser it would be the end
  http_parser& parser = state_->parser;
  if (HTTP_PARSER_ERRNO(&parser) == HPE_PAUSED) http_parser_pause(&parser, 0);
  const std::string_view text = asText(bytes);
  const std::size_t taken = http_parser_execute(&parser, &kSettings, text.data(), text.size());
  const http_errno code = HTTP_PARSER_ERRNO(&parser);
  if (state_->tooLarge || code == HPE_HEADER_OVERFLOW) {
    state_->tooLarge = true;
    return Error::user(
        fmt::format("the head of an HTTP message has more than {} bytes", state_->headLimit));
  }
  if (parser.upgrade && code == HPE_OK) return taken;
  if (code != HPE_OK && code != HPE_PAUSED) return malformed(code);
  return taken;
}

Result<> HttpReader::endOfConnection() {
  static const http_parser_settings kSettings = settings<State>();
  http_parser& parser = state_->parser;
  if (HTTP_PARSER_ERRNO(&parser) == HPE_PAUSED) http_parser_pause(&parser, 0);
  if (!state_->inMessage) return Done{};
  http_parser_execute(&parser, &kSettings, nullptr, 0);
  const http_errno code = HTTP_PARSER_ERRNO(&parser);
  if (code != HPE_OK && code != HPE_PAUSED)
    return Error::environment("the connection ended in the midst of an HTTP message");
  return Done{};
}

int HttpReader::errorStatus() const { return state_->tooLarge ? 431 : 400; }

}  // namespace millrace::processors
