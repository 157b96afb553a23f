// SPDX-License-Identifier: Apache-2.0
#pragma once
// Cluster: what a producer knows of the cluster: the partitions of topics and who leads them, who
// coordinates its transactions, and the links to the brokers.
//
// Ownership: its producer's. Threads: one at a time; a call ends at its deadline, a point of the
// monotonic clock.

#include "log-backend/producer/broker_link.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::log {

class Cluster {
 public:
  static constexpr std::int32_t kNobody = -1;

  Cluster(net::Network& network, const Clock& clock, const DirectSettings& settings)
      : network_(network), clock_(clock), settings_(settings) {}

  /// Who leads each partition of a topic, by number; kNobody where nobody does for now. Asks the
  /// cluster when it is not known, until the deadline.
  Result<std::vector<std::int32_t>> leadersOf(const std::string& topic, Nanos deadline);
  /// The next question is asked of the cluster.
  void forgetLeaders(std::string_view topic);

  /// An open link to a broker; the Error of one attempt.
  Result<BrokerLink*> linkTo(std::int32_t broker, Nanos deadline);
  /// To any broker.
  Result<BrokerLink*> anyLink(Nanos deadline);
  /// To the one that coordinates the transactions of an id; the Error of one attempt.
  Result<BrokerLink*> coordinatorOf(const std::string& transactionalId, Nanos deadline);
  void forgetCoordinator() { coordinator_ = kNobody; }
  /// After an Error of a link.
  void drop(const BrokerLink* link);

  /// How long one request may take that must be done by the deadline.
  Nanos patience(Nanos deadline) const;
  /// Waits a moment before the next attempt; false: the deadline is over.
  bool pause(Nanos deadline) const;
  bool isOver(Nanos deadline) const { return clock_.monotonic() >= deadline; }

 private:
  struct Topic {
    std::vector<std::int32_t> leaders;
    Nanos asked = 0;
  };
  /// One question; nothing: not now, ask again. `why` says what was wrong.
  Result<std::optional<std::vector<std::int32_t>>> ask(const std::string& topic, Nanos deadline,
                                                       std::string& why);

  net::Network& network_;
  const Clock& clock_;
  const DirectSettings& settings_;
  std::map<std::int32_t, net::Endpoint> brokers_;
  std::map<std::string, Topic, std::less<>> topics_;
  std::map<std::int32_t, std::unique_ptr<BrokerLink>> links_;
  std::unique_ptr<BrokerLink> first_;  ///< to one of the bootstrap servers
  std::size_t nextBootstrap_ = 0;
  std::int32_t coordinator_ = kNobody;
};

}  // namespace millrace::log
