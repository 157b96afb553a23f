// SPDX-License-Identifier: Apache-2.0
#pragma once
// Bulletins: what components want people to know, newest last. Kept in memory, bounded.
// Threads: any. The listener is called on the thread that raises, without a lock held.

#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "engine/processor/process_context.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace millrace::engine {

struct Bulletin {
  std::uint64_t id = 0;  ///< rises by one
  Millis time = 0;
  BulletinLevel level = BulletinLevel::kInfo;
  ComponentId component;
  std::string componentName;  ///< empty: the engine itself
  std::string message;
};

class Bulletins {
 public:
  static constexpr std::size_t kKept = 1000;
  using Listener = std::function<void(const Bulletin&)>;

  explicit Bulletins(const Clock& clock) : clock_(clock) {}
  void raise(BulletinLevel level, ComponentId component, std::string name, std::string message);
  /// Those with an id greater than `after`, oldest first.
  std::vector<Bulletin> since(std::uint64_t after = 0) const;
  void listen(Listener listener);

 private:
  const Clock& clock_;
  mutable Mutex mutex_;
  std::deque<Bulletin> ring_ MR_GUARDED_BY(mutex_);
  std::uint64_t lastId_ MR_GUARDED_BY(mutex_) = 0;
  Listener listener_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::engine
