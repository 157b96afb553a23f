// SPDX-License-Identifier: Apache-2.0
#pragma once
// Checks the properties of one component against what its type says. A part of validator.h.

#include "engine/flow/parameters.h"
#include "engine/flow/validator.h"

#include <unordered_map>

namespace millrace::flow {

/// Services by name, as seen from one group: its own and those of the groups around it.
using ServiceScope = std::unordered_map<std::string_view, const Service*>;

struct AttributeUse {
  std::string attribute;
  std::string property;
  SourcePosition at;
};

/// One component under check.
struct CheckedComponent {
  const ComponentInfo& info;
  const Properties& properties;
  const std::string& path;
  SourcePosition at;
  Severity severity = Severity::kError;
};

class SettingsCheck {
 public:
  SettingsCheck(const Catalog& catalog, const ValidationOptions& options,
                const ParameterScope& parameters, const ServiceScope& services, Findings& findings)
      : catalog_(catalog),
        options_(options),
        parameters_(parameters),
        services_(services),
        findings_(findings) {}

  /// Reports into the findings; yields the attributes that its expressions read.
  std::vector<AttributeUse> check(const CheckedComponent& component);

 private:
  struct Written {
    const PropertyInfo* info;  // null: dynamic
    const Property* property;
  };

  void report(const CheckedComponent& component, const Property* property, std::string message,
              std::string advice);
  std::vector<Written> match(const CheckedComponent& component);
  void checkReferences(const CheckedComponent& component, const Written& written);
  void checkExpression(const CheckedComponent& component, const Written& written,
                       ExpressionScope scope, std::vector<AttributeUse>& uses);
  void checkPlain(const CheckedComponent& component, const Written& written,
                  const std::string& value);
  void checkService(const CheckedComponent& component, const Written& written,
                    const std::string& name);
  void checkRequired(const CheckedComponent& component, const std::vector<Written>& written);

  const Catalog& catalog_;
  const ValidationOptions& options_;
  const ParameterScope& parameters_;
  const ServiceScope& services_;
  Findings& findings_;
};

/// The settings under the names of the catalog, defaults filled in, dynamic ones last.
std::vector<PropertySetting> effectiveSettings(const ComponentInfo& info,
                                               const Properties& properties);
/// All relationships that a component of this type has with these settings.
std::vector<RelationshipInfo> relationshipsWith(const ComponentInfo& info,
                                                const Properties& properties);
/// By name or alias.
bool means(const RelationshipInfo& relationship, std::string_view text);

}  // namespace millrace::flow
