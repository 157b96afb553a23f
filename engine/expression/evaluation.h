// SPDX-License-Identifier: Apache-2.0
#pragma once
// What an expression may see of the world: attributes, variables, state, clock, chance, names of
// the machine. Everything is lent by the caller for the time of the evaluation; nothing is global.
// Threads: an EvaluationEnvironment is constant and shared (its counter is atomic); an
// EvaluationInput belongs to the thread that evaluates.

#include "engine/base/clock.h"
#include "engine/base/random.h"
#include "engine/expression/time_zone.h"

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace millrace::expression {

/// A borrowed callable that is given each name and value.
class AttributeVisitor {
 public:
  template <typename Callable>
  requires(!std::is_same_v<std::remove_cvref_t<Callable>, AttributeVisitor>)
      AttributeVisitor(Callable&& callable)  // NOLINT: implicit, so that a lambda can be passed
      : target_(const_cast<void*>(static_cast<const void*>(std::addressof(callable)))),
        call_([](void* target, std::string_view name, std::string_view value) {
          (*static_cast<std::remove_reference_t<Callable>*>(target))(name, value);
        }) {}
  void operator()(std::string_view name, std::string_view value) const {
    call_(target_, name, value);
  }

 private:
  void* target_;
  void (*call_)(void*, std::string_view, std::string_view);
};

/// Named texts: attributes of a FlowFile, variables of the process, state of a component. The
/// views that it gives must stay valid, and the names unchanged, until the evaluation is over.
class AttributeSource {
 public:
  virtual ~AttributeSource() = default;
  virtual std::optional<std::string_view> attribute(std::string_view name) const = 0;
  virtual void forEachAttribute(AttributeVisitor visit) const = 0;
};

/// An AttributeSource that owns its texts, ordered by name.
class AttributeMap final : public AttributeSource {
 public:
  using Map = std::map<std::string, std::string, std::less<>>;
  AttributeMap() = default;
  explicit AttributeMap(Map map) : map_(std::move(map)) {}
  void set(std::string name, std::string value) { map_[std::move(name)] = std::move(value); }
  std::optional<std::string_view> attribute(std::string_view name) const override {
    const auto found = map_.find(name);
    if (found == map_.end()) return std::nullopt;
    return found->second;
  }
  void forEachAttribute(AttributeVisitor visit) const override {
    for (const auto& [name, value] : map_) visit(name, value);
  }

 private:
  Map map_;
};

/// The environment variables of this process as they are now.
AttributeMap processVariables();

/// The machine's names, for hostname() and ip().
class Machine {
 public:
  virtual ~Machine() = default;
  virtual std::string hostname() const = 0;
  /// The fully qualified name; the plain one where none is known.
  virtual std::string fullName() const = 0;
  virtual std::string address() const = 0;
};

/// Asks the operating system at each call; fullName() may wait for the name service.
class SystemMachine final : public Machine {
 public:
  std::string hostname() const override;
  std::string fullName() const override;
  std::string address() const override;
};

/// What is the same for every evaluation of a process. The references must outlive it.
struct EvaluationEnvironment {
  const Clock& clock;
  const Machine& machine;
  const AttributeSource& variables;
  std::atomic<std::int64_t>& counter;  ///< the next value of nextInt()
  TimeZone zone;                       ///< the local zone
};

/// What belongs to one evaluation.
struct EvaluationInput {
  const EvaluationEnvironment& environment;
  Random& random;
  const AttributeSource* attributes = nullptr;  ///< absent where there is no FlowFile
  const AttributeSource* state = nullptr;       ///< for getStateValue()
  std::string_view threadName = {};             ///< for thread()
};

}  // namespace millrace::expression
