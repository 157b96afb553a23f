// SPDX-License-Identifier: Apache-2.0
#pragma once
// FlowNames: what the components and connections that a data directory knows by number are called:
// the file DIR/names (FORMAT.md), which keeps the names of what is gone from the flow, too.
// Errors: a file that does not parse is named with its line. Threads: a plain value.

#include "engine/base/file_system.h"
#include "engine/flowfile/flowfile.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace millrace::host {

class FlowNames {
 public:
  struct Component {
    std::string type;
    std::string path;
    bool operator==(const Component&) const = default;
  };

  static std::string pathIn(const std::string& data) { return data + "/names"; }
  /// A directory without the file knows no names.
  static Result<FlowNames> read(FileSystem& files, const std::string& data);
  /// Replaces the file when something is new.
  Result<> save(FileSystem& files, const std::string& data);

  void add(ComponentId id, std::string_view type, std::string_view path);
  void add(ConnectionId id, std::string_view path);

  /// The path, or the number where there is no name.
  std::string nameOf(ComponentId id) const;
  std::string nameOf(ConnectionId id) const;
  std::string typeOf(ComponentId id) const;
  /// What has exactly this path.
  std::optional<ComponentId> componentAt(const std::string& path) const;
  std::optional<ConnectionId> connectionAt(const std::string& path) const;
  /// Those whose path or last name is `name`.
  std::vector<ComponentId> find(const std::string& name) const;

 private:
  std::map<ComponentId, Component> components_;
  std::map<ConnectionId, std::string> connections_;
  bool changed_ = false;
};

}  // namespace millrace::host
