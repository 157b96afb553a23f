// SPDX-License-Identifier: Apache-2.0
#include "processors/files/taken_files.h"

#include <algorithm>
#include <set>

namespace millrace::processors {

class TakenFiles::Claim {
 public:
  Claim(std::shared_ptr<TakenFiles> owner, std::string path, Identity identity)
      : owner_(std::move(owner)), path_(std::move(path)), identity_(identity) {}
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;
  ~Claim() {
    const MutexLock lock(owner_->mutex_);
    const auto found = owner_->taken_.find(path_);
    if (found != owner_->taken_.end() && found->second.identity == identity_ &&
        !found->second.durable) {
      owner_->taken_.erase(found);
    }
  }
  void makeDurable() {
    const MutexLock lock(owner_->mutex_);
    const auto found = owner_->taken_.find(path_);
    if (found != owner_->taken_.end() && found->second.identity == identity_)
      found->second.durable = true;
  }

 private:
  std::shared_ptr<TakenFiles> owner_;
  std::string path_;
  Identity identity_;
};

std::function<void()> TakenFiles::take(const FoundFile& file) {
  {
    const MutexLock lock(mutex_);
    const auto [entry, isNew] = taken_.try_emplace(file.path, Entry{identityOf(file), false});
    if (!isNew && entry->second.identity == identityOf(file)) return nullptr;
    entry->second = {identityOf(file), false};
  }
  // Shared, since a std::function is copied; the last copy to die gives the file back.
  auto claim = std::make_shared<Claim>(shared_from_this(), file.path, identityOf(file));
  return [claim] { claim->makeDurable(); };
}

void TakenFiles::removeFrom(std::vector<FoundFile>& listing) {
  const MutexLock lock(mutex_);
  std::set<std::string_view> present;
  for (const FoundFile& file : listing) {
    const auto found = taken_.find(file.path);
    if (found != taken_.end() && found->second.identity == identityOf(file))
      present.insert(found->first);
  }
  std::erase_if(listing, [&](const FoundFile& file) { return present.contains(file.path); });
  std::erase_if(taken_, [&](const auto& entry) {
    return entry.second.durable && !present.contains(entry.first);
  });
}

}  // namespace millrace::processors
