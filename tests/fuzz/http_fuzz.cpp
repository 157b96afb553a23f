// SPDX-License-Identifier: Apache-2.0
// HTTP: messages in pieces of any size, bodies of many parts, and URLs. The first byte chooses.
#include "processors/http/http_reader.h"
#include "processors/http/multipart_reader.h"
#include "processors/http/url.h"
#include "tests/fuzz/fuzz_input.h"

#include <algorithm>

using namespace millrace;
using namespace millrace::processors;

namespace {

class TextContent final : public ContentReader {
 public:
  TextContent(std::string_view text, std::size_t step) : text_(text), step_(step) {}
  Result<std::size_t> read(std::span<std::byte> into) override {
    const std::size_t count = std::min({into.size(), step_, text_.size() - at_});
    std::copy_n(asBytes(text_).begin() + static_cast<std::ptrdiff_t>(at_), count, into.begin());
    at_ += count;
    return count;
  }
  Result<ByteView> next(std::size_t most) override {
    const std::size_t count = std::min({most, step_, text_.size() - at_});
    const ByteView part = asBytes(text_).subspan(at_, count);
    at_ += count;
    return part;
  }
  std::uint64_t size() const override { return text_.size(); }

 private:
  const std::string_view text_;
  const std::size_t step_;
  std::size_t at_ = 0;
};

void readMessages(HttpReader::Side side, std::string_view text, std::size_t step) {
  std::uint64_t body = 0;
  HttpReader reader(
      side, 4096,
      {[](HttpHead&&) { return false; }, [&body](ByteView bytes) { body += bytes.size(); }, [] {}});
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, step);
    const auto taken = reader.push(asBytes(piece));
    if (!taken.ok()) {
      fuzz::expect(reader.errorStatus() == 400 || reader.errorStatus() == 431,
                   "an error has a status");
      return;
    }
    fuzz::expect(*taken <= piece.size(), "no more is taken than there is");
    if (*taken == 0) return;
    text.remove_prefix(*taken);
  }
  (void)reader.endOfConnection();
}

void readParts(std::string_view boundary, std::string_view text, std::size_t step) {
  TextContent content(text, step);
  MultipartReader reader(content, boundary, 1 << 20);
  std::uint64_t total = 0;
  for (int parts = 0; parts < 10'000; ++parts) {
    const auto head = reader.next();
    if (!head.ok() || !*head) return;
    while (true) {
      const auto bytes = reader.content();
      if (!bytes.ok()) return;
      if (bytes->empty()) break;
      total += bytes->size();
      fuzz::expect(total <= text.size(), "parts are no longer than the body");
    }
  }
}

void readUrls(std::string_view text) {
  const auto url = Url::parse(text);
  (void)boundaryOf(text);
  (void)percentDecoded(text, true);
  if (!url.ok()) return;
  const auto again = Url::parse(url->text());
  fuzz::expect(again.ok() && again->text() == url->text(), "a written URL is read as the same");
  (void)url->fileName();
  const auto base = Url::parse("http://example.org/a/b?c");
  const auto resolved = base->resolve(text);
  fuzz::expect(resolved.ok() || !resolved.error().message.empty(), "a refusal says why");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 64 * 1024) return 0;
  fuzz::FuzzInput input(data, size);
  const std::uint8_t choice = input.byte();
  const std::size_t step = choice < 128 ? 1 + choice / 4 : 64 * 1024;
  switch (choice % 4) {
    case 0:
      readMessages(HttpReader::Side::kRequests, input.rest(), step);
      break;
    case 1:
      readMessages(HttpReader::Side::kResponses, input.rest(), step);
      break;
    case 2: {
      const std::string_view boundary = input.line();
      if (!boundary.empty()) readParts(boundary, input.rest(), step);
      break;
    }
    default:
      readUrls(input.rest());
  }
  return 0;
}
