// SPDX-License-Identifier: Apache-2.0
#include "server/upkeep.h"

#include <fmt/format.h>

namespace millrace::server {

void Upkeep::look() {
  for (const TlsFiles::News& news : parts_.tls.look())
    parts_.raise(news.usable ? BulletinLevel::kInfo : BulletinLevel::kError, news.text);
  lookAtLog();
}

void Upkeep::lookAtLog() {
  const LogFigures figures = parts_.log.figures();
  const bool fails = !figures.trouble.empty();
  if (fails == logFails_) {
    if (!fails) missingBefore_ = figures.missing;
    return;
  }
  logFails_ = fails;
  const std::string& file = parts_.log.options().file;
  if (fails) {
    parts_.raise(BulletinLevel::kError,
                 fmt::format("the log file {} misses lines until it can be written again: {}", file,
                             figures.trouble));
    return;
  }
  parts_.raise(BulletinLevel::kInfo,
               fmt::format("the log file {} is written again; it misses {} lines", file,
                           figures.missing - missingBefore_));
  missingBefore_ = figures.missing;
}

}  // namespace millrace::server
