// SPDX-License-Identifier: Apache-2.0
#pragma once
// The properties that ConsumeMQTT and PublishMQTT have in common, and what is read from them.
// Threads: constants, and functions of the trigger.

#include "engine/processor/processor.h"
#include "processors/http/shared_services.h"
#include "processors/mqtt/mqtt_link.h"

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::processors {

namespace mqtt_names {
inline constexpr std::array<std::string_view, 2> kAuto{"v3 AUTO", "0 (v3 AUTO)"};
inline constexpr std::array<std::string_view, 1> k5{"v5.0"};
inline constexpr std::array<std::string_view, 1> k311{"v3.1.1"};
inline constexpr std::array<std::string_view, 1> k31{"v3.1.0"};
inline constexpr std::array<std::string_view, 1> kClean{"Clean Session"};
inline constexpr std::array<std::string_view, 1> kResume{"Resume Session"};
inline constexpr std::array<std::string_view, 1> kSession{"Session state"};
inline constexpr std::array<std::string_view, 1> kNotClean{"false"};
inline constexpr std::array<std::string_view, 1> kFive{"5"};
}  // namespace mqtt_names

inline constexpr std::array kMqttVersions{
    AllowedValue{"0", "3.1.1, which nearly all brokers speak.", mqtt_names::kAuto},
    AllowedValue{"5", "5.0.", mqtt_names::k5}, AllowedValue{"4", "3.1.1.", mqtt_names::k311},
    AllowedValue{"3", "3.1.", mqtt_names::k31}};
inline constexpr std::array kMqttSessions{
    AllowedValue{"true", "The broker forgets the client when the connection ends.",
                 mqtt_names::kClean},
    AllowedValue{"false", "The broker keeps subscriptions and messages while the client is away.",
                 mqtt_names::kResume}};
inline constexpr std::array kMqttQualities{AllowedValue{"0", "At most once."},
                                           AllowedValue{"1", "At least once."},
                                           AllowedValue{"2", "Exactly once."}};
inline constexpr std::array kMqttFlags{AllowedValue{"true", "Retained."},
                                       AllowedValue{"false", "Not retained."}};

inline constexpr Property<std::string> kMqttBroker{
    {.name = "Broker URI",
     .description = "tcp://HOST:PORT, or ssl://HOST:PORT with TLS; of several with commas between, "
                    "the first that answers is taken.",
     .required = true,
     .scope = ExpressionScope::kEnvironment}};
inline constexpr Property<std::string> kMqttVersion{{.name = "MQTT Specification Version",
                                                     .description = "The version that is spoken.",
                                                     .defaultValue = "0",
                                                     .required = true,
                                                     .allowed = kMqttVersions}};
inline constexpr Property<std::string> kMqttUser{{.name = "Username",
                                                  .description = "Who the client is.",
                                                  .scope = ExpressionScope::kEnvironment}};
inline constexpr Property<std::string> kMqttPassword{
    {.name = "Password", .description = "The password of Username.", .sensitive = true}};
inline constexpr Property<ServiceName> kMqttTls{{.name = "SSL Context Service",
                                                 .description = "Keys and trust for ssl://.",
                                                 .serviceType = SslContextProvider::kType}};
inline constexpr Property<std::string> kMqttSession{
    {.name = "Session State",
     .description = "What the broker does with this client's session.",
     .defaultValue = "true",
     .required = true,
     .allowed = kMqttSessions,
     .aliases = mqtt_names::kSession}};
inline constexpr Property<Duration> kMqttExpiry{
    {.name = "Session Expiry Interval",
     .description = "How long the broker keeps the session of a client that is away; version 5.",
     .defaultValue = "24 hrs",
     .dependsOn = "Session State",
     .dependsOnValues = mqtt_names::kNotClean,
     .atLeast = kSecond}};
inline constexpr Property<std::string> kMqttClient{
    {.name = "Client ID",
     .description = "What the broker knows the client by; without it one is made up, and kept "
                    "where a session shall be resumed. No two clients may have the same.",
     .scope = ExpressionScope::kEnvironment}};
inline constexpr Property<std::int64_t> kMqttPatience{
    {.name = "Connection Timeout",
     .description = "How many seconds the broker may take for an answer.",
     .defaultValue = "30",
     .required = true,
     .atLeast = 1,
     .atMost = 3600}};
inline constexpr Property<std::int64_t> kMqttKeepAlive{
    {.name = "Keep Alive",
     .description = "How many seconds the broker waits at least for a sign of life before it gives "
                    "the client up; 0: for ever.",
     .defaultValue = "60",
     .required = true,
     .atLeast = 0,
     .atMost = 65'535}};
inline constexpr Property<std::string> kMqttWill{
    {.name = "Last Will Message",
     .description = "What the broker publishes when it loses the client; without it, nothing."}};
inline constexpr Property<std::string> kMqttWillTopic{{.name = "Last Will Topic",
                                                       .description = "The topic of the last will.",
                                                       .required = true,
                                                       .dependsOn = "Last Will Message"}};
inline constexpr Property<std::string> kMqttWillRetain{
    {.name = "Last Will Retain",
     .description = "Whether the last will is retained.",
     .defaultValue = "false",
     .allowed = kMqttFlags,
     .dependsOn = "Last Will Message"}};
inline constexpr Property<std::string> kMqttWillQuality{
    {.name = "Last Will QoS Level",
     .description = "The quality of service of the last will.",
     .defaultValue = "0",
     .allowed = kMqttQualities,
     .dependsOn = "Last Will Message"}};

/// What the properties say; the client id is empty where there is none.
Result<MqttLinkOptions> mqttLinkOptions(ProcessContext& context);
/// A client id that nobody else has.
std::string newMqttClientId(ProcessContext& context);
/// What is wrong with the properties together.
std::vector<std::string> checkMqtt(std::span<const PropertyText> values);

}  // namespace millrace::processors
