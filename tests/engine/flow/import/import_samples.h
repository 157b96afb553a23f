// SPDX-License-Identifier: Apache-2.0
#pragma once
// A small catalog of made-up types with aliases of every kind, and the sample files of the
// importer.

#include "engine/flow/catalog.h"

#include <QByteArray>
#include <QDir>
#include <QFile>
#include <string>

namespace millrace::flow {

inline PropertyInfo propertyOf(std::string name, PropertyKind kind = PropertyKind::kText) {
  PropertyInfo info;
  info.name = std::move(name);
  info.kind = kind;
  return info;
}

inline Catalog sampleCatalog() {
  Catalog catalog;
  ComponentInfo make;
  make.type = "Make";
  make.aliases = {"OldMake"};
  make.input = InputRequirement::kForbidden;
  make.properties = {propertyOf("Size", PropertyKind::kDataSize), propertyOf("Mode"),
                     propertyOf("Keep", PropertyKind::kBoolean), propertyOf("Password"),
                     propertyOf("Keys", PropertyKind::kService)};
  make.properties[0].aliases = {"file-size"};
  make.properties[0].defaultValue = "1 KB";
  make.properties[1].allowedValues = {{"fast", {"FAST_MODE"}, ""}, {"slow", {}, ""}};
  make.properties[3].sensitive = true;
  make.relationships = {{"success", {"done"}, "", false}};
  catalog.add(std::move(make));
  ComponentInfo route;
  route.type = "Route";
  route.input = InputRequirement::kRequired;
  route.dynamicProperties = DynamicProperties::kRelationships;
  route.relationships = {{"unmatched", {}, "", false}};
  catalog.add(std::move(route));
  ComponentInfo keys;
  keys.type = "KeyService";
  keys.kind = ComponentKind::kService;
  keys.properties = {propertyOf("File")};
  catalog.add(std::move(keys));
  return catalog;
}

inline const QString kSampleFolder = MR_SOURCE_DIR "/tests/engine/flow/import/data";

inline QStringList sampleFiles() { return QDir(kSampleFolder).entryList(QDir::Files, QDir::Name); }

inline std::string sample(const QString& name) {
  QFile file(kSampleFolder + '/' + name);
  if (!file.open(QIODevice::ReadOnly)) return {};
  return file.readAll().toStdString();
}

}  // namespace millrace::flow
