// SPDX-License-Identifier: Apache-2.0
#include "engine/control/service_host.h"

#include "engine/control/configuration.h"
#include "engine/control/journalled_state.h"
#include "engine/control/parameter_lookup.h"
#include "engine/flow/paths.h"

#include <fmt/format.h>

namespace millrace::engine {

/// One service: its instance and the context that it sees.
class ServiceHost::Service final : public ServiceContext {
 public:
  Service(const ServiceHost& host, const ServiceDescriptor& descriptor, std::string groupPath,
          std::string path, std::shared_ptr<ServiceState> state)
      : host_(host),
        state_(std::move(state)),
        groupPath_(std::move(groupPath)),
        path_(std::move(path)),
        shape_(configurationShape(descriptor)),
        type_(descriptor.type),
        instance_(descriptor.make()) {}

  Result<> configure(std::span<const PropertyText> properties,
                     const expression::ParameterResolver& parameters) {
    configuration_ = MR_TRY(Configuration::make(shape_, properties, parameters));
    return Done{};
  }
  Result<> enable() {
    MR_TRY(instance_->onEnabled(*this));
    enabled_ = true;
    return Done{};
  }
  void disable() {
    if (enabled_) instance_->onDisabled(*this);
    enabled_ = false;
  }
  bool enabled() const { return enabled_; }
  ControllerService* instance() { return enabled_ ? instance_.get() : nullptr; }
  const Configuration& configuration() const { return *configuration_; }

  const ConfiguredProperty& property(const PropertyInfo& info) const override {
    return configuration_->property(info);
  }
  std::span<const ConfiguredProperty> dynamicProperties() const override {
    return configuration_->dynamicProperties();
  }
  Result<> evaluateText(const ConfiguredProperty& property, std::string& into) const override {
    if (property.isLiteral()) {
      into = property.text();
      return Done{};
    }
    Random random(host_.world_.chance.fetch_add(1, std::memory_order_relaxed));
    const expression::EvaluationInput input{host_.world_.expressions, random, nullptr, nullptr,
                                            path_};
    return property.expression().evaluate(input, into);
  }
  FileSystem& files() override { return host_.world_.files; }
  Clock& clock() override { return host_.world_.clock; }
  net::Network& network() override { return host_.world_.network; }
  millrace::log::Log* embeddedLog() override { return host_.world_.log; }
  void log(BulletinLevel level, std::string_view message) override {
    if (level == BulletinLevel::kNone) return;
    host_.bulletins_.say({level, ComponentId(), path_, type_, message, {}}, bulletinLevel);
  }
  std::string_view serviceName() const override { return path_; }
  ControllerService* service(const Property<ServiceName>& property) override {
    const ConfiguredProperty& configured = configuration_->property(property.info);
    return configured.isSet() ? host_.find(groupPath_, configured.text()) : nullptr;
  }

  std::vector<ControllerService*> services() override { return host_.enabled(); }
  ServiceState& state() override { return *state_; }

  std::string fingerprint;
  BulletinLevel bulletinLevel = BulletinLevel::kWarn;

 private:
  const ServiceHost& host_;
  const std::shared_ptr<ServiceState> state_;
  const std::string groupPath_;
  const std::string path_;
  ProcessorDescriptor shape_;
  const std::string_view type_;
  std::unique_ptr<ControllerService> instance_;
  std::shared_ptr<const Configuration> configuration_;
  std::atomic<bool> enabled_{false};
};

struct ServiceHost::Planned {
  std::string path;
  std::shared_ptr<Service> service;
};

ServiceHost::ServiceHost(World world, Store& store, Bulletins& bulletins, FindServiceType findType)
    : world_(world), store_(store), bulletins_(bulletins), findType_(std::move(findType)) {}

ServiceHost::~ServiceHost() {
  for (auto& [path, service] : services_) service->disable();
}

std::map<std::string, std::string> ServiceHost::problems() const {
  MutexLock lock(mutex_);
  return problems_;
}

Result<> ServiceHost::apply(const flow::Flow& flow, const ParameterOverrides& overrides,
                            Incomplete incomplete) {
  const bool keep = incomplete == Incomplete::kKeep;
  std::vector<Planned> planned;
  std::string problems;
  std::map<std::string, std::string> byPath;
  const auto problem = [&](const std::string& path, std::string_view text) {
    problems += fmt::format("{}{}: {}", problems.empty() ? "" : "\n", path, text);
    byPath[path] = text;
  };
  const std::function<void(const flow::Group&, const std::string&)> walk =
      [&](const flow::Group& group, const std::string& groupPath) {
        for (const flow::Service& service : group.services) {
          if (!service.enabled || service.unsupported) continue;
          const std::string path = flow::joinPath(groupPath, service.name);
          const ServiceDescriptor* descriptor = findType_(service.type);
          if (descriptor == nullptr) {
            problem(path, fmt::format("there is no service type '{}'", service.type));
            continue;
          }
          std::vector<PropertyText> texts;
          std::string fingerprint =
              fmt::format("{} {}", service.type, static_cast<int>(service.bulletinLevel));
          const auto parameter = [&](std::string_view name) {
            return parameterValue(flow, group, overrides, name);
          };
          for (const flow::Property& property : service.properties) {
            texts.emplace_back(property.name, property.value);
            fingerprint += fmt::format("\n{}={}", property.name, property.value);
          }
          fingerprint += parameterFingerprint(texts, parameter);
          {
            MutexLock lock(mutex_);
            if (const auto known = services_.find(path);
                known != services_.end() && known->second->fingerprint == fingerprint) {
              planned.push_back({path, known->second});
              continue;
            }
          }
          auto made = std::make_shared<Service>(*this, *descriptor, groupPath, path,
                                                stateOf(ComponentId(service.id.raw())));
          made->fingerprint = std::move(fingerprint);
          made->bulletinLevel = bulletinLevelOf(service.bulletinLevel);
          if (auto configured = made->configure(texts, parameter); !configured.ok()) {
            problem(path, configured.error().message);
            continue;
          }
          planned.push_back({path, std::move(made)});
        }
        for (const flow::Group& inner : group.groups)
          walk(inner, flow::joinPath(groupPath, inner.name));
      };
  walk(flow.root, "");
  if (!keep && !problems.empty()) return Error::user(problems);
  const std::map<std::string, std::string> notMade = byPath;

  {
    MutexLock lock(mutex_);
    std::map<std::string, std::shared_ptr<Service>> next;
    for (const Planned& plan : planned) next[plan.path] = plan.service;
    for (auto& [path, service] : services_) {
      const auto kept = next.find(path);
      if (kept == next.end() || kept->second != service) replaced_.push_back(service);
    }
    services_ = std::move(next);
  }
  // A service that names another one that is not enabled yet fails, and is tried again after the
  // others.
  std::size_t left = planned.size() + 1;
  while (true) {
    std::size_t waiting = 0;
    problems.clear();
    byPath = notMade;
    for (const Planned& plan : planned) {
      if (plan.service->enabled()) continue;
      if (auto enabled = plan.service->enable(); !enabled.ok()) {
        ++waiting;
        problem(plan.path, enabled.error().message);
      }
    }
    if (waiting == 0 || waiting >= left) break;
    left = waiting;
  }
  {
    MutexLock lock(mutex_);
    problems_ = byPath;
  }
  if (problems.empty()) return Done{};
  if (!keep) return Error::user(problems);
  for (const auto& [path, why] : byPath)
    bulletins_.raise(BulletinLevel::kError, ComponentId(), path, "is not enabled: " + why);
  return Done{};
}

std::shared_ptr<ServiceState> ServiceHost::stateOf(ComponentId service) {
  auto& state = states_[service];
  if (state == nullptr) state = std::make_shared<JournalledState>(store_, service);
  return state;
}

void ServiceHost::disableReplaced() {
  std::vector<std::shared_ptr<Service>> replaced;
  {
    MutexLock lock(mutex_);
    replaced = replaced_;
  }
  for (const auto& service : replaced) service->disable();
}

std::vector<ControllerService*> ServiceHost::enabled() const {
  std::vector<ControllerService*> services;
  MutexLock lock(mutex_);
  for (const auto& [path, service] : services_) {
    if (ControllerService* const instance = service->instance()) services.push_back(instance);
  }
  return services;
}

ControllerService* ServiceHost::find(std::string_view groupPath, std::string_view name) const {
  std::string group(groupPath);
  MutexLock lock(mutex_);
  while (true) {
    const auto found = services_.find(flow::joinPath(group, name));
    if (found != services_.end()) return found->second->instance();
    if (group.empty()) return nullptr;
    std::vector<std::string> names = flow::splitPath(group);
    names.pop_back();
    group.clear();
    for (const std::string& part : names) group = flow::joinPath(group, part);
  }
}

}  // namespace millrace::engine
