// SPDX-License-Identifier: Apache-2.0
#pragma once
// GroupPlaces: the names of one group while it is imported. A flow file needs names that are unique
// over all kinds of components; NiFi does not. And what a connection of the group may name by an
// id, or by a name where the file has no ids, with the path that a flow file uses instead. Threads:
// one importer.

#include "engine/flow/flow.h"
#include "engine/flow/import/source_object.h"

#include <string>
#include <unordered_map>
#include <unordered_set>

namespace millrace::flow {

using Names = std::unordered_set<std::string>;

constexpr std::size_t kNoProcessor = static_cast<std::size_t>(-1);

struct Place {
  std::string path;                      ///< as an end of a connection of this group
  std::size_t processor = kNoProcessor;  ///< index in the group's processors
};

/// The ids that one component goes by; empty ones do not count.
struct Ids {
  std::string id;        ///< `identifier`, or MiNiFi's `id`
  std::string instance;  ///< `instanceIdentifier`
  std::string group;     ///< of the group that holds it
};

class GroupPlaces {
 public:
  GroupPlaces(std::string path, ImportReport& report) : path_(std::move(path)), report_(report) {}

  const std::string& path() const { return path_; }
  /// The name for a component: what was wanted, in one line, with ` (2)` behind it when another
  /// component has it; `fallback` where there is none. Changes are reported, but a made-up name is
  /// not. `avoid` are names that would hide something of the groups around.
  std::string claim(const SourceObject& source, const std::string& wanted,
                    const std::string& fallback, const Names& avoid = {});

  void add(const Ids& ids, const std::string& name, Place place);
  /// By the most exact id that is known; null when there is none.
  const Place* find(const Ids& ids) const;
  const Place* findName(const std::string& name) const;

 private:
  std::string path_;
  ImportReport& report_;
  std::unordered_set<std::string> names_;
  std::unordered_map<std::string, Place> byId_;
  std::unordered_map<std::string, Place> byName_;
};

}  // namespace millrace::flow
