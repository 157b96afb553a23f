// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/crash_watch.h"

#include "engine/base/assert.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string_view>

namespace millrace::tests {

CrashWatch::CrashWatch(const std::string& data)
    : queue_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      data_(::inotify_add_watch(queue_, data.c_str(), IN_CREATE | IN_MOVED_TO)),
      journal_(::inotify_add_watch(queue_, (data + "/journal").c_str(), IN_MOVED_TO)),
      content_(::inotify_add_watch(queue_, (data + "/content").c_str(), IN_DELETE)) {
  MR_ASSERT(queue_ >= 0 && data_ >= 0 && journal_ >= 0 && content_ >= 0);
}

CrashWatch::~CrashWatch() { ::close(queue_); }

void CrashWatch::begin() {
  (void)read(std::nullopt);
  for (auto& last : last_) last.reset();
}

void CrashWatch::drain() { (void)read(std::nullopt); }

bool CrashWatch::read(std::optional<Moment> moment) {
  bool found = false;
  alignas(inotify_event) std::array<char, 64 * 1024> bytes{};
  while (true) {
    const ssize_t got = ::read(queue_, bytes.data(), bytes.size());
    if (got <= 0) return found;
    const Time now = std::chrono::steady_clock::now();
    for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
      inotify_event event{};
      std::memcpy(&event, bytes.data() + at, sizeof event);
      const std::string_view name =
          event.len == 0 ? std::string_view() : std::string_view(bytes.data() + at + sizeof event);
      at += sizeof event + event.len;
      std::optional<Moment> seen;
      if (event.wd == data_ && name == "store") seen = Moment::kOpen;
      if (event.wd == data_ && name == "snapshot.part") seen = Moment::kSnapshot;
      if (event.wd == journal_ && !name.starts_with("spare-")) seen = Moment::kRoll;
      if (event.wd == content_) seen = Moment::kReclaim;
      if (!seen) continue;
      last_[static_cast<std::size_t>(*seen)] = now;
      found |= seen == moment;
    }
  }
}

bool CrashWatch::await(Moment moment, std::chrono::milliseconds patience) {
  const Time end = std::chrono::steady_clock::now() + patience;
  while (!read(moment)) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd waiting{queue_, POLLIN, 0};
    (void)::poll(&waiting, 1, static_cast<int>(left.count()));
  }
  return true;
}

}  // namespace millrace::tests
