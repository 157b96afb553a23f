// SPDX-License-Identifier: Apache-2.0
#pragma once
// An answer as a FlowFile takes it: the body without gzip, and the text of an attribute.
// Threads: one.

#include "processors/http/http_client.h"
#include "processors/http/inflated_content.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace millrace::processors {

/// The body of an answer as content.
class ResponseBody final : public ContentReader {
 public:
  explicit ResponseBody(HttpResponse& response) : response_(response) {}
  Result<std::size_t> read(std::span<std::byte> into) override;
  Result<ByteView> next(std::size_t most) override;
  std::uint64_t size() const override { return response_.head().length.value_or(UINT64_MAX); }

 private:
  HttpResponse& response_;
  ByteView left_;
};

/// The start of a body as UTF-8, up to so many bytes and never half a character. `charset` is that
/// of a Content-Type; one that is not known is taken for UTF-8.
class BodyText {
 public:
  BodyText(std::string_view contentType, std::uint64_t most);
  void add(ByteView bytes);
  Result<std::string> take();

 private:
  const std::string charset_;
  const std::uint64_t most_;
  std::string text_;
  bool cut_ = false;
};

}  // namespace millrace::processors
