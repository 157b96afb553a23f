// SPDX-License-Identifier: Apache-2.0
#pragma once
// ProcessRunner: runs programs of the operating system.
// Threads: start() from any thread; a ChildProcess belongs to one thread but for kill().

#include "engine/base/bytes.h"
#include "engine/base/clock.h"
#include "engine/base/result.h"

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace millrace {

struct ProcessRequest {
  std::string command;                      ///< looked up in PATH when it has no slash
  std::vector<std::string> arguments = {};  ///< handed over as they are: no shell
  std::string workingDirectory = {};        ///< empty: the engine's
  std::vector<std::pair<std::string, std::string>> environment = {};  ///< added to the engine's
  bool mergeErrorStream = false;  ///< stderr goes where stdout goes
};

class ChildProcess {
 public:
  enum class Stream : unsigned char { kOut, kError };
  virtual ~ChildProcess() = default;  ///< kills and reaps a process that still runs
  /// Writes what fits; 0 when the pipe is full, an Error when the process closed its input.
  virtual Result<std::size_t> writeSome(ByteView bytes) = 0;
  virtual void closeInput() = 0;
  struct Output {
    Stream stream = Stream::kOut;
    std::size_t bytes = 0;  ///< 0 with `ended` false: input can be written
    bool ended = false;     ///< both streams are at their end
  };
  /// Waits for output, for room to write (when asked) or for the time to run out, and reads what is
  /// there.
  virtual Result<Output> wait(std::span<std::byte> into, bool wantsToWrite, Nanos atMost) = 0;
  /// The exit code once both streams ended; 128 + signal when it was killed.
  virtual Result<int> exitCode() = 0;
  virtual void kill() = 0;
};

class ProcessRunner {
 public:
  virtual ~ProcessRunner() = default;
  virtual Result<std::unique_ptr<ChildProcess>> start(const ProcessRequest& request) = 0;
};

}  // namespace millrace
