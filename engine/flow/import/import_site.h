// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the parts of an importer share: what holds for the whole file, what a group inherits from
// the groups around it, and the group that is being filled. Threads: one importer.

#include "engine/flow/catalog.h"
#include "engine/flow/import/group_places.h"
#include "engine/flow/import/variables.h"

namespace millrace::flow {

/// Which program a file is from: their defaults differ.
enum class Origin : unsigned char { kMiNiFi, kNiFi };

struct ImportContext {
  const Catalog& catalog;
  ImportReport& report;
  Origin origin = Origin::kNiFi;
  bool startAll = false;  ///< nothing runs in the original: everything that is not disabled shall
  std::unordered_map<std::string, std::string> externalServices;   ///< id to name
  std::unordered_map<std::string, std::string> parameterContexts;  ///< id or name to name
};

/// Services and variables that a group sees.
struct Surroundings {
  std::unordered_map<std::string, std::string> services;  ///< id or original name to name
  Names serviceNames;
  Variables variables;
};

struct ImportSite {
  ImportContext& context;
  Surroundings& around;
  GroupPlaces& places;
  Group& group;
};

}  // namespace millrace::flow
