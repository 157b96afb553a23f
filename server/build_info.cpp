// SPDX-License-Identifier: Apache-2.0
#include "server/build_info.h"

#include "server/commit.h"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>
#include <lz4.h>
#include <nlohmann/json.hpp>
#include <openssl/crypto.h>
#include <sodium.h>
#include <sqlite3.h>
#include <zlib.h>
#include <zstd.h>

namespace millrace::server {

std::string versionText() { return MR_VERSION; }
std::string commitText() { return MR_COMMIT; }

std::vector<std::pair<std::string, std::string>> libraryVersions() {
  return {
      {"fmt",
       fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
      {"librdkafka", rd_kafka_version_str()},
      {"libsodium", sodium_version_string()},
      {"lz4", LZ4_versionString()},
      {"nlohmann-json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR,
                                    NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH)},
      {"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)},
      {"sqlite", sqlite3_libversion()},
      {"zlib", zlibVersion()},
      {"zstd", ZSTD_versionString()},
  };
}

std::string versionJson() {
  nlohmann::ordered_json json;
  json["version"] = versionText();
  json["commit"] = commitText();
  json["compiler"] = __VERSION__;
  for (const auto& [name, version] : libraryVersions()) json["libraries"][name] = version;
  return json.dump();
}

}  // namespace millrace::server
