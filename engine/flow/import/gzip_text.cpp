// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/import/gzip_text.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace millrace::flow {
namespace {

constexpr int kGzipOnly = 16 + MAX_WBITS;
constexpr std::size_t kPiece = 256 * 1024;

class Inflater {
 public:
  Inflater() { ready_ = inflateInit2(&stream_, kGzipOnly) == Z_OK; }
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  bool ready() const { return ready_; }
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
  bool ready_ = false;
};

}  // namespace

bool isGzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

Result<std::string> unpackGzip(std::string_view bytes, std::size_t limit) {
  Inflater inflater;
  if (!inflater.ready()) return Error::environment("there is no memory to unpack the file with");
  if (bytes.size() > std::numeric_limits<uInt>::max())
    return Error::user("the file is too large to unpack; export a part of the flow");
  z_stream& stream = inflater.stream();
  stream.next_in = const_cast<Bytef*>(  // NOLINT: zlib reads only
      reinterpret_cast<const Bytef*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string text;
  std::vector<char> piece(kPiece);
  while (true) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    const int code = inflate(&stream, Z_NO_FLUSH);
    text.append(piece.data(), piece.size() - stream.avail_out);
    if (text.size() > limit)
      return Error::user(
          fmt::format("the file unpacks to more than {} bytes; export a part of the flow", limit));
    if (code == Z_STREAM_END) {
      if (stream.avail_in == 0) return text;
      if (inflateReset(&stream) != Z_OK) break;
    } else if (code != Z_OK) {
      break;
    } else if (stream.avail_in == 0 && stream.avail_out != 0) {
      return Error::user(
          fmt::format("the gzip file ends too early, behind byte {}; copy it again", bytes.size()));
    }
  }
  return Error::user(fmt::format("the gzip file is damaged at byte {}; copy it again",
                                 bytes.size() - stream.avail_in));
}

}  // namespace millrace::flow
