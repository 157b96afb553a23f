// SPDX-License-Identifier: Apache-2.0
#include "processors/mqtt/mqtt_properties.h"

#include <algorithm>
#include <limits>

namespace millrace::processors {

Result<MqttLinkOptions> mqttLinkOptions(ProcessContext& context) {
  MqttLinkOptions options;
  options.brokers = MR_TRY(parseMqttBrokers(MR_TRY(context.evaluate(kMqttBroker))));
  if (auto* provider = MR_TRY(serviceOf<SslContextProvider>(context, kMqttTls)))
    options.tls = provider->context();
  const std::string_view version = context.get(kMqttVersion);
  options.connect.version = version == "5"   ? MqttVersion::k5
                            : version == "3" ? MqttVersion::k31
                                             : MqttVersion::k311;
  options.connect.cleanSession = context.get(kMqttSession) == "true";
  constexpr Nanos kLongest = std::numeric_limits<std::uint32_t>::max();
  options.connect.sessionExpiry =
      static_cast<std::uint32_t>(std::min(context.get(kMqttExpiry) / kSecond, kLongest));
  options.connect.keepAlive = static_cast<std::uint16_t>(context.get(kMqttKeepAlive));
  options.connect.clientId = MR_TRY(context.evaluate(kMqttClient));
  if (context.has(kMqttUser)) options.connect.user = MR_TRY(context.evaluate(kMqttUser));
  if (context.has(kMqttPassword)) options.connect.password = context.get(kMqttPassword);
  if (context.has(kMqttWill)) {
    MqttMessage will;
    will.topic = context.get(kMqttWillTopic);
    will.payload = context.get(kMqttWill);
    will.retain = context.get(kMqttWillRetain) == "true";
    will.qos = static_cast<std::uint8_t>(context.get(kMqttWillQuality).front() - '0');
    options.connect.will = std::move(will);
  }
  options.patience = context.get(kMqttPatience) * kSecond;
  return options;
}

std::string newMqttClientId(ProcessContext& context) {
  std::string id = context.randomUuid();
  std::erase(id, '-');
  constexpr std::size_t kLongest = 23;  // in version 3.1
  return ("millrace-" + id).substr(0, kLongest);
}

std::vector<std::string> checkMqtt(std::span<const PropertyText> values) {
  std::vector<std::string> problems;
  if (!textOf(values, kMqttPassword.info.name).empty() &&
      textOf(values, kMqttUser.info.name).empty() && textOf(values, kMqttVersion.info.name) != "5")
    problems.emplace_back("Password needs a Username");
  constexpr std::size_t kLongestText = 65'535;
  for (const auto& [name, text] : values) {
    if (name == kMqttWill.info.name && text.size() > kLongestText)
      problems.emplace_back("Last Will Message has more than 65535 bytes");
  }
  return problems;
}

}  // namespace millrace::processors
