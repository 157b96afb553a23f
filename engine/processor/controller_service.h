// SPDX-License-Identifier: Apache-2.0
#pragma once
// ControllerService: something that several components share: a look-up table, a cache, a TLS
// context. Which interface one offers is found by dynamic_cast to the interface that the property
// asks for.
//
// Life: onEnabled() with its configuration, then use by components from any thread, then
// onDisabled() when no component uses it. A service that is enabled again gets onEnabled() again.

#include "engine/base/result.h"

#include <optional>
#include <string>
#include <string_view>

namespace millrace {

class ServiceContext;

class ControllerService {
 public:
  virtual ~ControllerService() = default;
  /// An Error leaves the service disabled; it names what to correct. The context outlives the time
  /// of being enabled.
  virtual Result<> onEnabled(ServiceContext& context) {
    (void)context;
    return Done{};
  }
  virtual void onDisabled(ServiceContext& context) { (void)context; }
};

/// A service that finds a text by a key. Threads: any.
class LookupService : public virtual ControllerService {
 public:
  static constexpr std::string_view kType = "LookupService";
  virtual Result<std::optional<std::string>> lookup(std::string_view key) = 0;
};

}  // namespace millrace
