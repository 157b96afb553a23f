// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/import/type_import.h"

#include "engine/flow/settings_check.h"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::flow {

std::string simpleName(std::string_view className) {
  const std::size_t end = className.find_last_of(".:$");
  return std::string(end == std::string_view::npos ? className : className.substr(end + 1));
}

ImportedType readType(SourceObject& source, ComponentKind kind, ImportContext& context) {
  const Keys keys = {"class", "type"};
  const std::string written = source.text(keys);
  ImportedType type;
  type.name = simpleName(written);
  if (type.name.empty()) {
    source.wrong(source.node(), "the component has no 'type'", "write its class name");
    return type;
  }
  const ComponentInfo* info = context.catalog.find(written);
  if (info == nullptr) info = context.catalog.find(type.name);
  if (info != nullptr && info->kind == kind) {
    type.info = info;
    type.name = info->type;
    return type;
  }
  context.report.unknownType(type.name);
  context.report.loss(source.find(keys)->at, source.component(),
                      fmt::format("nothing here runs '{}'; it was kept and marked", written),
                      "replace it by what 'millrace processors' lists");
  return type;
}

std::vector<Name> relationshipsOf(const std::vector<std::string>& written,
                                  const ComponentInfo* info, const Properties& properties,
                                  const SourceObject& source, std::string_view what,
                                  Unknown unknown, ImportReport& report) {
  std::vector<RelationshipInfo> known;
  if (info != nullptr) known = relationshipsWith(*info, properties);
  std::vector<Name> names;
  for (const std::string& text : written) {
    if (text.empty()) continue;
    Name name{text, source.at()};
    if (info != nullptr) {
      const auto found = std::find_if(
          known.begin(), known.end(),
          [&](const RelationshipInfo& relationship) { return means(relationship, text); });
      if (found != known.end()) {
        name.text = found->name;
      } else {
        report.loss(
            source.at(), source.component(),
            fmt::format(
                "{} has no relationship '{}' here{}", info->type, text,
                unknown == Unknown::kDrop ? fmt::format("; it was left out of '{}'", what) : ""),
            unknown == Unknown::kKeep ? "connect one that it has" : "");
        if (unknown == Unknown::kDrop) continue;
      }
    }
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

}  // namespace millrace::flow
