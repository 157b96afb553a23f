// SPDX-License-Identifier: Apache-2.0
#pragma once
// Component: one element of a flow as Studio edits it: a value that stands by itself. A group's
// lists of children are empty here (the children name their group), and the ends of a connection
// are ids: the paths that a file needs are made when text is written (FlowModel::toFlow).
// The root group is the component with id kRootGroup. Threads: plain values.

#include "engine/flow/flow.h"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace millrace::gui {

inline constexpr flow::ElementId kRootGroup{};

struct Component {
  using Value = std::variant<flow::Processor, flow::Port, flow::Funnel, flow::Label, flow::Group,
                             flow::RemoteGroup, flow::Service, flow::Connection>;

  flow::ElementKind kind = flow::ElementKind::kProcessor;
  flow::ElementId group = kRootGroup;  ///< the group that holds it
  std::uint64_t order = 0;             ///< its place among its like, as in the file
  Value value;

  const flow::Element& element() const {
    return std::visit([](const auto& v) -> const flow::Element& { return v; }, value);
  }
  flow::Element& element() {
    return std::visit([](auto& v) -> flow::Element& { return v; }, value);
  }
  flow::ElementId id() const { return element().id; }
  const std::string& name() const { return element().name; }

  const flow::Processor* processor() const { return std::get_if<flow::Processor>(&value); }
  flow::Processor* processor() { return std::get_if<flow::Processor>(&value); }
  const flow::Connection* connection() const { return std::get_if<flow::Connection>(&value); }
  flow::Connection* connection() { return std::get_if<flow::Connection>(&value); }
  const flow::Label* label() const { return std::get_if<flow::Label>(&value); }
  flow::Label* label() { return std::get_if<flow::Label>(&value); }
  const flow::Port* port() const { return std::get_if<flow::Port>(&value); }
  const flow::RemoteGroup* remoteGroup() const { return std::get_if<flow::RemoteGroup>(&value); }

  /// Whether it stands on the canvas as a box (not a wire, not a service).
  bool isNode() const {
    return kind != flow::ElementKind::kConnection && kind != flow::ElementKind::kService;
  }
  bool operator==(const Component&) const = default;
};

/// What people read where a component is named: its name, its text, or its kind.
std::string titleOf(const Component& component);

}  // namespace millrace::gui
