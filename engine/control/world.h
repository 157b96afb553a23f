// SPDX-License-Identifier: Apache-2.0
#pragma once
// World: everything outside a flow that its components may touch, as interfaces, so that tests and
// dry runs give them another one. Everything is lent and outlives the flow.

#include "engine/base/clock.h"
#include "engine/base/file_system.h"
#include "engine/base/process_runner.h"
#include "engine/expression/evaluation.h"

#include <atomic>
#include <cstdint>

namespace millrace::net {
class Network;  // engine/net/network.h
}

namespace millrace::log {
class Log;  // log-backend/client/log.h
}

namespace millrace::engine {

struct World {
  Clock& clock;
  FileSystem& files;
  net::Network& network;
  ProcessRunner& processes;
  const expression::EvaluationEnvironment& expressions;
  std::atomic<std::uint64_t>& chance;  ///< each use takes the next number and mixes it
  millrace::log::Log* log = nullptr;   ///< the log of this data directory; null: there is none
};

}  // namespace millrace::engine
