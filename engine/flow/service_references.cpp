// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/service_references.h"

#include "engine/flow/paths.h"

#include <algorithm>
#include <map>

namespace millrace::flow {
namespace {

struct Placed {
  const Service* service = nullptr;
  std::string path;
};
using Scope = std::map<std::string, Placed, std::less<>>;

class Walk {
 public:
  Walk(const WantedService& wanted, const PropertyValue& value) : wanted_(wanted), value_(value) {}

  std::vector<ServiceReference> of(const Flow& flow) {
    visit(flow.root, "", {});
    return std::move(found_);
  }

 private:
  void visit(const Group& group, const std::string& path, Scope scope) {
    for (const Service& service : group.services)
      scope.insert_or_assign(service.name, Placed{&service, joinPath(path, service.name)});
    for (const Service& service : group.services) {
      if (service.enabled && !service.unsupported)
        add(group, scope, ElementKind::kService, service, service.type, service.properties,
            joinPath(path, service.name));
    }
    for (const Processor& processor : group.processors) {
      if (processor.state != RunState::kDisabled && !processor.unsupported)
        add(group, scope, ElementKind::kProcessor, processor, processor.type, processor.properties,
            joinPath(path, processor.name));
    }
    for (const Group& inner : group.groups) visit(inner, joinPath(path, inner.name), scope);
  }

  void add(const Group& group, const Scope& scope, ElementKind kind, const Element& user,
           const std::string& type, const Properties& properties, const std::string& path) {
    for (const Property& property : properties) {
      if (!wanted_(kind, type, property.name)) continue;
      ServiceReference reference;
      reference.user = path;
      reference.userType = type;
      if (kind == ElementKind::kService) reference.userService = static_cast<const Service*>(&user);
      reference.property = &property;
      reference.name = value_(group, property.value);
      if (reference.name.empty()) continue;
      if (const auto known = scope.find(reference.name); known != scope.end()) {
        reference.used = known->second.service;
        reference.usedPath = known->second.path;
      }
      found_.push_back(std::move(reference));
    }
  }

  const WantedService& wanted_;
  const PropertyValue& value_;
  std::vector<ServiceReference> found_;
};

}  // namespace

std::vector<ServiceReference> serviceReferences(const Flow& flow, const WantedService& wanted,
                                                const PropertyValue& value) {
  return Walk(wanted, value).of(flow);
}

std::vector<std::vector<std::string>> serviceCycles(
    const std::vector<ServiceReference>& references) {
  std::map<std::string, std::vector<std::string>> uses;
  for (const ServiceReference& reference : references) {
    if (reference.userService != nullptr && reference.used != nullptr)
      uses[reference.user].push_back(reference.usedPath);
  }
  enum class Mark : unsigned char { kNew, kOpen, kDone };
  std::map<std::string, Mark> marks;
  std::vector<std::vector<std::string>> cycles;
  struct Step {
    std::string path;
    std::size_t next = 0;
  };
  for (const auto& [start, ignored] : uses) {
    if (marks[start] != Mark::kNew) continue;
    // A stack, not recursion: the chain may be as long as the file allows.
    std::vector<Step> stack{{start}};
    marks[start] = Mark::kOpen;
    while (!stack.empty()) {
      Step& step = stack.back();
      const auto named = uses.find(step.path);
      if (named == uses.end() || step.next == named->second.size()) {
        marks[step.path] = Mark::kDone;
        stack.pop_back();
        continue;
      }
      const std::string& used = named->second[step.next++];
      Mark& mark = marks[used];
      if (mark == Mark::kNew) {
        mark = Mark::kOpen;
        stack.push_back({used});
      } else if (mark == Mark::kOpen) {
        std::vector<std::string> cycle;
        const auto first = std::find_if(stack.begin(), stack.end(),
                                        [&](const Step& open) { return open.path == used; });
        for (auto open = first; open != stack.end(); ++open) cycle.push_back(open->path);
        cycle.push_back(used);
        cycles.push_back(std::move(cycle));
      }
    }
  }
  return cycles;
}

}  // namespace millrace::flow
