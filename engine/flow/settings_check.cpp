// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/settings_check.h"

#include "engine/base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <unordered_set>

namespace millrace::flow {
namespace {

bool isWhole(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  return code == std::errc{} && end == text.data() + text.size();
}

bool isNumber(std::string_view text) {
  double number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  return code == std::errc{} && end == text.data() + text.size();
}

// What the kind refuses, in words; kinds that need a library of their own are left to `check`.
std::string refusedByKind(PropertyKind kind, const std::string& value) {
  switch (kind) {
    case PropertyKind::kInteger:
      return isWhole(value) ? "" : "is no whole number";
    case PropertyKind::kNumber:
      return isNumber(value) ? "" : "is no number";
    case PropertyKind::kBoolean:
      return value == "true" || value == "false" ? "" : "is neither true nor false";
    case PropertyKind::kDuration:
      return parseDuration(value).ok() ? "" : "is no duration such as '30 sec'";
    case PropertyKind::kDataSize:
      return parseDataSize(value).ok() ? "" : "is no data size such as '64 KB'";
    case PropertyKind::kText:
    case PropertyKind::kRegex:
    case PropertyKind::kCharacterSet:
    case PropertyKind::kFile:
    case PropertyKind::kUrl:
    case PropertyKind::kService:
      break;
  }
  return "";
}

bool isAllowed(const PropertyInfo& info, const std::string& value) {
  if (info.allowedValues.empty()) return true;
  return std::any_of(
      info.allowedValues.begin(), info.allowedValues.end(), [&](const AllowedValue& allowed) {
        return allowed.value == value || std::find(allowed.aliases.begin(), allowed.aliases.end(),
                                                   value) != allowed.aliases.end();
      });
}

// The value under the name that the catalog gives it.
std::string canonical(const PropertyInfo& info, const std::string& value) {
  for (const AllowedValue& allowed : info.allowedValues) {
    if (std::find(allowed.aliases.begin(), allowed.aliases.end(), value) != allowed.aliases.end())
      return allowed.value;
  }
  return value;
}

bool holds(const ComponentInfo& info, const std::vector<PropertySetting>& settings,
           const PropertyInfo& property) {
  return std::all_of(
      property.dependsOn.begin(), property.dependsOn.end(), [&](const Dependency& dependency) {
        const PropertyInfo* other = info.property(dependency.property);
        if (other == nullptr) return true;
        const auto set =
            std::find_if(settings.begin(), settings.end(),
                         [&](const PropertySetting& s) { return s.name == other->name; });
        if (set == settings.end()) return false;
        const auto& values = dependency.values;
        return values.empty() ||
               std::find(values.begin(), values.end(), set->value) != values.end();
      });
}

std::string listOf(const std::vector<AllowedValue>& values) {
  std::string result;
  for (const AllowedValue& value : values) result += (result.empty() ? "" : ", ") + value.value;
  return result;
}

}  // namespace

std::vector<PropertySetting> effectiveSettings(const ComponentInfo& info,
                                               const Properties& properties) {
  std::vector<PropertySetting> settings;
  for (const PropertyInfo& known : info.properties) {
    const auto written = std::find_if(
        properties.begin(), properties.end(),
        [&](const Property& property) { return info.property(property.name) == &known; });
    if (written != properties.end())
      settings.push_back({known.name, canonical(known, written->value)});
    else if (known.defaultValue)
      settings.push_back({known.name, *known.defaultValue});
  }
  for (const Property& property : properties) {
    if (info.property(property.name) == nullptr)
      settings.push_back({property.name, property.value});
  }
  return settings;
}

std::vector<RelationshipInfo> relationshipsWith(const ComponentInfo& info,
                                                const Properties& properties) {
  const std::vector<PropertySetting> settings = effectiveSettings(info, properties);
  if (info.relationshipsFor) return info.relationshipsFor(settings);
  std::vector<RelationshipInfo> result = info.relationships;
  if (info.dynamicProperties == DynamicProperties::kRelationships) {
    for (const Property& property : properties) {
      if (info.property(property.name) == nullptr) {
        RelationshipInfo& added = result.emplace_back();
        added.name = property.name;
      }
    }
  }
  return result;
}

bool means(const RelationshipInfo& relationship, std::string_view text) {
  return relationship.name == text ||
         std::find(relationship.aliases.begin(), relationship.aliases.end(), text) !=
             relationship.aliases.end();
}

void SettingsCheck::report(const CheckedComponent& component, const Property* property,
                           std::string message, std::string advice) {
  findings_.push_back({component.severity, property == nullptr ? component.at : property->at,
                       component.path, property == nullptr ? "" : property->name,
                       std::move(message), std::move(advice)});
}

std::vector<AttributeUse> SettingsCheck::check(const CheckedComponent& component) {
  std::vector<AttributeUse> uses;
  const std::vector<Written> written = match(component);
  for (const Written& one : written) {
    const ExpressionScope scope =
        one.info == nullptr ? component.info.dynamicScope : one.info->scope;
    checkReferences(component, one);
    const bool expression =
        scope != ExpressionScope::kNone && one.property->value.find("${") != std::string::npos;
    if (expression) {
      checkExpression(component, one, scope, uses);
    } else if (one.info != nullptr) {
      if (const auto plain = substituteParameters(one.property->value, parameters_))
        checkPlain(component, one, *plain);
    }
  }
  checkRequired(component, written);
  return uses;
}

std::vector<SettingsCheck::Written> SettingsCheck::match(const CheckedComponent& component) {
  std::vector<Written> result;
  std::unordered_map<const PropertyInfo*, const Property*> seen;
  std::vector<std::string> known;
  for (const PropertyInfo& info : component.info.properties) known.push_back(info.name);
  for (const Property& property : component.properties) {
    const PropertyInfo* info = component.info.property(property.name);
    if (info == nullptr && component.info.dynamicProperties == DynamicProperties::kNone) {
      std::string advice = didYouMean(property.name, known);
      if (advice.empty()) advice = fmt::format("see 'millrace processors {}'", component.info.type);
      report(component, &property, fmt::format("{} has no such property", component.info.type),
             std::move(advice));
      continue;
    }
    if (info != nullptr) {
      const auto [other, fresh] = seen.emplace(info, &property);
      if (!fresh) {
        report(component, &property,
               fmt::format("this property is set as '{}' already", other->second->name),
               "remove one of them");
        continue;
      }
    }
    result.push_back({info, &property});
  }
  return result;
}

void SettingsCheck::checkReferences(const CheckedComponent& component, const Written& written) {
  const std::string& value = written.property->value;
  const bool sensitive = written.info != nullptr && written.info->sensitive;
  const auto references = parameterReferences(value);
  const bool whole =
      references.size() == 1 && references[0].begin == 0 && references[0].end == value.size();
  if (sensitive && !whole && !value.empty())
    report(component, written.property, "a sensitive value does not belong in a flow file",
           "refer to a sensitive parameter, as '#{name}'");
  for (const ParameterReference& reference : references) {
    const auto found = parameters_.find(reference.name);
    if (found == parameters_.end()) {
      std::vector<std::string> known;
      for (const auto& [name, parameter] : parameters_) known.emplace_back(name);
      std::sort(known.begin(), known.end());
      std::string advice = didYouMean(reference.name, known);
      if (advice.empty())
        advice =
            "add it to the 'parameters' of this group (those of outer groups are not seen) "
            "or to its parameter context";
      report(component, written.property, fmt::format("there is no parameter '{}'", reference.name),
             std::move(advice));
    } else if (found->second->sensitive != sensitive && (whole || found->second->sensitive)) {
      report(component, written.property,
             fmt::format("the parameter '{}' is {}sensitive and the property is {}", reference.name,
                         found->second->sensitive ? "" : "not ", sensitive ? "sensitive" : "not"),
             "use a parameter that is as sensitive as the property");
    }
  }
}

void SettingsCheck::checkExpression(const CheckedComponent& component, const Written& written,
                                    ExpressionScope scope, std::vector<AttributeUse>& uses) {
  if (!options_.expressions) return;
  ExpressionReport found = options_.expressions(written.property->value, scope);
  if (found.error) {
    report(component, written.property, std::move(*found.error), "correct the expression");
    return;
  }
  if (scope != ExpressionScope::kFlowFile) return;
  for (std::string& attribute : found.attributes)
    uses.push_back({std::move(attribute), written.property->name, written.property->at});
}

void SettingsCheck::checkPlain(const CheckedComponent& component, const Written& written,
                               const std::string& value) {
  const PropertyInfo& info = *written.info;
  if (!isAllowed(info, value)) {
    std::vector<std::string> values;
    for (const AllowedValue& allowed : info.allowedValues) values.push_back(allowed.value);
    std::string advice = didYouMean(value, values);
    if (advice.empty()) advice = "write one of " + listOf(info.allowedValues);
    report(component, written.property, fmt::format("'{}' is no allowed value", value),
           std::move(advice));
    return;
  }
  if (info.kind == PropertyKind::kService) {
    checkService(component, written, value);
    return;
  }
  // Optional properties may be emptied to switch them off.
  if (value.empty() && !info.required) return;
  const std::string refused = refusedByKind(info.kind, value);
  if (!refused.empty()) {
    report(component, written.property, fmt::format("'{}' {}", value, refused),
           "correct the value");
  } else if (info.check) {
    if (auto reason = info.check(value))
      report(component, written.property, std::move(*reason), "correct the value");
  }
}

void SettingsCheck::checkService(const CheckedComponent& component, const Written& written,
                                 const std::string& name) {
  const std::string& wanted = written.info->serviceType;
  const auto found = services_.find(name);
  if (found == services_.end()) {
    std::vector<std::string> known;
    for (const auto& [other, service] : services_) known.emplace_back(other);
    std::sort(known.begin(), known.end());
    std::string advice = didYouMean(name, known);
    if (advice.empty()) advice = "add it to the 'services' of this group or of one around it";
    report(component, written.property, fmt::format("there is no service '{}' here", name),
           std::move(advice));
    return;
  }
  const Service& service = *found->second;
  const ComponentInfo* type = catalog_.find(service.type);
  if (type != nullptr && !wanted.empty() && type->type != wanted &&
      std::find(type->provides.begin(), type->provides.end(), wanted) == type->provides.end())
    report(component, written.property,
           fmt::format("the service '{}' is a {}, which is no {}", name, type->type, wanted),
           "name a service of that kind");
  if (!service.enabled)
    report(component, written.property, fmt::format("the service '{}' is disabled", name),
           "enable it, or name another");
}

void SettingsCheck::checkRequired(const CheckedComponent& component,
                                  const std::vector<Written>& written) {
  std::vector<PropertySetting> settings = effectiveSettings(component.info, component.properties);
  for (PropertySetting& setting : settings)
    setting.value = substituteParameters(setting.value, parameters_).value_or(setting.value);
  for (const PropertyInfo& info : component.info.properties) {
    if (!info.required || info.defaultValue || !holds(component.info, settings, info)) continue;
    if (std::any_of(written.begin(), written.end(),
                    [&](const Written& one) { return one.info == &info; }))
      continue;
    findings_.push_back({component.severity, component.at, component.path, info.name,
                         "this property is required and not set",
                         fmt::format("add '{}: …' to 'properties'", info.name)});
  }
}

}  // namespace millrace::flow
