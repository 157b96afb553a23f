// SPDX-License-Identifier: Apache-2.0
#include "minifi-agent/agent_log.h"

#include <cstdio>

namespace millrace::agent {

void complain(std::string_view text) {
  std::string lines;
  for (bool more = true; more;) {
    const std::size_t end = text.find('\n');
    more = end != std::string_view::npos;
    lines.append("millrace-agent: ").append(text.substr(0, end)).append("\n");
    text.remove_prefix(more ? end + 1 : text.size());
  }
  std::fwrite(lines.data(), 1, lines.size(), stderr);
}

void AgentLog::say(const std::string& line) {
  complain(line);
  MutexLock lock(mutex_);
  kept_.push_back(line.substr(0, kLongest));
  if (kept_.size() > kKept) kept_.pop_front();
}

std::vector<std::string> AgentLog::lines() const {
  MutexLock lock(mutex_);
  return {kept_.begin(), kept_.end()};
}

}  // namespace millrace::agent
