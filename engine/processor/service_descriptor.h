// SPDX-License-Identifier: Apache-2.0
#pragma once
// ServiceDescriptor: all that is known about a type of controller service without making one, and
// ServiceContext: what a service may know and touch. As with processors, a descriptor stands,
// constinit, at the foot of the service's one file in processors/services/.
//
// Threads: descriptors are constant; every method of a context is safe to call from any thread.

#include "engine/base/clock.h"
#include "engine/base/file_system.h"
#include "engine/base/result.h"
#include "engine/processor/controller_service.h"
#include "engine/processor/descriptor.h"
#include "engine/processor/process_context.h"
#include "engine/processor/service_state.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

namespace log {
class Log;  // log-backend/client/log.h
}

class ServiceContext {
 public:
  virtual ~ServiceContext() = default;

  virtual const ConfiguredProperty& property(const PropertyInfo& info) const = 0;
  /// Properties that the descriptor does not list.
  virtual std::span<const ConfiguredProperty> dynamicProperties() const = 0;
  /// Replaces `into` by the value; expressions see no FlowFile.
  virtual Result<> evaluateText(const ConfiguredProperty& property, std::string& into) const = 0;

  template <typename T>
  bool has(const Property<T>& property) const {
    return this->property(property.info).isSet();
  }
  /// The value of a property without expressions (scope kNone).
  template <typename T>
  typename ReadAs<T>::Value get(const Property<T>& property) const {
    return ReadAs<T>::fixed(this->property(property.info));
  }
  /// The value of a property of scope kEnvironment.
  template <typename T>
  Result<typename ReadAs<T>::Owned> evaluate(const Property<T>& property) const {
    std::string text;
    MR_TRY(evaluateText(this->property(property.info), text));
    return ReadAs<T>::parse(property.info, text);
  }

  virtual FileSystem& files() = 0;
  virtual Clock& clock() = 0;
  virtual net::Network& network() = 0;
  /// The log inside of this program; null where it has none.
  virtual ::millrace::log::Log* embeddedLog() { return nullptr; }
  virtual void log(BulletinLevel level, std::string_view message) = 0;
  virtual std::string_view serviceName() const = 0;
  /// The enabled service that a property names; null when it is unset.
  virtual ControllerService* service(const Property<ServiceName>& property) = 0;
  /// Every enabled service of the flow, in no order: for one that others find by what they are, not
  /// by a name.
  virtual std::vector<ControllerService*> services() = 0;
  /// What this service keeps. Not before the flow runs: onEnabled() must not look at it.
  virtual ServiceState& state() = 0;
};

struct ServiceDescriptor {
  std::string_view type;
  std::string_view summary;
  std::span<const std::string_view> tags = {};
  std::span<const std::string_view> typeAliases = {};
  std::span<const std::string_view> provides = {};  ///< interfaces, such as LookupService::kType
  std::span<const PropertyInfo* const> properties = {};
  DynamicProperties dynamic = DynamicProperties::kNone;
  std::string_view dynamicDescription = {};
  ExpressionScope dynamicScope = ExpressionScope::kNone;
  /// As ProcessorDescriptor::validate.
  std::vector<std::string> (*validate)(std::span<const PropertyText> values) = nullptr;
  std::unique_ptr<ControllerService> (*make)() = nullptr;
};

template <typename T>
std::unique_ptr<ControllerService> makeService() {
  return std::make_unique<T>();
}

}  // namespace millrace

/// Declares and defines the descriptor of processors/services/STEM.cpp, which the generated
/// registry refers to.
#define MR_SERVICE(stem)                                       \
  extern const ::millrace::ServiceDescriptor serviceIn_##stem; \
  constinit const ::millrace::ServiceDescriptor serviceIn_##stem
