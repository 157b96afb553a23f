// SPDX-License-Identifier: Apache-2.0
#pragma once
// Whether the services that components name are there, enabled, of the right kind, and in no
// circle: a flow in which one is not is refused as a whole, so that a service that is in use can
// neither be disabled nor taken away. Threads: pure function.

#include "engine/control/flow_plan.h"
#include "engine/control/parameter_lookup.h"
#include "engine/flow/flow.h"
#include "engine/processor/service_descriptor.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::engine {

using FindServiceType = std::function<const ServiceDescriptor*(std::string_view type)>;

struct ServiceProblem {
  std::string path;  ///< of the component that names the service
  std::string text;
};

/// One for each reference that cannot be. Types that nobody knows are passed over: whoever plans
/// them says so.
std::vector<ServiceProblem> checkServices(const flow::Flow& flow,
                                          const FindProcessorType& findProcessor,
                                          const FindServiceType& findService,
                                          const ParameterOverrides& overrides);

}  // namespace millrace::engine
