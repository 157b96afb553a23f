// SPDX-License-Identifier: Apache-2.0
#pragma once
// Counters: named sums that processors adjust; they start at zero with the process, as in NiFi.
// Threads: any.

#include "engine/base/mutex.h"
#include "engine/flowfile/flowfile.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace millrace::engine {

class Counters {
 public:
  using Key = std::pair<std::string, std::string>;  ///< component name, counter name

  void adjust(std::string_view component, std::string_view name, std::int64_t delta) {
    MutexLock lock(mutex_);
    sums_[Key(component, name)] += delta;
  }
  /// Back to nothing; `name` empty: all of the component, both empty: all. How many there were.
  std::size_t reset(std::string_view component, std::string_view name) {
    MutexLock lock(mutex_);
    return std::erase_if(sums_, [&](const auto& entry) {
      return (component.empty() || entry.first.first == component) &&
             (name.empty() || entry.first.second == name);
    });
  }
  std::map<Key, std::int64_t> all() const {
    MutexLock lock(mutex_);
    return sums_;
  }

 private:
  mutable Mutex mutex_;
  std::map<Key, std::int64_t> sums_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::engine
