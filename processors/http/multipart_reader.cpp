// SPDX-License-Identifier: Apache-2.0
#include "processors/http/multipart_reader.h"

#include "processors/http/digest_authentication.h"

#include <fmt/format.h>

namespace millrace::processors {
namespace {

constexpr std::size_t kMostHead = 16 * 1024;  // of one part

Error malformed(std::string_view why) {
  return Error::user(fmt::format("the multipart body is malformed: {}", why));
}

}  // namespace

std::optional<std::string> boundaryOf(std::string_view contentType) {
  const std::size_t end = std::min(contentType.find(';'), contentType.size());
  if (!sameIgnoringCase(withoutBlanks(contentType.substr(0, end)), "multipart/form-data"))
    return std::nullopt;
  auto boundary = parameterOf(contentType.substr(end), "boundary");
  if (!boundary || boundary->empty() || boundary->size() > 200) return std::nullopt;
  return boundary;
}

MultipartReader::MultipartReader(ContentReader& source, std::string_view boundary,
                                 std::uint64_t limit)
    : source_(source),
      delimiter_("\r\n--" + std::string(boundary)),
      limit_(limit),
      buffer_("\r\n") {}  // so that the first delimiter is one like the others

/// Gets more of the body; false at its end.
Result<bool> MultipartReader::fill() {
  buffer_.erase(0, used_);
  used_ = 0;
  const ByteView part = MR_TRY(source_.next());
  total_ += part.size();
  if (tooLarge())
    return Error::user(fmt::format("the multipart body has more than {} bytes", limit_));
  buffer_ += asText(part);
  return !part.empty();
}

Result<> MultipartReader::need(std::size_t bytes) {
  while (buffer_.size() - used_ < bytes) {
    if (!MR_TRY(fill())) return malformed("it ends without its last boundary");
  }
  return Done{};
}

Result<ByteView> MultipartReader::content() {
  while (!partEnded_) {
    const std::size_t found = buffer_.find(delimiter_, used_);
    const bool here = found != std::string::npos;
    // The start of a delimiter may stand at the end.
    const std::size_t sure =
        here ? found
             : std::max(used_ + delimiter_.size() - 1, buffer_.size()) - delimiter_.size() + 1;
    partEnded_ = here;
    if (sure > used_) {
      const ByteView part = asBytes(buffer_).subspan(used_, sure - used_);
      used_ = sure;
      return part;
    }
    if (!here && !MR_TRY(fill())) return malformed("it ends without its last boundary");
  }
  return ByteView{};
}

Result<std::optional<PartHead>> MultipartReader::next() {
  if (over_) return std::optional<PartHead>();
  while (!MR_TRY(content()).empty()) {
  }
  used_ += delimiter_.size();
  MR_TRY(need(2));
  if (buffer_.compare(used_, 2, "--") == 0) {
    over_ = true;
    while (MR_TRY(fill())) used_ = buffer_.size();  // what follows means nothing
    return std::optional<PartHead>();
  }
  std::size_t end = std::string::npos;
  while ((end = buffer_.find("\r\n\r\n", used_)) == std::string::npos) {
    if (buffer_.size() - used_ > kMostHead) break;
    MR_TRY(need(buffer_.size() - used_ + 1));
  }
  if (end == std::string::npos || end - used_ > kMostHead)
    return malformed("a part has a head of more than 16 KiB");
  PartHead head;
  std::string_view lines(buffer_.data() + used_, end + 2 - used_);
  used_ = end + 4;
  lines.remove_prefix(std::min(lines.find("\r\n") + 2, lines.size()));  // of the boundary
  while (!lines.empty()) {
    const std::size_t stop = lines.find("\r\n");
    const std::string_view line = lines.substr(0, stop);
    lines.remove_prefix(stop + 2);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return malformed("a part has a field without a colon");
    head.fields.add(std::string(line.substr(0, colon)),
                    std::string(withoutBlanks(line.substr(colon + 1))));
  }
  partEnded_ = false;
  const std::string_view disposition = head.fields.value("Content-Disposition");
  head.name = parameterOf(disposition, "name").value_or("");
  head.fileName = parameterOf(disposition, "filename");
  return std::optional(std::move(head));
}

}  // namespace millrace::processors
