// SPDX-License-Identifier: Apache-2.0
#include "engine/flow/yaml_places.h"

#include "engine/flow/paths.h"

namespace millrace::flow {
namespace {

void visitGroups(const std::string& path, const YamlPath& place, const Group& group,
                 const GroupVisitor& visit) {
  visit(path, place, group);
  for (std::size_t i = 0; i < group.groups.size(); ++i)
    visitGroups(joinPath(path, group.groups[i].name), itemOf(place, "groups", i), group.groups[i],
                visit);
}

}  // namespace

void forEachGroup(const Flow& flow, const GroupVisitor& visit) {
  visitGroups("", {}, flow.root, visit);
}

YamlPath itemOf(YamlPath owner, const std::string& list, std::size_t index) {
  owner.emplace_back(list);
  owner.emplace_back(index);
  return owner;
}

}  // namespace millrace::flow
