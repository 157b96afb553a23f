// SPDX-License-Identifier: Apache-2.0
#pragma once
// Revocation: lets another thread take a session away from the thread that uses it, for good.
//
// The owner enters before it touches the session and leaves afterwards; both cost a few plain
// instructions, since every call of a processor pays them. revoke() comes from elsewhere, at most
// rarely, and pays for both sides: a barrier on every core of the machine. When the owner is not
// inside, revoke() undoes at once; else the owner does it as it leaves. After that the owner is
// never let in again, so that what it still holds is of no use.
//
// Promise: `undo` runs once, when nobody is inside, on the thread of revoke() or of the owner.
// Threads: enter() and leave() from one thread at a time, the owner's; the rest from any.

#include <atomic>
#include <cstdint>
#include <functional>

namespace millrace::engine {

class Revocation {
 public:
  explicit Revocation(std::function<void()> undo);
  Revocation(const Revocation&) = delete;
  Revocation& operator=(const Revocation&) = delete;

  /// False when it was revoked: the owner must not touch the session. Nests.
  bool enter() {
    if (depth_ > 0) {
      ++depth_;
      return true;
    }
    if (barrierByOther_) {
      inside_.store(true, std::memory_order_relaxed);
      std::atomic_signal_fence(std::memory_order_seq_cst);
    } else {
      inside_.exchange(true, std::memory_order_seq_cst);
    }
    if (revoked_.load(std::memory_order_seq_cst)) {
      endStay();
      return false;
    }
    depth_ = 1;
    return true;
  }
  /// After an enter() that said yes.
  void leave() {
    if (--depth_ == 0) endStay();
  }
  bool isRevoked() const { return revoked_.load(std::memory_order_relaxed); }
  void revoke();

  /// The owner's stay inside, as long as the object lives.
  class Stay {
   public:
    explicit Stay(Revocation& revocation) : revocation_(revocation), granted_(revocation.enter()) {}
    ~Stay() {
      if (granted_) revocation_.leave();
    }
    Stay(const Stay&) = delete;
    Stay& operator=(const Stay&) = delete;
    bool granted() const { return granted_; }

   private:
    Revocation& revocation_;
    const bool granted_;
  };

 private:
  void endStay() {
    if (barrierByOther_) {
      inside_.store(false, std::memory_order_release);
      std::atomic_signal_fence(std::memory_order_seq_cst);
    } else {
      inside_.exchange(false, std::memory_order_seq_cst);
    }
    if (revoked_.load(std::memory_order_seq_cst)) undoOnce();
  }
  void undoOnce();

  const std::function<void()> undo_;
  /// revoke() can put a barrier on the owner's core; else the owner pays for its own.
  const bool barrierByOther_;
  std::uint32_t depth_ = 0;  // the owner's
  std::atomic<bool> inside_{false};
  std::atomic<bool> revoked_{false};
  std::atomic<bool> undone_{false};
};

}  // namespace millrace::engine
