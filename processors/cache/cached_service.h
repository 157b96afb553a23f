// SPDX-License-Identifier: Apache-2.0
#pragma once
// How a processor gets at the map cache that its property names.

#include "engine/processor/process_context.h"
#include "processors/cache/map_cache.h"

#include <array>
#include <string>
#include <string_view>

namespace millrace::processors {

inline constexpr std::array<std::string_view, 1> kMapCacheAliases{"distributed-cache-service"};

/// Required: the cache.
inline constexpr Property<ServiceName> kMapCache{
    {.name = "Distributed Cache Service",
     .description = "The map cache: a MapCacheServer or a MapCacheClientService.",
     .required = true,
     .aliases = kMapCacheAliases,
     .serviceType = MapCache::kType}};

inline Result<MapCache*> mapCacheOf(ProcessContext& context) {
  auto* cache = dynamic_cast<MapCache*>(context.service(kMapCache));
  if (cache != nullptr) return cache;
  return Error::user("property 'Distributed Cache Service' names no enabled map cache");
}

inline bool isBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\f\v") == std::string_view::npos;
}

}  // namespace millrace::processors
