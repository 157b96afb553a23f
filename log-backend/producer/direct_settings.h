// SPDX-License-Identifier: Apache-2.0
#pragma once
// DirectSettings: KafkaSettings, whose texts are librdkafka's, as our own client understands them.
// What it does not understand is refused by name. Files of keys and certificates are read here,
// once; secrets stay in memory. Threads: a constant value.

#include "engine/base/file_system.h"
#include "engine/base/result.h"
#include "engine/net/network.h"
#include "engine/net/tls_context.h"
#include "log-backend/client/kafka_settings.h"
#include "log-backend/security/scram_keys.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace::log {

struct DirectSettings {
  enum class Sasl : std::uint8_t { kNone, kPlain, kScram };

  std::vector<net::Endpoint> bootstrap;  ///< at least one
  std::string clientId = "millrace";
  std::shared_ptr<const net::TlsContext> tls;  ///< null: not encrypted
  Sasl sasl = Sasl::kNone;
  std::string mechanism;  ///< as Kafka calls it
  ScramHash scram = ScramHash::kSha256;
  std::string user;
  std::string password;
  Nanos metadataWait = 5 * kSecond;
  Nanos acknowledgementWait = 5 * kSecond;
  Nanos answerWait = 60 * kSecond;  ///< for one request

  static Result<DirectSettings> from(const KafkaSettings& settings, FileSystem& files);
};

}  // namespace millrace::log
