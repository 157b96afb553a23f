// SPDX-License-Identifier: Apache-2.0
#pragma once
// LogBook: what the program says, written to standard error and to a file by a thread of its own.
// Who says something never waits: what comes faster than it is written is dropped, counted, and the
// log says how much. While the file cannot be written its lines are missing there, which is said
// once; it is tried again every few seconds, also when nothing is said, and says what is missing
// when it goes on.
//
// Ownership: file system, clock and sink outlive it. Threads: any, but for writeNow(), which is
// what the thread does.

#include "engine/base/file_system.h"
#include "engine/base/mutex.h"
#include "server/logging/log_levels.h"
#include "server/logging/log_line.h"
#include "server/logging/rotating_file.h"

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace millrace::server {

struct LogOptions {
  LogFormat format = LogFormat::kText;
  bool toStandardError = true;
  std::string file;                       ///< empty: none
  std::uint64_t fileBytes = 10ULL << 20;  ///< of one file
  std::uint32_t files = 10;               ///< kept beside the one that is written
  LogLevels levels;
};

/// How the log is.
struct LogFigures {
  std::uint64_t written = 0;  ///< lines
  std::uint64_t dropped = 0;  ///< that came faster than they were written
  std::uint64_t missing = 0;  ///< in the file, while it could not be written
  std::string trouble;        ///< why it cannot be now; empty: it can
};

class LogBook {
 public:
  /// Takes whole lines; false: they are lost.
  using Sink = std::function<bool(std::string_view)>;
  static constexpr std::size_t kMostLines = 10'000;     ///< that wait to be written
  static constexpr std::size_t kMostBytes = 16U << 20;  ///< of what they say
  static constexpr std::size_t kLongest = 1U << 20;     ///< of one message; the rest is cut

  LogBook(FileSystem& files, const Clock& clock, LogOptions options, Sink standardError);
  ~LogBook();

  void start();
  /// Writes what waits, for as long as the sinks take it.
  void stop();
  /// Nothing at the levels as they are: it is not written.
  void write(LogLevel level, const LogSource& source, std::string_view message,
             std::string_view flowFile = {});
  void write(LogLevel level, std::string_view area, std::string_view message) {
    write(level, LogSource{area, 0, {}, {}}, message);
  }

  std::shared_ptr<const LogLevels> levels() const { return levels_.load(); }
  /// Changes all or, on an Error of `change`, nothing.
  Result<> changeLevels(const std::function<Result<>(LogLevels&)>& change);
  /// From now on these texts are written as stars; those of before stay hidden. Shorter than four
  /// bytes none is: it would be found in everything.
  void hide(const std::vector<std::string>& secrets);
  LogFigures figures() const;
  const LogOptions& options() const { return options_; }

  /// What the thread does with what waits; not beside it.
  void writeNow();

 private:
  void loop();
  std::string shortened(std::string_view message);
  std::string render(std::deque<LogLine> lines);
  void toFile(const std::string& text, std::uint64_t lines);
  void sayDirectly(LogLevel level, std::string message);
  LogLine lineOf(LogLevel level, std::string message) const;

  const Clock& clock_;
  const LogOptions options_;
  const Sink standardError_;
  std::atomic<std::shared_ptr<const LogLevels>> levels_;  // swapped while any thread reads it
  // Of the thread that writes.
  std::optional<RotatingFile> file_;
  std::uint64_t missingNow_ = 0;
  Nanos retryAt_ = 0;

  mutable Mutex mutex_;
  Condition wake_;
  std::deque<LogLine> waiting_ MR_GUARDED_BY(mutex_);
  std::size_t waitingBytes_ MR_GUARDED_BY(mutex_) = 0;
  std::uint64_t droppedNow_ MR_GUARDED_BY(mutex_) = 0;  // and not yet said
  LogFigures figures_ MR_GUARDED_BY(mutex_);
  std::vector<std::string> hidden_ MR_GUARDED_BY(mutex_);  // longest first
  bool stopping_ MR_GUARDED_BY(mutex_) = false;
  Mutex changing_;  // of levels
  std::jthread thread_;
};

}  // namespace millrace::server
