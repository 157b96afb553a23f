// SPDX-License-Identifier: Apache-2.0
#pragma once
// JournalledState: the state of one controller service, as records of the store's journal.
// Ownership: the store outlives it. Threads: any.

#include "engine/base/mutex.h"
#include "engine/processor/service_state.h"
#include "engine/session/store.h"

#include <map>
#include <string>

namespace millrace::engine {

class JournalledState final : public ServiceState {
 public:
  JournalledState(Store& store, ComponentId service) : store_(store), service_(service) {}

  std::optional<std::string> find(std::string_view key) override;
  void forEach(
      const std::function<void(std::string_view key, std::string_view value)>& each) override;
  Result<> change(std::span<const Change> changes) override;

 private:
  /// Recovery fills the table after the services are made, and before anything uses them.
  void load() MR_REQUIRES(mutex_);

  Store& store_;
  const ComponentId service_;
  Mutex mutex_;  // held while a change gets its LSN: the order of both is the same
  bool loaded_ MR_GUARDED_BY(mutex_) = false;
  std::map<std::string, std::string, std::less<>> entries_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::engine
