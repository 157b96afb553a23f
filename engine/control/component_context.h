// SPDX-License-Identifier: Apache-2.0
#pragma once
// ComponentContext: the ProcessContext of one component of a running flow.
// Threads: as ProcessContext promises; setters belong to the controller, while no trigger runs.

#include "engine/control/bulletins.h"
#include "engine/control/configuration.h"
#include "engine/control/revocable_world.h"
#include "engine/control/world.h"
#include "engine/processor/process_context.h"
#include "engine/session/wiring.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>

namespace millrace::engine {

class ComponentContext final : public ProcessContext {
 public:
  using FindService = std::function<ControllerService*(std::string_view name)>;

  /// `type` outlives it.
  ComponentContext(World world, Bulletins& bulletins, ComponentId id, std::string name,
                   std::string_view type);

  void configure(std::shared_ptr<const Configuration> configuration) {
    configuration_ = std::move(configuration);
  }
  void wire(std::shared_ptr<const Wiring> wiring);
  void setBulletinLevel(BulletinLevel level) { bulletinLevel_ = level; }
  void setServices(FindService find) { findService_ = std::move(find); }
  void setStopping(bool stopping) { stopping_ = stopping; }
  /// Takes the world away from threads that were given up: files, processes and expressions are
  /// refused, and what they log is not heard. From any thread.
  void revoke() { revoked_ = true; }
  /// The configuration of another context, but neither its wiring nor its moment.
  void adopt(const ComponentContext& other);
  /// What wake() does. Set before the first trigger.
  void setWaker(std::function<void()> waker) { waker_ = std::move(waker); }
  const Configuration& configuration() const { return *configuration_; }
  std::shared_ptr<const Wiring> wiring() const { return wiring_.load(); }
  /// No trigger before this moment of the monotonic clock.
  Nanos yieldedUntil() const { return yieldedUntil_.load(std::memory_order_relaxed); }
  void clearYield() { yieldedUntil_ = 0; }

  const ConfiguredProperty& property(const PropertyInfo& info) const override;
  std::span<const ConfiguredProperty> dynamicProperties() const override;
  Result<> evaluateText(const ConfiguredProperty& property, const AttributeSource* file,
                        std::string& into, const AttributeSource* state) const override;
  Result<> evaluateDecorated(const ConfiguredProperty& property, const AttributeSource* file,
                             expression::CompiledExpression::Decorate decorate,
                             std::string& into) const override;
  Result<bool> evaluateBoolean(const ConfiguredProperty& property,
                               const AttributeSource* file) const override;
  std::optional<RelationshipIndex> relationship(std::string_view name) const override;
  bool isConnected(const Relationship& relationship) const override;
  bool isConnected(RelationshipIndex relationship) const override;
  bool hasRoom(RelationshipIndex relationship) const override;
  bool hasInput() const override;
  void yield() override;
  void yield(Nanos duration) override;
  void yieldAbout() override;
  Nanos penaltyDuration() const override;
  bool isStopping() const override { return stopping_.load(std::memory_order_relaxed); }
  void wake() override {
    if (waker_) waker_();
  }
  FileSystem& files() override { return files_; }
  net::Network& network() override { return network_; }
  ProcessRunner& processes() override { return processes_; }
  Clock& clock() override { return world_.clock; }
  std::uint64_t random(std::uint64_t bound) override;
  std::string randomUuid() override;
  void log(BulletinLevel level, std::string_view message, std::string_view flowFile = {}) override;
  std::string_view componentName() const override { return name_; }
  ComponentId componentId() const override { return id_; }
  ControllerService* service(const Property<ServiceName>& property) override;

 private:
  Random chance() const;
  template <typename Evaluate>
  auto evaluateWith(const ConfiguredProperty& property, const AttributeSource* file,
                    const AttributeSource* state, Evaluate&& evaluate) const;

  World world_;
  Bulletins& bulletins_;
  const ComponentId id_;
  const std::string name_;
  const std::string_view type_;
  std::shared_ptr<const Configuration> configuration_;
  std::atomic<std::shared_ptr<const Wiring>>
      wiring_;  // swapped by live edits while triggers read it
  FindService findService_;
  std::function<void()> waker_;
  BulletinLevel bulletinLevel_ = BulletinLevel::kWarn;
  std::atomic<Nanos> yieldedUntil_{0};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> revoked_{false};
  RevocableFiles files_;
  RevocableNetwork network_;
  RevocableProcesses processes_;
};

}  // namespace millrace::engine
