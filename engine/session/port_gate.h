// SPDX-License-Identifier: Apache-2.0
#pragma once
// PortGate: what may hold a port of a group back, and how it then moves FlowFiles. Threads: any.

#include "engine/base/result.h"
#include "engine/processor/process_session.h"

namespace millrace::engine {

class PortGate {
 public:
  virtual ~PortGate() = default;
  /// True when the port has its turn; it may be over by the time of enter().
  virtual bool isOpen() const = 0;
  /// Begins a slice of the port; false when it is not its turn.
  virtual bool enter() = 0;
  /// After the commit of a slice that entered.
  virtual void leave() = 0;
  /// Moves FlowFiles from the port's input to its only relationship.
  virtual Result<> move(ProcessSession& session) = 0;
  /// True when a slice moves once.
  virtual bool movesOnce() const = 0;
};

}  // namespace millrace::engine
