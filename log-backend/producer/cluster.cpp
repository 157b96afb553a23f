// SPDX-License-Identifier: Apache-2.0
#include "log-backend/producer/cluster.h"

#include "engine/base/mutex.h"
#include "log-backend/producer/answer_code.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace millrace::log {
namespace {

/// As Kafka's metadata.max.age.ms: partitions that were added since are written to, too.
constexpr Nanos kMostAge = 5 * kMinute;
/// As Kafka's retry.backoff.ms.
constexpr Nanos kPause = 100 * kMillisecond;
/// As Kafka's socket.connection.setup.timeout.ms: a broker whose machine is gone refuses nothing.
constexpr Nanos kConnecting = 10 * kSecond;
constexpr std::int8_t kTransactions = 1;  // of FindCoordinator's key types

}  // namespace

Nanos Cluster::patience(Nanos deadline) const {
  return std::clamp<Nanos>(deadline - clock_.monotonic(), kMillisecond, settings_.answerWait);
}

bool Cluster::pause(Nanos deadline) const {
  const Nanos left = deadline - clock_.monotonic();
  if (left <= 0) return false;
  Mutex mutex;
  Condition never;
  const MutexLock lock(mutex);
  (void)never.waitFor(mutex, std::chrono::nanoseconds(std::min(left, kPause)));
  return true;
}

void Cluster::drop(const BrokerLink* link) {
  if (first_.get() == link) first_.reset();
  std::erase_if(links_, [link](const auto& each) { return each.second.get() == link; });
}

Result<BrokerLink*> Cluster::linkTo(std::int32_t broker, Nanos deadline) {
  auto& link = links_[broker];
  if (link != nullptr && link->isGood()) return link.get();
  link.reset();
  const auto at = brokers_.find(broker);
  if (at == brokers_.end())
    return Error::environment(fmt::format("the cluster does not say where broker {} is", broker));
  link = MR_TRY(BrokerLink::open(network_, clock_, settings_, at->second,
                                 std::min(patience(deadline), kConnecting)));
  return link.get();
}

Result<BrokerLink*> Cluster::anyLink(Nanos deadline) {
  for (const auto& [broker, link] : links_) {
    if (link != nullptr && link->isGood()) return link.get();
  }
  if (first_ != nullptr && first_->isGood()) return first_.get();
  first_.reset();
  std::optional<Error> last;
  for (std::size_t i = 0; i < settings_.bootstrap.size(); ++i) {
    const net::Endpoint& at = settings_.bootstrap[nextBootstrap_];
    // One that does not answer leaves the others their share of the time.
    const auto left = static_cast<Nanos>(settings_.bootstrap.size() - i);
    auto opened = BrokerLink::open(network_, clock_, settings_, at,
                                   std::min(patience(deadline) / left, kConnecting));
    if (opened.ok()) {
      first_ = std::move(*opened);
      return first_.get();
    }
    last = opened.error();
    nextBootstrap_ = (nextBootstrap_ + 1) % settings_.bootstrap.size();
    if (isOver(deadline)) break;
  }
  return *last;
}

void Cluster::forgetLeaders(std::string_view topic) {
  if (const auto known = topics_.find(topic); known != topics_.end()) topics_.erase(known);
}

Result<std::optional<std::vector<std::int32_t>>> Cluster::ask(const std::string& topic,
                                                              Nanos deadline, std::string& why) {
  using Answer = std::optional<std::vector<std::int32_t>>;
  const auto link = anyLink(deadline);
  if (!link.ok()) {
    if (!link.error().retry) return link.error();
    why = link.error().message;
    return Answer();
  }
  wire::MetadataRequest request;
  request.topics.emplace().emplace_back().name = topic;
  const auto answer = (*link)->call<wire::MetadataResponse>(request, patience(deadline));
  if (!answer.ok()) {
    drop(*link);
    why = answer.error().message;
    return Answer();
  }
  brokers_.clear();
  for (const auto& each : answer->brokers)
    brokers_[each.nodeId] = net::Endpoint{each.host, static_cast<std::uint16_t>(each.port)};
  const auto found = std::find_if(answer->topics.begin(), answer->topics.end(),
                                  [&](const auto& each) { return each.name == topic; });
  if (found == answer->topics.end() || found->errorCode != answer::kNone) {
    const std::int16_t code =
        found == answer->topics.end() ? answer::kUnknownTopic : found->errorCode;
    if (remedyOf(code) == Remedy::kNone)
      return Error::environment(
          fmt::format("publishing to '{}' failed: {}", topic, answerText(code)), false);
    why = answerText(code);
    return Answer();
  }
  std::vector<std::int32_t> leaders(found->partitions.size(), kNobody);
  for (const auto& each : found->partitions) {
    if (each.partitionIndex < 0 || static_cast<std::size_t>(each.partitionIndex) >= leaders.size())
      return Error::environment(fmt::format("the cluster tells of a partition {} of the {} of '{}'",
                                            each.partitionIndex, leaders.size(), topic));
    leaders[static_cast<std::size_t>(each.partitionIndex)] = each.leaderId;
  }
  if (leaders.empty()) {
    why = "the topic has no partition";
    return Answer();
  }
  return Answer(std::move(leaders));
}

Result<std::vector<std::int32_t>> Cluster::leadersOf(const std::string& topic, Nanos deadline) {
  const auto known = topics_.find(topic);
  if (known != topics_.end() && clock_.monotonic() - known->second.asked < kMostAge)
    return known->second.leaders;
  std::string why = "no broker answered";
  while (true) {
    auto leaders = MR_TRY(ask(topic, deadline, why));
    if (leaders.has_value()) {
      topics_[topic] = Topic{*leaders, clock_.monotonic()};
      return std::move(*leaders);
    }
    if (!pause(deadline)) break;
  }
  return Error::environment(
      fmt::format("the cluster did not say in time who leads topic '{}': {}", topic, why));
}

Result<BrokerLink*> Cluster::coordinatorOf(const std::string& transactionalId, Nanos deadline) {
  if (coordinator_ != kNobody) return linkTo(coordinator_, deadline);
  BrokerLink* const link = MR_TRY(anyLink(deadline));
  wire::FindCoordinatorRequest request;
  request.key = transactionalId;
  request.keyType = kTransactions;
  request.coordinatorKeys = {transactionalId};
  const auto answer = link->call<wire::FindCoordinatorResponse>(request, patience(deadline));
  if (!answer.ok()) {
    drop(link);
    return answer.error();
  }
  // From version 4 on it answers for several keys.
  std::int16_t code = answer->errorCode;
  std::int32_t node = answer->nodeId;
  net::Endpoint at{answer->host, static_cast<std::uint16_t>(answer->port)};
  if (!answer->coordinators.empty()) {
    const auto& only = answer->coordinators.front();
    code = only.errorCode;
    node = only.nodeId;
    at = {only.host, static_cast<std::uint16_t>(only.port)};
  }
  if (code != answer::kNone) {
    return Error::environment(
        fmt::format("the cluster names nobody for transactions: {}", answerText(code)),
        remedyOf(code) != Remedy::kNone);
  }
  brokers_[node] = at;
  coordinator_ = node;
  return linkTo(node, deadline);
}

}  // namespace millrace::log
