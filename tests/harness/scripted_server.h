// SPDX-License-Identifier: Apache-2.0
#pragma once
// ScriptedServer: takes one connection after the other at a port of 127.0.0.1, reads a request (to
// the end of its head, and a body of a given Content-Length), writes the next of its answers as it
// stands, and closes. Threads: requests() waits for nobody; the rest belongs to the test.

#include "engine/base/mutex.h"

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace millrace::tests {

class ScriptedServer {
 public:
  explicit ScriptedServer(std::vector<std::string> answers);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  std::uint16_t port() const { return port_; }
  /// As they were received, with their bodies.
  std::vector<std::string> requests() const;

 private:
  void serve(const std::string& answer);

  const std::vector<std::string> answers_;
  int listening_ = -1;
  std::uint16_t port_ = 0;
  mutable Mutex mutex_;
  std::vector<std::string> requests_ MR_GUARDED_BY(mutex_);
  std::jthread thread_;
};

/// Waits until somebody listens there; false when nobody does for ten seconds.
bool waitForPort(std::uint16_t port);

}  // namespace millrace::tests
