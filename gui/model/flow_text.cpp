// SPDX-License-Identifier: Apache-2.0
#include "gui/model/flow_text.h"

#include "engine/flow/diff.h"
#include "engine/flow/elements.h"
#include "engine/flow/paths.h"
#include "engine/flow/yaml_editor.h"
#include "engine/flow/yaml_reader.h"
#include "engine/flow/yaml_writer.h"
#include "gui/model/context_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

namespace millrace::gui {
namespace {

using flow::Element;
using flow::ElementId;
using flow::ElementKind;
using flow::YamlValue;

struct Entry {
  ElementKind kind;
  std::string path;
  const Element* element;
  const flow::Group* group;
  std::string groupPath;
};
using Entries = std::vector<Entry>;

/// What is an element of its own in a text: ports of remote groups are part of theirs.
bool standsAlone(ElementKind kind) {
  return kind != ElementKind::kRemoteInputPort && kind != ElementKind::kRemoteOutputPort;
}

Entries entriesOf(const flow::Flow& flow) {
  std::unordered_map<const flow::Group*, std::string> groups{{&flow.root, ""}};
  Entries entries;
  flow::forEachElement(flow, [&](ElementKind kind, const std::string& path, const Element& element,
                                 const flow::Group& group) {
    if (kind == ElementKind::kGroup)
      groups.emplace(static_cast<const flow::Group*>(&element), path);
    if (standsAlone(kind)) entries.push_back({kind, path, &element, &group, groups[&group]});
  });
  return entries;
}

flow::Group alone(const flow::Group& group) {
  flow::Group copy = group;
  copy.services.clear();
  copy.inputs.clear();
  copy.outputs.clear();
  copy.funnels.clear();
  copy.labels.clear();
  copy.processors.clear();
  copy.remoteGroups.clear();
  copy.connections.clear();
  copy.groups.clear();
  return copy;
}

YamlValue yamlOf(const Entry& entry) {
  switch (entry.kind) {
    case ElementKind::kProcessor:
      return flow::yamlOf(static_cast<const flow::Processor&>(*entry.element));
    case ElementKind::kInputPort:
    case ElementKind::kOutputPort:
      return flow::yamlOf(static_cast<const flow::Port&>(*entry.element));
    case ElementKind::kFunnel:
      return flow::yamlOf(static_cast<const flow::Funnel&>(*entry.element));
    case ElementKind::kLabel:
      return flow::yamlOf(static_cast<const flow::Label&>(*entry.element));
    case ElementKind::kGroup:
      return flow::yamlOf(alone(static_cast<const flow::Group&>(*entry.element)));
    case ElementKind::kRemoteGroup:
      return flow::yamlOf(static_cast<const flow::RemoteGroup&>(*entry.element));
    case ElementKind::kService:
      return flow::yamlOf(static_cast<const flow::Service&>(*entry.element));
    default:
      return flow::yamlOf(static_cast<const flow::Connection&>(*entry.element), *entry.group);
  }
}

Result<> addTo(flow::YamlEditor& editor, const Entry& entry) {
  const std::string& at = entry.groupPath;
  switch (entry.kind) {
    case ElementKind::kProcessor:
      return editor.add(at, static_cast<const flow::Processor&>(*entry.element));
    case ElementKind::kInputPort:
      return editor.addInput(at, static_cast<const flow::Port&>(*entry.element));
    case ElementKind::kOutputPort:
      return editor.addOutput(at, static_cast<const flow::Port&>(*entry.element));
    case ElementKind::kFunnel:
      return editor.add(at, static_cast<const flow::Funnel&>(*entry.element));
    case ElementKind::kLabel:
      return editor.add(at, static_cast<const flow::Label&>(*entry.element));
    case ElementKind::kGroup:
      return editor.add(at, alone(static_cast<const flow::Group&>(*entry.element)));
    case ElementKind::kRemoteGroup:
      return editor.add(at, static_cast<const flow::RemoteGroup&>(*entry.element));
    case ElementKind::kService:
      return editor.add(at, static_cast<const flow::Service&>(*entry.element));
    default:
      return editor.add(at, static_cast<const flow::Connection&>(*entry.element));
  }
}

class TextUpdate {
 public:
  TextUpdate(flow::YamlEditor& editor, const flow::Flow& edited)
      : editor_(editor), old_(editor.flow()), edited_(edited) {
    before_ = entriesOf(old_);
    after_ = entriesOf(edited_);
    for (const Entry& entry : before_) beforeById_.emplace(entry.element->id, &entry);
    for (const Entry& entry : after_) afterById_.emplace(entry.element->id, &entry);
    owners(before_, old_, ownerBefore_);
    owners(after_, edited_, ownerAfter_);
  }

  Result<> run() {
    MR_TRY(removeGone());
    MR_TRY(renameRenamed());
    MR_TRY(addNew());
    MR_TRY(updateKept());
    return Done{};
  }

 private:
  using Owners = std::unordered_map<ElementId, ElementId>;

  static void owners(const Entries& entries, const flow::Flow& flow, Owners& into) {
    for (const Entry& entry : entries)
      into[entry.element->id] = entry.group == &flow.root ? ElementId{} : entry.group->id;
  }

  /// The same element in both: same id, kind and group; and of a connection, the same file line.
  bool isKept(ElementId id) const {
    const auto was = beforeById_.find(id);
    const auto is = afterById_.find(id);
    if (was == beforeById_.end() || is == afterById_.end()) return false;
    if (was->second->kind != is->second->kind) return false;
    const ElementId owner = ownerBefore_.at(id);
    return owner == ownerAfter_.at(id) && (owner == ElementId{} || isKept(owner));
  }

  std::string pathNow(ElementId id) const {
    std::string path;
    flow::forEachElement(editor_.flow(), [&](ElementKind, const std::string& p,
                                             const Element& element, const flow::Group&) {
      if (element.id == id) path = p;
    });
    return path;
  }

  Result<> removeGone() {
    // Connections first: what they lead to cannot go before them. Of groups only the outermost.
    for (const bool wires : {true, false}) {
      for (const Entry& entry : before_) {
        if ((entry.kind == ElementKind::kConnection) != wires) continue;
        const ElementId id = entry.element->id;
        const ElementId owner = ownerBefore_.at(id);
        if (isKept(id) || (owner != ElementId{} && !isKept(owner) && !wires)) continue;
        MR_TRY(editor_.remove(entry.path));
      }
    }
    return Done{};
  }

  Result<> renameRenamed() {
    int spare = 0;
    for (const Entry& entry : after_) {
      const ElementId id = entry.element->id;
      if (entry.kind == ElementKind::kConnection || !isKept(id)) continue;
      if (beforeById_.at(id)->element->name == entry.element->name) continue;
      // Who bears the name and will lose it, too, makes room first.
      for (const Entry& other : before_) {
        const ElementId holder = other.element->id;
        if (holder == id || !isKept(holder) || ownerBefore_.at(holder) != ownerBefore_.at(id))
          continue;
        const std::string path = pathNow(holder);
        const std::vector<std::string> names = flow::splitPath(path);
        if (other.kind == ElementKind::kConnection || names.back() != entry.element->name) continue;
        MR_TRY(editor_.rename(path, fmt::format("renamed {:x} {}", holder.raw(), ++spare)));
      }
      MR_TRY(editor_.rename(pathNow(id), entry.element->name));
    }
    return Done{};
  }

  Result<> addNew() {
    for (const bool wires : {false, true}) {
      for (const Entry& entry : after_) {
        if ((entry.kind == ElementKind::kConnection) != wires || isKept(entry.element->id))
          continue;
        MR_TRY(addTo(editor_, entry));
      }
    }
    return Done{};
  }

  Result<> updateKept() {
    MR_TRY(updateKeys("", flow::yamlOf(alone(old_.root)), flow::yamlOf(alone(edited_.root))));
    for (const Entry& entry : after_) {
      const ElementId id = entry.element->id;
      if (!isKept(id)) continue;
      YamlValue was = yamlOf(*beforeById_.at(id));
      YamlValue is = yamlOf(entry);
      if (entry.kind == ElementKind::kConnection) {
        // A rename of an end is no change of the connection.
        const auto& a = static_cast<const flow::Connection&>(*beforeById_.at(id)->element);
        const auto& b = static_cast<const flow::Connection&>(*entry.element);
        if (a.from.id == b.from.id) *was.find("from") = *is.find("from");
        if (a.to.id == b.to.id) *was.find("to") = *is.find("to");
      }
      if (was.kind != is.kind || was.text != is.text || was.entries.size() != is.entries.size() ||
          !was.sameAs(is))
        MR_TRY(updateKeys(pathNow(id), was, is));
    }
    return Done{};
  }

  Result<> updateKeys(const std::string& path, YamlValue was, YamlValue is) {
    asMap(was);
    asMap(is);
    const bool isRoot = path.empty();
    std::string at = path;
    for (const auto& [key, value] : is.entries) {
      const YamlValue* old = was.find(key);
      if (key == "properties") {
        MR_TRY(updateProperties(at, old, value));
      } else if (old == nullptr || !old->sameAs(value)) {
        const ElementId id = isRoot || key == "name" ? ElementId{} : idAt(at);
        MR_TRY(editor_.setKey(at, key, value));
        if (id != ElementId{}) at = pathNow(id);  // a connection's path has its ends in it
      }
    }
    for (const auto& [key, value] : was.entries) {
      if (is.find(key) != nullptr) continue;
      if (key == "properties") {
        MR_TRY(updateProperties(at, &value, YamlValue::map()));
      } else if (key != (is.find("relationships") != nullptr ? "relationship" : "relationships") ||
                 (is.find("relationship") == nullptr && is.find("relationships") == nullptr)) {
        MR_TRY(editor_.removeKey(at, key));
      }
    }
    return Done{};
  }

  static void asMap(YamlValue& value) {
    if (value.kind == YamlValue::Kind::kMap) return;
    YamlValue map = YamlValue::map();
    map.add("name", value);
    value = std::move(map);
  }

  ElementId idAt(const std::string& path) const {
    ElementId id;
    flow::forEachElement(editor_.flow(), [&](ElementKind, const std::string& p,
                                             const Element& element, const flow::Group&) {
      if (p == path) id = element.id;
    });
    return id;
  }

  Result<> updateProperties(const std::string& path, const YamlValue* was, const YamlValue& is) {
    YamlValue none = YamlValue::map();
    YamlValue old = was == nullptr ? none : *was;
    for (const auto& [name, value] : is.entries) {
      const YamlValue* before = old.find(name);
      if (before == nullptr || before->text != value.text)
        MR_TRY(editor_.setProperty(path, name, value.text));
    }
    YamlValue now = is;
    for (const auto& [name, value] : old.entries) {
      if (now.find(name) == nullptr) MR_TRY(editor_.removeProperty(path, name));
    }
    return Done{};
  }

  flow::YamlEditor& editor_;
  const flow::Flow old_;  // the editor's own changes with every step
  const flow::Flow& edited_;
  Entries before_;
  Entries after_;
  std::unordered_map<ElementId, const Entry*> beforeById_;
  std::unordered_map<ElementId, const Entry*> afterById_;
  Owners ownerBefore_;
  Owners ownerAfter_;
};

/// All of the layout block in one step: a move of ten thousand boxes is one pass.
Result<std::string> withLayout(std::string text, const flow::Flow& edited) {
  const flow::ReadFlow read = flow::readFlow(text);
  std::map<std::string, YamlValue> lines;
  flow::forEachElement(read.flow,
                       [&](ElementKind, const std::string& path, const Element& element,
                           const flow::Group&) { lines.emplace(path, flow::layoutOf(element)); });
  flow::YamlDocument document = MR_TRY(flow::YamlDocument::open(std::move(text)));
  const bool hasBlock = document.root().find("layout") != nullptr;
  YamlValue fresh = YamlValue::map();
  std::vector<std::string> gone;
  Result<> done = Done{};
  std::size_t left = hasBlock ? document.root().find("layout")->value.entries.size() : 0;
  flow::forEachElement(edited, [&](ElementKind, const std::string& path, const Element& element,
                                   const flow::Group&) {
    const YamlValue line = flow::layoutOf(element);
    const auto was = lines.find(path);
    if (!done.ok() || !flow::canBeKey(path) || (was != lines.end() && was->second.sameAs(line)))
      return;
    if (line.entries.empty()) {
      gone.push_back(path);
    } else if (hasBlock && left > 0) {
      done = document.set({std::string("layout")}, path, line, {});
    } else {
      fresh.add(path, line);
    }
  });
  MR_TRY(std::move(done));
  if (!fresh.entries.empty())
    MR_TRY(document.set({}, "layout", fresh, flow::keyNames(flow::ObjectKind::kFlow)));
  MR_TRY(document.commit());
  for (const std::string& path : gone) {
    const flow::YamlEntry* block = document.root().find("layout");
    if (block == nullptr || block->value.find(path) == nullptr) continue;
    MR_TRY(block->value.entries.size() == 1 ? document.remove({}, "layout")
                                            : document.remove({std::string("layout")}, path));
    MR_TRY(document.commit());
  }
  return document.text();
}

Result<std::string> updated(const std::string& base, const flow::Flow& edited) {
  flow::YamlEditor editor = MR_TRY(flow::YamlEditor::open(MR_TRY(withContexts(base, edited))));
  MR_TRY(TextUpdate(editor, edited).run());
  return withLayout(MR_TRY(withoutGoneContexts(editor.text(), edited)), edited);
}

}  // namespace

Result<FlowText> flowText(const std::string& base, const flow::Flow& edited) {
  if (!base.empty()) {
    const Result<std::string> text = updated(base, edited);
    if (text.ok()) {
      const flow::ReadFlow read = flow::readFlow(*text);
      if (read.ok() && flow::diffFlows(read.flow, edited).empty()) return FlowText{*text, true};
    }
  }
  FlowText whole{flow::writeFlow(edited), base.empty()};
  MR_TRY(flow::orError(flow::readFlow(whole.text), ""));
  return whole;
}

}  // namespace millrace::gui
