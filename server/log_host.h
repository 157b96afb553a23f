// SPDX-License-Identifier: Apache-2.0
#pragma once
// LogHost: the log of one data directory (DIR/log) with or without its broker: topics, port and
// maintenance put together. Its appends become durable in the groups of the directory's store.
// Ownership: the store outlives it. Owner: a FlowHost. Threads: one calls it; it has its own.

#include "engine/control/topic_wire.h"
#include "log-backend/broker/broker.h"
#include "log-backend/browse/log_overview.h"
#include "log-backend/client/log.h"
#include "repositories/store/disk_store.h"

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace millrace::server {

/// What clients on the wire must do before anything else.
struct LogSecurity {
  bool sasl = false;   ///< prove who they are, as a user of DIR/kafka-users
  bool plain = false;  ///< with the password itself, if they like
};

struct LogHostOptions {
  std::string data;                          ///< the data directory
  std::optional<log::BrokerOptions> broker;  ///< none: no port
  log::BrokerSettings settings;
  LogSecurity security;
  /// As the store's durability is: what readers may see.
  log::Watermark watermark = log::Watermark::kDurable;
  /// One sentence about what went wrong and was put up with.
  std::function<void(const std::string&)> onNotice;
};

class LogHost {
 public:
  /// Up to where each partition's batches of sessions belong to durable commits.
  using CommittedEnds = std::map<LogPartitionId, std::int64_t>;

  /// Opens and recovers the log and binds the port; nobody is served yet.
  static Result<std::unique_ptr<LogHost>> open(repo::DiskStore& store, CommittedEnds ends,
                                               LogHostOptions options);
  ~LogHost();

  /// The store runs already.
  void start();
  /// No requests any more; answers under way get so much time. The store still runs.
  void stopServing(Nanos patience);
  /// Closes the log cleanly. The store has stopped.
  Result<> close();

  /// The connections of the flow that are topics: each has its topic from now on, with that many
  /// partitions when it is made; retention deletes nothing that a wire has not read, and how far it
  /// came is kept, however long nobody reads.
  Result<> serveWires(std::vector<engine::TopicWire> wires);
  /// For the flow's components.
  millrace::log::Log& log();
  /// Runs something while no segment of the log is cleaned or goes by its age or size.
  void whileStill(const std::function<void()>& action);
  /// For people who look at it.
  const millrace::log::LogOverview& overview() const;
  /// HOST:PORT; empty without a port.
  std::string address() const;

 private:
  struct Parts;
  explicit LogHost(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace millrace::server
