// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/keys.h"

#include <algorithm>

namespace millrace::flow {
namespace {

constexpr KeyInfo kFlow[] = {
    {"millrace", true},
    {"name", true},
    {"comment"},
    {"parameter-contexts"},
    {"parameter-context"},
    {"parameters"},
    {"flowfile-concurrency"},
    {"outbound-policy"},
    {"default-back-pressure"},
    {"default-expire"},
    {"max-concurrent-tasks"},
    {"services"},
    {"inputs"},
    {"outputs"},
    {"funnels"},
    {"labels"},
    {"processors"},
    {"remote-groups"},
    {"connections"},
    {"groups"},
    {"layout"},
};
constexpr KeyInfo kGroup[] = {
    {"name", true},
    {"comment"},
    {"parameter-context"},
    {"parameters"},
    {"flowfile-concurrency"},
    {"outbound-policy"},
    {"default-back-pressure"},
    {"default-expire"},
    {"max-concurrent-tasks"},
    {"services"},
    {"inputs"},
    {"outputs"},
    {"funnels"},
    {"labels"},
    {"processors"},
    {"remote-groups"},
    {"connections"},
    {"groups"},
};
constexpr KeyInfo kProcessor[] = {
    {"name", true},     {"type", true}, {"comment"},     {"properties"},  {"auto-terminate"},
    {"retry"},          {"schedule"},   {"concurrency"}, {"penalty"},     {"yield"},
    {"bulletin-level"}, {"execution"},  {"state"},       {"unsupported"},
};
constexpr KeyInfo kSchedule[] = {{"every"}, {"cron"}, {"event"}, {"runs"}, {"run-duration"}};
constexpr KeyInfo kRetry[] = {{"relationships", true}, {"count"}, {"backoff"}, {"max-backoff"}};
constexpr KeyInfo kConnection[] = {
    {"name"},          {"comment"},  {"from", true},    {"relationship"},
    {"relationships"}, {"to", true}, {"back-pressure"}, {"expire"},
    {"prioritizers"},  {"via"},      {"keyed-by"},
};
constexpr KeyInfo kBackPressure[] = {{"count"}, {"size"}, {"when-full"}};
constexpr KeyInfo kVia[] = {{"topic", true}, {"partitions"}};
constexpr KeyInfo kPort[] = {
    {"name", true}, {"comment"}, {"concurrency"}, {"remote-access"}, {"state"}};
constexpr KeyInfo kFunnel[] = {{"name", true}, {"comment"}};
constexpr KeyInfo kLabel[] = {{"name", true}, {"text", true}, {"comment"}};
constexpr KeyInfo kRemoteGroup[] = {
    {"name", true}, {"comment"},           {"urls", true}, {"timeout"}, {"yield"},
    {"transport"},  {"network-interface"}, {"proxy"},      {"inputs"},  {"outputs"},
};
constexpr KeyInfo kProxy[] = {{"host", true}, {"port", true}, {"user"}, {"password"}};
constexpr KeyInfo kRemotePort[] = {{"name", true}, {"comment"}, {"target"}, {"concurrency"},
                                   {"compress"},   {"batch"},   {"state"}};
constexpr KeyInfo kRemoteBatch[] = {{"count"}, {"size"}, {"duration"}};
constexpr KeyInfo kService[] = {{"name", true},     {"type", true}, {"comment"},    {"properties"},
                                {"bulletin-level"}, {"state"},      {"unsupported"}};
constexpr KeyInfo kParameter[] = {{"value"}, {"comment"}, {"sensitive"}};
constexpr KeyInfo kParameterContext[] = {{"name", true}, {"comment"}, {"inherits"}, {"parameters"}};
constexpr KeyInfo kLayout[] = {{"at"},    {"size"},     {"colour"}, {"font-size"},
                               {"bends"}, {"label-at"}, {"z"},      {"id"}};

struct Row {
  std::string_view name;
  std::span<const KeyInfo> keys;
};

// In the order of ObjectKind.
constexpr std::array<Row, kObjectKinds> kRows{{
    {"flow", kFlow},
    {"group", kGroup},
    {"processor", kProcessor},
    {"schedule", kSchedule},
    {"retry", kRetry},
    {"connection", kConnection},
    {"back-pressure", kBackPressure},
    {"via", kVia},
    {"port", kPort},
    {"funnel", kFunnel},
    {"label", kLabel},
    {"remote-group", kRemoteGroup},
    {"proxy", kProxy},
    {"remote-port", kRemotePort},
    {"batch", kRemoteBatch},
    {"service", kService},
    {"parameter", kParameter},
    {"parameter-context", kParameterContext},
    {"layout", kLayout},
}};

}  // namespace

bool ObjectKeys::knows(std::string_view key) const {
  return std::any_of(keys.begin(), keys.end(),
                     [&](const KeyInfo& info) { return info.name == key; });
}

std::vector<std::string> ObjectKeys::names() const {
  std::vector<std::string> result;
  for (const KeyInfo& key : keys) result.emplace_back(key.name);
  return result;
}

std::span<const KeyInfo> keysOf(ObjectKind kind) {
  return kRows[static_cast<std::size_t>(kind)].keys;
}

std::string_view objectName(ObjectKind kind) { return kRows[static_cast<std::size_t>(kind)].name; }

std::size_t keyRank(ObjectKind kind, std::string_view key) {
  const auto keys = keysOf(kind);
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const KeyInfo& info) { return info.name == key; });
  return static_cast<std::size_t>(found - keys.begin());
}

std::vector<std::string> keyNames(ObjectKind kind) {
  return ObjectKeys{objectName(kind), keysOf(kind)}.names();
}

}  // namespace millrace::flow
