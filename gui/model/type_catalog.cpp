// SPDX-License-Identifier: Apache-2.0
#include "gui/model/type_catalog.h"

#include "engine/flow/settings_check.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <algorithm>

namespace millrace::gui {
namespace {

using flow::ExpressionScope;
using flow::PropertyKind;

std::string text(const QJsonObject& object, const char* key) {
  return object[QLatin1String(key)].toString().toStdString();
}

std::vector<std::string> texts(const QJsonValue& list) {
  std::vector<std::string> result;
  for (const QJsonValue& item : list.toArray()) result.push_back(item.toString().toStdString());
  return result;
}

ExpressionScope scopeOf(const QString& name) {
  if (name == "environment") return ExpressionScope::kEnvironment;
  if (name == "none" || name.isEmpty()) return ExpressionScope::kNone;
  return ExpressionScope::kFlowFile;
}

PropertyKind kindOf(const QString& name) {
  const std::pair<const char*, PropertyKind> known[] = {
      {"integer", PropertyKind::kInteger},
      {"number", PropertyKind::kNumber},
      {"boolean", PropertyKind::kBoolean},
      {"duration", PropertyKind::kDuration},
      {"data size", PropertyKind::kDataSize},
      {"regular expression", PropertyKind::kRegex},
      {"character set", PropertyKind::kCharacterSet},
      {"file", PropertyKind::kFile},
      {"url", PropertyKind::kUrl},
      {"service", PropertyKind::kService},
  };
  for (const auto& [word, kind] : known) {
    if (name.compare(QLatin1String(word), Qt::CaseInsensitive) == 0) return kind;
  }
  return PropertyKind::kText;
}

flow::PropertyInfo propertyOf(const QJsonObject& object) {
  flow::PropertyInfo info;
  info.name = text(object, "name");
  info.description = text(object, "description");
  info.aliases = texts(object["aliases"]);
  if (object.contains("default")) info.defaultValue = text(object, "default");
  info.required = object["required"].toBool();
  info.sensitive = object["sensitive"].toBool();
  info.scope = scopeOf(object["scope"].toString());
  info.kind = kindOf(object["kind"].toString());
  info.serviceType = text(object, "serviceType");
  for (const QJsonValue& item : object["allowed"].toArray()) {
    const QJsonObject value = item.toObject();
    info.allowedValues.push_back(
        {text(value, "value"), texts(value["aliases"]), text(value, "description")});
  }
  const auto depend = [&](const QJsonObject& on) {
    if (!on.isEmpty()) info.dependsOn.push_back({text(on, "property"), texts(on["values"])});
  };
  if (object["dependsOn"].isArray()) {
    for (const QJsonValue& item : object["dependsOn"].toArray()) depend(item.toObject());
  } else {
    depend(object["dependsOn"].toObject());
  }
  return info;
}

flow::DynamicProperties dynamicOf(const QString& meaning) {
  if (meaning == "relationships" || meaning == "relationship")
    return flow::DynamicProperties::kRelationships;
  if (meaning == "attributes" || meaning == "attribute")
    return flow::DynamicProperties::kAttributes;
  if (meaning.isEmpty() || meaning == "none") return flow::DynamicProperties::kNone;
  return flow::DynamicProperties::kOther;
}

/// Under which choice of a property something exists; no property: always.
struct Condition {
  std::string property;
  std::vector<std::string> values;

  bool holds(const std::vector<flow::PropertySetting>& settings) const {
    if (property.empty()) return true;
    for (const flow::PropertySetting& setting : settings) {
      if (setting.name == property)
        return std::find(values.begin(), values.end(), setting.value) != values.end();
    }
    return false;
  }
};

Condition conditionOf(const QJsonObject& object) {
  const QJsonObject when = object["when"].toObject();
  return {text(when, "property"), texts(when["values"])};
}

/// Makes a type's relationships depend on its settings, where the descriptor says that they do.
void takeConditions(const QJsonObject& object, flow::ComponentInfo& info) {
  std::vector<Condition> declared;
  bool any = object["dynamic"].toObject().contains("when");
  for (const QJsonValue& item : object["relationships"].toArray()) {
    declared.push_back(conditionOf(item.toObject()));
    any = any || !declared.back().property.empty();
  }
  if (!any) return;
  std::vector<std::string> known;
  for (const flow::PropertyInfo& property : info.properties) known.push_back(property.name);
  const bool makes = info.dynamicProperties == flow::DynamicProperties::kRelationships;
  info.relationshipsFor = [all = info.relationships, declared, known, makes,
                           dynamic = conditionOf(object["dynamic"].toObject())](
                              const std::vector<flow::PropertySetting>& settings) {
    std::vector<flow::RelationshipInfo> result;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (declared[i].holds(settings)) result.push_back(all[i]);
    }
    if (!makes || !dynamic.holds(settings)) return result;
    for (const flow::PropertySetting& setting : settings) {
      if (std::find(known.begin(), known.end(), setting.name) == known.end())
        result.push_back({setting.name, {}, "The value holds: " + setting.value, false});
    }
    return result;
  };
}

flow::ComponentInfo infoOf(const QJsonObject& object, flow::ComponentKind kind) {
  flow::ComponentInfo info;
  info.type = text(object, "type");
  info.kind = kind;
  info.aliases = texts(object["aliases"]);
  info.summary = text(object, "summary");
  info.tags = texts(object["tags"]);
  const QString input = object["input"].toString();
  info.input = input == "forbidden"  ? flow::InputRequirement::kForbidden
               : input == "required" ? flow::InputRequirement::kRequired
                                     : flow::InputRequirement::kAllowed;
  for (const QJsonValue& item : object["properties"].toArray())
    info.properties.push_back(propertyOf(item.toObject()));
  const QJsonObject dynamic = object["dynamic"].toObject();
  info.dynamicProperties = dynamicOf(dynamic["meaning"].toString());
  info.dynamicScope = scopeOf(dynamic["scope"].toString());
  for (const QJsonValue& item : object["relationships"].toArray()) {
    const QJsonObject one = item.toObject();
    info.relationships.push_back({text(one, "name"), texts(one["aliases"]),
                                  text(one, "description"), one["autoTerminated"].toBool()});
  }
  for (const auto& [key, list] : {std::pair{"reads", &info.reads}, {"writes", &info.writes}}) {
    for (const QJsonValue& item : object[QLatin1String(key)].toArray())
      list->push_back({text(item.toObject(), "name"), text(item.toObject(), "description")});
  }
  takeConditions(object, info);
  info.provides = texts(object["provides"]);
  info.traits.batching = object["batching"].toBool();
  info.traits.serial = object["serial"].toBool();
  info.traits.blocking = object["blocking"].toBool();
  const QString effect = object["effect"].toString();
  info.traits.effectOutside = effect != "none" && !effect.isEmpty();
  info.traits.source = info.input == flow::InputRequirement::kForbidden;
  return info;
}

bool has(const flow::ComponentInfo& info, const char* tag) {
  return std::find(info.tags.begin(), info.tags.end(), tag) != info.tags.end();
}

}  // namespace

Result<> TypeCatalog::read(const QByteArray& json, flow::ComponentKind kind) {
  QList<QByteArray> pieces{json};
  if (!json.trimmed().startsWith('[')) pieces = json.split('\n');
  for (const QByteArray& piece : pieces) {
    if (piece.trimmed().isEmpty()) continue;
    QJsonParseError error{};
    const QJsonDocument document = QJsonDocument::fromJson(piece, &error);
    if (error.error != QJsonParseError::NoError)
      return Error::user("the descriptors of the component types are no JSON: " +
                         error.errorString().toStdString() + "; use a server of this version");
    QJsonArray list = document.array();
    if (document.isObject()) list.append(document.object());
    for (const QJsonValue& item : list) {
      if (!item.isObject() || item.toObject()["type"].toString().isEmpty())
        return Error::user("a descriptor has no type; use a server of this version");
      catalog_.add(infoOf(item.toObject(), kind));
    }
  }
  return Done{};
}

std::vector<flow::RelationshipInfo> TypeCatalog::relationshipsOf(
    const flow::Processor& processor) const {
  const flow::ComponentInfo* info = catalog_.find(processor.type);
  if (info == nullptr) return {};
  if (info->relationshipsFor)
    return info->relationshipsFor(flow::effectiveSettings(*info, processor.properties));
  std::vector<flow::RelationshipInfo> result = info->relationships;
  if (info->dynamicProperties == flow::DynamicProperties::kRelationships) {
    for (const flow::Property& property : processor.properties) {
      if (info->property(property.name) == nullptr)
        result.push_back({property.name, {}, "The value holds: " + property.value, false});
    }
  }
  return result;
}

Family TypeCatalog::familyOf(const std::string& type) const {
  const flow::ComponentInfo* info = catalog_.find(type);
  const QString name = QString::fromStdString(type);
  if (info != nullptr && info->input == flow::InputRequirement::kForbidden) return Family::kSource;
  if (name.startsWith("Route") || name.startsWith("Distribute") ||
      name.startsWith("DetectDuplicate"))
    return Family::kRoute;
  if (info != nullptr && (has(*info, "wait") || has(*info, "notify") || has(*info, "log") ||
                          has(*info, "throttle") || has(*info, "monitor") || has(*info, "counter")))
    return Family::kControl;
  if (info != nullptr && info->traits.effectOutside) return Family::kSink;
  if (name.startsWith("Put") || name.startsWith("Publish")) return Family::kSink;
  if (name.startsWith("Get") || name.startsWith("Tail") || name.startsWith("Generate") ||
      name.startsWith("Listen") || name.startsWith("Consume") || name.startsWith("List"))
    return Family::kSource;
  if (name.startsWith("Log") || name.startsWith("Control") || name.startsWith("Monitor"))
    return Family::kControl;
  if (name.contains("Attribute")) return Family::kAttributes;
  return Family::kTransform;
}

bool TypeCatalog::takesInput(const std::string& type) const {
  const flow::ComponentInfo* info = catalog_.find(type);
  return info == nullptr || info->input != flow::InputRequirement::kForbidden;
}

QString familyName(Family family) {
  switch (family) {
    case Family::kSource:
      return "Bring in";
    case Family::kSink:
      return "Deliver";
    case Family::kRoute:
      return "Route";
    case Family::kAttributes:
      return "Attributes";
    case Family::kControl:
      return "Control";
    case Family::kTransform:
      return "Transform";
  }
  return {};
}

}  // namespace millrace::gui
