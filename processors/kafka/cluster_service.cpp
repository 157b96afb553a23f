// SPDX-License-Identifier: Apache-2.0
#include "processors/kafka/cluster_service.h"

namespace millrace::processors {
namespace {

constexpr std::string_view kCommitted = "read_committed";
constexpr std::string_view kEmbedded = "embedded";
constexpr std::string_view kBrokers = "brokers";
constexpr std::array kLogs{
    AllowedValue{
        kEmbedded,
        "The log inside of this program: no network, and what is published and consumed is "
        "part of the session's commit."},
    AllowedValue{kBrokers,
                 "A cluster that speaks Kafka's protocol, at Bootstrap Servers: offsets are "
                 "committed behind the session's commit, so that a crash repeats records."},
};
constexpr std::array kIsolations{
    AllowedValue{kCommitted, "Records of transactions that were committed."},
    AllowedValue{"read_uncommitted", "All records, those of aborted transactions too."},
};
constexpr std::array kProtocols{
    AllowedValue{"PLAINTEXT", "Neither encrypted nor authenticated."},
    AllowedValue{"SSL", "Encrypted."},
    AllowedValue{"SASL_PLAINTEXT", "Authenticated, not encrypted."},
    AllowedValue{"SASL_SSL", "Encrypted and authenticated."},
};
constexpr std::array<std::string_view, 2> kSaslOnly{"SASL_PLAINTEXT", "SASL_SSL"};
constexpr std::array kMechanisms{
    AllowedValue{"PLAIN", "User and password."},
    AllowedValue{"SCRAM-SHA-256", "A proof that the password is known."},
    AllowedValue{"SCRAM-SHA-512", "The same with a longer digest."},
};
constexpr std::array<std::string_view, 1> kServersAliases{"bootstrap.servers"};
constexpr std::array<std::string_view, 1> kProtocolAliases{"security.protocol"};
constexpr std::array<std::string_view, 1> kMechanismAliases{"sasl.mechanism"};
constexpr std::array<std::string_view, 1> kUserAliases{"sasl.username"};
constexpr std::array<std::string_view, 1> kPasswordAliases{"sasl.password"};
constexpr std::array<std::string_view, 1> kTimeoutAliases{"default.api.timeout.ms"};
constexpr std::array<std::string_view, 1> kMetadataAliases{"max.block.ms"};
constexpr std::array<std::string_view, 1> kAcknowledgementAliases{"ack.wait.time"};
constexpr std::array<std::string_view, 1> kIsolationAliases{"isolation.level"};
constexpr std::array<std::string_view, 1> kPollAliases{"max.poll.records"};

constexpr Property<std::string> kLog{{.name = "Log",
                                      .description =
                                          "Which log the topics are in. When it is not set: a "
                                          "cluster where Bootstrap Servers is set, else the log "
                                          "inside of this program.",
                                      .allowed = kLogs}};
constexpr Property<std::string> kServers{
    {.name = "Bootstrap Servers",
     .description = "HOST:PORT of some brokers of the cluster, with commas between.",
     .scope = ExpressionScope::kEnvironment,
     .aliases = kServersAliases}};
constexpr Property<std::string> kProtocol{{.name = "Security Protocol",
                                           .description = "How the brokers are spoken to.",
                                           .defaultValue = "PLAINTEXT",
                                           .required = true,
                                           .allowed = kProtocols,
                                           .aliases = kProtocolAliases,
                                           .dependsOn = "Bootstrap Servers"}};
constexpr Property<std::string> kMechanism{{.name = "SASL Mechanism",
                                            .description = "How the user is proved.",
                                            .defaultValue = "PLAIN",
                                            .required = true,
                                            .allowed = kMechanisms,
                                            .aliases = kMechanismAliases,
                                            .dependsOn = "Security Protocol",
                                            .dependsOnValues = kSaslOnly}};
constexpr Property<std::string> kUser{{.name = "SASL Username",
                                       .description = "The user.",
                                       .scope = ExpressionScope::kEnvironment,
                                       .aliases = kUserAliases,
                                       .dependsOn = "Security Protocol",
                                       .dependsOnValues = kSaslOnly}};
constexpr Property<std::string> kPassword{{.name = "SASL Password",
                                           .description = "The user's password.",
                                           .sensitive = true,
                                           .scope = ExpressionScope::kEnvironment,
                                           .aliases = kPasswordAliases,
                                           .dependsOn = "Security Protocol",
                                           .dependsOnValues = kSaslOnly}};
constexpr Property<Duration> kClientTimeout{
    {.name = "Client Timeout",
     .description = "How long a broker may take to answer a request.",
     .defaultValue = "60 sec",
     .required = true,
     .aliases = kTimeoutAliases,
     .dependsOn = "Bootstrap Servers",
     .atLeast = kSecond}};
constexpr Property<Duration> kMetadataWait{
    {.name = "Max Metadata Wait Time",
     .description = "How long the cluster may take to say which topics there are.",
     .defaultValue = "5 sec",
     .required = true,
     .aliases = kMetadataAliases,
     .dependsOn = "Bootstrap Servers",
     .atLeast = kMillisecond}};
constexpr Property<Duration> kAcknowledgementWait{
    {.name = "Acknowledgment Wait Time",
     .description = "How long a record may wait for its acknowledgement before it has failed.",
     .defaultValue = "5 sec",
     .required = true,
     .aliases = kAcknowledgementAliases,
     .dependsOn = "Bootstrap Servers",
     .atLeast = kMillisecond}};
constexpr Property<std::string> kIsolation{
    {.name = "Transaction Isolation Level",
     .description = "Which records of other producers' transactions consumers see.",
     .defaultValue = kCommitted,
     .required = true,
     .allowed = kIsolations,
     .aliases = kIsolationAliases}};
constexpr Property<std::int64_t> kMostRecords{{.name = "Max Poll Records",
                                               .description = "The most records of one session.",
                                               .defaultValue = "10000",
                                               .required = true,
                                               .aliases = kPollAliases,
                                               .atLeast = 1,
                                               .atMost = 1'000'000}};

}  // namespace

constinit const std::array<std::string_view, 4> cluster_service::kTags{"kafka", "topic", "log",
                                                                       "connection"};
constinit const std::array<std::string_view, 1> cluster_service::kProvides{KafkaConnection::kType};
constinit const std::array<const PropertyInfo*, 11> cluster_service::kProperties{

    &kLog.info,           &kServers.info,      &kProtocol.info,           &kMechanism.info,
    &kUser.info,          &kPassword.info,     &kIsolation.info,          &kMostRecords.info,
    &kClientTimeout.info, &kMetadataWait.info, &kAcknowledgementWait.info};

Result<> ClusterService::onEnabled(ServiceContext& context) {
  reading_.committedOnly = context.get(kIsolation) == kCommitted;
  reading_.mostRecords = static_cast<std::size_t>(context.get(kMostRecords));
  cluster_.reset();
  std::string servers = MR_TRY(context.evaluate(kServers));
  const bool brokers = context.has(kLog) ? context.get(kLog) == kBrokers : !servers.empty();
  if (brokers) {
    if (servers.empty()) return Error::user("Bootstrap Servers must be set for the Log brokers");
    // Shared with nobody: components are stopped before their service goes.
    cluster_ = MR_TRY(connect(context, MR_TRY(settingsOf(context, servers))));
    log_ = cluster_.get();
    place_ = std::move(servers);
    return Done{};
  }
  place_ = kEmbedded;
  log_ = context.embeddedLog();
  if (log_ == nullptr) {
    return Error::user(
        "this program runs without a log here: set Bootstrap Servers, or run the flow with "
        "millrace server or millrace run");
  }
  return Done{};
}

Result<log::KafkaSettings> ClusterService::settingsOf(ServiceContext& context,
                                                      std::string servers) {
  log::KafkaSettings settings;
  settings.bootstrapServers = std::move(servers);
  settings.clientTimeout = context.get(kClientTimeout);
  settings.metadataWait = context.get(kMetadataWait);
  settings.acknowledgementWait = context.get(kAcknowledgementWait);
  const std::string_view protocol = context.get(kProtocol);
  settings.settings.emplace_back("security.protocol", protocol);
  if (protocol.starts_with("SASL")) {
    settings.settings.emplace_back("sasl.mechanism", context.get(kMechanism));
    settings.settings.emplace_back("sasl.username", MR_TRY(context.evaluate(kUser)));
    settings.settings.emplace_back("sasl.password", MR_TRY(context.evaluate(kPassword)));
  }
  for (const ConfiguredProperty& property : context.dynamicProperties()) {
    std::string value;
    MR_TRY(context.evaluateText(property, value));
    settings.settings.emplace_back(property.name(), std::move(value));
  }
  return settings;
}

}  // namespace millrace::processors
