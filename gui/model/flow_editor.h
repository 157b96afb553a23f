// SPDX-License-Identifier: Apache-2.0
#pragma once
// FlowEditor: everything that a person can do to a flow, each as one step of the undo stack. Views
// call it with ids and points; it never looks at a selection or a widget.
// Promise: what cannot be done changes nothing and says why. Ids of new components are the ones
// that their paths give where these are free. Threads: the GUI thread.

#include "engine/base/random.h"
#include "engine/base/result.h"
#include "gui/model/flow_model.h"
#include "gui/model/type_catalog.h"

#include <QPointF>
#include <QUndoStack>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace millrace::gui {

using Ids = std::vector<flow::ElementId>;

enum class Align : unsigned char { kLeft, kCentre, kRight, kTop, kMiddle, kBottom };
enum class Axis : unsigned char { kHorizontal, kVertical };
enum class Way : unsigned char { kUpstream, kDownstream };

/// Who has a parameter: a shared context by its name, else a group.
struct ParameterOwner {
  flow::ElementId group = kRootGroup;
  std::string context;
  bool operator==(const ParameterOwner&) const = default;
};

class FlowEditor {
 public:
  /// All must outlive the editor.
  FlowEditor(FlowModel& model, QUndoStack& undo, const TypeCatalog& types, Random random);

  FlowModel& model() { return model_; }
  const TypeCatalog& types() const { return types_; }

  // Creating. Each gives the new id.
  flow::ElementId addProcessor(flow::ElementId group, const std::string& type, QPointF at);
  flow::ElementId addPort(flow::ElementId group, flow::ElementKind kind, QPointF at);
  flow::ElementId addFunnel(flow::ElementId group, QPointF at);
  flow::ElementId addLabel(flow::ElementId group, const std::string& text, QPointF at);
  flow::ElementId addGroup(flow::ElementId group, QPointF at);
  flow::ElementId addService(flow::ElementId group, const std::string& type);
  /// `relationships` empty: those of the source that nothing takes yet, if it is one; else refused.
  Result<flow::ElementId> connect(flow::ElementId group, flow::ElementId from, flow::ElementId to,
                                  std::vector<std::string> relationships);
  /// Puts a node on a wire: the wire ends there, and a new one goes on.
  Result<> insertOnWire(flow::ElementId node, flow::ElementId wire);
  /// The reason why no wire may go from one to the other; empty: it may.
  QString whyNoWire(flow::ElementId from, flow::ElementId to) const;
  /// Of a processor: relationships that no connection and no auto-terminate takes.
  std::vector<std::string> openRelationships(flow::ElementId processor) const;

  // Changing.
  /// Top-left corners; nodes of the group that had no place in the file get theirs with it.
  void moveTo(const std::vector<std::pair<flow::ElementId, QPointF>>& places, const QString& text,
              int mergeKey = -1);
  void align(const Ids& ids, Align how, const std::function<QSizeF(flow::ElementId)>& sizeOf);
  void distribute(const Ids& ids, Axis axis, const std::function<QSizeF(flow::ElementId)>& sizeOf);
  Result<> rename(flow::ElementId id, const std::string& name);
  void setBends(flow::ElementId wire, const std::vector<QPointF>& bends);
  Result<> reconnect(flow::ElementId wire, flow::ElementId from, flow::ElementId to);
  Result<> setRelationships(flow::ElementId wire, std::vector<std::string> relationships);
  void setProperty(const Ids& ids, const std::string& name, std::optional<std::string> value);
  /// Any other change of one kind of value: `change` gets each component in turn.
  void update(const Ids& ids, const QString& text, const std::function<void(Component&)>& change);
  void remove(const Ids& ids);
  /// Puts components of one group into a new one inside it. Wires that cross its edge get ports;
  /// queues stay where they are. Refused when a port is among them.
  Result<flow::ElementId> groupTogether(const Ids& ids);
  /// Removes, and leads what came in to where the one way out led.
  void removeAndHeal(const Ids& ids);
  /// These, all that can be reached from them along the wires of their group, and the wires.
  Ids along(const Ids& from, Way way) const;

  // Shared parameter contexts, by their names.
  Result<> addContext(const std::string& name);
  /// What names it follows.
  Result<> renameContext(const std::string& name, const std::string& to);
  /// Groups that saw it see none afterwards, contexts that inherited it do not any more.
  void removeContext(const std::string& name);
  /// Any other change of one; refused when it would inherit itself.
  Result<> updateContext(const std::string& name, const QString& text,
                         const std::function<void(flow::ParameterContext&)>& change);
  /// With every reference to it.
  Result<> renameParameter(const ParameterOwner& owner, const std::string& name,
                           const std::string& to);

  // Text.
  /// The components as a flow of their own, in the format of flow files.
  std::string copy(const Ids& ids) const;
  /// Adds a flow's text to a group, its top-left corner at a point; gives the new nodes.
  Result<Ids> paste(flow::ElementId group, const std::string& text, QPointF at,
                    const QString& what);

  void push(Edit edit, int mergeKey = -1);
  /// What is done between the two is one step of the undo stack.
  void beginStep(const QString& text) { undo_.beginMacro(text); }
  void endStep() { undo_.endMacro(); }
  /// Undoes the last step, that of a gesture that was given up: it cannot be done again.
  void takeBack();

 private:
  /// As whyNoWire, for a wire that this group would hold: both ends must stand in it.
  QString whyNotIn(flow::ElementId group, flow::ElementId from, flow::ElementId to) const;
  Component fresh(flow::ElementKind kind, flow::ElementId group, std::string name, QPointF at);
  flow::ElementId freeId(const std::string& path);
  Component wireBetween(flow::ElementId group, const flow::Endpoint& from, const flow::Endpoint& to,
                        const std::vector<flow::Name>& relationships);
  void takeDefaults(flow::Processor& processor) const;
  void pasteGroup(const flow::Group& from, flow::ElementId into, QPointF shift, bool top,
                  Edit& edit, Ids& nodes);
  std::vector<std::string> namesTaken(flow::ElementId from) const;
  bool wireExists(flow::ElementId group, flow::ElementId from, flow::ElementId to,
                  const std::vector<std::string>& relationships, flow::ElementId except) const;

  FlowModel& model_;
  QUndoStack& undo_;
  const TypeCatalog& types_;
  Random random_;
  std::set<flow::ElementId> reserved_;  // ids given within the edit that is being made
};

/// "3 components", or the name of the one.
QString amount(const FlowModel& model, const Ids& ids);

}  // namespace millrace::gui
