// SPDX-License-Identifier: Apache-2.0
#pragma once
// MapCache: what a controller service offers that remembers texts by key. Threads: any, while the
// service is enabled. Errors: the cache is not there, or its disk is full; the caller rolls back.

#include "engine/processor/controller_service.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::processors {

class MapCache : public virtual ControllerService {
 public:
  static constexpr std::string_view kType = "DistributedMapCacheClient";

  /// What shall stand at a key, given what stands there; nothing: no entry. It must not call the
  /// cache.
  using Change =
      std::function<std::optional<std::string>(const std::optional<std::string>& present)>;

  virtual Result<std::optional<std::string>> get(std::string_view key) = 0;
  /// Nobody else sees or changes the entry meanwhile.
  virtual Result<> update(std::string_view key, const Change& change) = 0;
};

/// The cache itself, as clients of the same flow find it: by its port.
class MapCacheHost : public MapCache {
 public:
  virtual std::int64_t port() const = 0;
};

}  // namespace millrace::processors
