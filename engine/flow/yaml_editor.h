// SPDX-License-Identifier: Apache-2.0
#pragma once
// YamlEditor: changes a flow file as a person would, touching only what the change is about; all
// else stays byte for byte. After each edit the text and the flow belong together; an edit that
// fails changes neither. Renames and moved connection ends keep the ids, by writing them into
// `layout`, so that queues, state and history stay with their elements.
// Elements are named by their path, connections by connectionPath(); "" is the top level.
// Threads: one at a time.

#include "engine/flow/catalog.h"
#include "engine/flow/flow.h"
#include "engine/flow/keys.h"
#include "engine/flow/yaml_document.h"

#include <functional>
#include <string>
#include <vector>

namespace millrace::flow {

class YamlEditor {
 public:
  /// Fails, as parseFlow() does, when the text has errors.
  static Result<YamlEditor> open(std::string text);

  const std::string& text() const { return document_.text(); }
  const Flow& flow() const { return flow_; }

  Result<> setProperty(const std::string& path, const std::string& name, const std::string& value);
  Result<> removeProperty(const std::string& path, const std::string& name);
  /// Any key of the element but its name: yamlOf() of yaml_writer.h makes the values.
  Result<> setKey(const std::string& path, const std::string& key, const YamlValue& value);
  Result<> removeKey(const std::string& path, const std::string& key);

  Result<> add(const std::string& groupPath, const Processor& processor);
  Result<> add(const std::string& groupPath, const Service& service);
  Result<> add(const std::string& groupPath, const Connection& connection);
  Result<> add(const std::string& groupPath, const Funnel& funnel);
  Result<> add(const std::string& groupPath, const Label& label);
  Result<> add(const std::string& groupPath, const RemoteGroup& remote);
  Result<> add(const std::string& groupPath, const Group& group);
  Result<> addInput(const std::string& groupPath, const Port& port);
  Result<> addOutput(const std::string& groupPath, const Port& port);

  /// An element or a connection with its line in `layout`. What connections still lead to is
  /// refused.
  Result<> remove(const std::string& path);
  /// With every reference to it. A service's users are known by the catalog only.
  Result<> rename(const std::string& path, const std::string& name,
                  const Catalog* catalog = nullptr);
  /// Gives an element or a connection another id, so that it takes over the queue, the state and
  /// the history of what had it.
  Result<> setId(const std::string& path, ElementId id);
  /// Replaces all of the layout but the id.
  Result<> setLayout(const std::string& path, const Layout& layout);

 private:
  struct Place {
    YamlPath owner;    // the mapping that has the list
    std::string list;  // the key of the list
    std::size_t index = 0;
    ObjectKind kind = ObjectKind::kProcessor;
    bool isName = false;  // written as its name alone

    YamlPath self() const;
  };
  struct Kept {
    std::string oldPath;
    std::string newPath;
    ElementId id;
  };

  explicit YamlEditor(YamlDocument document) : document_(std::move(document)) {}
  Result<Place> locate(const std::string& path) const;
  Result<YamlPath> locateMap(const std::string& path, ObjectKind& kind);
  Result<> append(const std::string& groupPath, const std::string& list, const YamlValue& item);
  Result<> renameReferences(const std::string& path, const std::string& name);
  Result<> renameServiceUses(const std::string& path, const std::string& name,
                             const Catalog& catalog);
  Result<> keepIds(const std::vector<Kept>& kept);
  Result<> edit(const std::function<Result<>()>& change,
                const std::function<bool(const Flow&)>& isRight = {});

  YamlDocument document_;
  Flow flow_;
};

}  // namespace millrace::flow
