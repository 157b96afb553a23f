// SPDX-License-Identifier: Apache-2.0
#pragma once
// Mutex with annotations that clang checks (-Wthread-safety, preset tidy); libstdc++'s has none.
// A lock is never held while calling a processor, a repository or a callback.

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define MR_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define MR_THREAD_ATTRIBUTE(x)
#endif
#define MR_CAPABILITY(x) MR_THREAD_ATTRIBUTE(capability(x))
#define MR_SCOPED_CAPABILITY MR_THREAD_ATTRIBUTE(scoped_lockable)
#define MR_GUARDED_BY(x) MR_THREAD_ATTRIBUTE(guarded_by(x))
#define MR_REQUIRES(...) MR_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define MR_ACQUIRE(...) MR_THREAD_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define MR_RELEASE(...) MR_THREAD_ATTRIBUTE(release_capability(__VA_ARGS__))
#define MR_EXCLUDES(...) MR_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define MR_NO_THREAD_SAFETY_ANALYSIS MR_THREAD_ATTRIBUTE(no_thread_safety_analysis)

namespace millrace {

class MR_CAPABILITY("mutex") Mutex {
 public:
  void lock() MR_ACQUIRE() { mutex_.lock(); }
  void unlock() MR_RELEASE() { mutex_.unlock(); }
  bool tryLock() MR_THREAD_ATTRIBUTE(try_acquire_capability(true)) { return mutex_.try_lock(); }

 private:
  friend class Condition;
  std::mutex mutex_;
};

class MR_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) MR_ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() MR_RELEASE() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  friend class Condition;
  Mutex& mutex_;
};

/// A condition variable for Mutex. The caller holds the lock and rechecks its condition in a loop.
class Condition {
 public:
  void wait(Mutex& mutex) MR_REQUIRES(mutex) MR_NO_THREAD_SAFETY_ANALYSIS {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    variable_.wait(lock);
    lock.release();
  }
  /// False when the time ran out.
  template <typename Duration>
  bool waitFor(Mutex& mutex, Duration duration) MR_REQUIRES(mutex) MR_NO_THREAD_SAFETY_ANALYSIS {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    const bool woken = variable_.wait_for(lock, duration) == std::cv_status::no_timeout;
    lock.release();
    return woken;
  }
  void notifyOne() { variable_.notify_one(); }
  void notifyAll() { variable_.notify_all(); }

 private:
  std::condition_variable variable_;
};

}  // namespace millrace
