// SPDX-License-Identifier: Apache-2.0
#include "processors/files/tailed_lines.h"

#include "engine/base/crc32c.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

namespace millrace::processors {
namespace {

constexpr std::uint64_t kStep = 64 * 1024;

template <typename Number>
bool take(std::string_view& text, Number& number) {
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  if (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return true;
}

/// Reads [from, to) into the buffer; an Error when the file ends before.
Result<std::string_view> readRange(File& file, std::uint64_t from, std::uint64_t to,
                                   std::vector<std::byte>& buffer) {
  buffer.resize(static_cast<std::size_t>(to - from));
  if (MR_TRY(file.readAt(from, buffer)) != buffer.size()) {
    return Error::environment(
        fmt::format("the file became shorter than {} bytes while it was read", to));
  }
  return asText(buffer);
}

}  // namespace

std::string TailPosition::text() const {
  return fmt::format("{} {} {} {} {}", position, inode, checksum, timestamp, rolled ? 1 : 0);
}

std::optional<TailPosition> TailPosition::parse(std::string_view text) {
  TailPosition at;
  int rolled = 0;
  const bool good = take(text, at.position) && take(text, at.inode) && take(text, at.checksum) &&
                    take(text, at.timestamp) && take(text, rolled) && text.empty();
  if (!good) return std::nullopt;
  at.rolled = rolled != 0;
  return at;
}

Result<std::uint64_t> endOfLines(File& file, std::uint64_t from, std::uint64_t to) {
  std::vector<std::byte> buffer;
  for (std::uint64_t end = to; end > from;) {
    const std::uint64_t begin = end - from > kStep ? end - kStep : from;
    const std::string_view part = MR_TRY(readRange(file, begin, end, buffer));
    for (std::size_t i = part.size(); i > 0; --i) {
      const char c = part[i - 1];
      const std::uint64_t after = begin + i;
      // A CR at the very end may yet be followed by its LF.
      if (c == '\n' || (c == '\r' && after < to)) return after;
    }
    end = begin;
  }
  return from;
}

Result<std::uint64_t> endOfDelimited(File& file, std::uint64_t from, std::uint64_t to,
                                     char delimiter) {
  std::vector<std::byte> buffer;
  for (std::uint64_t end = to; end > from;) {
    const std::uint64_t begin = end - std::min(end - from, kStep);
    const std::size_t at = MR_TRY(readRange(file, begin, end, buffer)).rfind(delimiter);
    if (at != std::string_view::npos) return begin + at + 1;
    end = begin;
  }
  return from;
}

Result<std::uint64_t> forEachDelimited(
    File& file, std::uint64_t from, std::uint64_t to, char delimiter, std::uint64_t most,
    const std::function<Result<>(std::uint64_t, std::uint64_t, std::string_view)>& write) {
  std::vector<std::byte> buffer;
  std::uint64_t begin = from;  // of the piece
  std::uint64_t done = 0;
  while (begin < to && done < most) {
    const std::uint64_t end = std::min(to, begin + kStep);
    const std::string_view part = MR_TRY(readRange(file, begin, end, buffer));
    std::size_t used = 0;
    while (done < most) {
      std::size_t after = part.find(delimiter, used);
      if (after == std::string_view::npos && end < to) break;
      after = after == std::string_view::npos ? part.size() : after + 1;
      if (after == used) break;
      MR_TRY(write(begin + used, begin + after, part.substr(used, after - used)));
      ++done;
      used = after;
    }
    if (used > 0) {
      begin += used;
      continue;
    }
    // Longer than what is read at once.
    std::uint64_t stop = end;
    for (bool found = false; stop < to && !found;) {
      const std::uint64_t next = std::min(to, stop + kStep);
      const std::size_t at = MR_TRY(readRange(file, stop, next, buffer)).find(delimiter);
      found = at != std::string_view::npos;
      stop = found ? stop + at + 1 : next;
    }
    MR_TRY(write(begin, stop, {}));
    ++done;
    begin = stop;
  }
  return begin;
}

Result<std::uint64_t> firstZero(File& file, std::uint64_t from, std::uint64_t to) {
  std::vector<std::byte> buffer;
  for (std::uint64_t at = from; at < to;) {
    const std::uint64_t end = std::min(to, at + kStep);
    const std::string_view part = MR_TRY(readRange(file, at, end, buffer));
    const std::size_t zero = part.find('\0');
    if (zero != std::string_view::npos) return at + zero;
    at = end;
  }
  return to;
}

Result<std::uint64_t> endOfMessages(File& file, std::uint64_t from, std::uint64_t to,
                                    const expression::Regex& firstLine, std::uint64_t most) {
  const expression::TimeZone zone;
  std::uint64_t lastStart = from;
  std::uint64_t lineStart = from;
  std::string line;  // at most kStep bytes of it, enough to see how it begins
  std::vector<std::byte> buffer;
  for (std::uint64_t at = from; at < to;) {
    const std::uint64_t end = std::min(to, at + kStep);
    std::string_view part = MR_TRY(readRange(file, at, end, buffer));
    at = end;
    while (!part.empty()) {
      const std::size_t newline = part.find('\n');
      const std::string_view piece = part.substr(0, newline);
      line.append(piece.substr(0, kStep - std::min<std::size_t>(kStep, line.size())));
      if (newline == std::string_view::npos) break;
      part.remove_prefix(newline + 1);
      expression::Workspace work(zone);
      if (lineStart > from && firstLine.matches(line, work)) lastStart = lineStart;
      lineStart = at - part.size();
      line.clear();
    }
  }
  return to - lastStart > most ? to : lastStart;
}

Result<std::uint32_t> checksumBefore(File& file, std::uint64_t position) {
  constexpr std::uint64_t kChecked = 4096;
  std::vector<std::byte> buffer(static_cast<std::size_t>(std::min(position, kChecked)));
  const std::size_t got = MR_TRY(file.readAt(position - buffer.size(), buffer));
  return crc32c(std::span(buffer).first(got));
}

Result<> copyRange(File& file, std::uint64_t from, std::uint64_t to, ContentWriter& writer) {
  std::vector<std::byte> buffer;
  for (std::uint64_t at = from; at < to;) {
    const std::uint64_t end = std::min(to, at + kStep);
    const std::string_view part = MR_TRY(readRange(file, at, end, buffer));
    MR_TRY(writer.write(part));
    at = end;
  }
  return Done{};
}

Result<bool> isContinuation(FileSystem& files, const std::string& path, const TailPosition& of) {
  auto file = MR_TRY(files.open(path, OpenMode::kRead));
  if (MR_TRY(file->size()) < of.position) return false;
  return MR_TRY(checksumBefore(*file, of.position)) == of.checksum;
}

bool matchesGlob(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos;
  std::size_t retry = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++retry;
    } else {
      return false;
    }
  }
  return std::all_of(pattern.begin() + static_cast<std::ptrdiff_t>(p), pattern.end(),
                     [](char c) { return c == '*'; });
}

}  // namespace millrace::processors
