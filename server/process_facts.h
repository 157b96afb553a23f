// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the system says of this process (proc(5), getrlimit(2), getrusage(2)).
// Threads: any. What cannot be found out is 0.

#include <cstdint>

namespace millrace::server {

struct ProcessFacts {
  std::int64_t pid = 0;
  std::uint64_t residentBytes = 0;      ///< memory in RAM now
  std::uint64_t mostResidentBytes = 0;  ///< and at most so far
  std::uint64_t threads = 0;
  std::uint64_t openFiles = 0;  ///< descriptors: sockets, too
  std::uint64_t mostOpenFiles = 0;
  double cpuSeconds = 0;  ///< of all threads
};

ProcessFacts processFacts();

}  // namespace millrace::server
