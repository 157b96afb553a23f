// SPDX-License-Identifier: Apache-2.0
#include "engine/base/posix_process_runner.h"

#include "engine/base/quiet_pipe.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <system_error>

extern char** environ;

namespace millrace {
namespace {

Error systemError(std::string_view what, int code = errno) {
  const bool retry = code == EAGAIN || code == ENOMEM || code == EMFILE || code == ENFILE;
  return Error::environment(
      fmt::format("cannot {}: {}", what, std::generic_category().message(code)), retry);
}

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() { close(); }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  int get() const { return fd_; }
  bool isOpen() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

struct Pipe {
  Descriptor reading;
  Descriptor writing;
  /// Both ends close on exec; above the standard streams, so that dup2 never meets its own target.
  static Result<Pipe> open() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return systemError("open a pipe");
    Pipe pipe{Descriptor(ends[0]), Descriptor(ends[1])};
    for (Descriptor* end : {&pipe.reading, &pipe.writing}) {
      if (end->get() > STDERR_FILENO) continue;
      const int moved = ::fcntl(end->get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
      if (moved < 0) return systemError("open a pipe");
      *end = Descriptor(moved);
    }
    return pipe;
  }
};

void setNonBlocking(const Descriptor& descriptor) {
  ::fcntl(descriptor.get(), F_SETFL, ::fcntl(descriptor.get(), F_GETFL) | O_NONBLOCK);
}

class PosixChild final : public ChildProcess {
 public:
  PosixChild(pid_t pid, Descriptor input, Descriptor output, Descriptor error)
      : pid_(pid), input_(std::move(input)), output_(std::move(output)), error_(std::move(error)) {
    setNonBlocking(input_);
    setNonBlocking(output_);
    if (error_.isOpen()) setNonBlocking(error_);
  }

  ~PosixChild() override {
    if (reaped_) return;
    kill();
    (void)reap().ok();
  }

  Result<std::size_t> writeSome(ByteView bytes) override {
    if (!input_.isOpen()) return Error::environment("the input of the process is closed", false);
    if (bytes.empty()) return std::size_t{0};
    const ssize_t put = writeWithoutSignal(bytes);
    if (put >= 0) return static_cast<std::size_t>(put);
    if (errno == EAGAIN || errno == EINTR) return std::size_t{0};
    const Error error = systemError("write to the process");
    input_.close();
    return error;
  }

  void closeInput() override { input_.close(); }

  Result<Output> wait(std::span<std::byte> into, bool wantsToWrite, Nanos atMost) override {
    if (!output_.isOpen() && !error_.isOpen()) return Output{.ended = true};
    // poll() passes over descriptors of -1.
    std::array<pollfd, 3> watched{{{output_.get(), POLLIN, 0},
                                   {error_.get(), POLLIN, 0},
                                   {wantsToWrite ? input_.get() : -1, POLLOUT, 0}}};
    const auto millis = static_cast<int>(
        std::clamp<Nanos>((atMost + kMillisecond - 1) / kMillisecond, 0, 3'600'000));
    const int ready = ::poll(watched.data(), watched.size(), millis);
    if (ready < 0 && errno != EINTR) return systemError("wait for a process");
    if (ready <= 0) return Output{};
    // In turn, so that a flood on one stream does not starve the other.
    const std::size_t first = next_;
    for (const std::size_t turn : {first, 1 - first}) {
      if (watched[turn].revents == 0) continue;
      Descriptor& source = turn == 0 ? output_ : error_;
      const ssize_t got = ::read(source.get(), into.data(), into.size());
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (got < 0) return systemError("read from a process");
      next_ = 1 - turn;
      if (got > 0) {
        return Output{turn == 0 ? Stream::kOut : Stream::kError, static_cast<std::size_t>(got),
                      false};
      }
      source.close();
    }
    return Output{.ended = !output_.isOpen() && !error_.isOpen()};
  }

  Result<int> exitCode() override {
    MR_TRY(reap());
    if (WIFSIGNALED(status_)) return 128 + WTERMSIG(status_);
    return WEXITSTATUS(status_);
  }

  void kill() override {
    // The flag keeps a late kill from hitting a stranger who has got the number since.
    if (!reaped_) ::kill(-pid_, SIGKILL);
  }

 private:
  ssize_t writeWithoutSignal(ByteView bytes) const {
    const QuietPipe quiet;
    return ::write(input_.get(), bytes.data(), bytes.size());
  }

  Result<> reap() {
    while (!reaped_) {
      if (::waitpid(pid_, &status_, 0) == pid_) {
        reaped_ = true;
      } else if (errno != EINTR) {
        return systemError("wait for a process");
      }
    }
    return Done{};
  }

  const pid_t pid_;  // and the number of its process group
  Descriptor input_;
  Descriptor output_;
  Descriptor error_;
  int status_ = 0;
  std::atomic<bool> reaped_{false};
  std::size_t next_ = 0;  // the stream to look at first
};

/// What the child needs, made ready before fork(): after it, only async-signal-safe calls.
struct Prepared {
  std::vector<char*> arguments;
  std::vector<std::string> variables;
  std::vector<char*> environment;

  explicit Prepared(const ProcessRequest& request) {
    arguments.push_back(const_cast<char*>(request.command.c_str()));
    for (const std::string& argument : request.arguments)
      arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    for (char** variable = environ; *variable != nullptr; ++variable) {
      const std::string_view text = *variable;
      const std::string_view name = text.substr(0, text.find('='));
      const bool replaced = std::any_of(request.environment.begin(), request.environment.end(),
                                        [name](const auto& pair) { return pair.first == name; });
      if (!replaced) variables.emplace_back(text);
    }
    for (const auto& [name, value] : request.environment) variables.push_back(name + "=" + value);
    for (std::string& variable : variables) environment.push_back(variable.data());
    environment.push_back(nullptr);
  }
};

struct ChildEnds {
  int input;
  int output;
  int error;
  int report;
};

/// In the child, between fork and exec.
[[noreturn]] void becomeProgram(const ProcessRequest& request, const Prepared& prepared,
                                const ChildEnds& ends) {
  const auto giveUp = [&ends] {
    const int code = errno;
    const ssize_t told = ::write(ends.report, &code, sizeof code);
    ::_exit(told == sizeof code ? 127 : 126);
  };
  ::setpgid(0, 0);
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGUSR1, SIGUSR2})
    ::sigaction(number, &standard, nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (::dup2(ends.input, STDIN_FILENO) < 0 || ::dup2(ends.output, STDOUT_FILENO) < 0 ||
      ::dup2(ends.error, STDERR_FILENO) < 0) {
    giveUp();
  }
  if (!request.workingDirectory.empty() && ::chdir(request.workingDirectory.c_str()) != 0) giveUp();
  ::execvpe(request.command.c_str(), prepared.arguments.data(), prepared.environment.data());
  giveUp();
  ::_exit(127);
}

class PosixProcessRunner final : public ProcessRunner {
 public:
  Result<std::unique_ptr<ChildProcess>> start(const ProcessRequest& request) override {
    Pipe input = MR_TRY(Pipe::open());
    Pipe output = MR_TRY(Pipe::open());
    Pipe error;
    if (!request.mergeErrorStream) error = MR_TRY(Pipe::open());
    Pipe report = MR_TRY(Pipe::open());
    const Prepared prepared(request);
    const ChildEnds ends{input.reading.get(), output.writing.get(),
                         request.mergeErrorStream ? output.writing.get() : error.writing.get(),
                         report.writing.get()};
    const pid_t pid = ::fork();
    if (pid < 0) return systemError(fmt::format("start {}", request.command));
    if (pid == 0) becomeProgram(request, prepared, ends);
    ::setpgid(pid, pid);  // in both, so that neither has to wait for the other
    input.reading.close();
    output.writing.close();
    error.writing.close();
    report.writing.close();
    // The report ends without a word when the program has taken over.
    int code = 0;
    ssize_t got = 0;
    while ((got = ::read(report.reading.get(), &code, sizeof code)) < 0 && errno == EINTR) {
    }
    if (got == sizeof code) {
      int status = 0;
      while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
      }
      const std::string place =
          request.workingDirectory.empty() ? "" : fmt::format(" in {}", request.workingDirectory);
      return systemError(fmt::format("start {}{}", request.command, place), code);
    }
    return std::unique_ptr<ChildProcess>(std::make_unique<PosixChild>(
        pid, std::move(input.writing), std::move(output.reading), std::move(error.reading)));
  }
};

}  // namespace

std::unique_ptr<ProcessRunner> makePosixProcessRunner() {
  return std::make_unique<PosixProcessRunner>();
}

}  // namespace millrace
