// SPDX-License-Identifier: Apache-2.0
// The rows of the inspector's page of properties: made from the descriptor, and those that were
// added by name.

#include "gui/inspector/inspector.h"
#include "gui/model/users_of.h"

#include <algorithm>

namespace millrace::gui {

using flow::ElementId;
using flow::ElementKind;
using Row = Form::Row;

namespace {

constexpr QLatin1String kNewService("New ");

const flow::Properties* propertiesOf(const Component& component) {
  if (const flow::Processor* processor = component.processor()) return &processor->properties;
  if (const auto* service = std::get_if<flow::Service>(&component.value))
    return &service->properties;
  return nullptr;
}

}  // namespace

std::optional<std::string> Inspector::valueOf(const Component& component,
                                              const std::string& name) const {
  const flow::Properties* properties = propertiesOf(component);
  if (properties == nullptr) return std::nullopt;
  for (const flow::Property& property : *properties) {
    if (property.name == name) return property.value;
  }
  return std::nullopt;
}

bool Inspector::counts(const flow::PropertyInfo& info) const {
  const Component* component = first();
  const flow::ComponentInfo* type = editor_.types().find(
      component->processor() != nullptr ? component->processor()->type
                                        : std::get<flow::Service>(component->value).type);
  return std::all_of(info.dependsOn.begin(), info.dependsOn.end(), [&](const flow::Dependency& on) {
    const flow::PropertyInfo* other = type->property(on.property);
    std::optional<std::string> value = valueOf(*component, on.property);
    if (!value && other != nullptr) value = other->defaultValue;
    if (!value) return false;
    return on.values.empty() ||
           std::find(on.values.begin(), on.values.end(), *value) != on.values.end();
  });
}

// What can be made for a property that names a service.
QStringList Inspector::newServicesFor(const std::string& type) const {
  QStringList words;
  for (const flow::ComponentInfo& info : editor_.types().catalog().components()) {
    if (info.kind != flow::ComponentKind::kService) continue;
    const bool fits =
        type.empty() || info.type == type ||
        std::find(info.provides.begin(), info.provides.end(), type) != info.provides.end();
    if (fits) words << kNewService + QString::fromStdString(info.type);
  }
  return words;
}

// The service and its use are one step.
void Inspector::addService(const std::string& property, const std::string& type) {
  const Ids users = ids_;
  editor_.beginStep("Add " + QString::fromStdString(type));
  const ElementId made = editor_.addService(first()->group, type);
  editor_.setProperty(users, property, editor_.model().find(made)->name());
  editor_.endStep();
  emit told(QString::fromStdString(editor_.model().find(made)->name()) +
            " was added; it is configured under View › Services");
}

QStringList Inspector::servicesFor(const std::string& type) const {
  QStringList names;
  const FlowModel& model = editor_.model();
  for (ElementId group = first()->group;; group = model.find(group)->group) {
    for (const ElementId id : model.servicesIn(group)) {
      const auto& service = std::get<flow::Service>(model.find(id)->value);
      const flow::ComponentInfo* info = editor_.types().find(service.type);
      const bool fits =
          info == nullptr || type.empty() || info->provides.empty() ||
          std::find(info->provides.begin(), info->provides.end(), type) != info->provides.end() ||
          info->type == type;
      if (fits) names << QString::fromStdString(service.name);
    }
    if (group == kRootGroup) break;
  }
  return names;
}

// Attributes: the usual ones, and what the processors of this group are known to write.
void Inspector::expectExpressions(Row& row) const {
  const FlowModel& model = editor_.model();
  const ElementId group = first()->group;
  row.hasExpressions = true;
  row.attributes = QStringList{"filename", "path", "uuid", "mime.type", "fileSize", "entryDate"};
  for (const ElementId id : model.nodesIn(group)) {
    const flow::Processor* processor = model.find(id)->processor();
    const flow::ComponentInfo* info =
        processor == nullptr ? nullptr : editor_.types().find(processor->type);
    if (info == nullptr) continue;
    for (const auto& written : info->writes) row.attributes << QString::fromStdString(written.name);
    if (info->dynamicProperties != flow::DynamicProperties::kAttributes) continue;
    for (const flow::Property& property : processor->properties) {
      if (info->property(property.name) == nullptr)
        row.attributes << QString::fromStdString(property.name);
    }
  }
  row.attributes.removeDuplicates();
  for (const std::string& name : parameterNames(model, group))
    row.parameters << QString::fromStdString(name);
}

Row Inspector::propertyRow(const flow::PropertyInfo& info) {
  Row row;
  // A file may have an older name of the property: that is the one to change.
  std::string name = info.name;
  for (const std::string& alias : info.aliases) {
    if (!valueOf(*first(), name) && valueOf(*first(), alias)) name = alias;
  }
  row.key = row.label = QString::fromStdString(info.name);
  std::optional<std::string> value = valueOf(*first(), name);
  bool mixed = false;
  for (const ElementId id : ids_) {
    const Component* other = editor_.model().find(id);
    mixed = mixed || valueOf(*other, name) != value;
  }
  if (value && !mixed) row.value = QString::fromStdString(*value);
  row.hint = mixed               ? "several values"
             : info.defaultValue ? QString::fromStdString(*info.defaultValue)
                                 : (info.required ? QString("required") : QString());
  row.mark = info.required && !info.defaultValue ? "required" : value ? "set" : "";
  row.shape = shapeOf(info, row.value.value_or(""));
  row.choices = choicesOf(info, servicesFor(info.serviceType));
  if (info.kind == flow::PropertyKind::kService) row.choices += newServicesFor(info.serviceType);
  row.help = QString::fromStdString(info.description).toHtmlEscaped();
  if (info.defaultValue)
    row.help += "<br>Default: <code>" + QString::fromStdString(*info.defaultValue).toHtmlEscaped() +
                "</code>";
  if (info.scope != flow::ExpressionScope::kNone)
    row.help += info.scope == flow::ExpressionScope::kFlowFile
                    ? "<br>Expressions see the FlowFile's attributes"
                    : "<br>Expressions see parameters and the environment";
  for (const flow::AllowedValue& allowed : info.allowedValues)
    row.help += "<br><b>" + QString::fromStdString(allowed.value).toHtmlEscaped() +
                "</b>: " + QString::fromStdString(allowed.description).toHtmlEscaped();
  row.error = problemAt(row.key);
  if (info.scope != flow::ExpressionScope::kNone) expectExpressions(row);
  row.finished = [this, name, info](const QString& changed) {
    if (info.kind == flow::PropertyKind::kService && changed.startsWith(kNewService))
      return addService(name, changed.mid(kNewService.size()).toStdString());
    const std::string now = changed.toStdString();
    const bool isDefault = now.empty() || (info.defaultValue && now == *info.defaultValue);
    editor_.setProperty(ids_, name, isDefault ? std::nullopt : std::optional<std::string>(now));
  };
  return row;
}

std::vector<Row> Inspector::propertyRows() {
  std::vector<Row> rows;
  const Component* component = first();
  const std::string& type = component->processor() != nullptr
                                ? component->processor()->type
                                : std::get<flow::Service>(component->value).type;
  const flow::ComponentInfo* info = editor_.types().find(type);
  if (info != nullptr) {
    for (const flow::PropertyInfo& property : info->properties) {
      if (counts(property)) rows.push_back(propertyRow(property));
    }
  }
  for (const flow::Property& property : *propertiesOf(*component)) {
    if (info != nullptr && info->property(property.name) != nullptr) continue;
    Row row;
    row.key = row.label = QString::fromStdString(property.name);
    row.value = QString::fromStdString(property.value);
    row.mark = "added";
    row.help = "Added here. Leave it empty to remove it.";
    row.shape = row.value->contains('\n') ? ValueField::Shape::kText : ValueField::Shape::kLine;
    row.error = problemAt(row.key);
    expectExpressions(row);
    const std::string name = property.name;
    row.finished = [this, name](const QString& changed) {
      editor_.setProperty(
          ids_, name,
          changed.isEmpty() ? std::nullopt : std::optional<std::string>(changed.toStdString()));
    };
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace millrace::gui
