// SPDX-License-Identifier: Apache-2.0
#pragma once
// MultipartReader: the parts of a body of the type multipart/form-data (RFC 7578, RFC 2046 section
// 5.1), one after the other, in constant memory. Errors of malformed bodies are the user's.
// Owner: the caller, who keeps the source alive. Threads: one.

#include "engine/processor/process_session.h"
#include "processors/http/http_message.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::processors {

/// The boundary that a Content-Type names; nothing when it is no multipart/form-data.
std::optional<std::string> boundaryOf(std::string_view contentType);

struct PartHead {
  HttpFields fields;
  std::string name;
  std::optional<std::string> fileName;
};

class MultipartReader {
 public:
  /// A body of more than `limit` bytes is an Error; tooLarge() then tells it from others.
  MultipartReader(ContentReader& source, std::string_view boundary, std::uint64_t limit);

  /// The head of the next part; nothing after the last. Content that was not read is skipped.
  Result<std::optional<PartHead>> next();
  /// The next bytes of the present part, good until the next call; empty at its end.
  Result<ByteView> content();
  bool tooLarge() const { return total_ > limit_; }

 private:
  Result<bool> fill();
  Result<> need(std::size_t bytes);

  ContentReader& source_;
  const std::string delimiter_;
  const std::uint64_t limit_;
  std::uint64_t total_ = 0;
  std::string buffer_;
  std::size_t used_ = 0;    // of the buffer
  bool partEnded_ = false;  // the delimiter is what comes next
  bool over_ = false;
};

}  // namespace millrace::processors
