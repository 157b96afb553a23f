// SPDX-License-Identifier: Apache-2.0
#include "server/log_host.h"

#include "engine/base/posix_file_system.h"
#include "log-backend/embedded/embedded_log.h"
#include "log-backend/security/scram_users.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <set>
#include <thread>

namespace millrace::server {
namespace {

constexpr auto kMaintainEvery = std::chrono::seconds(15);

/// As many open files as the system lets us have.
std::size_t raiseFileLimit() {
  constexpr rlim_t kMost = 65'536;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  const rlim_t wanted = std::min(limit.rlim_max, kMost);
  if (limit.rlim_cur < wanted) {
    const rlimit raised{wanted, limit.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  return static_cast<std::size_t>(std::min(limit.rlim_cur, kMost));
}

/// 22 characters of base64url, as clients show a cluster's id.
std::string clusterIdOf(repo::StoreId id) { return log::TopicId{id.high, id.low}.text(); }

}  // namespace

/// In the order in which they depend on each other; destroyed in the other one.
struct LogHost::Parts {
  Parts(repo::DiskStore& given, LogHostOptions wanted)
      : store(given),
        options(std::move(wanted)),
        files(makePosixFileSystem()),
        users(*files, options.data),
        openFiles(*files, raiseFileLimit() / 2),
        producerIds([this](std::int64_t count) -> Result<std::int64_t> {
          const auto range = MR_TRY(store.identity().reserveIds(static_cast<std::uint64_t>(count)));
          return static_cast<std::int64_t>(range.first);
        }) {}

  void maintain(const std::stop_token& stop);
  void keepTime(const std::stop_token& stop);
  std::size_t voided() const;
  log::SaslRules saslRules();
  /// From now on ACLs and quotas that a command wrote are taken, within a second.
  void watchFiles();
  std::optional<log::Offset> floorOf(const std::string& topic, std::int32_t partition);

  repo::DiskStore& store;
  const LogHostOptions options;
  SystemClock clock;
  std::unique_ptr<FileSystem> files;
  log::ScramUsers users;
  log::OpenFiles openFiles;
  log::FetchWaiters fetchWaiters;
  log::Deadlines deadlines;
  log::ProducerIds producerIds;
  std::unique_ptr<log::Topics> topics;
  std::unique_ptr<log::GroupCoordinator> groups;
  std::unique_ptr<log::TransactionCoordinator> transactions;
  std::unique_ptr<log::EmbeddedLog> embedded;
  std::unique_ptr<log::LogOverview> overview;
  std::unique_ptr<log::AccessList> acls;
  std::unique_ptr<log::QuotaList> quotas;
  std::unique_ptr<log::Desk> desk;
  std::unique_ptr<log::Broker> broker;
  Mutex mutex;
  std::vector<engine::TopicWire> wires MR_GUARDED_BY(mutex);
  Mutex still;  ///< held while segments may go
  Condition wake;
  Condition earlier;  ///< for keepTime()
  std::jthread maintenance;
  std::jthread timekeeper;
};

LogHost::LogHost(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
LogHost::~LogHost() { stopServing(0); }

std::size_t LogHost::Parts::voided() const {
  std::size_t count = 0;
  for (const auto& topic : topics->all()) {
    for (const auto& partition : topic->partitions) count += partition->voidedAtOpen();
  }
  return count;
}

log::SaslRules LogHost::Parts::saslRules() {
  log::SaslRules rules;
  rules.required = options.security.sasl;
  rules.plain = options.security.plain;
  rules.nonce = log::systemNonce();
  // Read anew for each: users are added and removed while it runs.
  rules.find = [this](std::string_view user,
                      log::ScramHash hash) -> std::optional<log::ScramCredential> {
    const auto known = users.read();
    if (known.ok()) return known->find(user, hash);
    if (options.onNotice) options.onNotice(known.error().message);
    return std::nullopt;
  };
  return rules;
}

std::optional<log::Offset> LogHost::Parts::floorOf(const std::string& topic,
                                                   std::int32_t partition) {
  std::vector<std::string> readers;
  {
    MutexLock lock(mutex);
    for (const engine::TopicWire& wire : wires) {
      if (wire.topic == topic) readers.push_back(wire.group);
    }
  }
  std::optional<log::Offset> floor;
  for (const std::string& group : readers) {
    const log::Offset read = groups->committed({group, topic, partition}).value_or(0);
    floor = std::min(floor.value_or(read), read);
  }
  return floor;
}

void LogHost::Parts::watchFiles() {
  if (broker == nullptr) return;
  deadlines.at(clock.monotonic() + kSecond, [this] {
    const auto note = [this](const Result<>& read) {
      if (!read.ok() && options.onNotice) options.onNotice(read.error().message);
    };
    if (acls != nullptr) note(acls->refresh());
    note(quotas->refresh());
    watchFiles();
  });
}

Result<std::unique_ptr<LogHost>> LogHost::open(repo::DiskStore& store, CommittedEnds ends,
                                               LogHostOptions options) {
  auto parts = std::make_unique<Parts>(store, std::move(options));
  Parts& p = *parts;
  log::TopicsOptions topicsOptions;
  topicsOptions.seed = Random::fromEntropy().next();
  topicsOptions.watermark = p.options.watermark;
  topicsOptions.onAdvance = [&p] {
    p.fetchWaiters.advanced();
    if (p.embedded != nullptr) p.embedded->advanced();
  };
  topicsOptions.floor = [&p](const std::string& topic, std::int32_t partition) {
    return p.floorOf(topic, partition);
  };
  topicsOptions.committedEnd = [ends = std::move(ends)](log::TopicId id, std::int32_t number) {
    const auto found = ends.find({id.high, id.low, static_cast<std::uint32_t>(number)});
    return found == ends.end() ? log::Offset{0} : found->second;
  };
  p.topics = MR_TRY(
      log::Topics::open(p.openFiles, p.clock, p.options.data + "/log", std::move(topicsOptions)));
  p.groups = std::make_unique<log::GroupCoordinator>(
      log::GroupCoordinator::Parts{*p.topics, store.commits(), p.clock, p.deadlines,
                                   Random::fromEntropy().next()},
      p.options.settings.groups);
  MR_TRY(p.groups->load());
  p.transactions = std::make_unique<log::TransactionCoordinator>(
      log::TransactionCoordinator::Parts{*p.topics, store.commits(), p.clock, p.deadlines,
                                         *p.groups, [&p] { return p.producerIds.next(); }},
      p.options.settings.transactions);
  MR_TRY(p.transactions->load());
  p.embedded = std::make_unique<log::EmbeddedLog>(log::EmbeddedLog::Parts{
      *p.topics, p.clock, p.deadlines, *p.groups, p.options.settings.autoCreateTopics,
      p.options.settings.numPartitions});
  p.overview = std::make_unique<log::LogOverview>(*p.topics, *p.groups);
  if (const std::size_t voided = p.voided(); voided > 0 && p.options.onNotice) {
    p.options.onNotice(fmt::format(
        "{} batches of sessions that were cut off before their commit are left out", voided));
  }
  if (const log::BrokerSettings& settings = p.options.settings; !settings.authorizer.empty()) {
    p.acls = MR_TRY(log::AccessList::open(*p.files, p.options.data,
                                          {settings.superUserList(), settings.allowWithoutAcl}));
  }
  p.quotas = MR_TRY(log::QuotaList::open(*p.files, p.options.data));
  p.desk = std::make_unique<log::Desk>(log::Desk{
      *p.topics, store.commits(), p.clock, p.fetchWaiters, p.deadlines, p.producerIds, *p.groups,
      *p.transactions, log::BrokerIdentity{clusterIdOf(store.identity().seen()), 1, "", 0},
      p.options.settings, p.saslRules(), p.acls.get(), p.quotas.get(), &p.users});
  if (p.options.broker.has_value()) {
    log::BrokerOptions brokerOptions = *p.options.broker;
    brokerOptions.onNotice = p.options.onNotice;
    p.broker = MR_TRY(log::Broker::open(*p.desk, std::move(brokerOptions)));
  }
  return std::unique_ptr<LogHost>(new LogHost(std::move(parts)));
}

Result<> LogHost::serveWires(std::vector<engine::TopicWire> wires) {
  std::set<std::string> readers;
  for (const engine::TopicWire& wire : wires) {
    readers.insert(wire.group);
    const log::Refusal refusal = parts_->topics->create(wire.topic, wire.partitions, {});
    if (!refusal.refused() || refusal.code == log::ErrorCode::kTopicAlreadyExists) continue;
    return Error::user(fmt::format("via: {}", refusal.message));
  }
  parts_->groups->keepForEver(std::move(readers));
  MutexLock lock(parts_->mutex);
  parts_->wires = std::move(wires);
  return Done{};
}

void LogHost::start() {
  Parts& p = *parts_;
  p.watchFiles();
  if (p.broker != nullptr) {
    p.broker->start();
  } else {
    p.deadlines.tellEarlier([&p] {
      MutexLock lock(p.mutex);
      p.earlier.notifyAll();
    });
    p.timekeeper = std::jthread([&p](const std::stop_token& stop) { p.keepTime(stop); });
  }
  p.maintenance = std::jthread([&p](const std::stop_token& stop) { p.maintain(stop); });
}

/// Runs what is due, where no broker does it.
void LogHost::Parts::keepTime(const std::stop_token& stop) {
  constexpr Nanos kLongest = 10 * kSecond;
  while (true) {
    {
      MutexLock lock(mutex);
      const Nanos now = clock.monotonic();
      const Nanos wait = std::min(deadlines.next().value_or(now + kLongest) - now, kLongest);
      if (!stop.stop_requested() && wait > 0)
        earlier.waitFor(mutex, std::chrono::nanoseconds(wait));
      if (stop.stop_requested()) return;
    }
    deadlines.runDue(clock.monotonic());
  }
}

void LogHost::Parts::maintain(const std::stop_token& stop) {
  while (true) {
    {
      MutexLock lock(mutex);
      if (!stop.stop_requested()) wake.waitFor(mutex, kMaintainEvery);
      if (stop.stop_requested()) return;
    }
    {
      MutexLock lock(still);
      if (const auto done = topics->maintain(); !done.ok())
        options.onNotice("the log's maintenance failed: " + done.error().message);
    }
    groups->expire();
    transactions->expire();
  }
}

void LogHost::stopServing(Nanos patience) {
  Parts& p = *parts_;
  if (p.broker != nullptr) p.broker->stop(patience);
  if (!p.maintenance.joinable()) return;
  p.maintenance.request_stop();
  p.timekeeper.request_stop();
  {
    MutexLock lock(p.mutex);
    p.wake.notifyAll();
    p.earlier.notifyAll();
  }
  p.maintenance.join();
  if (!p.timekeeper.joinable()) return;
  p.timekeeper.join();
  p.deadlines.tellEarlier(nullptr);
  p.deadlines.clear();
}

Result<> LogHost::close() { return parts_->topics->close(); }
log::Log& LogHost::log() { return *parts_->embedded; }
void LogHost::whileStill(const std::function<void()>& action) {
  MutexLock lock(parts_->still);
  action();
}
const log::LogOverview& LogHost::overview() const { return *parts_->overview; }
std::string LogHost::address() const {
  return parts_->broker == nullptr ? std::string() : parts_->broker->address();
}

}  // namespace millrace::server
