// SPDX-License-Identifier: Apache-2.0
#pragma once
// Edits at random: one generator for each thing that FlowEditor can do, by the name of its
// function. What is not possible at the moment is tried and refused, which is part of it.

#include "tests/gui/studio_bench.h"

#include <QFile>
#include <QRegularExpression>
#include <QSizeF>
#include <functional>
#include <map>

namespace studio {

/// How long what is at random goes on: 1 is thorough.
inline double rounds() {
  bool ok = false;
  const double factor = qEnvironmentVariable("MILLRACE_ROUNDS").toDouble(&ok);
  return ok ? factor : 0.1;
}

/// What the generators choose from; ids are sorted, so that a seed gives one sequence.
class Dice {
 public:
  /// What is inside the group `spared` is left alone, and the shared context that it sees; 0:
  /// nothing is.
  Dice(FlowEditor& editor, Random& random, flow::ElementId spared = {})
      : editor_(editor), random_(random) {
    const FlowModel& model = editor.model();
    const Component* group = model.find(spared);
    if (spared != flow::ElementId{} && group != nullptr)
      sparedContext_ = std::get<flow::Group>(group->value).parameterContext;
    std::vector<flow::ElementId> all;
    for (const auto& [id, component] : model.components()) all.push_back(id);
    std::sort(all.begin(), all.end());
    for (const flow::ElementId id : all) {
      const Component& component = *model.find(id);
      if (spared != flow::ElementId{} && (id == spared || model.contains(spared, id))) continue;
      if (component.kind == flow::ElementKind::kConnection) wires.push_back(id);
      if (component.kind == flow::ElementKind::kGroup) groups.push_back(id);
      if (component.processor() != nullptr) processors.push_back(id);
      if (component.isNode() && id != kRootGroup) nodes.push_back(id);
    }
  }
  flow::ElementId pick(const Ids& ids) {
    return ids.empty() ? flow::ElementId{} : ids[random_.below(ids.size())];
  }
  /// Some of those that stand beside one another.
  Ids together() {
    const Component* first = editor_.model().find(pick(nodes));
    if (first == nullptr || nodes.empty()) return {};
    Ids some{first->id()};
    for (const flow::ElementId id : editor_.model().nodesIn(first->group)) {
      const bool known = std::find(nodes.begin(), nodes.end(), id) != nodes.end();
      if (known && id != first->id() && some.size() < 4 && random_.oneIn(2)) some.push_back(id);
    }
    std::sort(some.begin(), some.end());
    return some;
  }
  QPointF place() { return {double(random_.below(200)) * 8, double(random_.below(100)) * 8}; }
  std::string type() {
    const char* const kinds[] = {"GenerateFlowFile", "SplitText", "UpdateAttribute",
                                 "RouteOnAttribute", "PutFile"};
    return kinds[random_.below(5)];
  }
  std::vector<std::string> someOf(std::vector<std::string> names) {
    std::vector<std::string> some;
    for (std::string& name : names) {
      if (some.empty() || random_.oneIn(2)) some.push_back(std::move(name));
    }
    return some;
  }
  Random& random() { return random_; }
  /// The name of a shared parameter context; empty: there is none.
  std::string context() {
    std::vector<std::string> names;
    for (const flow::ParameterContext& each : editor_.model().parameterContexts()) {
      if (each.name != sparedContext_) names.push_back(each.name);
    }
    return names.empty() ? std::string() : names[random_.below(names.size())];
  }

  Ids nodes, wires, processors, groups;

 private:
  FlowEditor& editor_;
  Random& random_;
  std::string sparedContext_;
};

inline std::vector<std::string> relationshipsOf(FlowEditor& editor, const Component& source) {
  std::vector<std::string> names;
  if (source.processor() == nullptr) return names;
  for (const flow::RelationshipInfo& info : editor.types().relationshipsOf(*source.processor()))
    names.push_back(info.name);
  return names;
}

/// Its comment, what it inherits (if there is another), or one of its parameters.
inline void changeAtRandom(flow::ParameterContext& context, const std::string& other,
                           Random& random) {
  if (random.oneIn(4)) context.comment = "what: for";
  if (random.oneIn(3)) {
    context.inherits.clear();
    if (random.oneIn(2) && !other.empty()) context.inherits.push_back({other, {}});
  }
  auto& list = context.parameters;
  if (random.oneIn(4)) return list.clear();
  const std::string name = "limit " + std::to_string(random.below(3));
  const auto at =
      std::find_if(list.begin(), list.end(), [&](const auto& each) { return each.name == name; });
  if (at != list.end() && random.oneIn(3)) return void(list.erase(at));
  flow::Parameter& one = at == list.end() ? list.emplace_back() : *at;
  one.name = name;
  one.value = "value: #" + std::to_string(random.below(9));
}

using Generator = std::function<void(FlowEditor&, Dice&)>;

inline const std::map<QString, Generator>& generators() {
  static const auto kBox = [](flow::ElementId) { return QSizeF(232, 88); };
  static const std::map<QString, Generator> all{
      {"addProcessor",
       [](FlowEditor& e, Dice& d) { e.addProcessor(d.pick(d.groups), d.type(), d.place()); }},
      {"addPort",
       [](FlowEditor& e, Dice& d) {
         e.addPort(
             d.pick(d.groups),
             d.random().oneIn(2) ? flow::ElementKind::kInputPort : flow::ElementKind::kOutputPort,
             d.place());
       }},
      {"addFunnel", [](FlowEditor& e, Dice& d) { e.addFunnel(d.pick(d.groups), d.place()); }},
      {"addLabel",
       [](FlowEditor& e, Dice& d) { e.addLabel(d.pick(d.groups), "a note: #1", d.place()); }},
      {"addGroup", [](FlowEditor& e, Dice& d) { e.addGroup(d.pick(d.groups), d.place()); }},
      {"addService", [](FlowEditor& e,
                        Dice& d) { e.addService(d.pick(d.groups), "SimpleCsvFileLookupService"); }},
      {"connect",
       [](FlowEditor& e, Dice& d) {
         const flow::ElementId from = d.pick(d.nodes);
         const Component* source = e.model().find(from);
         if (source == nullptr) return;
         (void)e.connect(source->group, from, d.pick(e.model().nodesIn(source->group)),
                         d.someOf(relationshipsOf(e, *source)));
       }},
      {"insertOnWire",
       [](FlowEditor& e, Dice& d) {
         const Component* wire = e.model().find(d.pick(d.wires));
         if (wire == nullptr) return;
         // What hangs somewhere already, or is in another group, is refused.
         const flow::ElementId on = wire->id();
         if (d.random().oneIn(2)) return void(e.insertOnWire(d.pick(d.nodes), on));
         e.beginStep("Put on a wire");
         const bool put = e.insertOnWire(e.addProcessor(wire->group, d.type(), d.place()), on).ok();
         e.endStep();
         if (!put) e.takeBack();
       }},
      {"moveTo",
       [](FlowEditor& e, Dice& d) {
         std::vector<std::pair<flow::ElementId, QPointF>> places;
         for (const flow::ElementId id : d.together()) places.emplace_back(id, d.place());
         if (!places.empty()) e.moveTo(places, "Move");
       }},
      {"align",
       [](FlowEditor& e, Dice& d) {
         e.align(d.together(), static_cast<Align>(d.random().below(6)), kBox);
       }},
      {"distribute",
       [](FlowEditor& e, Dice& d) {
         e.distribute(d.together(), static_cast<Axis>(d.random().below(2)), kBox);
       }},
      {"rename",
       [](FlowEditor& e, Dice& d) {
         if (!d.nodes.empty())
           (void)e.rename(d.pick(d.nodes), "new / name " + std::to_string(d.random().below(30)));
       }},
      {"setBends",
       [](FlowEditor& e, Dice& d) {
         if (!d.wires.empty()) e.setBends(d.pick(d.wires), {d.place(), d.place()});
       }},
      {"reconnect",
       [](FlowEditor& e, Dice& d) {
         const Component* wire = e.model().find(d.pick(d.wires));
         if (wire == nullptr || wire->connection() == nullptr) return;
         const flow::ElementId other = d.pick(e.model().nodesIn(wire->group));
         (void)e.reconnect(wire->id(), wire->connection()->from.id, other);
       }},
      {"setRelationships",
       [](FlowEditor& e, Dice& d) {
         const Component* wire = e.model().find(d.pick(d.wires));
         if (wire == nullptr || wire->connection() == nullptr) return;
         const Component* from = e.model().find(wire->connection()->from.id);
         if (from != nullptr)
           (void)e.setRelationships(wire->id(), d.someOf(relationshipsOf(e, *from)));
       }},
      {"setProperty",
       [](FlowEditor& e, Dice& d) {
         if (!d.processors.empty())
           e.setProperty(
               {d.pick(d.processors)}, "key " + std::to_string(d.random().below(4)),
               d.random().oneIn(3) ? std::nullopt : std::optional<std::string>("${a}: 'b'"));
       }},
      {"update",
       [](FlowEditor& e, Dice& d) {
         const std::string words = "why: because " + std::to_string(d.random().below(9));
         const Ids ids = d.together();
         if (!ids.empty())
           e.update(ids, "Comment", [&](Component& c) { c.element().comment = words; });
       }},
      {"remove",
       [](FlowEditor& e, Dice& d) {
         const Ids& from = d.random().oneIn(3) ? d.wires : d.nodes;
         if (!from.empty()) e.remove({d.pick(from)});
       }},
      {"groupTogether",
       [](FlowEditor& e, Dice& d) {
         const Ids ids = d.together();
         if (!ids.empty()) (void)e.groupTogether(ids);
       }},
      {"addContext",
       [](FlowEditor& e, Dice& d) {
         const std::string name = "shared " + std::to_string(d.random().below(6));
         if (e.model().context(name) == nullptr) return void(e.addContext(name));
         e.update({d.pick(d.groups)}, "See it", [&](Component& c) {
           if (auto* group = std::get_if<flow::Group>(&c.value)) group->parameterContext = name;
         });
       }},
      {"renameContext",
       [](FlowEditor& e, Dice& d) {
         if (d.context().empty()) return void(e.addContext("shared"));
         (void)e.renameContext(d.context(), "shared " + std::to_string(d.random().below(6)));
       }},
      {"removeContext",
       [](FlowEditor& e, Dice& d) {
         if (d.context().empty()) return void(e.addContext("shared"));
         e.removeContext(d.context());
       }},
      {"updateContext",
       [](FlowEditor& e, Dice& d) {
         if (d.context().empty()) return void(e.addContext("shared"));
         const std::string heir = d.context();
         (void)e.updateContext(d.context(), "Change", [&](flow::ParameterContext& context) {
           changeAtRandom(context, heir, d.random());
         });
       }},
      {"renameParameter",
       [](FlowEditor& e, Dice& d) {
         const std::string name = d.context();
         const std::string number = std::to_string(d.random().below(6));
         if (name.empty()) return void(e.addContext("shared"));
         const flow::ParameterContext& context = *e.model().context(name);
         if (!context.parameters.empty())
           return void(e.renameParameter({kRootGroup, name}, context.parameters.front().name,
                                         "limit " + number));
         (void)e.updateContext(name, "Add", [&](flow::ParameterContext& c) {
           c.parameters.emplace_back().name = "limit " + number;
           c.parameters.back().value = "";
         });
       }},
      {"removeAndHeal",
       [](FlowEditor& e, Dice& d) {
         if (!d.nodes.empty()) e.removeAndHeal({d.pick(d.nodes)});
       }},
      {"paste",
       [](FlowEditor& e, Dice& d) {
         const Ids ids = d.together();
         if (!ids.empty()) (void)e.paste(d.pick(d.groups), e.copy(ids), d.place(), "Paste");
       }},
      {"push",
       [](FlowEditor& e, Dice& d) {
         const Component* before = e.model().find(d.pick(d.processors));
         if (before == nullptr || before->processor() == nullptr) return;
         Component after = *before;
         after.processor()->concurrency = 1 + static_cast<std::uint32_t>(d.random().below(8));
         Edit edit;
         edit.text = "Set concurrent tasks";
         edit.update(*before, after);
         if (!edit.empty()) e.push(edit);
       }},
      {"takeBack",
       [](FlowEditor& e, Dice& d) {
         e.addFunnel(d.pick(d.groups), d.place());
         e.takeBack();
         e.addFunnel(d.pick(d.groups), d.place());
       }},
      {"beginStep",
       [](FlowEditor& e, Dice& d) {
         e.beginStep("Two at once");
         e.addFunnel(d.pick(d.groups), d.place());
         e.addLabel(d.pick(d.groups), "beside it", d.place());
         e.endStep();
       }},
  };
  return all;
}

/// What FlowEditor's header offers that changes a flow, by name; what only looks is not among it.
inline QStringList commandsOfEditor() {
  QFile file(QString(MR_SOURCE_DIR) + "/gui/model/flow_editor.h");
  if (!file.open(QIODevice::ReadOnly)) return {};
  const QString text = QString::fromUtf8(file.readAll());
  const QString offered =
      text.mid(text.indexOf(" public:"), text.indexOf(" private:") - text.indexOf(" public:"));
  QStringList names;
  // A function begins a line of two blanks, const ones look only.
  const QRegularExpression function("^  (?!//)[A-Za-z:<>&_ ]*?(\\w+)\\(([^;{]*)[;{]",
                                    QRegularExpression::MultilineOption);
  auto found = function.globalMatch(offered);
  while (found.hasNext()) {
    const auto match = found.next();
    const bool looks = match.captured(2).trimmed().endsWith("const");
    if (!looks) names << match.captured(1);
  }
  names.removeAll("FlowEditor");
  names.removeAll("model");
  names.removeAll("endStep");  // goes with beginStep
  names.removeDuplicates();
  return names;
}

inline void randomEdit(FlowEditor& editor, Random& random, flow::ElementId spared = {}) {
  Dice dice(editor, random, spared);
  // What is pasted and grouped grows by itself: a large flow loses as much as it gains.
  constexpr std::size_t kLarge = 60;
  const auto& from = generators();
  auto at = from.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(random.below(from.size())));
  if (dice.nodes.size() > kLarge && random.oneIn(2)) at = from.find("remove");
  at->second(editor, dice);
}

}  // namespace studio
