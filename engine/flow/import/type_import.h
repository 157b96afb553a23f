// SPDX-License-Identifier: Apache-2.0
#pragma once
// Types and relationships of imported components: a class name is known by its last part, an older
// name of a type or a relationship by the catalog's aliases. Threads: one importer.

#include "engine/flow/import/import_site.h"

namespace millrace::flow {

struct ImportedType {
  std::string name;
  const ComponentInfo* info = nullptr;  ///< null: nothing here runs it, but it is kept
};

/// The last part of a Java or C++ class name.
std::string simpleName(std::string_view className);
ImportedType readType(SourceObject& source, ComponentKind kind, ImportContext& context);

/// Relationships under the names of the catalog, each once. `what` is the key they come from. Those
/// that the type does not have are reported, and left out unless `keepUnknown`.
enum class Unknown : bool { kDrop, kKeep };
std::vector<Name> relationshipsOf(const std::vector<std::string>& written,
                                  const ComponentInfo* info, const Properties& properties,
                                  const SourceObject& source, std::string_view what,
                                  Unknown unknown, ImportReport& report);

}  // namespace millrace::flow
