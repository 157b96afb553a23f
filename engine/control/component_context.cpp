// SPDX-License-Identifier: Apache-2.0
#include "engine/control/component_context.h"

#include "engine/flowfile/uuid.h"

#include <fmt/format.h>

namespace millrace::engine {

ComponentContext::ComponentContext(World world, Bulletins& bulletins, ComponentId id,
                                   std::string name, std::string_view type)
    : world_(world),
      bulletins_(bulletins),
      id_(id),
      name_(std::move(name)),
      type_(type),
      files_(world.files, revoked_),
      network_(world.network, revoked_),
      processes_(world.processes, revoked_) {}

void ComponentContext::adopt(const ComponentContext& other) {
  configuration_ = other.configuration_;
  findService_ = other.findService_;
  bulletinLevel_ = other.bulletinLevel_;
}

void ComponentContext::wire(std::shared_ptr<const Wiring> wiring) {
  wiring_.store(std::move(wiring));
}

const ConfiguredProperty& ComponentContext::property(const PropertyInfo& info) const {
  return configuration_->property(info);
}

std::span<const ConfiguredProperty> ComponentContext::dynamicProperties() const {
  return configuration_->dynamicProperties();
}

Random ComponentContext::chance() const {
  return Random(world_.chance.fetch_add(1, std::memory_order_relaxed));
}

template <typename Evaluate>
auto ComponentContext::evaluateWith(const ConfiguredProperty& property, const AttributeSource* file,
                                    const AttributeSource* state, Evaluate&& evaluate) const {
  Random random = chance();
  const expression::EvaluationInput input{world_.expressions, random, file, state, name_};
  auto result = evaluate(property.expression(), input);
  if (revoked_) result = refusedToTerminated();
  if (!result.ok()) {
    Error error = std::move(result).error();
    error.message = fmt::format("property '{}': {}", property.name(), error.message);
    result = std::move(error);
  }
  return result;
}

Result<> ComponentContext::evaluateText(const ConfiguredProperty& property,
                                        const AttributeSource* file, std::string& into,
                                        const AttributeSource* state) const {
  if (property.isLiteral()) {
    into = property.text();
    return Done{};
  }
  return evaluateWith(property, file, state, [&](const auto& expression, const auto& input) {
    return expression.evaluate(input, into);
  });
}

Result<> ComponentContext::evaluateDecorated(const ConfiguredProperty& property,
                                             const AttributeSource* file,
                                             expression::CompiledExpression::Decorate decorate,
                                             std::string& into) const {
  if (property.isLiteral()) {
    into = property.text();
    return Done{};
  }
  return evaluateWith(property, file, nullptr, [&](const auto& expression, const auto& input) {
    return expression.evaluate(input, into, decorate);
  });
}

Result<bool> ComponentContext::evaluateBoolean(const ConfiguredProperty& property,
                                               const AttributeSource* file) const {
  if (property.isLiteral()) return property.text() == "true";
  return evaluateWith(property, file, nullptr, [](const auto& expression, const auto& input) {
    return expression.evaluateBoolean(input);
  });
}

std::optional<RelationshipIndex> ComponentContext::relationship(std::string_view name) const {
  return wiring_.load()->find(name);
}

bool ComponentContext::isConnected(const Relationship& relationship) const {
  const auto index = wiring_.load()->find(relationship);
  return index && isConnected(*index);
}

bool ComponentContext::isConnected(RelationshipIndex relationship) const {
  return !wiring_.load()->routes[relationship.index].connections.empty();
}

bool ComponentContext::hasRoom(RelationshipIndex relationship) const {
  const auto wiring = wiring_.load();
  for (const auto& queue : wiring->routes[relationship.index].connections) {
    if (queue->isFull()) return false;
  }
  return true;
}

bool ComponentContext::hasInput() const { return !wiring_.load()->inputs.empty(); }

void ComponentContext::yield() { yield(wiring_.load()->yield); }

void ComponentContext::yieldAbout() {
  const Nanos base = wiring_.load()->yield;
  yield(base + static_cast<Nanos>(random(static_cast<std::uint64_t>(base / 2) + 1)));
}

void ComponentContext::yield(Nanos duration) {
  const Nanos until = world_.clock.monotonic() + duration;
  Nanos seen = yieldedUntil_.load();
  while (seen < until && !yieldedUntil_.compare_exchange_weak(seen, until)) {
  }
}

Nanos ComponentContext::penaltyDuration() const { return wiring_.load()->penalty; }

std::uint64_t ComponentContext::random(std::uint64_t bound) { return chance().below(bound); }

std::string ComponentContext::randomUuid() {
  Random random = chance();
  return Uuid((random.next() & ~0xf000ULL) | 0x4000ULL, (random.next() >> 2) | (2ULL << 62)).text();
}

void ComponentContext::log(BulletinLevel level, std::string_view message,
                           std::string_view flowFile) {
  if (revoked_ || level == BulletinLevel::kNone) return;
  bulletins_.say({level, id_, name_, type_, message, flowFile}, bulletinLevel_);
}

ControllerService* ComponentContext::service(const Property<ServiceName>& property) {
  const ConfiguredProperty& configured = this->property(property.info);
  if (!configured.isSet() || !findService_) return nullptr;
  return findService_(configured.text());
}

}  // namespace millrace::engine
