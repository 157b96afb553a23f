// SPDX-License-Identifier: Apache-2.0
#pragma once
// KafkaConnection: the service that processors of topics share: which log they work on, and how
// they read it. Threads: any, while the service is enabled.

#include "engine/processor/controller_service.h"
#include "log-backend/client/log.h"

#include <string>
#include <string_view>

namespace millrace::processors {

class KafkaConnection : public virtual ControllerService {
 public:
  static constexpr std::string_view kType = "KafkaConnectionService";
  struct Reading {
    bool committedOnly = true;
    std::size_t mostRecords = 10'000;  ///< of one poll
  };
  /// Outlives the time of being enabled.
  virtual millrace::log::Log& log() = 0;
  virtual Reading reading() const = 0;
  /// Where it leads, for provenance: HOST:PORT,… or a name of our own.
  virtual std::string place() const = 0;
};

}  // namespace millrace::processors
