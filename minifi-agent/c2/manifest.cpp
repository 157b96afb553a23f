// SPDX-License-Identifier: Apache-2.0
#include "minifi-agent/c2/manifest.h"

#include "minifi-agent/c2/json_builder.h"

namespace millrace::agent {
namespace {

template <typename Descriptor>
void addType(JsonBuilder& json, const Descriptor& descriptor, std::string_view version) {
  json.open('{').member("group", "millrace").member("artifact", "millrace-agent");
  json.member("version", version).member("type", descriptor.type);
  json.member("typeDescription", descriptor.summary);
  json.key("propertyDescriptors").open('{');
  for (const PropertyInfo* info : descriptor.properties) {
    json.key(info->name).open('{').member("name", info->name);
    json.member("description", info->description).member("required", info->required);
    json.member("sensitive", info->sensitive);
    if (info->defaultValue) json.member("defaultValue", *info->defaultValue);
    if (!info->allowed.empty()) {
      json.key("allowableValues").open('[');
      for (const AllowedValue& each : info->allowed)
        json.open('{').member("value", each.value).close('}');
      json.close(']');
    }
    json.close('}');
  }
  json.close('}').member("supportsDynamicProperties",
                         descriptor.dynamic != DynamicProperties::kNone);
}

}  // namespace

std::string writeManifest(std::string_view version, std::string_view architecture,
                          std::span<const ProcessorDescriptor* const> processors,
                          std::span<const ServiceDescriptor* const> services) {
  JsonBuilder json;
  json.open('{').member("identifier", "millrace-agent").member("agentType", "millrace");
  json.member("version", version).key("buildInfo").open('{').member("version", version);
  json.member("targetArch", architecture).close('}');
  json.key("bundles").open('[').open('{').member("group", "millrace");
  json.member("artifact", "millrace-agent").member("version", version);
  json.key("componentManifest").open('{').key("processors").open('[');
  for (const ProcessorDescriptor* each : processors) {
    addType(json, *each, version);
    json.key("supportedRelationships").open('[');
    for (const Relationship* relationship : each->relationships)
      json.open('{').member("name", relationship->name).close('}');
    json.close(']').close('}');
  }
  json.close(']').key("controllerServices").open('[');
  for (const ServiceDescriptor* each : services) {
    addType(json, *each, version);
    json.close('}');
  }
  json.close(']').close('}').close('}').close(']');
  json.key("supportedOperations").open('[');
  for (const char* each : {"acknowledge", "clear", "describe", "start", "stop", "update"})
    json.open('{').member("type", each).close('}');
  json.close(']').close('}');
  return json.text();
}

}  // namespace millrace::agent
