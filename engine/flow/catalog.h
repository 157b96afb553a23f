// SPDX-License-Identifier: Apache-2.0
#pragma once
// Catalog: what validation, forms and documents need to know about component types, as plain data.
// Whoever knows processors and services (the registry built from their descriptors) fills it in;
// nothing here depends on them. A name means its aliases too: files keep what was written.
// Threads: constant once filled; then any thread may read.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace millrace::flow {

/// Where a property's expressions may look.
enum class ExpressionScope : unsigned char {
  kNone,         ///< plain text: `${` has no meaning
  kEnvironment,  ///< parameters, environment and system values, no FlowFile
  kFlowFile,     ///< the attributes of the FlowFile too
};

enum class PropertyKind : unsigned char {
  kText,
  kInteger,
  kNumber,
  kBoolean,
  kDuration,
  kDataSize,
  kRegex,
  kCharacterSet,
  kFile,
  kUrl,
  kService,  ///< the name of a service of type `serviceType`
};

enum class ComponentKind : unsigned char { kProcessor, kService };
enum class InputRequirement : unsigned char { kForbidden, kAllowed, kRequired };

struct AllowedValue {
  std::string value;
  std::vector<std::string> aliases;
  std::string description;
};

/// The property counts only while another has one of these values (any value when empty).
struct Dependency {
  std::string property;
  std::vector<std::string> values;
};

struct PropertyInfo {
  std::string name;
  std::vector<std::string> aliases;
  std::string description;
  std::optional<std::string> defaultValue;
  std::vector<AllowedValue> allowedValues;  ///< empty: any
  bool required = false;
  bool sensitive = false;
  ExpressionScope scope = ExpressionScope::kNone;
  PropertyKind kind = PropertyKind::kText;
  std::string serviceType;            ///< kService: what the service must provide
  std::vector<Dependency> dependsOn;  ///< all of them must hold
  /// A check beyond the kind (a regex compiles, a list parses): the reason of a refusal in words,
  /// or nothing. May be empty. Called with plain text only, never with expressions inside.
  std::function<std::optional<std::string>(std::string_view)> check;
};

struct RelationshipInfo {
  std::string name;
  std::vector<std::string> aliases;
  std::string description;
  bool autoTerminatedByDefault = false;
};

struct AttributeInfo {
  std::string name;  ///< may end in `*`: every attribute that begins so
  std::string description;
};

/// What a dynamic property means to its type.
enum class DynamicProperties : unsigned char {
  kNone,           ///< not allowed
  kOther,          ///< allowed; the type says what they are
  kAttributes,     ///< each writes the attribute of its name
  kRelationships,  ///< each is a relationship of its name
};

struct ComponentTraits {
  bool batching = false;
  bool serial = false;
  bool blocking = false;
  bool source = false;  ///< makes FlowFiles of its own
  bool effectOutside = false;
};

struct PropertySetting {
  std::string name;
  std::string value;
};

struct ComponentInfo {
  std::string type;
  ComponentKind kind = ComponentKind::kProcessor;
  std::vector<std::string> aliases;
  std::string summary;
  std::vector<std::string> tags;
  InputRequirement input = InputRequirement::kAllowed;
  std::vector<PropertyInfo> properties;
  DynamicProperties dynamicProperties = DynamicProperties::kNone;
  ExpressionScope dynamicScope = ExpressionScope::kNone;
  std::vector<RelationshipInfo> relationships;
  /// Where the relationships depend on the settings (a routing strategy): all of them for these.
  /// When empty: `relationships`, and one for each dynamic property if kRelationships.
  std::function<std::vector<RelationshipInfo>(const std::vector<PropertySetting>&)>
      relationshipsFor;
  std::vector<AttributeInfo> reads;  ///< attributes without which it cannot do its work
  std::vector<AttributeInfo> writes;
  bool writesAnyAttribute = false;    ///< names known only from the data (headers, JSON fields)
  std::vector<std::string> provides;  ///< of a service: what it can be used as
  ComponentTraits traits;

  const PropertyInfo* property(std::string_view name) const;  ///< by name or alias
};

class Catalog {
 public:
  /// A type that is there already is replaced.
  void add(ComponentInfo info);
  /// By type or alias; a NiFi class name (`org.apache.nifi.….GetFile`) is found by its last part.
  const ComponentInfo* find(std::string_view type) const;
  const std::vector<ComponentInfo>& components() const { return components_; }
  std::vector<std::string> types(ComponentKind kind) const;

 private:
  std::vector<ComponentInfo> components_;
  std::unordered_map<std::string, std::size_t> byName_;
};

}  // namespace millrace::flow
