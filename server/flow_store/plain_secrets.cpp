// SPDX-License-Identifier: Apache-2.0
#include "server/flow_store/plain_secrets.h"

#include "engine/flow/parameters.h"
#include "engine/flow/paths.h"

#include <fmt/format.h>

namespace millrace::server {
namespace {

bool isOneReference(std::string_view value) {
  const auto references = flow::parameterReferences(value);
  return references.size() == 1 && references[0].begin == 0 && references[0].end == value.size();
}

class Search {
 public:
  explicit Search(const IsSensitive& isSensitive) : isSensitive_(isSensitive) {}

  void lookInto(const flow::Group& group, const std::string& path) {
    for (const flow::Service& service : group.services) judge(service, path);
    for (const flow::Processor& processor : group.processors) judge(processor, path);
    for (const flow::RemoteGroup& remote : group.remoteGroups) {
      if (remote.proxy && !remote.proxy->password.empty() &&
          !isOneReference(remote.proxy->password))
        found_.insert(fmt::format("{}, the proxy's password", flow::joinPath(path, remote.name)));
    }
    for (const flow::Group& inner : group.groups) lookInto(inner, flow::joinPath(path, inner.name));
  }
  std::set<std::string> found() && { return std::move(found_); }

 private:
  template <typename Component>
  void judge(const Component& component, const std::string& path) {
    for (const flow::Property& property : component.properties) {
      if (property.value.empty() || isOneReference(property.value)) continue;
      if (!isSensitive_(component.type, property.name)) continue;
      found_.insert(
          fmt::format("{}, property '{}'", flow::joinPath(path, component.name), property.name));
    }
  }

  const IsSensitive& isSensitive_;
  std::set<std::string> found_;
};

}  // namespace

std::set<std::string> plainSecrets(const flow::Flow& flow, const IsSensitive& isSensitive) {
  Search search(isSensitive);
  search.lookInto(flow.root, "");
  return std::move(search).found();
}

}  // namespace millrace::server
