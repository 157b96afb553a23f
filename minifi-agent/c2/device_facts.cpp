// SPDX-License-Identifier: Apache-2.0
#include "minifi-agent/c2/device_facts.h"

#include "engine/base/random.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>

namespace millrace::agent {
namespace {

std::uint64_t positive(long number) { return number > 0 ? static_cast<std::uint64_t>(number) : 0; }

}  // namespace

DeviceFacts readDeviceFacts(FileSystem& files) {
  DeviceFacts facts;
  utsname name{};
  if (::uname(&name) == 0) {
    facts.hostname = name.nodename;
    facts.architecture = name.machine;
    facts.system = fmt::format("{} {}", name.sysname, name.release);
  }
  facts.memory = positive(::sysconf(_SC_PHYS_PAGES)) * positive(::sysconf(_SC_PAGESIZE));
  facts.cores = static_cast<std::uint32_t>(positive(::sysconf(_SC_NPROCESSORS_ONLN)));
  std::uint64_t id = 0;
  const auto machine = files.readAll("/etc/machine-id", 4096);
  for (const char c : machine.ok() ? *machine : facts.hostname)
    id = mix64(id ^ static_cast<unsigned char>(c));
  facts.id = fmt::format("{:016x}", id);
  return facts;
}

}  // namespace millrace::agent
