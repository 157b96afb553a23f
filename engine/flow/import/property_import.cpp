// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/import/property_import.h"

#include "engine/flow/parameters.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::flow {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return text;
}

bool isWhole(const std::string& text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool isTrue(const YamlNode& descriptor, std::string_view key) {
  const YamlEntry* entry = descriptor.find(key);
  return entry != nullptr && entry->value.text == "true";
}

class PropertyImport {
 public:
  PropertyImport(SourceObject& source, const ComponentInfo* info, const std::string& component,
                 ImportSite& site)
      : source_(source), info_(info), component_(component), site_(site) {
    descriptors_ = source.find({"propertyDescriptors"});
  }

  Properties read() {
    const YamlNode* map = source_.find({"Properties", "properties"});
    if (map == nullptr) return {};
    if (!map->isMap()) {
      if (!map->items.empty() || !map->text.empty())
        source_.wrong(*map, "'properties' must be a mapping", "write name: value");
      return {};
    }
    for (const YamlEntry& entry : map->entries) readOne(entry);
    return std::move(properties_);
  }

 private:
  struct Written {
    const YamlEntry& entry;
    const PropertyInfo* known;
    const YamlNode* descriptor;
    std::string name;
    bool sensitive() const {
      return (known != nullptr && known->sensitive) ||
             (known == nullptr && descriptor != nullptr && isTrue(*descriptor, "sensitive"));
    }
  };

  void loss(const Written& written, std::string message, std::string advice = {}) {
    site_.context.report.loss(written.entry.key.at, source_.component(), std::move(message),
                              std::move(advice));
  }

  Written look(const YamlEntry& entry) const {
    Written written{entry, nullptr, nullptr, entry.key.text};
    if (descriptors_ != nullptr && descriptors_->isMap()) {
      if (const YamlEntry* found = descriptors_->find(entry.key.text))
        written.descriptor = &found->value;
    }
    if (info_ == nullptr) return written;
    written.known = info_->property(entry.key.text);
    if (written.known == nullptr && written.descriptor != nullptr &&
        !isTrue(*written.descriptor, "dynamic")) {
      if (const YamlEntry* shown = written.descriptor->find("displayName"))
        written.known = info_->property(shown->value.text);
    }
    if (written.known != nullptr) written.name = written.known->name;
    return written;
  }

  void readOne(const YamlEntry& entry) {
    const Written written = look(entry);
    if (entry.value.isNull() || (entry.value.isSequence() && entry.value.items.empty())) {
      if (written.sensitive())
        loss(written,
             fmt::format("the sensitive property '{}' has no value in the file", written.name),
             "set it to a sensitive parameter, as '#{name}', if it had one");
      return;
    }
    std::optional<std::string> text = textOf(written);
    if (!text) return;
    if (info_ != nullptr && written.known == nullptr &&
        info_->dynamicProperties == DynamicProperties::kNone) {
      loss(written,
           fmt::format("{} has no property '{}' here; it was left out", info_->type, written.name));
      return;
    }
    std::string value = valueOf(written, std::move(*text));
    if (written.known != nullptr && written.known->defaultValue == value) return;
    const bool twice =
        std::any_of(properties_.begin(), properties_.end(),
                    [&](const Property& property) { return property.name == written.name; });
    if (twice)
      loss(written, fmt::format("'{}' is '{}' under another name, which stands here too; it was "
                                "left out",
                                entry.key.text, written.name));
    else
      properties_.push_back({written.name, std::move(value), entry.key.at, entry.value.at});
  }

  // One text; several values of a list are joined. Nothing, and an error, for any other shape.
  std::optional<std::string> textOf(const Written& written) {
    const YamlNode& value = written.entry.value;
    if (value.isScalar()) return value.text;
    if (const YamlEntry* inner = value.find("value"); inner != nullptr && inner->value.isScalar())
      return inner->value.text;
    std::string joined;
    for (const YamlNode& item : value.items) {
      const YamlEntry* inner = item.find("value");
      const YamlNode& part = inner == nullptr ? item : inner->value;
      if (!part.isScalar() && !part.isNull()) {
        source_.wrong(item, fmt::format("the property '{}' must hold texts", written.name),
                      "correct the file");
        return std::nullopt;
      }
      joined += (joined.empty() ? "" : ",") + serviceName(written, part.text);
    }
    if (value.isMap()) {
      source_.wrong(value, fmt::format("the property '{}' must be a text", written.name),
                    "correct the file");
      return std::nullopt;
    }
    if (value.items.size() > 1)
      loss(written, fmt::format("the {} values of '{}' became one text, separated by commas",
                                value.items.size(), written.name));
    return joined;
  }

  bool isService(const Written& written) const {
    if (written.known != nullptr) return written.known->kind == PropertyKind::kService;
    if (written.descriptor == nullptr) return false;
    return isTrue(*written.descriptor, "identifiesControllerService");
  }

  std::string serviceName(const Written& written, const std::string& text) {
    const auto& services = site_.around.services;
    const auto found = services.find(text);
    // A name counts only where a service is meant, an id (36 characters of a UUID) everywhere.
    const bool id = text.size() == 36 && std::count(text.begin(), text.end(), '-') == 4;
    if (found != services.end() && (id || isService(written))) return found->second;
    const auto& external = site_.context.externalServices;
    if (const auto outside = external.find(text); outside != external.end()) {
      loss(
          written,
          fmt::format("the service '{}' of '{}' is not in the file", outside->second, written.name),
          "add a service of this name");
      return outside->second;
    }
    if (isService(written) && id)
      loss(written, fmt::format("the service {} of '{}' is not in the file", text, written.name),
           "add the service and write its name");
    return text;
  }

  std::string valueOf(const Written& written, std::string text) {
    if (written.sensitive() || text.starts_with("enc{")) {
      const auto references = parameterReferences(text);
      const bool whole =
          references.size() == 1 && references[0].begin == 0 && references[0].end == text.size();
      if (whole || text.empty()) return text;
      text = secretReference(component_, written.name, site_.group);
      loss(written,
           fmt::format("the secret in '{}' was left out and is the sensitive parameter {} now",
                       written.name, text),
           "set the parameter where the flow runs");
      return text;
    }
    text = serviceName(written, text);
    if (text.find("@{asset-id:") != std::string::npos)
      loss(written, fmt::format("'{}' refers to an asset, which stays as text", written.name),
           "write the path of the file");
    text = site_.around.variables.rewrite(text, site_.group);
    return written.known == nullptr ? text : canonical(*written.known, std::move(text));
  }

  // The spelling of the catalog: an alias, other capitals, a number without the unit it needs.
  static std::string canonical(const PropertyInfo& known, std::string text) {
    for (const AllowedValue& allowed : known.allowedValues) {
      if (allowed.value == text) return text;
    }
    for (const AllowedValue& allowed : known.allowedValues) {
      const auto& aliases = allowed.aliases;
      if (std::find(aliases.begin(), aliases.end(), text) != aliases.end()) return allowed.value;
    }
    for (const AllowedValue& allowed : known.allowedValues) {
      if (lower(allowed.value) == lower(text)) return allowed.value;
    }
    if (known.kind == PropertyKind::kBoolean && (lower(text) == "true" || lower(text) == "false"))
      return lower(text);
    if (known.kind == PropertyKind::kDataSize && isWhole(text)) return text + " B";
    if (known.kind == PropertyKind::kDuration && text == "0") return "0 sec";
    return text;
  }

  SourceObject& source_;
  const ComponentInfo* info_;
  const std::string& component_;
  ImportSite& site_;
  const YamlNode* descriptors_ = nullptr;
  Properties properties_;
};

}  // namespace

Properties readProperties(SourceObject& source, const ComponentInfo* info,
                          const std::string& component, ImportSite& site) {
  return PropertyImport(source, info, component, site).read();
}

std::string secretReference(const std::string& component, const std::string& property,
                            Group& group) {
  const std::string base = parameterNameOf(component + "." + property);
  std::string name = base;
  const auto taken = [&](const Parameter& parameter) { return parameter.name == name; };
  for (int number = 2; std::any_of(group.parameters.begin(), group.parameters.end(), taken);
       ++number)
    name = fmt::format("{}-{}", base, number);
  Parameter& parameter = group.parameters.emplace_back();
  parameter.name = name;
  parameter.sensitive = true;
  return "#{" + name + "}";
}

}  // namespace millrace::flow
