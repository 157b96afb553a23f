// SPDX-License-Identifier: Apache-2.0
#pragma once
// FlowModel: Studio's mirror of the flow, the only truth inside the program. Everything on screen
// observes it; every change, by a person here or by another elsewhere, is an Edit applied to it.
// Promise: apply() is all or nothing as far as memory allows, keeps the indexes right, and signals
// once. Components without a position in the file get one here that is shown but not saved, until
// somebody moves something in that group.
// Threads: the GUI thread. Links Qt Core only; no widget knows of it by type.

#include "gui/model/edit.h"

#include <QObject>
#include <QPointF>
#include <unordered_map>

namespace millrace::gui {

class FlowModel : public QObject {
  Q_OBJECT

 public:
  using QObject::QObject;

  /// Takes over a linked flow, as a file or a server has it. Signals wasReset().
  void reset(const flow::Flow& flow);
  /// The flow as one value, linked, in the order of the file.
  flow::Flow toFlow() const;

  void apply(const Edit& edit, Origin origin);

  const Component* find(flow::ElementId id) const;
  const Component& root() const { return *find(kRootGroup); }
  const std::vector<flow::ParameterContext>& parameterContexts() const { return contexts_; }
  /// Null: there is none of that name.
  const flow::ParameterContext* context(const std::string& name) const;
  /// In the order in which they came; without connections and services.
  const std::vector<flow::ElementId>& nodesIn(flow::ElementId group) const;
  const std::vector<flow::ElementId>& connectionsIn(flow::ElementId group) const;
  const std::vector<flow::ElementId>& servicesIn(flow::ElementId group) const;
  /// Connections that begin or end at an element (of a group: at one of its ports).
  std::vector<flow::ElementId> connectionsAt(flow::ElementId node) const;
  /// What stands on the canvas for an end of a connection in `group`: the element itself, or the
  /// group or remote group whose port it is.
  flow::ElementId nodeOf(flow::ElementId end, flow::ElementId group) const;
  /// The kind of a connection's end, remote ports included.
  flow::ElementKind endKind(flow::ElementId end) const;
  /// The name of a connection's end, with the name of the remote group in front of its ports.
  std::string endName(flow::ElementId end) const;
  /// The reference to a connection's end that a flow file has, seen from `group`.
  std::string endPath(flow::ElementId end, flow::ElementId group) const;
  bool contains(flow::ElementId ancestor, flow::ElementId id) const;
  /// Names from the root to the element, as messages write it.
  std::string pathOf(flow::ElementId id) const;
  std::size_t size() const { return components_.size() - (components_.empty() ? 0 : 1); }
  const std::unordered_map<flow::ElementId, Component>& components() const { return components_; }

  /// Top-left corner in its group.
  QPointF position(flow::ElementId id) const;
  bool hasPosition(flow::ElementId id) const;
  /// For what the file gives no place: shown, not saved, no edit.
  void placeUnasked(flow::ElementId id, QPointF at);

  /// There is room for many between two.
  static constexpr std::uint64_t kOrderStep = 1ULL << 36U;
  std::uint64_t nextOrder() { return lastOrder_ += kOrderStep; }
  std::uint64_t lastOrder() const { return lastOrder_; }
  /// A name that is free in the group: `base`, or `base (2)` and so on.
  std::string freeName(flow::ElementId group, const std::string& base) const;
  bool nameIsFree(flow::ElementId group, const std::string& name, flow::ElementId except) const;

 signals:
  void wasReset();
  void changed(const millrace::gui::Edit& edit, millrace::gui::Origin origin);

 private:
  struct Inside {
    std::vector<flow::ElementId> nodes;
    std::vector<flow::ElementId> connections;
    std::vector<flow::ElementId> services;
  };

  void take(const flow::Group& group, flow::ElementId id);
  void apply(const ContextChange& change);
  void add(Component component);
  void drop(const Component& component);
  std::vector<flow::ElementId>& listOf(const Component& component);
  void indexRemotePorts(const Component& component, bool present);
  flow::Group groupOf(const Component& group) const;

  std::unordered_map<flow::ElementId, Component> components_;
  std::unordered_map<flow::ElementId, Inside> inside_;
  std::unordered_map<flow::ElementId, std::vector<flow::ElementId>> wiresAt_;  // by end
  std::unordered_map<flow::ElementId, flow::ElementId> remoteOf_;  // remote port → remote group
  std::unordered_map<flow::ElementId, QPointF> unasked_;
  std::vector<flow::ParameterContext> contexts_;
  std::uint64_t lastOrder_ = 0;
};

}  // namespace millrace::gui
