// SPDX-License-Identifier: Apache-2.0
#include "server/users/audit_log.h"

#include <nlohmann/json.hpp>

namespace millrace::server {
namespace {

constexpr std::uint32_t kOwnerOnly = 0600;

}  // namespace

void AuditLog::add(std::string_view user, std::string_view method, std::string_view target,
                   int status) {
  nlohmann::ordered_json json;
  json["at"] = clock_.wall();
  json["user"] = user;
  json["method"] = method;
  // A query may hold what somebody looked for.
  json["target"] = target.substr(0, target.find('?'));
  json["status"] = status;
  const std::string line =
      json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  std::string trouble;
  {
    MutexLock lock(mutex_);
    const auto written = write(line);
    if (written.ok()) {
      told_ = false;
    } else if (!told_) {
      told_ = true;
      trouble = "who does what cannot be written down: " + written.error().message;
    }
  }
  if (!trouble.empty() && onTrouble_) onTrouble_(trouble);
}

Result<> AuditLog::write(const std::string& line) {
  if (file_ != nullptr && size_ + line.size() > kMost) {
    file_.reset();
    MR_TRY(files_.rename(path_, path_ + ".1"));
  }
  if (file_ == nullptr) {
    auto file = MR_TRY(files_.open(path_, OpenMode::kCreate));
    MR_TRY(files_.setPermissions(path_, kOwnerOnly));
    size_ = MR_TRY(files_.info(path_)).size;
    file_ = std::move(file);
  }
  MR_TRY(file_->writeAt(size_, asBytes(line)));
  size_ += line.size();
  return Done{};
}

}  // namespace millrace::server
