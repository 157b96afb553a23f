// SPDX-License-Identifier: Apache-2.0
#pragma once
// FlowPlaces: where in a flow each component is: the groups around it. Threads: immutable.

#include "server/flow_store/flow_json.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::server {

class FlowPlaces {
 public:
  explicit FlowPlaces(const Json& flow);

  /// Ids of the groups around a component, the flow's own first; of a group itself, too. Null when
  /// the flow has nothing of that id.
  const std::vector<std::string>* way(std::string_view id) const;
  /// As way(), of the group that holds it. Of the flow's own group: that one.
  const std::vector<std::string>* wayOfOwner(std::string_view id) const;
  /// The same for what goes by a path, the longest group of it that there is.
  const std::vector<std::string>& wayOfPath(const std::string& path) const;
  /// Of a component of that path; null when there is no such group.
  const std::vector<std::string>* wayOfComponent(const std::string& path) const;

 private:
  void add(const Json& group, const std::string& path, std::vector<std::string> way);

  struct Place {
    const std::vector<std::string>* way = nullptr;
    const std::vector<std::string>* owner = nullptr;
  };
  std::map<std::string, std::vector<std::string>, std::less<>> ways_;  // of groups, by id
  std::map<std::string, Place, std::less<>> places_;
  std::map<std::string, const std::vector<std::string>*> byPath_;  // of groups
};

}  // namespace millrace::server
