// SPDX-License-Identifier: Apache-2.0
#pragma once
// ProcessContext: what a processor may know and touch: its configuration, its connections, and the
// world (files, network, processes, clock, chance, log), so that tests and dry runs can give it
// another world.
//
// Threads: one context serves all triggers of a component; every method is safe to call from any of
// them. The configuration that a context shows does not change during a trigger.

#include "engine/base/clock.h"
#include "engine/base/file_system.h"
#include "engine/base/process_runner.h"
#include "engine/base/random.h"
#include "engine/base/result.h"
#include "engine/expression/evaluation.h"
#include "engine/flowfile/flowfile.h"
#include "engine/processor/configured_property.h"
#include "engine/processor/property.h"
#include "engine/processor/relationship.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

namespace net {
class Network;  // engine/net/network.h
}

enum class BulletinLevel : std::uint8_t { kDebug, kInfo, kWarn, kError, kNone };

class ControllerService;
using expression::AttributeSource;

class ProcessContext {
 public:
  virtual ~ProcessContext() = default;

  // -- configuration
  // ----------------------------------------------------------------------------------------------
  /// The configured property; its expression, if any, is compiled.
  virtual const ConfiguredProperty& property(const PropertyInfo& info) const = 0;
  /// Properties that the descriptor does not list, in the order of the flow file.
  virtual std::span<const ConfiguredProperty> dynamicProperties() const = 0;

  /// True when the property has a non-empty value or default.
  template <typename T>
  bool has(const Property<T>& property) const {
    return this->property(property.info).isSet();
  }
  /// The value of a property without expressions (scope kNone). It was checked when the component
  /// was configured.
  template <typename T>
  typename ReadAs<T>::Value get(const Property<T>& property) const {
    return ReadAs<T>::fixed(this->property(property.info));
  }
  /// The value for one FlowFile; without one, for properties of scope kEnvironment. An Error names
  /// property, text and what is wrong.
  template <typename T>
  Result<typename ReadAs<T>::Owned> evaluate(const Property<T>& property,
                                             const AttributeSource* file = nullptr) const {
    std::string text;
    MR_TRY(evaluateText(this->property(property.info), file, text));
    return ReadAs<T>::parse(property.info, text);
  }
  template <typename T>
  Result<typename ReadAs<T>::Owned> evaluate(const Property<T>& property,
                                             const AttributeSource& file) const {
    return evaluate(property, &file);
  }
  /// Replaces `into` by the value of any configured property. `state` serves getStateValue().
  virtual Result<> evaluateText(const ConfiguredProperty& property, const AttributeSource* file,
                                std::string& into,
                                const AttributeSource* state = nullptr) const = 0;
  /// As evaluateText, but the value of each ${...} goes through `decorate`; the text around them
  /// does not.
  virtual Result<> evaluateDecorated(const ConfiguredProperty& property,
                                     const AttributeSource* file,
                                     expression::CompiledExpression::Decorate decorate,
                                     std::string& into) const = 0;
  /// The value of any configured property as an expression's boolean.
  virtual Result<bool> evaluateBoolean(const ConfiguredProperty& property,
                                       const AttributeSource* file) const = 0;

  // -- connections
  // ------------------------------------------------------------------------------------------------
  /// The relationship of that name; nothing when this configuration has none.
  virtual std::optional<RelationshipIndex> relationship(std::string_view name) const = 0;
  virtual bool isConnected(const Relationship& relationship) const = 0;
  virtual bool isConnected(RelationshipIndex relationship) const = 0;
  /// False while a connection of the relationship is at its back-pressure threshold.
  virtual bool hasRoom(RelationshipIndex relationship) const = 0;
  virtual bool hasInput() const = 0;  ///< some connection leads here

  // -- scheduling
  // -------------------------------------------------------------------------------------------------
  /// No new trigger for the component's yield duration, or for the one given.
  virtual void yield() = 0;
  virtual void yield(Nanos duration) = 0;
  /// As yield(), and up to half as long again by chance: for who tries again what many try.
  virtual void yieldAbout() = 0;
  virtual Nanos penaltyDuration() const = 0;
  virtual bool isStopping() const = 0;
  /// There is something to trigger for: ends the wait of a source that found nothing. For
  /// processors that are told of their work by others, such as listeners.
  virtual void wake() = 0;

  // -- the world
  // --------------------------------------------------------------------------------------------------
  virtual FileSystem& files() = 0;
  virtual net::Network& network() = 0;
  virtual ProcessRunner& processes() = 0;
  virtual Clock& clock() = 0;
  /// A number below `bound`.
  virtual std::uint64_t random(std::uint64_t bound) = 0;
  virtual std::string randomUuid() = 0;
  /// Writes to the log; from the component's bulletin level up it is a bulletin too.
  /// `flowFile`: the uuid of the one that it is about, where there is one.
  virtual void log(BulletinLevel level, std::string_view message,
                   std::string_view flowFile = {}) = 0;
  virtual std::string_view componentName() const = 0;
  virtual ComponentId componentId() const = 0;
  /// The enabled service that a property names; null when it is unset.
  virtual ControllerService* service(const Property<ServiceName>& property) = 0;
};

}  // namespace millrace
