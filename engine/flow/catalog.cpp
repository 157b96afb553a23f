// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/catalog.h"

#include <algorithm>

namespace millrace::flow {

const PropertyInfo* ComponentInfo::property(std::string_view name) const {
  for (const PropertyInfo& info : properties) {
    if (info.name == name) return &info;
  }
  for (const PropertyInfo& info : properties) {
    if (std::find(info.aliases.begin(), info.aliases.end(), name) != info.aliases.end())
      return &info;
  }
  return nullptr;
}

void Catalog::add(ComponentInfo info) {
  const auto known =
      std::find_if(components_.begin(), components_.end(),
                   [&](const ComponentInfo& other) { return other.type == info.type; });
  const auto place = static_cast<std::size_t>(known - components_.begin());
  byName_[info.type] = place;
  for (const std::string& alias : info.aliases) byName_[alias] = place;
  if (known == components_.end())
    components_.push_back(std::move(info));
  else
    *known = std::move(info);
}

const ComponentInfo* Catalog::find(std::string_view type) const {
  auto found = byName_.find(std::string(type));
  if (found == byName_.end()) {
    const std::size_t dot = type.rfind('.');
    if (dot == std::string_view::npos) return nullptr;
    found = byName_.find(std::string(type.substr(dot + 1)));
  }
  return found == byName_.end() ? nullptr : &components_[found->second];
}

std::vector<std::string> Catalog::types(ComponentKind kind) const {
  std::vector<std::string> result;
  for (const ComponentInfo& info : components_) {
    if (info.kind == kind) result.push_back(info.type);
  }
  return result;
}

}  // namespace millrace::flow
