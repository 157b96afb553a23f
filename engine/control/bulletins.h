// SPDX-License-Identifier: Apache-2.0
#pragma once
// Bulletins: what components want people to know, newest last. Kept in memory, bounded. What they
// say below their bulletin level goes to the log alone, as all the rest does too.
// Threads: any. Listener and log are called on the thread that raises, without a lock held.

#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "engine/processor/process_context.h"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
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

/// What somebody says, lent for the time of a call.
struct Remark {
  BulletinLevel level = BulletinLevel::kInfo;
  ComponentId component;
  std::string_view path;  ///< of the component or service; empty: the engine itself
  std::string_view type;  ///< of the component; of the engine: the part that speaks
  std::string_view message;
  std::string_view flowFile;  ///< uuid of the one that it is about; empty: none is known
};

class Bulletins {
 public:
  static constexpr std::size_t kKept = 1000;
  using Listener = std::function<void(const Bulletin&)>;
  /// Told of everything, bulletin or not. Must not wait: workers call it.
  using Log = std::function<void(const Remark&)>;

  explicit Bulletins(const Clock& clock, Log log = {}) : clock_(clock), log_(std::move(log)) {}
  /// To the log, and from `from` up a bulletin too.
  void say(const Remark& remark, BulletinLevel from);
  void raise(BulletinLevel level, ComponentId component, const std::string& name,
             const std::string& message);
  /// Those with an id greater than `after`, oldest first.
  std::vector<Bulletin> since(std::uint64_t after = 0) const;
  /// How many of each component there are since a moment.
  std::map<ComponentId, std::uint64_t> countsSince(Millis from) const;
  void listen(Listener listener);

 private:
  void keep(const Remark& remark);

  const Clock& clock_;
  const Log log_;
  mutable Mutex mutex_;
  std::deque<Bulletin> ring_ MR_GUARDED_BY(mutex_);
  std::uint64_t lastId_ MR_GUARDED_BY(mutex_) = 0;
  Listener listener_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::engine
