// SPDX-License-Identifier: Apache-2.0
#pragma once
// ServiceState: texts by key that a controller service keeps in the data directory. They survive
// the process, and a change of the service's configuration.
//
// Promise: a change is in the journal before every commit that begins after it, so that whoever
// acted on it never outlives it; it is durable with the next group, as a session's work is. Keys
// and values may hold any bytes. Threads: any.

#include "engine/base/result.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace millrace {

class ServiceState {
 public:
  struct Change {
    std::string key;
    std::optional<std::string> value;  ///< nothing removes the key
  };

  virtual ~ServiceState() = default;
  virtual std::optional<std::string> find(std::string_view key) = 0;
  /// In no order. `each` must not call the state.
  virtual void forEach(
      const std::function<void(std::string_view key, std::string_view value)>& each) = 0;
  /// All of them, or none with an Error: there was no room on the disk.
  virtual Result<> change(std::span<const Change> changes) = 0;
};

}  // namespace millrace
