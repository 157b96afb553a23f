// SPDX-License-Identifier: Apache-2.0
#include "minifi-agent/agent_events.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <filesystem>
#include <system_error>

namespace millrace::agent {
namespace {

constexpr std::uint32_t kChanges =
    IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;
constexpr int kMostSteps = 256;  // of a path, so that links that lead in a circle come to an end

Error failure(const char* what) {
  return Error::environment(fmt::format("{}: {}", what, std::strerror(errno)), false);
}

}  // namespace

Result<std::unique_ptr<AgentEvents>> AgentEvents::open() {
  std::unique_ptr<AgentEvents> events(new AgentEvents());
  sigset_t set{};
  ::sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&set, signal);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  events->signals_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (events->signals_ < 0) return failure("signals cannot be received");
  events->bell_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (events->bell_ < 0) return failure("threads cannot be woken");
  return events;
}

AgentEvents::~AgentEvents() {
  for (const int descriptor : {signals_, folders_, bell_}) {
    if (descriptor >= 0) ::close(descriptor);
  }
}

Result<> AgentEvents::watch(const std::string& path) {
  folders_ = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (folders_ < 0) return failure("changes of the config cannot be watched");
  path_ = path;
  followPath();
  return Done{};
}

/// Walks to the file as the system does, and watches each link that it meets and the file itself.
void AgentEvents::followPath() {
  namespace fs = std::filesystem;
  std::error_code error;
  std::map<int, std::set<std::string>> found;
  const fs::path whole = fs::absolute(path_, error);
  std::deque<fs::path> ahead(whole.begin(), whole.end());
  fs::path at;
  for (int steps = 0; !ahead.empty() && steps < kMostSteps; ++steps) {
    const fs::path name = ahead.front();
    ahead.pop_front();
    const bool isLink = fs::is_symlink(at / name, error);
    if (isLink || ahead.empty()) {
      const int folder = ::inotify_add_watch(folders_, at.c_str(), kChanges);
      if (folder >= 0) found[folder].insert(name.string());
    }
    if (!isLink) {
      at = name == ".." ? at.parent_path() : at / name;
      continue;
    }
    const fs::path target = fs::read_symlink(at / name, error);
    ahead.insert(ahead.begin(), target.begin(), target.end());
    if (target.is_absolute()) at.clear();
  }
  for (const auto& [folder, names] : names_) {
    if (!found.contains(folder)) ::inotify_rm_watch(folders_, folder);
  }
  names_ = std::move(found);
}

/// Takes all that was told; true when something of it concerns the file.
bool AgentEvents::takeChanges() {
  alignas(inotify_event) std::array<char, 16 * 1024> buffer;
  bool concerns = false;
  for (;;) {
    const ssize_t size = ::read(folders_, buffer.data(), buffer.size());
    if (size <= 0) break;
    for (const char* next = buffer.data(); next < buffer.data() + size;) {
      inotify_event event{};
      std::memcpy(&event, next, sizeof event);
      const char* const name = next + sizeof event;
      const auto folder = names_.find(event.wd);
      const bool lost = (event.mask & IN_Q_OVERFLOW) != 0;
      concerns |=
          lost || (folder != names_.end() && event.len > 0 && folder->second.contains(name));
      next = name + event.len;
    }
  }
  return concerns;
}

AgentEvent AgentEvents::take(int descriptor) {
  if (descriptor == bell_) {
    std::uint64_t count = 0;
    return ::read(bell_, &count, sizeof count) > 0 ? AgentEvent::kBell : AgentEvent::kNothing;
  }
  if (descriptor == signals_) {
    signalfd_siginfo info{};
    if (::read(signals_, &info, sizeof info) <= 0) return AgentEvent::kNothing;
    return info.ssi_signo == SIGHUP ? AgentEvent::kReload : AgentEvent::kStop;
  }
  if (!takeChanges()) return AgentEvent::kNothing;
  followPath();  // what was exchanged is another folder now
  return AgentEvent::kFileChanged;
}

AgentEvent AgentEvents::wait(Nanos atMost) {
  std::array<pollfd, 3> all{{{signals_, POLLIN, 0}, {bell_, POLLIN, 0}, {folders_, POLLIN, 0}}};
  const timespec time{std::max<Nanos>(atMost, 0) / kSecond, std::max<Nanos>(atMost, 0) % kSecond};
  if (::ppoll(all.data(), all.size(), atMost < 0 ? nullptr : &time, nullptr) <= 0)
    return AgentEvent::kNothing;
  for (const pollfd& one : all) {
    if ((one.revents & POLLIN) != 0) return take(one.fd);
  }
  return AgentEvent::kNothing;
}

void AgentEvents::ring() {
  const std::uint64_t one = 1;
  // It can only fail when it is ringing already.
  [[maybe_unused]] const auto written = ::write(bell_, &one, sizeof one);
}

}  // namespace millrace::agent
