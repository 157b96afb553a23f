// SPDX-License-Identifier: Apache-2.0
#include "server/builtin_types.h"

#include "processors/registry.h"

#include <algorithm>

namespace millrace::server {
namespace {

template <typename Descriptor>
const Descriptor* findIn(std::span<const Descriptor* const> descriptors, std::string_view type) {
  if (const std::size_t dot = type.find_last_of('.'); dot != std::string_view::npos)
    type.remove_prefix(dot + 1);
  for (const Descriptor* descriptor : descriptors) {
    const auto& aliases = descriptor->typeAliases;
    if (descriptor->type == type ||
        std::find(aliases.begin(), aliases.end(), type) != aliases.end()) {
      return descriptor;
    }
  }
  return nullptr;
}

}  // namespace

const ProcessorDescriptor* findProcessorType(std::string_view type) {
  return findIn(builtinProcessors(), type);
}

const ServiceDescriptor* findServiceType(std::string_view type) {
  return findIn(builtinServices(), type);
}

}  // namespace millrace::server
