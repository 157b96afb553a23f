// SPDX-License-Identifier: Apache-2.0
#pragma once
// A FlowFile's content as an answer: all of it, or the range that the request asks for, read piece
// by piece while it is sent. Threads: any.

#include "engine/flowfile/content.h"
#include "engine/ports/content_repository.h"
#include "server/http/message.h"

#include <memory>
#include <optional>

namespace millrace::server {

/// `keep` lives as long as the content is read. An inline content must have its bytes. Ownership:
/// the repository outlives the answer.
HttpResponse contentResponse(const HttpRequest& request, ContentRepository& contents,
                             const Content& content, std::shared_ptr<void> keep);

/// The same of bytes in memory.
HttpResponse bytesResponse(const HttpRequest& request, std::string bytes);

/// The part of a content that a Range header asks for (RFC 9110, section 14): one range of bytes.
struct ByteRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;  ///< one past the last
};
/// Nothing for a header that asks for what is not there; a header of another kind asks for all.
std::optional<ByteRange> rangeOf(std::string_view header, std::uint64_t length);

}  // namespace millrace::server
