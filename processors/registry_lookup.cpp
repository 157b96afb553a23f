// SPDX-License-Identifier: Apache-2.0
#include "processors/registry.h"

namespace millrace {
namespace {

/// A NiFi class name (`org.apache.nifi.processors.standard.GetFile`) is found by its last part.
std::string_view simpleName(std::string_view type) {
  const std::size_t dot = type.find_last_of('.');
  return dot == std::string_view::npos ? type : type.substr(dot + 1);
}

template <typename Descriptor>
const Descriptor* find(std::span<const Descriptor* const> all, std::string_view type) {
  const std::string_view name = simpleName(type);
  for (const Descriptor* descriptor : all) {
    if (descriptor->type == name) return descriptor;
    for (const std::string_view alias : descriptor->typeAliases) {
      if (alias == name) return descriptor;
    }
  }
  return nullptr;
}

}  // namespace

const ProcessorDescriptor* findProcessorType(std::string_view type) {
  return find(builtinProcessors(), type);
}
const ServiceDescriptor* findServiceType(std::string_view type) {
  return find(builtinServices(), type);
}

}  // namespace millrace
