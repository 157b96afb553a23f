// SPDX-License-Identifier: Apache-2.0
#pragma once
// Properties of an imported component: names and allowed values under which the catalog has them,
// services by name, variables as parameters, secrets as sensitive parameters without a value, lists
// as one text. A value that is the default is left out. Threads: one importer.

#include "engine/flow/import/import_site.h"

namespace millrace::flow {

/// `info` may be null. `component` is the name of the component in its group.
Properties readProperties(SourceObject& source, const ComponentInfo* info,
                          const std::string& component, ImportSite& site);

/// A reference to a new sensitive parameter of the group, for a secret that the file cannot hold.
std::string secretReference(const std::string& component, const std::string& property,
                            Group& group);

}  // namespace millrace::flow
