// SPDX-License-Identifier: Apache-2.0
#include "server/rest/content_response.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <span>

namespace millrace::server {
namespace {

constexpr std::size_t kPiece = std::size_t{256} << 10;

/// Reads a part of a content piece by piece; the content stays while it lives.
class ContentReading {
 public:
  ContentReading(ContentRepository& contents, Content content, ByteRange range,
                 std::shared_ptr<void> keep)
      : contents_(contents), content_(std::move(content)), range_(range), keep_(std::move(keep)) {}

  Result<std::string> next() {
    const auto size =
        static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, range_.end - range_.begin));
    if (size == 0) return std::string();
    std::string piece;
    if (content_.kind == Content::Kind::kInline) {
      piece = asText(content_.inlineBytes().subspan(range_.begin, size));
    } else {
      piece.resize(size);
      const std::size_t got = MR_TRY(
          contents_.read(content_.claim, content_.offset + range_.begin,
                         std::as_writable_bytes(std::span<char>(piece.data(), piece.size()))));
      if (got == 0) return Error::environment("the content ends before its length", false);
      piece.resize(got);
    }
    range_.begin += piece.size();
    return piece;
  }

 private:
  ContentRepository& contents_;
  const Content content_;
  ByteRange range_;
  const std::shared_ptr<void> keep_;
};

}  // namespace

std::optional<ByteRange> rangeOf(std::string_view header, std::uint64_t length) {
  const ByteRange all{0, length};
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit) || header.find(',') != std::string_view::npos) return all;
  header.remove_prefix(kUnit.size());
  const std::size_t dash = header.find('-');
  if (dash == std::string_view::npos) return all;
  const auto number = [](std::string_view text) -> std::optional<std::uint64_t> {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size())
      return std::nullopt;
    return value;
  };
  const auto first = number(header.substr(0, dash));
  const auto last = number(header.substr(dash + 1));
  if (!first && dash > 0) return all;
  if (!last && dash + 1 < header.size()) return all;
  if (!first && !last) return all;
  if (!first) {  // so many at the end
    if (*last == 0 || length == 0) return std::nullopt;
    return ByteRange{length - std::min(*last, length), length};
  }
  if (last && *last < *first) return all;
  if (*first >= length) return std::nullopt;
  return ByteRange{*first, last ? std::min(*last, length - 1) + 1 : length};
}

namespace {

/// An answer with the headers of a range but without its bytes; nothing: there is no such range.
std::optional<HttpResponse> answerOf(const std::optional<ByteRange>& range, std::uint64_t length) {
  if (!range) return std::nullopt;
  const bool whole = range->begin == 0 && range->end == length;
  HttpResponse response = HttpResponse::text("", "application/octet-stream", whole ? 200 : 206);
  response.headers.emplace_back("Accept-Ranges", "bytes");
  // Never shown as a page of this server's, whatever is in it.
  response.headers.emplace_back("Content-Disposition", "attachment");
  if (!whole) {
    response.headers.emplace_back(
        "Content-Range", fmt::format("bytes {}-{}/{}", range->begin, range->end - 1, length));
  }
  return response;
}

std::optional<ByteRange> askedRange(const HttpRequest& request, std::uint64_t length) {
  const std::string* header = request.header("Range");
  return rangeOf(header == nullptr ? std::string() : *header, length);
}

HttpResponse noSuchRange(std::uint64_t length) {
  HttpResponse response = HttpResponse::error(416, "the content has no such range");
  response.headers.emplace_back("Content-Range", fmt::format("bytes */{}", length));
  return response;
}

}  // namespace

HttpResponse contentResponse(const HttpRequest& request, ContentRepository& contents,
                             const Content& content, std::shared_ptr<void> keep) {
  const auto range = askedRange(request, content.length);
  auto response = answerOf(range, content.length);
  if (!response) return noSuchRange(content.length);
  response->length = range->end - range->begin;
  auto reading = std::make_shared<ContentReading>(contents, content, *range, std::move(keep));
  response->pull = [reading] { return reading->next(); };
  return std::move(*response);
}

HttpResponse bytesResponse(const HttpRequest& request, std::string bytes) {
  const auto range = askedRange(request, bytes.size());
  auto response = answerOf(range, bytes.size());
  if (!response) return noSuchRange(bytes.size());
  bytes.erase(range->end);
  bytes.erase(0, range->begin);
  response->body = std::move(bytes);
  return std::move(*response);
}

}  // namespace millrace::server
