// SPDX-License-Identifier: Apache-2.0
#include "engine/session/revocation.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <utility>

namespace millrace::engine {
namespace {

/// Source: membarrier(2). After MEMBARRIER_CMD_GLOBAL every running thread has passed a full
/// barrier; it needs no registration and is slow, which only who revokes feels.
long membarrier(int command) { return ::syscall(SYS_membarrier, command, 0U, 0); }

bool canBarrierOthers() {
  static const bool kCan = [] {
    const long supported = membarrier(MEMBARRIER_CMD_QUERY);
    return supported > 0 && (supported & MEMBARRIER_CMD_GLOBAL) != 0;
  }();
  return kCan;
}

}  // namespace

Revocation::Revocation(std::function<void()> undo)
    : undo_(std::move(undo)), barrierByOther_(canBarrierOthers()) {}

void Revocation::revoke() {
  revoked_.store(true, std::memory_order_seq_cst);
  if (barrierByOther_) membarrier(MEMBARRIER_CMD_GLOBAL);
  // Either the owner is seen inside, or it sees what was stored above when it next asks.
  if (!inside_.load(std::memory_order_seq_cst)) undoOnce();
}

void Revocation::undoOnce() {
  if (!undone_.exchange(true)) undo_();
}

}  // namespace millrace::engine
