// SPDX-License-Identifier: Apache-2.0
#include "engine/control/bulletins.h"

namespace millrace::engine {

void Bulletins::raise(BulletinLevel level, ComponentId component, const std::string& name,
                      const std::string& message) {
  say({level, component, name, {}, message, {}}, BulletinLevel::kDebug);
}

void Bulletins::say(const Remark& remark, BulletinLevel from) {
  if (log_) log_(remark);
  if (from != BulletinLevel::kNone && remark.level >= from) keep(remark);
}

void Bulletins::keep(const Remark& remark) {
  Bulletin bulletin{0,
                    clock_.wall(),
                    remark.level,
                    remark.component,
                    std::string(remark.path),
                    std::string(remark.message)};
  Listener listener;
  {
    MutexLock lock(mutex_);
    bulletin.id = ++lastId_;
    ring_.push_back(bulletin);
    if (ring_.size() > kKept) ring_.pop_front();
    listener = listener_;
  }
  if (listener) listener(bulletin);
}

std::vector<Bulletin> Bulletins::since(std::uint64_t after) const {
  MutexLock lock(mutex_);
  std::vector<Bulletin> result;
  for (const Bulletin& bulletin : ring_) {
    if (bulletin.id > after) result.push_back(bulletin);
  }
  return result;
}

std::map<ComponentId, std::uint64_t> Bulletins::countsSince(Millis from) const {
  MutexLock lock(mutex_);
  std::map<ComponentId, std::uint64_t> counts;
  for (const Bulletin& bulletin : ring_) {
    if (bulletin.time >= from) ++counts[bulletin.component];
  }
  return counts;
}

void Bulletins::listen(Listener listener) {
  MutexLock lock(mutex_);
  listener_ = std::move(listener);
}

}  // namespace millrace::engine
