// SPDX-License-Identifier: Apache-2.0
#include "log-backend/broker/broker_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <limits>

namespace millrace::log {
namespace {

constexpr std::int8_t kBoolean = 1;
constexpr std::int8_t kString = 2;
constexpr std::int8_t kInt = 3;
constexpr std::int8_t kLong = 5;
constexpr std::int64_t kMostInt = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kMostLong = std::numeric_limits<std::int64_t>::max();

/// A setting with its bounds; equal bounds: it is fixed.
struct Setting {
  std::string_view name;
  std::int8_t type;
  std::int64_t least;
  std::int64_t most;
  std::int64_t (*get)(const BrokerSettings&);
  void (*set)(BrokerSettings&, std::int64_t);
};

template <auto member>
std::int64_t get(const BrokerSettings& settings) {
  return static_cast<std::int64_t>(std::invoke(member, settings));
}
template <auto member>
void set(BrokerSettings& settings, std::int64_t value) {
  auto& target = std::invoke(member, settings);
  target = static_cast<std::remove_reference_t<decltype(target)>>(value);
}
template <auto part, auto member>
std::int64_t getIn(const BrokerSettings& settings) {
  return static_cast<std::int64_t>(std::invoke(member, std::invoke(part, settings)));
}
template <auto part, auto member>
void setIn(BrokerSettings& settings, std::int64_t value) {
  auto& target = std::invoke(member, std::invoke(part, settings));
  target = static_cast<std::remove_reference_t<decltype(target)>>(value);
}

template <auto member>
constexpr Setting own(std::string_view name, std::int8_t type, std::int64_t least,
                      std::int64_t most) {
  return {name, type, least, most, &get<member>, &set<member>};
}
template <auto member>
constexpr Setting ofGroups(std::string_view name, std::int8_t type, std::int64_t least,
                           std::int64_t most) {
  return {name,
          type,
          least,
          most,
          &getIn<&BrokerSettings::groups, member>,
          &setIn<&BrokerSettings::groups, member>};
}
template <auto member>
constexpr Setting ofTransactions(std::string_view name, std::int8_t type, std::int64_t least,
                                 std::int64_t most) {
  return {name,
          type,
          least,
          most,
          &getIn<&BrokerSettings::transactions, member>,
          &setIn<&BrokerSettings::transactions, member>};
}

constexpr Setting kSettings[] = {
    own<&BrokerSettings::allowWithoutAcl>("allow.everyone.if.no.acl.found", kBoolean, 0, 1),
    own<&BrokerSettings::autoCreateTopics>("auto.create.topics.enable", kBoolean, 0, 1),
    own<&BrokerSettings::connectionsMaxIdleMs>("connections.max.idle.ms", kLong, 1, kMostLong),
    {"default.replication.factor", kInt, 1, 1,
     [](const BrokerSettings&) { return std::int64_t{1}; }, [](BrokerSettings&, std::int64_t) {}},
    own<&BrokerSettings::fetchMaxBytes>("fetch.max.bytes", kInt, 1024, kMostInt),
    ofGroups<&GroupSettings::initialDelayMs>("group.initial.rebalance.delay.ms", kInt, 0, kMostInt),
    ofGroups<&GroupSettings::maxSessionMs>("group.max.session.timeout.ms", kInt, 1, kMostInt),
    ofGroups<&GroupSettings::mostMembers>("group.max.size", kInt, 1, kMostInt),
    ofGroups<&GroupSettings::minSessionMs>("group.min.session.timeout.ms", kInt, 1, kMostInt),
    own<&BrokerSettings::maxConnections>("max.connections", kInt, 1, kMostInt),
    own<&BrokerSettings::numPartitions>("num.partitions", kInt, 1, 10'000),
    ofGroups<&GroupSettings::mostMetadataBytes>("offset.metadata.max.bytes", kInt, 0, kMostInt),
    ofGroups<&GroupSettings::retentionCheckMs>("offsets.retention.check.interval.ms", kLong, 1,
                                               kMostLong),
    ofGroups<&GroupSettings::retentionMinutes>("offsets.retention.minutes", kInt, 1, kMostInt),
    // How many there are is decided when the topic is made, by whoever looks for a group in it.
    ofGroups<&GroupSettings::offsetsPartitions>("offsets.topic.num.partitions", kInt, 1, 1),
    own<&BrokerSettings::maxRequestBytes>("socket.request.max.bytes", kInt, 1024, kMostInt),
    ofTransactions<&TransactionSettings::longestTimeoutMs>("transaction.max.timeout.ms", kInt, 1,
                                                           kMostInt),
    ofTransactions<&TransactionSettings::partitions>("transaction.state.log.num.partitions", kInt,
                                                     1, 1),
    ofTransactions<&TransactionSettings::expirationMs>("transactional.id.expiration.ms", kInt, 1,
                                                       kMostInt),
};

constexpr std::string_view kAuthorizer = "authorizer.class.name";
constexpr std::string_view kSuperUsers = "super.users";
/// One authorizer, under the names that Kafka's had.
constexpr std::string_view kAuthorizers[] = {
    "", "StandardAuthorizer", "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "kafka.security.authorizer.AclAuthorizer"};

/// The parts between semicolons, without blanks around them.
std::vector<std::string> principalsOf(std::string_view text) {
  std::vector<std::string> principals;
  while (!text.empty()) {
    std::string_view one = text.substr(0, text.find(';'));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
    if (!one.empty()) principals.emplace_back(one);
  }
  return principals;
}

Result<> setSuperUsers(std::string& superUsers, std::string_view value) {
  for (const std::string& each : principalsOf(value)) {
    const std::size_t colon = each.find(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == each.size())
      return Error::user(fmt::format("{} must be principals like User:ann;User:bob, '{}' is none",
                                     kSuperUsers, each));
  }
  superUsers = value;
  return Done{};
}

Result<> setAuthorizer(std::string& authorizer, std::string_view value) {
  if (std::find(std::begin(kAuthorizers), std::end(kAuthorizers), value) == std::end(kAuthorizers))
    return Error::user(fmt::format("{} must be StandardAuthorizer, or empty for no ACLs, not '{}'",
                                   kAuthorizer, value));
  authorizer = value;
  return Done{};
}

std::string textOf(const Setting& setting, std::int64_t value) {
  if (setting.type == kBoolean) return value != 0 ? "true" : "false";
  return std::to_string(value);
}

}  // namespace

std::vector<BrokerSettings::Text> BrokerSettings::texts() const {
  std::vector<Text> texts;
  for (const Setting& each : kSettings)
    texts.push_back({std::string(each.name), textOf(each, each.get(*this)), each.type});
  texts.push_back({std::string(kAuthorizer), authorizer, kString});
  texts.push_back({std::string(kSuperUsers), superUsers, kString});
  std::sort(texts.begin(), texts.end(),
            [](const Text& a, const Text& b) { return a.name < b.name; });
  return texts;
}

std::vector<std::string> BrokerSettings::superUserList() const { return principalsOf(superUsers); }

Result<> BrokerSettings::set(std::string_view name, std::string_view value) {
  if (name == kAuthorizer) return setAuthorizer(authorizer, value);
  if (name == kSuperUsers) return setSuperUsers(superUsers, value);
  for (const Setting& each : kSettings) {
    if (each.name != name) continue;
    std::int64_t number = -1;
    bool understood = false;
    if (each.type == kBoolean) {
      understood = value == "true" || value == "false";
      number = value == "true" ? 1 : 0;
    } else {
      const auto [end, code] = std::from_chars(value.data(), value.data() + value.size(), number);
      understood = code == std::errc() && end == value.data() + value.size();
    }
    if (understood && number >= each.least && number <= each.most) {
      each.set(*this, number);
      return Done{};
    }
    if (each.least == each.most)
      return Error::user(fmt::format("{} is {} here and cannot be changed", name, each.least));
    if (each.type == kBoolean)
      return Error::user(fmt::format("{} must be true or false, not '{}'", name, value));
    return Error::user(fmt::format("{} must be a number from {} to {}, not '{}'", name, each.least,
                                   each.most, value));
  }
  return Error::user(fmt::format("there is no setting '{}' of the broker", name));
}

}  // namespace millrace::log
