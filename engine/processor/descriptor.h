// SPDX-License-Identifier: Apache-2.0
#pragma once
// ProcessorDescriptor: all that is known about a type of processor without making one. It stands,
// constinit, at the foot of the processor's one file; the build collects them into the registry.

#include "engine/base/result.h"
#include "engine/processor/property.h"
#include "engine/processor/relationship.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {

class Processor;

enum class InputRequirement : std::uint8_t { kRequired, kAllowed, kForbidden };

/// What FlowFiles a processor that touches the outside world is handed.
enum class OutsideEffect : std::uint8_t {
  kNone,        ///< touches nothing outside
  kOutside,     ///< is handed only FlowFiles whose commit is durable
  kRepeatable,  ///< touches the outside, but where repeating or unhappening is harmless
};

/// What a dynamic property of the type means.
enum class DynamicProperties : std::uint8_t {
  kNone,           ///< not allowed
  kAttributes,     ///< sets the attribute of its name
  kRelationships,  ///< makes a relationship of its name (see relationshipsOf)
  kOther,          ///< as dynamicDescription says
};

struct AttributeInfo {
  std::string_view name;  ///< may contain a placeholder such as <property>
  std::string_view description;
};

/// Name and text of a configured property, before expressions.
using PropertyText = std::pair<std::string, std::string>;

struct ProcessorDescriptor {
  std::string_view type;
  std::string_view summary;  ///< one or two sentences for a reader who does not know the type
  std::span<const std::string_view> tags = {};
  std::span<const std::string_view> typeAliases = {};
  InputRequirement input = InputRequirement::kRequired;
  std::span<const PropertyInfo* const> properties = {};
  std::span<const Relationship* const> relationships = {};
  DynamicProperties dynamic = DynamicProperties::kNone;
  std::string_view dynamicDescription = {};
  ExpressionScope dynamicScope = ExpressionScope::kNone;
  std::span<const AttributeInfo> readsAttributes = {};
  std::span<const AttributeInfo> writesAttributes = {};
  bool batching = false;     ///< many triggers may share one commit
  bool serial = false;       ///< never more than one task
  bool blocking = false;     ///< waits for others: runs on the side pool
  bool endless = false;      ///< a source that never runs dry unless its schedule has `runs`
  bool wakesItself = false;  ///< a source that calls wake(): never triggered in vain meanwhile
  /// Tasks at once, where the schedule names fewer: for those that wait for slow peers.
  std::uint32_t leastTasks = 1;
  bool triggerWhenEmpty = false;         ///< while it holds FlowFiles; if it wakesItself, always
  bool triggerWhenAnyAvailable = false;  ///< one relationship with room is enough
  OutsideEffect effect = OutsideEffect::kNone;
  std::string_view defaultSchedule = "0 sec";
  /// The relationships of one configuration, where dynamic properties or a strategy decide them;
  /// null: as declared. Every property of `properties` is given (its default where unset), then the
  /// dynamic ones.
  std::vector<std::string> (*relationshipsOf)(std::span<const PropertyText> values) = nullptr;
  /// What single properties cannot say, such as "either A or B"; null: nothing. Returns sentences.
  std::vector<std::string> (*validate)(std::span<const PropertyText> values) = nullptr;
  std::unique_ptr<Processor> (*make)() = nullptr;
};

template <typename T>
std::unique_ptr<Processor> make() {
  return std::make_unique<T>();
}

/// The value of a property in the list that relationshipsOf and validate are given; empty where it
/// is not there.
inline std::string_view textOf(std::span<const PropertyText> values, std::string_view name) {
  for (const PropertyText& value : values) {
    if (value.first == name) return value.second;
  }
  return {};
}

}  // namespace millrace

/// Declares and defines the descriptor of processors/*/STEM.cpp, which the generated registry
/// refers to.
#define MR_PROCESSOR(stem)                                         \
  extern const ::millrace::ProcessorDescriptor processorIn_##stem; \
  constinit const ::millrace::ProcessorDescriptor processorIn_##stem
