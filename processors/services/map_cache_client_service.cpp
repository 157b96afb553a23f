// SPDX-License-Identifier: Apache-2.0
#include "engine/processor/service_descriptor.h"
#include "processors/cache/map_cache.h"

#include <fmt/format.h>

#include <array>
#include <atomic>

namespace millrace::processors {
namespace {

constexpr Property<std::string> kHost{
    {.name = "Server Hostname",
     .description =
         "Where the cache is: localhost, since only a MapCacheServer of this flow can be "
         "used.",
     .required = true}};
constexpr Property<std::int64_t> kPort{{.name = "Server Port",
                                        .description = "The Port of that MapCacheServer.",
                                        .defaultValue = "4557",
                                        .required = true,
                                        .atLeast = 1,
                                        .atMost = 65535}};
constexpr std::array kProperties{&kHost.info, &kPort.info};
constexpr std::array<std::string_view, 3> kTags{"cache", "map", "client"};
constexpr std::array<std::string_view, 1> kAliases{"DistributedMapCacheClientService"};
constexpr std::array kProvides{MapCache::kType};

bool isHere(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

class MapCacheClientService final : public MapCache {
 public:
  Result<> onEnabled(ServiceContext& context) override {
    context_ = &context;
    port_ = context.get(kPort);
    return Done{};
  }
  Result<std::optional<std::string>> get(std::string_view key) override {
    MapCacheHost* const host = MR_TRY(server());
    return host->get(key);
  }
  Result<> update(std::string_view key, const Change& change) override {
    MapCacheHost* const host = MR_TRY(server());
    return host->update(key, change);
  }

 private:
  /// Each time anew: the server may have been replaced.
  Result<MapCacheHost*> server() {
    for (ControllerService* service : context_->services()) {
      auto* host = dynamic_cast<MapCacheHost*>(service);
      if (host != nullptr && host->port() == port_) return host;
    }
    return Error::environment(
        fmt::format("no enabled MapCacheServer of this flow has the Port {}; add one, or correct "
                    "'Server Port' of {}",
                    port_.load(), context_->serviceName()));
  }

  ServiceContext* context_ = nullptr;
  std::atomic<std::int64_t> port_{0};
};

std::vector<std::string> check(std::span<const PropertyText> values) {
  if (isHere(textOf(values, kHost.info.name))) return {};
  return {"Server Hostname must be localhost: only a MapCacheServer of this flow can be used"};
}

}  // namespace

MR_SERVICE(map_cache_client_service){
    .type = "MapCacheClientService",
    .summary = "Leads processors to a MapCacheServer of the same flow.",
    .tags = kTags,
    .typeAliases = kAliases,
    .provides = kProvides,
    .properties = kProperties,
    .validate = check,
    .make = makeService<MapCacheClientService>,
};

}  // namespace millrace::processors
