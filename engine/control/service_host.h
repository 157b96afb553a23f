// SPDX-License-Identifier: Apache-2.0
#pragma once
// ServiceHost: the controller services of a running flow: made, configured, enabled, and found by
// name from a group. A name is looked for in the group, then in the groups around it.
//
// Promise: apply() changes nothing when a service cannot be configured. A service that a change
// replaced lives on until the host goes, since a trigger may still be using it. Threads: apply()
// from the controller's thread; find() from any.

#include "engine/control/bulletins.h"
#include "engine/control/flow_plan.h"
#include "engine/control/service_check.h"
#include "engine/control/world.h"
#include "engine/flow/flow.h"
#include "engine/processor/controller_service.h"
#include "engine/processor/service_descriptor.h"
#include "engine/session/store.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace millrace::engine {

class ServiceHost {
 public:
  ServiceHost(World world, Store& store, Bulletins& bulletins, FindServiceType findType);
  ~ServiceHost();

  /// checkServices() with the types of this host.
  std::vector<ServiceProblem> check(const flow::Flow& flow, const FindProcessorType& findProcessor,
                                    const ParameterOverrides& overrides) const {
    return checkServices(flow, findProcessor, findType_, overrides);
  }
  /// Makes the services those of the flow and enables them, each after those that it names. The
  /// Error lists every service that cannot be; with kKeep the others are enabled all the same, and
  /// problems() tells.
  Result<> apply(const flow::Flow& flow, const ParameterOverrides& overrides,
                 Incomplete incomplete);
  /// Why a service is not enabled, by its path.
  std::map<std::string, std::string> problems() const;
  /// The enabled service of that name as seen from a group; null when there is none.
  ControllerService* find(std::string_view groupPath, std::string_view name) const;
  /// Disables those that apply() replaced: their users have others by now.
  void disableReplaced();

 private:
  class Service;
  struct Planned;

  std::vector<ControllerService*> enabled() const;
  std::shared_ptr<ServiceState> stateOf(ComponentId service);

  const World world_;
  Store& store_;
  Bulletins& bulletins_;
  const FindServiceType findType_;
  mutable Mutex mutex_;
  std::map<std::string, std::shared_ptr<Service>> services_ MR_GUARDED_BY(mutex_);  // by path
  std::vector<std::shared_ptr<Service>> replaced_ MR_GUARDED_BY(mutex_);
  // Shared by a service and the one that replaced it.
  std::map<ComponentId, std::shared_ptr<ServiceState>> states_;
  std::map<std::string, std::string> problems_ MR_GUARDED_BY(mutex_);
};

}  // namespace millrace::engine
