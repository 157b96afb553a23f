// SPDX-License-Identifier: Apache-2.0
#include "server/server_log.h"

#include "server/command.h"

namespace millrace::server {
namespace {

LogLevel levelOf(BulletinLevel level) {
  switch (level) {
    case BulletinLevel::kDebug:
      return LogLevel::kDebug;
    case BulletinLevel::kInfo:
      return LogLevel::kInfo;
    case BulletinLevel::kWarn:
      return LogLevel::kWarn;
    case BulletinLevel::kError:
    case BulletinLevel::kNone:
      break;
  }
  return LogLevel::kError;
}

}  // namespace

ServerLog::ServerLog(FileSystem& files, LogOptions options)
    : book_(files, clock_, std::move(options),
            [this](std::string_view text) { return standardError_.write(text); }) {
  // What nobody reads there is in the file, which shall not wait for it.
  if (!book_.options().file.empty()) standardError_.giveUp();
}

ServerLog::~ServerLog() { stop(); }

void ServerLog::stop() {
  standardError_.giveUp();
  book_.stop();
}

void ServerLog::remark(const engine::Remark& remark) {
  LogSource source{"components", remark.component.raw(), remark.type, remark.path};
  if (remark.path.empty()) {
    source.area = remark.type.empty() ? "engine" : remark.type;
    source.type = {};
  }
  book_.write(levelOf(remark.level), source, remark.message, remark.flowFile);
}

void ServerLog::finding(const flow::Finding& finding, const std::string& file) {
  const bool isError = finding.severity == flow::Severity::kError;
  say(isError ? LogLevel::kError : LogLevel::kWarn, "flow", flow::describe(finding, file));
}

void ServerLog::fail(const std::string& text) {
  const LogOptions& options = book_.options();
  say(LogLevel::kError, "server", text);
  const bool heard = book_.levels()->of({"server", 0, {}, {}}) <= LogLevel::kError;
  if (!options.toStandardError || !heard) complain(text);
}

}  // namespace millrace::server
