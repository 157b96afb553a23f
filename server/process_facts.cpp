// SPDX-License-Identifier: Apache-2.0
#include "server/process_facts.h"

#include "engine/base/posix_file_system.h"

#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <string>
#include <string_view>

namespace millrace::server {
namespace {

/// The number behind `name:` in /proc/self/status.
std::uint64_t numberOf(std::string_view status, std::string_view name) {
  std::size_t at = status.find(name);
  if (at == std::string_view::npos) return 0;
  at = status.find_first_of("0123456789", at + name.size());
  if (at == std::string_view::npos) return 0;
  std::uint64_t value = 0;
  (void)std::from_chars(status.data() + at, status.data() + status.size(), value);
  return value;
}

/// Files of /proc say that they are empty: read until nothing comes.
std::string readProc(FileSystem& files, const std::string& path) {
  constexpr std::size_t kMost = 16'384;
  const auto file = files.open(path, OpenMode::kRead);
  if (!file.ok()) return {};
  std::string text(kMost, '\0');
  const auto got =
      (*file)->readAt(0, std::as_writable_bytes(std::span<char>(text.data(), text.size())));
  text.resize(got.valueOr(0));
  return text;
}

}  // namespace

ProcessFacts processFacts() {
  constexpr std::uint64_t kKibibyte = 1024;
  ProcessFacts facts;
  facts.pid = ::getpid();
  const auto files = makePosixFileSystem();
  const std::string status = readProc(*files, "/proc/self/status");
  facts.residentBytes = numberOf(status, "\nVmRSS:") * kKibibyte;
  facts.mostResidentBytes = numberOf(status, "\nVmHWM:") * kKibibyte;
  facts.threads = numberOf(status, "\nThreads:");
  if (const auto open = files->list("/proc/self/fd"); open.ok()) facts.openFiles = open->size();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) facts.mostOpenFiles = limit.rlim_cur;
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    const auto seconds = [](const timeval& time) {
      constexpr double kMicro = 1e-6;
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * kMicro;
    };
    facts.cpuSeconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }
  return facts;
}

}  // namespace millrace::server
