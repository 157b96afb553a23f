// SPDX-License-Identifier: Apache-2.0
#include "server/logging/log_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace millrace::server {
namespace {

constexpr Nanos kBetweenTries = 5 * kSecond;
constexpr std::size_t kShortestSecret = 4;

std::size_t bytesOf(const LogLine& line) { return sizeof line + line.message.size(); }

/// At most so many bytes, and not half a character.
std::string cut(std::string text) {
  if (text.size() <= LogBook::kLongest) return text;
  std::size_t end = LogBook::kLongest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return fmt::format("{}… ({} bytes in all)", std::string_view(text).substr(0, end), text.size());
}

void cover(std::string& text, const std::string& secret) {
  constexpr std::string_view kStars = "********";
  for (std::size_t at = text.find(secret); at != std::string::npos;
       at = text.find(secret, at + kStars.size()))
    text.replace(at, secret.size(), kStars);
}

}  // namespace

LogBook::LogBook(FileSystem& files, const Clock& clock, LogOptions options, Sink standardError)
    : clock_(clock),
      options_(std::move(options)),
      standardError_(std::move(standardError)),
      levels_(std::make_shared<const LogLevels>(options_.levels)) {
  if (!options_.file.empty())
    file_.emplace(files, options_.file, options_.fileBytes, options_.files);
}

LogBook::~LogBook() { stop(); }

void LogBook::start() {
  thread_ = std::jthread([this] { loop(); });
}

void LogBook::stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    wake_.notifyAll();
  }
  if (thread_.joinable()) thread_.join();
  retryAt_ = 0;  // the last chance
  writeNow();
}

void LogBook::write(LogLevel level, const LogSource& source, std::string_view message,
                    std::string_view flowFile) {
  if (level < levels_.load()->of(source)) return;
  LogLine line{clock_.wall(),
               level,
               std::string(source.area),
               source.component,
               std::string(source.type),
               std::string(source.path),
               shortened(message),
               std::string(flowFile)};
  const std::size_t bytes = bytesOf(line);
  MutexLock lock(mutex_);
  if (waiting_.size() >= kMostLines || waitingBytes_ + bytes > kMostBytes) {
    ++droppedNow_;
    ++figures_.dropped;
    return;
  }
  waiting_.push_back(std::move(line));
  waitingBytes_ += bytes;
  if (waiting_.size() == 1) wake_.notifyAll();
}

std::string LogBook::shortened(std::string_view message) {
  std::string text(message);
  if (text.size() <= kLongest) return text;
  // Half of a secret would not be found any more.
  std::vector<std::string> hidden;
  {
    MutexLock lock(mutex_);
    hidden = hidden_;
  }
  for (const std::string& secret : hidden) cover(text, secret);
  return cut(std::move(text));
}

Result<> LogBook::changeLevels(const std::function<Result<>(LogLevels&)>& change) {
  MutexLock lock(changing_);
  auto next = std::make_shared<LogLevels>(*levels_.load());
  MR_TRY(change(*next));
  levels_.store(std::move(next));
  return Done{};
}

void LogBook::hide(const std::vector<std::string>& secrets) {
  MutexLock lock(mutex_);
  for (const std::string& secret : secrets) {
    const bool known = std::find(hidden_.begin(), hidden_.end(), secret) != hidden_.end();
    if (secret.size() >= kShortestSecret && !known) hidden_.push_back(secret);
  }
  // One may be a part of another.
  std::stable_sort(hidden_.begin(), hidden_.end(),
                   [](const auto& a, const auto& b) { return a.size() > b.size(); });
}

LogFigures LogBook::figures() const {
  MutexLock lock(mutex_);
  return figures_;
}

void LogBook::loop() {
  while (true) {
    {
      MutexLock lock(mutex_);
      while (waiting_.empty() && droppedNow_ == 0 && !stopping_) {
        if (missingNow_ > 0) {
          wake_.waitFor(mutex_, std::chrono::nanoseconds(kBetweenTries));
          break;
        }
        wake_.wait(mutex_);
      }
      if (stopping_) return;
    }
    writeNow();
  }
}

LogLine LogBook::lineOf(LogLevel level, std::string message) const {
  return {clock_.wall(), level, "server", 0, {}, {}, std::move(message), {}};
}

std::string LogBook::render(std::deque<LogLine> lines) {
  std::vector<std::string> hidden;
  {
    MutexLock lock(mutex_);
    hidden = hidden_;
  }
  std::string text;
  for (LogLine& line : lines) {
    for (const std::string& secret : hidden) {
      cover(line.message, secret);
      cover(line.path, secret);
    }
    text += lineText(line, options_.format);
  }
  return text;
}

void LogBook::writeNow() {
  std::deque<LogLine> lines;
  std::uint64_t dropped = 0;
  {
    MutexLock lock(mutex_);
    lines.swap(waiting_);
    waitingBytes_ = 0;
    dropped = std::exchange(droppedNow_, 0);
  }
  if (dropped > 0) {
    lines.push_back(
        lineOf(LogLevel::kWarn,
               fmt::format("{} lines were dropped, since they came faster than the log is written",
                           dropped)));
  }
  // The file says what it misses as soon as it can, also when nobody says anything any more.
  if (lines.empty() && missingNow_ > 0) toFile({}, 0);
  // Piece by piece, so that a file grows beyond its size by a piece at most.
  constexpr std::size_t kPiece = 100;
  while (!lines.empty()) {
    std::deque<LogLine> piece;
    while (!lines.empty() && piece.size() < kPiece) {
      piece.push_back(std::move(lines.front()));
      lines.pop_front();
    }
    const std::uint64_t count = piece.size();
    const std::string text = render(std::move(piece));
    const bool taken = options_.toStandardError && standardError_(text);
    if (options_.toStandardError && !taken) {
      MutexLock lock(mutex_);
      figures_.dropped += count;
    }
    if (file_) toFile(text, count);
    MutexLock lock(mutex_);
    figures_.written += count;
  }
}

void LogBook::sayDirectly(LogLevel level, std::string message) {
  std::deque<LogLine> one;
  one.push_back(lineOf(level, std::move(message)));
  // Also where it is not asked for: nobody would learn of it.
  (void)standardError_(render(std::move(one)));
}

void LogBook::toFile(const std::string& text, std::uint64_t lines) {
  const Nanos now = clock_.monotonic();
  const bool broken = missingNow_ > 0;
  Result<> written = Done{};
  if (broken && now < retryAt_) {
    written = Error::environment("");
  } else {
    std::string before;
    if (broken) {
      std::deque<LogLine> gap;
      gap.push_back(
          lineOf(LogLevel::kWarn,
                 fmt::format("{} lines are missing here, since this file could not be written",
                             missingNow_)));
      before = render(std::move(gap));
    }
    written = file_->append(before + text);
    retryAt_ = now + kBetweenTries;
  }
  if (written.ok()) {
    missingNow_ = 0;
    if (broken) sayDirectly(LogLevel::kInfo, fmt::format("{} is written again", options_.file));
    MutexLock lock(mutex_);
    figures_.trouble.clear();
    return;
  }
  missingNow_ += lines;
  const std::string why = written.error().message;
  if (!broken) {
    sayDirectly(LogLevel::kError,
                fmt::format("the log cannot be written to its file, which misses lines from now "
                            "on; make room or give the server the right to write there: {}",
                            why));
  }
  MutexLock lock(mutex_);
  figures_.missing += lines;
  if (!why.empty()) figures_.trouble = why;
}

}  // namespace millrace::server
