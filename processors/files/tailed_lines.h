// SPDX-License-Identifier: Apache-2.0
#pragma once
// What TailFile asks of a file: where its complete lines end, whether it is the file that was read
// before. Memory stays constant whatever the size of lines and files. Threads: any.

#include "engine/base/file_system.h"
#include "engine/expression/regex.h"
#include "engine/processor/process_session.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::processors {

/// How far a file has been read, as it stands in the state of the component.
struct TailPosition {
  std::uint64_t position = 0;  ///< bytes read
  std::uint64_t inode = 0;     ///< 0: nothing was read yet
  std::uint32_t checksum = 0;  ///< of the bytes before the position, see checksumBefore()
  Nanos timestamp = 0;         ///< when the file was last changed, as seen at the last reading
  bool rolled = false;         ///< it has been rolled over and is still being read

  std::string text() const;
  static std::optional<TailPosition> parse(std::string_view text);
};

/// The place after the last line that ends in [from, to); `from` when none does. A line ends with
/// LF, CR LF, or a CR that something else follows.
Result<std::uint64_t> endOfLines(File& file, std::uint64_t from, std::uint64_t to);
/// The place of the first zero byte in [from, to), else `to`.
Result<std::uint64_t> firstZero(File& file, std::uint64_t from, std::uint64_t to);
/// The place where the last message that has begun in [from, to) begins, as the pattern finds first
/// lines of messages: everything before it is complete. `to` when it is longer than `most`, `from`
/// when nothing is complete.
Result<std::uint64_t> endOfMessages(File& file, std::uint64_t from, std::uint64_t to,
                                    const expression::Regex& firstLine, std::uint64_t most);
/// CRC-32C of the last 4 KiB before a position (of all before it when there are fewer).
Result<std::uint32_t> checksumBefore(File& file, std::uint64_t position);
/// The place after the last `delimiter` in [from, to); `from` when there is none.
Result<std::uint64_t> endOfDelimited(File& file, std::uint64_t from, std::uint64_t to,
                                     char delimiter);
/// Calls write(from, to, start) for each piece of [from, to) that ends with the delimiter (the last
/// one may do without), in order: `start` holds its bytes when it is short, else nothing and it is
/// to be read. Stops after `most` pieces and returns the place that it came to.
Result<std::uint64_t> forEachDelimited(
    File& file, std::uint64_t from, std::uint64_t to, char delimiter, std::uint64_t most,
    const std::function<Result<>(std::uint64_t from, std::uint64_t to, std::string_view bytes)>&
        write);
/// Writes [from, to) of the file; an Error when the file has become shorter.
Result<> copyRange(File& file, std::uint64_t from, std::uint64_t to, ContentWriter& writer);
/// True when the file begins with what was read up to the position.
Result<bool> isContinuation(FileSystem& files, const std::string& path, const TailPosition& of);
/// Whether a name matches a pattern of `*`, `?` and plain characters.
bool matchesGlob(std::string_view pattern, std::string_view name);

}  // namespace millrace::processors
