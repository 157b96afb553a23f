// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which components name which controller services. A name is looked for in the component's group,
// then in the groups around it. Threads: pure functions; what is returned views the flow.

#include "engine/flow/flow.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::flow {

/// A component that could run (a processor that is not disabled, an enabled service) and a property
/// in which it names a service.
struct ServiceReference {
  std::string user;                      ///< path
  const Service* userService = nullptr;  ///< when the user is a service
  std::string userType;
  const Property* property = nullptr;
  std::string name;               ///< of the service, parameters replaced
  std::string usedPath;           ///< empty when there is no service of that name
  const Service* used = nullptr;  ///< may be disabled
};

/// The interface that a service must offer to stand in that property of that type: empty text: any
/// service; nothing: the property names no service.
using WantedService = std::function<std::optional<std::string>(
    ElementKind user, const std::string& type, const std::string& property)>;
/// The text of a property as its group sees it.
using PropertyValue = std::function<std::string(const Group& group, const std::string& text)>;

/// In the order of the flow file.
std::vector<ServiceReference> serviceReferences(const Flow& flow, const WantedService& wanted,
                                                const PropertyValue& value);

/// Enabled services that name each other in a circle: the paths, first one repeated at the end.
std::vector<std::vector<std::string>> serviceCycles(
    const std::vector<ServiceReference>& references);

}  // namespace millrace::flow
